/* delivery.h - what leaves over the desk: answers, and replies in batches. The tap
 * shows what comes and goes.
 *
 * docs/bus-protocol.md, Q1, Q4, T2. Owner: the service, which embeds it. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_DELIVERY_H
#define HERD_NODE_REQUESTS_DELIVERY_H

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/protocol/message.h"
#include "node/requests/desk.h"
#include "node/requests/frontends.h"
#include "node/tap/tap.h"

#include <stdbool.h>

/* Open value struct; all borrowed. */
typedef struct {
    desk_t *desk;
    frontends_t *frontends;
    tap_t *tap;
    log_t *log;
} delivery_t;

/* Whom a message comes from or goes to (open value struct). */
typedef struct {
    text_t name;          /* desk.h */
    const char *follower; /* of a follower, its label; else NULL */
} delivery_peer_t;

/* Shows a message that came in at the tap. */
void delivery_show_inbound(const delivery_t *self, delivery_peer_t peer, const message_t *message);

/* Sends a message and shows it at the tap; as desk_send. */
status_t delivery_try_send(const delivery_t *self, delivery_peer_t peer,
                           const message_t *message) STATUS_MUST_USE;

/* Sends a message to `peer` and shows it at the tap. False if it could not be delivered, which is
 * logged. */
bool delivery_send(const delivery_t *self, text_t peer, const message_t *message);

/* Sends the replies that have gathered for a front-end, which may be none, as an answer to
 * `answered` REQUEST messages, 0 or 1 (Q4). If that fails, its session is broken, and replies to it
 * are dropped. */
void delivery_send_replies(const delivery_t *self, frontend_link_t *frontend, unsigned answered);

/* Sends what has gathered for a front-end if it makes a batch. */
void delivery_send_batch(const delivery_t *self, frontend_link_t *frontend);

/* Sends what has gathered for any front-end. */
void delivery_flush(const delivery_t *self);

#endif
