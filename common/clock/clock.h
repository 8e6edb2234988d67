/* clock.h - the only place where a program reads the time; decisions are given it.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_CLOCK_CLOCK_H
#define HERD_COMMON_CLOCK_CLOCK_H

#include <stdint.h>

/* POSIX time in ns (timestamp.h), CLOCK_REALTIME: it may step when the machine's clock is set. */
int64_t clock_now_ns(void);

/* ns since some fixed moment, CLOCK_MONOTONIC: it never steps. For time-outs and intervals only. */
int64_t clock_steady_ns(void);

#endif
