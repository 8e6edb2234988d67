/* streams.h - the connections to a node's Unix socket for requests, of front-ends and operators
 * that speak frames (common/sockets/stream.h). Those that speak ZeroMQ are given to it.
 *
 * docs/bus-protocol.md, "Streams". Owner: the desk. Threads: the reactor's. Peers are hostile until
 * checked: who may connect is looked up with the kernel, what each may hold is bounded, and
 * strangers give way when there are too many (meter.h).
 */
#ifndef HERD_NODE_REQUESTS_STREAMS_H
#define HERD_NODE_REQUESTS_STREAMS_H

#include "common/log/log.h"
#include "common/sockets/transport.h"
#include "node/security/guard.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct streams streams_t;

/* What it is made of (open value struct). */
typedef struct {
    guard_t *guard;      /* counts and logs what is turned away; borrowed */
    log_t *log;          /* borrowed */
    const char *path;    /* of the socket: its permissions say who may connect; borrowed */
    guard_local_t local; /* taken */
} streams_settings_t;

/* No connection yet. NULL with errno set: there is no descriptor left. Caller frees with
 * streams_destroy. */
streams_t *streams_new(const streams_settings_t *settings);

/* Sends what waits, for 200 ms at most, closes all, clears the pointer; NULL is fine. */
void streams_destroy(streams_t **self_p);

/* The descriptor that is readable when there is something to do. */
int streams_file(const streams_t *self);

/* Whether messages are read; at first they are not (R11). */
void streams_set_reading(streams_t *self, bool reading);

/* Begins a turn: accepts, greets, sends what waits. At its end call streams_end_turn. */
void streams_begin_turn(streams_t *self, int64_t steady_ns);

/* The next message of the turn, of any peer in turn. As transport_receive; `ret_inbound` borrows
 * until the next call. */
status_t streams_receive(streams_t *self, int64_t steady_ns,
                         transport_inbound_t *ret_inbound) STATUS_MUST_USE;

/* What was not received comes first in the next turn. Returns whether there is any: streams_file
 * does not tell of it. */
bool streams_end_turn(streams_t *self);

/* Whether that is the name of a connection here: `peer` of what it sent. */
bool streams_has(const streams_t *self, text_t peer);

/* Sends to `peer`. STATUS_AGAIN: it has not read for too long. STATUS_UNREACHABLE: it is gone.
 * STATUS_NOT_FOUND: that is no name of a connection here. */
status_t streams_send(streams_t *self, text_t peer, const message_t *message) STATUS_MUST_USE;

/* Whether all that was sent to `peer` has left for the kernel. */
bool streams_is_clear(const streams_t *self, text_t peer);

/* Ends the connection of `peer`. */
void streams_cut(streams_t *self, text_t peer);

/* Whether `peer` is a front-end or follower in a session, and does not give way to others. */
void streams_set_named(streams_t *self, text_t peer, bool named);

/* Call it several times a second: ends connections that never greet and messages that never end,
 * and goes on accepting after a pause. */
void streams_tick(streams_t *self, int64_t steady_ns);

#endif
