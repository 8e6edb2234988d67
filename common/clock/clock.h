/* clock.h - the only place where a program reads the time; decisions get it as an argument.
 *
 * Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_CLOCK_CLOCK_H
#define HERD_COMMON_CLOCK_CLOCK_H

#include <stdint.h>

/* POSIX time in ns (timestamp.h), CLOCK_REALTIME: steps when someone sets the machine's clock. */
int64_t clock_now_ns(void);

/* ns since some fixed moment, CLOCK_MONOTONIC: never steps. For time-outs and intervals only. */
int64_t clock_steady_ns(void);

/* Processor time of the calling thread, ns: what it did, whatever else the machine had to do. */
int64_t clock_thread_ns(void);

#endif
