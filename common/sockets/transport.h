/* transport.h - messages of HERD/1 on ZeroMQ sockets: received by the frame, sent whole or not.
 *
 * On a ROUTER the routing id of the peer stands before the frames of message.h.
 * Owner: the caller. Threads: a message belongs to the thread of the socket it came from.
 */
#ifndef HERD_COMMON_SOCKETS_TRANSPORT_H
#define HERD_COMMON_SOCKETS_TRANSPORT_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/protocol/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

enum {
    TRANSPORT_FRAMES_MAX = MESSAGE_FRAMES + 1, /* the routing id of a ROUTER's peer */
};

/* A message as it came off a socket: owns the frames that its texts borrow from. */
typedef struct {
    text_t peer;       /* ROUTER: routing id of the sender; else empty */
    text_t address;    /* of what came by a stream (stream.h): that of its peer; else empty */
    message_t message; /* valid after STATUS_OK only */
    zmq_msg_t frames[TRANSPORT_FRAMES_MAX];
    unsigned frame_count; /* frames that hold a zmq_msg_t to close */
} transport_inbound_t;

/* Receives one message without blocking. `routed`: the socket is a ROUTER.
 * STATUS_OK: caller ends it with transport_inbound_done. STATUS_AGAIN: there is none.
 * STATUS_INVALID, STATUS_VERSION, STATUS_TOO_LONG: what came is not a HERD/1 message and was
 * dropped; `peer` and frame_count are set, for the log, and caller ends it likewise.
 * STATUS_SYSTEM: see errno. */
status_t transport_receive(void *socket, bool routed,
                           transport_inbound_t *ret_inbound) STATUS_MUST_USE;

/* A property of the connection that a received message came by (zmq_msg_gets(3)), e.g.
 * "Peer-Address"; empty if it has none of that name. Borrows from the message. */
text_t transport_property(const transport_inbound_t *self, const char *name);

/* The descriptor of the connection by which a received message came, -1 if it is unknown. By now it
 * may belong to another connection. */
int transport_source(const transport_inbound_t *self);

/* Frees the frames. */
void transport_inbound_done(transport_inbound_t *self);

/* Sends `message` without blocking: all of its frames or none. `peer` is the routing id on a
 * ROUTER, else empty. The texts are copied.
 * STATUS_AGAIN: the pipe is full or absent. STATUS_UNREACHABLE: no such peer. STATUS_SYSTEM: see
 * errno. */
status_t transport_send(void *socket, text_t peer, const message_t *message) STATUS_MUST_USE;

/* Sends these frames as one message; else as transport_send. */
status_t transport_send_frames(void *socket, const text_t *frames, size_t count) STATUS_MUST_USE;

/* Sends `message` behind a topic and a meta frame on an XPUB, which drops it for subscribers that
 * are too slow; else as transport_send. */
status_t transport_publish(void *socket, text_t topic, text_t meta,
                           const message_t *message) STATUS_MUST_USE;

/* Whether the socket has a message (ZMQ_POLLIN) or takes one (ZMQ_POLLOUT) now. Asking also re-arms
 * the edge-triggered ZMQ_FD (zmq_getsockopt(3), ZMQ_FD). */
bool transport_ready(void *socket, short event);

#endif
