/* allowance.h - the memory that this process may take: that of the machine, or less.
 *
 * Whichever is smallest counts: the machine's memory; memory.max and memory.high of the process's
 * control group and of each above it (version 2), or memory.limit_in_bytes (version 1), as
 * containers and systemd's MemoryMax= set them; RLIMIT_AS and RLIMIT_DATA (ulimit -v, -d).
 *
 * Owner: values. Threads: any. Reads files of /proc and /sys.
 */
#ifndef HERD_COMMON_PROGRAM_ALLOWANCE_H
#define HERD_COMMON_PROGRAM_ALLOWANCE_H

#include <stddef.h>
#include <stdint.h>

enum { ALLOWANCE_SOURCE_SIZE = 512 };

/* An open value struct. */
typedef struct {
    uint64_t size;                      /* bytes */
    char source[ALLOWANCE_SOURCE_SIZE]; /* "the machine's memory", or the path of a limit */
} allowance_t;

/* As it is now. */
allowance_t allowance_read(void);

/* Bytes that client records may take: the setting max_memory, or half of what the process may take
 * where that is 0. The other half is for links, clients' requests, the log, and what ZeroMQ
 * holds. */
size_t allowance_for_records(size_t max_memory);

#endif
