/* entropy.h - numbers that no one can foresee, from the kernel (getrandom(2)).
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_BASE_ENTROPY_H
#define HERD_COMMON_BASE_ENTROPY_H

#include <stdint.h>

/* Returns one of 2^64 numbers. May wait while the machine boots, until the kernel has gathered
 * enough. */
uint64_t entropy_number(void);

#endif
