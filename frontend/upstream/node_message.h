/* node_message.h - what a message of the node means for the session that is under way
 * (bus-protocol.md, Q1 to Q8). Pure: no I/O, no clock.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_UPSTREAM_NODE_MESSAGE_H
#define HERD_FRONTEND_UPSTREAM_NODE_MESSAGE_H

#include "common/base/text.h"
#include "common/protocol/message.h"

#include <stdint.h>

/* Where the session stands (open value struct). */
typedef struct {
    uint64_t session;    /* its number */
    bool greeting;       /* HELLO was sent, WELCOME has not come */
    bool serving;        /* WELCOME has come; neither: there is no session */
    unsigned unanswered; /* REQUEST messages */
} node_message_session_t;

typedef enum {
    NODE_MESSAGE_MALFORMED, /* or out of place: no effect */
    NODE_MESSAGE_LATE,      /* of a session that is over: no effect */
    NODE_MESSAGE_WELCOME,   /* the session begins */
    NODE_MESSAGE_REPLY,     /* replies, see reply.h */
    NODE_MESSAGE_PONG,      /* the node is there */
    NODE_MESSAGE_RESET,     /* the node does not know the session */
    NODE_MESSAGE_REFUSED,   /* it refuses us */
} node_message_kind_t;

/* Open value struct; the text borrows from the message. */
typedef struct {
    node_message_kind_t kind;
    /* MALFORMED: a sample. WELCOME: the member's name, empty if it is not said. REPLY: the replies.
     * REFUSED: the reason. */
    text_t text;
    const char *what;  /* MALFORMED: of what type */
    unsigned answered; /* REPLY: REQUEST messages that it answers, 0 or 1, at most those open */
} node_message_t;

node_message_t node_message_read(const message_t *message, const node_message_session_t *at);

#endif
