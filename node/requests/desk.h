/* desk.h - where a node's requests come in and its answers go out: one place, whatever carries
 * them. A ROUTER of ZeroMQ, at a Unix socket in a herd without keys also streams, and in a process
 * that has a front-end too a passage.
 *
 * docs/bus-protocol.md, "The request link", "Streams". Owner: the node. Threads: the reactor's.
 * A peer is named by what its transport calls it: `peer` of what it sent.
 */
#ifndef HERD_NODE_REQUESTS_DESK_H
#define HERD_NODE_REQUESTS_DESK_H

#include "common/sockets/passage.h"
#include "common/sockets/transport.h"
#include "node/loop/loop.h"
#include "node/requests/streams.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct desk desk_t;

/* A desk at `router`, borrowed, and at `streams`, taken; NULL: there are none. Caller frees with
 * desk_destroy. */
desk_t *desk_new(void *router, streams_t *streams);

/* Ends the streams, frees it, clears the pointer; NULL is fine. */
void desk_destroy(desk_t **self_p);

/* Watches of the loop, borrowed until desk_destroy: that of the ROUTER, which what leaves there
 * stirs; and one that waits for stirs alone, for all that no descriptor tells of. The handlers of
 * both begin a turn. */
void desk_set_watches(desk_t *self, loop_watch_t *router_watch, loop_watch_t *more_watch);

/* A front-end of this process asks by `passage`, borrowed until desk_destroy. */
void desk_join(desk_t *self, passage_t *passage);

/* Whether a peer is that front-end: it needs no key. */
bool desk_is_inner(const desk_t *self, text_t peer);

/* The ROUTER has something: it is looked at until it has no more. */
void desk_note_router(desk_t *self);

/* The descriptor that is readable when streams have something; -1: there are none. */
int desk_file(const desk_t *self);

/* Whether messages are taken; at first they are not. Streams are greeted, and answers leave, in
 * any case. */
void desk_open(desk_t *self, bool open);

/* A turn: desk_begin_turn, desk_receive until STATUS_AGAIN or for as long as there is time,
 * desk_end_turn. */
void desk_begin_turn(desk_t *self, int64_t steady_ns);
void desk_end_turn(desk_t *self);

/* As transport_receive from a ROUTER, from all in turn. */
status_t desk_receive(desk_t *self, int64_t steady_ns,
                      transport_inbound_t *ret_inbound) STATUS_MUST_USE;

/* As transport_send. */
status_t desk_send(desk_t *self, text_t peer, const message_t *message) STATUS_MUST_USE;

/* Whether all that was sent to `peer` has left for the kernel. True if it is no stream here, or no
 * more: over ZeroMQ that is not known, and desk_send says who is gone. */
bool desk_is_clear(const desk_t *self, text_t peer);

/* Whether that is a stream here. */
bool desk_has_stream(const desk_t *self, text_t peer);

/* Ends the connection of `peer`, if it is a stream. */
void desk_cut(desk_t *self, text_t peer);

/* Has the loop come back for another turn: there is more to do than this one did. */
void desk_wake(const desk_t *self);

/* Says whether `peer` is a front-end or follower in a session. */
void desk_set_named(desk_t *self, text_t peer, bool named);

/* Call it several times a second. */
void desk_tick(desk_t *self, int64_t steady_ns);

#endif
