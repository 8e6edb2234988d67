/* bench_echo.h - herd-bench --serve-echo, a bare echo server: what a round trip costs at least.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_ECHO_H
#define HERD_TESTS_BENCH_BENCH_ECHO_H

#include <stdint.h>

/* Listens on 127.0.0.1, at `port` or, if that is 0, at one of the kernel's choice, prints which to
 * stdout, and echoes until a signal ends the process. Returns only if it cannot; errno says why. */
void bench_echo_serve(uint16_t port);

#endif
