/* bench_peer.h - what herd-bench asks a herd, Redis, a server of HTTP or an echo server, and
 * whether the reply is right. Redis is asked for positions (GEOADD, GEOPOS, GEOSEARCH) or for
 * strings (SET, GET).
 *
 * Owner: values. Threads: any. No I/O, no allocation. Everything that a reply is checked against
 * follows from its request, so only requests are kept.
 */
#ifndef HERD_TESTS_BENCH_BENCH_PEER_H
#define HERD_TESTS_BENCH_BENCH_PEER_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    BENCH_PEER_HERD,
    BENCH_PEER_REDIS,     /* members of a GEO set */
    BENCH_PEER_REDIS_SET, /* a string for each client: IAMAT is SET, a position is read with GET */
    BENCH_PEER_ECHO,
    BENCH_PEER_WEB,  /* herd-web: IAMAT is PUT, a position is read with GET (bench_http.h) */
    BENCH_PEER_HTTP, /* the same requests; any answer is right that is no refusal */
} bench_peer_t;

typedef enum {
    BENCH_IAMAT,
    BENCH_WHATSAT,  /* WHATSAT ID 10 5, or GEOSEARCH; there is none of strings */
    BENCH_POSITION, /* the client's position alone: WHATSAT ID 0 0, GEOPOS or GET */
    BENCH_NEAR,     /* the nearest 10 clients within 10 km of a position: of herd-web and Redis */
    BENCH_EVENT,    /* nothing that is asked: what a watcher is told (bench_watch.h) */
    BENCH_KINDS
} bench_kind_t;

enum { BENCH_REQUEST_SIZE_MAX = 256 }; /* bytes; the longest, GEOSEARCH, has about 160 */

/* One line (open value struct). */
typedef struct {
    bench_kind_t kind;   /* which command */
    bool around_places;  /* WHATSAT: Redis is asked for places by position, not for clients */
    uint32_t id;         /* number of the client ID, from 0 */
    uint64_t position;   /* any bits: latitude and longitude follow from them */
    int64_t time_ns;     /* POSIX time of an IAMAT, ns */
    int64_t intended_ns; /* when it was to be sent, steady clock, ns */
} bench_request_t;

typedef enum {
    BENCH_REPLY_PART,  /* it is not complete */
    BENCH_REPLY_RIGHT, /* it answers the request */
    BENCH_REPLY_WRONG, /* it does not */
} bench_reply_t;

/* SplitMix64: the next 64 bits of a generator with this state. */
uint64_t bench_random(uint64_t *state);

/* The `position` of a request at that latitude and longitude, in 1e-6 degree, or the nearest one
 * that there is. */
uint64_t bench_peer_position(int32_t latitude_e6, int32_t longitude_e6);

/* Of a request's `position`, 1e-6 degree. */
int64_t bench_peer_latitude_e6(uint64_t position);
int64_t bench_peer_longitude_e6(uint64_t position);

/* The position that far north and east of another one. */
uint64_t bench_peer_position_near(uint64_t place, int32_t north_e6, int32_t east_e6);

/* Writes the request to `out` (BENCH_REQUEST_SIZE_MAX bytes), without a zero. Returns the number of
 * bytes. */
size_t bench_peer_write(bench_peer_t peer, const bench_request_t *request, char *out);

/* Cuts the reply to `request` off the front of `rest`, or nothing if it is not complete.
 * `ret_reply` borrows from `rest`. */
bench_reply_t bench_peer_take(bench_peer_t peer, const bench_request_t *request, text_t *rest,
                              text_t *ret_reply);

/* Whether a reply to a BENCH_POSITION, of a herd or of strings of Redis, tells of that IAMAT: same
 * client, position and time. */
bool bench_peer_shows(bench_peer_t peer, const bench_request_t *iamat, text_t reply);

/* Returns the number of results in a right reply to a WHATSAT or BENCH_NEAR. */
uint64_t bench_peer_results(bench_peer_t peer, text_t reply);

#endif
