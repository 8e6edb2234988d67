/* subscriptions.h - what the subscribers of a tap want, and how much each subscription was sent.
 *
 * docs/bus-protocol.md, T3, T5, T8. Owner: the tap. Threads: the reactor's. Free of I/O and clocks:
 * in come the messages of an XPUB, out go kinds and counts. An XPUB reports only the first
 * subscriber of a prefix and the last that leaves it.
 */
#ifndef HERD_NODE_TAP_SUBSCRIPTIONS_H
#define HERD_NODE_TAP_SUBSCRIPTIONS_H

#include "common/base/buffer.h"
#include "common/protocol/publication.h"

typedef struct subscriptions subscriptions_t;

/* What a message meant. */
typedef enum {
    SUBSCRIPTIONS_OPENED,  /* a prefix has its first subscriber */
    SUBSCRIPTIONS_CLOSED,  /* its last subscriber has left it */
    SUBSCRIPTIONS_IGNORED, /* malformed or too long: nothing changed */
    SUBSCRIPTIONS_FULL,    /* too many, or too much memory of ZeroMQ's */
} subscriptions_outcome_t;

/* Empty at first. Caller frees with subscriptions_destroy. */
subscriptions_t *subscriptions_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void subscriptions_destroy(subscriptions_t **self_p);

/* Forgets all of them. Openings count on. */
void subscriptions_clear(subscriptions_t *self);

/* Takes a message of the XPUB: 0x01 or 0x00, and a prefix. After SUBSCRIPTIONS_FULL the caller
 * closes the socket, because ZeroMQ frees what it holds only then, and calls
 * subscriptions_clear. */
subscriptions_outcome_t subscriptions_take(subscriptions_t *self, text_t message);

/* The kinds, as bits, that some prefix matches. */
unsigned subscriptions_kinds(const subscriptions_t *self);

/* The number of prefixes subscribed to. */
size_t subscriptions_count(const subscriptions_t *self);

/* Whether some prefix matches `topic`. */
bool subscriptions_match(const subscriptions_t *self, text_t topic);

/* Counts a message of `topic` for each prefix that matches it, and appends these counts to
 * `meta`. */
void subscriptions_number(subscriptions_t *self, text_t topic, buffer_t *meta);

/* Counts a message of `topic` that is left out: the next one shows each prefix that matches it that
 * one is missing. False if none matches. */
bool subscriptions_leave_out(subscriptions_t *self, text_t topic);

#endif
