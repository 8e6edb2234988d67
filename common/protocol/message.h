/* message.h - HERD/1, what the bus and the request link speak: its frames, types and bodies.
 *
 * docs/bus-protocol.md has the ABNF, and the numbered rules (M, B, Q) that the code cites. Every
 * message is four frames:
 *   "HERD/1"   protocol and version
 *   type       e.g. "DATA"
 *   header     a few fields with spaces between them, at most LIMIT_HEADER_SIZE bytes, may be empty
 *   body       lines that end in LF, at most LIMIT_BODY_SIZE bytes, may be empty
 *
 * Free of sockets: common/sockets/transport.h sends and receives. Owner: the caller. Threads: any.
 */
#ifndef HERD_COMMON_PROTOCOL_MESSAGE_H
#define HERD_COMMON_PROTOCOL_MESSAGE_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

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
    X(PONG, "PONG")         /* the node is alive, too */                                           \
    X(GOODBYE, "GOODBYE")   /* a front-end leaves */                                               \
    X(FOLLOW, "FOLLOW")     /* a follower wants to be sent the list */                             \
    X(STATUS, "STATUS")     /* an operator asks */                                                 \
    X(FORGET, "FORGET")     /* an operator has a client forgotten */                               \
    X(WHERE, "WHERE")       /* an operator asks for a client's record */                           \
    X(LOGLEVEL, "LOGLEVEL") /* an operator sets what is logged */                                  \
    X(ECHO, "ECHO")         /* an operator asks whether the node is there */                       \
    X(RELOAD, "RELOAD")     /* an operator has the herd file read again */                         \
    X(REPORT, "REPORT")     /* the node answers an operator */

typedef enum {
#define MESSAGE_ENUM(name, text) MESSAGE_##name,
    MESSAGE_TYPE_MAP(MESSAGE_ENUM)
#undef MESSAGE_ENUM
        MESSAGE_TYPES
} message_type_t;

enum {
    MESSAGE_VERSION = 1,
    MESSAGE_FRAMES = 4, /* protocol, type, header, body */
};

/* A message as decisions see it (open value struct): texts borrow. */
typedef struct {
    message_type_t type;
    text_t header;
    text_t body;
} message_t;

/* Parses the frames of a message (M1 to M4); its texts borrow from them. STATUS_INVALID: malformed.
 * STATUS_VERSION: another version of HERD. STATUS_TOO_LONG: header or body exceed their limits. */
status_t message_decode(const text_t *frames, size_t count, message_t *ret_message) STATUS_MUST_USE;

/* The frames of `message`, in their order; they borrow what it borrows. */
void message_encode(const message_t *message, text_t ret_frames[MESSAGE_FRAMES]);

/* "DATA" for MESSAGE_DATA; never NULL. */
const char *message_type_text(message_type_t type);

/* Whether messages of this type are questions of operators, taken from anyone, in no session. */
bool message_is_question(message_type_t type);

/* The value of `key` in a body of "key value" lines (M5); false if it is absent. Borrows from
 * `body`. */
bool message_value(text_t body, const char *key, text_t *ret_value);

/* The same for a value that is a number, 0 .. `maximum`; false also if it is not. */
bool message_number(text_t body, const char *key, uint64_t maximum, uint64_t *ret_value);

/* Whether the `versions` in the body of a HELLO name ours (M2). */
bool message_has_version(text_t body);

#endif
