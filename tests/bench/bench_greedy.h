/* bench_greedy.h - herd-bench --greedy: connections that send lines of one kind as fast as the peer
 * takes them, and throw the replies away; load beside which others are measured.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_GREEDY_H
#define HERD_TESTS_BENCH_BENCH_GREEDY_H

#include "common/sockets/address.h"

#include <stdbool.h>
#include <stdint.h>

/* What each of them sends without end. */
typedef enum {
    BENCH_GREEDY_NONE,
    BENCH_GREEDY_SHORT,   /* lines of two bytes, which are no commands */
    BENCH_GREEDY_IAMAT,   /* IAMATs, of a client ID for each connection */
    BENCH_GREEDY_LONG,    /* lines of 64 KiB, which are no commands */
    BENCH_GREEDY_WHATSAT, /* `WHATSAT ID 50 20`, of a client in the middle of Los Angeles */
    BENCH_GREEDY_DEAF,    /* IAMATs; the replies are not read */
} bench_greedy_t;

/* The names of these kinds, in their order, and NULL. */
extern const char *const bench_greedy_names[];

/* Sends for `seconds` over that many connections, and prints how many bytes went each way. False,
 * with the reason on stderr, if it cannot begin, or if the peer has closed one. */
bool bench_greedy_run(bench_greedy_t kind, const address_t *address, uint64_t connections,
                      uint64_t seconds);

#endif
