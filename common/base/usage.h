/* usage.h - what this process uses: processor time, memory.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_BASE_USAGE_H
#define HERD_COMMON_BASE_USAGE_H

#include <stdint.h>

/* Open value struct. */
typedef struct {
    uint64_t cpu_ns;        /* of all threads, in user and kernel mode */
    uint64_t resident_size; /* bytes in memory; 0 if they cannot be read */
} usage_t;

usage_t usage_read(void);

#endif
