/* bench_client.h - one connection of herd-bench: lines under way, bytes out and in.
 *
 * Owner: the loop (bench_loop.h). Threads: one. No line allocates memory: the connection has room
 * for all lines under way from its beginning, and its input grows to the largest reply.
 */
#ifndef HERD_TESTS_BENCH_BENCH_CLIENT_H
#define HERD_TESTS_BENCH_BENCH_CLIENT_H

#include "common/base/buffer.h"
#include "tests/bench/bench_peer.h"

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

/* Open value struct; only `made` is written by others than bench_client_*. */
typedef struct {
    int fd;                 /* the socket; -1 once it is closed */
    buffer_t in;            /* what was read, and is not taken yet */
    size_t in_taken;        /* bytes of `in` that were taken in this turn */
    char *out;              /* room for as many requests as may be under way */
    size_t out_begin;       /* bytes of `out` that were written */
    size_t out_end;         /* bytes of `out` that are written or to be written */
    bench_request_t *lines; /* ring of the lines under way */
    size_t pipeline;        /* lines, the ring's size */
    size_t first;           /* index of the oldest line in the ring */
    size_t under_way;       /* lines sent, or in `out`, that have no reply yet */
    uint64_t made;          /* lines of this phase */
} bench_client_t;

/* Connects to the first address that accepts, and waits for that. False, with errno, if none does.
 * Caller ends it with bench_client_done in any case. */
bool bench_client_connect(bench_client_t *self, const struct addrinfo *addresses, size_t pipeline);

/* Closes the socket; the lines under way are forgotten. Twice is fine. */
void bench_client_close(bench_client_t *self);

/* Closes and frees. */
void bench_client_done(bench_client_t *self);

/* Adds a copy of a line to what is to be written; fewer than `pipeline` are under way. */
void bench_client_add(bench_client_t *self, bench_peer_t peer, const bench_request_t *request);

/* Writes once what is to be written; false if the connection is broken. */
bool bench_client_write(bench_client_t *self);

/* Whether bytes wait for room in the socket. */
static inline bool bench_client_is_full(const bench_client_t *self)
{
    return self->out_begin < self->out_end;
}

/* Reads once; false at the end of the connection. Replies taken before are no longer valid. */
bool bench_client_read(bench_client_t *self);

/* Takes the next reply, and its request off the lines under way, of which there is one.
 * BENCH_REPLY_PART, and nothing taken, if the reply is not complete. `ret_reply` is borrowed until
 * the next read. */
bench_reply_t bench_client_take(bench_client_t *self, bench_peer_t peer,
                                bench_request_t *ret_request, text_t *ret_reply);

#endif
