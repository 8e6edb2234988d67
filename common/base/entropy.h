/* entropy.h - numbers that nobody can foresee, from the kernel (getrandom(2)).
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_BASE_ENTROPY_H
#define HERD_COMMON_BASE_ENTROPY_H

#include <stdint.h>

/* Any of 2^64 numbers. Waits, at the start of the machine only, until the kernel has gathered enough. */
uint64_t entropy_number(void);

#endif
