/* message.h - HERD/1, the protocol of the bus and of the request link: its frames on ZeroMQ sockets.
 *
 * docs/bus-protocol.md has the ABNF and the numbered rules (M, B, Q) that the code cites.
 * Every message is four frames behind the routing id that a ROUTER adds:
 *   "HERD/1"   protocol and version
 *   type       e.g. "DATA"
 *   header     a few space-separated fields, at most LIMIT_HEADER_SIZE bytes, may be empty
 *   body       LF-ended lines, at most LIMIT_BODY_SIZE bytes, may be empty
 *
 * Owner: the caller. Threads: a message belongs to the thread of the socket it came from.
 */
#ifndef HERD_MESSAGE_H
#define HERD_MESSAGE_H

#include "common/status.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

/* Every type: name in the code, text on the wire. */
#define MESSAGE_TYPE_MAP(X)                                                                        \
    X(HELLO, "HELLO")       /* a sender opens a session */                                         \
    X(WANT, "WANT")         /* the receiver says from where on it wants the list */                \
    X(DATA, "DATA")         /* records */                                                          \
    X(ACK, "ACK")           /* records taken, cumulative */                                        \
    X(NAK, "NAK")           /* records missing before these */                                     \
    X(RESET, "RESET")       /* no such session here: open anew */                                  \
    X(COMPARE, "COMPARE")   /* the receiver shows the nodes of its digest */                       \
    X(LEAVES, "LEAVES")     /* the sender shows the leaves of nodes that differ */                 \
    X(AUDIT, "AUDIT")       /* the sender shows the root of its digest, now and then */            \
    X(REFUSED, "REFUSED")   /* this HELLO cannot be accepted, with the reason */                   \
    X(WELCOME, "WELCOME")   /* the node accepts a front-end */                                     \
    X(REQUEST, "REQUEST")   /* client lines */                                                     \
    X(REPLY, "REPLY")       /* formatted replies */                                                \
    X(PING, "PING")         /* a front-end is alive */                                             \
    X(PONG, "PONG")         /* so is the node */                                                   \
    X(GOODBYE, "GOODBYE")   /* a front-end leaves */                                               \
    X(STATUS, "STATUS")     /* an operator asks */                                                 \
    X(FORGET, "FORGET")     /* an operator has a client forgotten */                               \
    X(WHERE, "WHERE")       /* an operator asks for a client's record */                           \
    X(LOGLEVEL, "LOGLEVEL") /* an operator sets what is logged */                                  \
    X(ECHO, "ECHO")         /* an operator asks whether anybody is there */                        \
    X(RELOAD, "RELOAD")     /* an operator has the herd file read again */                         \
    X(REPORT, "REPORT")     /* and is told */

typedef enum {
#define MESSAGE_ENUM(name, text) MESSAGE_##name,
    MESSAGE_TYPE_MAP(MESSAGE_ENUM)
#undef MESSAGE_ENUM
        MESSAGE_TYPES
} message_type_t;

enum {
    MESSAGE_VERSION = 1,
    MESSAGE_FRAMES_MAX = 5, /* routing id, protocol, type, header, body */
};

/* A message as decisions see it (open value struct): texts borrow. */
typedef struct {
    message_type_t type;
    text_t header;
    text_t body;
} message_t;

/* A message as it came off a socket: owns the frames that its texts borrow from. */
typedef struct {
    text_t peer;       /* ROUTER: routing id of the sender; else empty */
    message_t message; /* valid after STATUS_OK only */
    zmq_msg_t frames[MESSAGE_FRAMES_MAX];
    unsigned frame_count; /* frames that hold a zmq_msg_t to close */
} message_inbound_t;

/* "DATA" for MESSAGE_DATA; never NULL. */
const char *message_type_text(message_type_t type);

/* Receives one message without blocking. `routed`: the socket is a ROUTER.
 * STATUS_OK: caller ends it with message_inbound_done. STATUS_AGAIN: nothing there. STATUS_INVALID,
 * STATUS_VERSION, STATUS_TOO_LONG: something that is no HERD/1 message was received and dropped; `peer`
 * and frame_count are set, for the log, and message_inbound_done is due too. STATUS_SYSTEM: see errno. */
status_t message_receive(void *socket, bool routed, message_inbound_t *ret_inbound) STATUS_MUST_USE;

/* A property of the connection by which a received message came (zmq_msg_gets(3)), e.g. "Peer-Address"; empty where there is
 * none. Borrows from the message. */
text_t message_property(const message_inbound_t *self, const char *name);

/* Frees the frames. */
void message_inbound_done(message_inbound_t *self);

/* Sends `message` without blocking; `peer` is the routing id on a ROUTER, else empty. The texts are copied.
 * STATUS_AGAIN: the pipe is full or absent, nothing was sent. STATUS_UNREACHABLE: no such peer.
 * STATUS_SYSTEM: see errno. All frames are sent or none. */
status_t message_send(void *socket, text_t peer, const message_t *message) STATUS_MUST_USE;

/* Sends these frames as one message, without blocking; as message_send. */
status_t message_send_frames(void *socket, const text_t *frames, size_t count) STATUS_MUST_USE;

/* Sends `message` behind a topic and a meta frame, on a XPUB, which drops it for subscribers that are too slow. Its texts
 * are copied. As message_send. */
status_t message_publish(void *socket, text_t topic, text_t meta,
                         const message_t *message) STATUS_MUST_USE;

/* The value of `key` in a body of "key value" lines (M5); false where it is not there. Borrows from `body`. */
bool message_value(text_t body, const char *key, text_t *ret_value);

/* The same for a value that is a number, 0 .. `maximum`. */
bool message_number(text_t body, const char *key, uint64_t maximum, uint64_t *ret_value);

/* Whether the `versions` in the body of a HELLO name ours (M2). */
bool message_has_version(text_t body);

/* Whether the socket takes (ZMQ_POLLOUT) or has (ZMQ_POLLIN) a message now; reading it also re-arms the
 * edge-triggered ZMQ_FD (zmq_getsockopt(3), ZMQ_FD). */
bool message_ready(void *socket, short event);

#endif
