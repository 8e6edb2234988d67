/* subscriptions.h - what the subscribers of a tap want, and how many messages each subscription was sent.
 *
 * docs/bus-protocol.md, T3, T5, T8. Owner: the tap. Threads: the reactor's. Free of I/O and clocks: the messages that an
 * XPUB delivers in, kinds and counts out. An XPUB tells the first subscriber of a prefix and the last that leaves it.
 */
#ifndef HERD_NODE_TAP_SUBSCRIPTIONS_H
#define HERD_NODE_TAP_SUBSCRIPTIONS_H

#include "common/base/buffer.h"
#include "common/protocol/publication.h"

typedef struct subscriptions subscriptions_t;

/* What a message meant. */
typedef enum {
    SUBSCRIPTIONS_OPENED,  /* somebody wants this prefix, nobody did before */
    SUBSCRIPTIONS_CLOSED,  /* nobody wants it any more */
    SUBSCRIPTIONS_IGNORED, /* it is no subscription, or too long: nothing changed */
    SUBSCRIPTIONS_FULL,    /* there are too many, or they take too much memory of ZeroMQ's */
} subscriptions_outcome_t;

/* None yet. Caller frees with subscriptions_destroy. */
subscriptions_t *subscriptions_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void subscriptions_destroy(subscriptions_t **self_p);

/* All of them are gone. Openings count on. */
void subscriptions_clear(subscriptions_t *self);

/* Takes a message of the XPUB: 0x01 or 0x00, and a prefix. After SUBSCRIPTIONS_FULL the caller closes the
 * socket, for what ZeroMQ holds is only freed with it, and clears. */
subscriptions_outcome_t subscriptions_take(subscriptions_t *self, text_t message);

/* The kinds, as bits, that somebody wants some of. */
unsigned subscriptions_kinds(const subscriptions_t *self);

/* How many prefixes are subscribed to. */
size_t subscriptions_count(const subscriptions_t *self);

/* Whether somebody wants `topic`. */
bool subscriptions_match(const subscriptions_t *self, text_t topic);

/* Counts a message of `topic` for each subscription that it matches, and appends these counts to `meta`. */
void subscriptions_number(subscriptions_t *self, text_t topic, buffer_t *meta);

#endif
