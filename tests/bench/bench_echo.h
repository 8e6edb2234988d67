/* bench_echo.h - the bare echo server that herd-bench --serve-echo is: what a round trip costs at least.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_ECHO_H
#define HERD_TESTS_BENCH_BENCH_ECHO_H

#include <stdint.h>

/* Listens on 127.0.0.1, at `port` or, where that is 0, one of the kernel's choice, says so on stdout, and echoes until a
 * signal ends the process. Returns only where it cannot; errno says why. */
void bench_echo_serve(uint16_t port);

#endif
