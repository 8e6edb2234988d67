/* bench_loop.h - a run of herd-bench: all connections, one thread, one epoll.
 *
 * Owner: the program. Threads: one. First every client ID is reported once, unmeasured, so that the
 * peer knows it, unless the settings say that it does. Then lines are sent for the duration, and
 * their replies awaited. Closed loop: each connection always has its lines under way, and a latency
 * begins with the line. Open loop: line n is intended for n / rate seconds after the start,
 * whatever the server does, and its latency begins then (G. Tene's "coordinated omission"): a stall
 * counts for each line that it held up.
 */
#ifndef HERD_TESTS_BENCH_BENCH_LOOP_H
#define HERD_TESTS_BENCH_BENCH_LOOP_H

#include "common/sockets/address.h"
#include "tests/bench/bench_peer.h"
#include "tests/bench/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What to do (open value struct). */
typedef struct {
    address_t address;             /* to connect to */
    bench_peer_t peer;             /* what listens there */
    uint64_t clients;              /* connections, > 0 */
    uint64_t pipeline;             /* lines under way for each connection, at most; > 0 */
    uint64_t weights[BENCH_KINDS]; /* shares of the commands, of their sum */
    uint64_t ids;                  /* different client IDs, > 0 */
    uint64_t duration_s;           /* seconds of sending; 0: only report the IDs */
    uint64_t rate;                 /* lines per second, all connections together; 0: closed loop */
    const char *around;            /* GeoNames file that clients are near, or NULL; borrowed */
    uint64_t within;       /* side of the square that clients are in, degrees; 0: anywhere */
    bool wander;           /* clients stay near their own places (bench_within.h) */
    address_t visible_at;  /* server that is to show updates (bench_visible.h); port 0: no */
    address_t watch_at;    /* herd-web that watchers ask (bench_watch.h); port 0: none */
    uint64_t watchers;     /* of these */
    uint64_t view_clients; /* clients in the view of one, about */
    bool known;            /* the peer knows the IDs */
    bool json;             /* print JSON, not a table */
} bench_settings_t;

/* What came of it (open value struct; large). */
typedef struct {
    histogram_t latencies[BENCH_KINDS]; /* ns, of the right replies */
    uint64_t answers_looked_at;         /* answers to WHATSAT whose results were counted */
    uint64_t results;                   /* in these */
    uint64_t wrong;                     /* replies that do not answer their request */
    uint64_t lost;    /* lines sent that got no reply, also because their connection ended, and
                         events that did not come */
    uint64_t unsent;  /* lines of an open loop that could not be sent in time */
    uint64_t closed;  /* connections that the peer closed */
    int64_t took_ns;  /* from the first measured line to the last reply, ns */
    int64_t ended_ns; /* POSIX time of the last reply, ns */
    int64_t spent_ns; /* processor time of herd-bench itself in `took_ns`, ns */
} bench_result_t;

/* The sum of the weights of what can be asked. */
static inline uint64_t bench_loop_weight(const uint64_t weights[BENCH_KINDS])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < BENCH_EVENT; i++) {
        sum += weights[i];
    }
    return sum;
}

/* Runs. `ret_result` is all zero before. Shows the first wrong replies on stderr, and on a terminal
 * its progress each second. False, with the reason on stderr, if it cannot begin. */
bool bench_loop_run(const bench_settings_t *settings, bench_result_t *ret_result);

#endif
