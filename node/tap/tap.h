/* tap.h - the tap of a node: an XPUB that publishes what passes on the bus and on the request link.
 *
 * docs/bus-protocol.md, T1 to T9. Owner: the node. Threads: the reactor's.
 * Without subscribers it costs a call and a branch for each message, and nothing for lines or
 * records. It never waits: a subscriber that does not keep up loses messages, and sees that by
 * their numbers.
 */
#ifndef HERD_NODE_TAP_TAP_H
#define HERD_NODE_TAP_TAP_H

#include "common/log/log.h"
#include "common/protocol/message.h"
#include "common/protocol/publication.h"
#include "common/store/store.h"
#include "node/loop/loop.h"
#include "node/security/guard.h"

#include <czmq.h>

typedef struct tap tap_t;

/* What it works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    loop_t *loop;
    log_t *log;
    store_t *store;
    const char *member;
    guard_t *guard;
    const char *endpoint; /* NULL: no tap, so nothing is ever wanted */
} tap_context_t;

/* Counters since tap_new (open value struct). */
typedef struct {
    uint64_t sent;          /* messages published */
    uint64_t bad;           /* messages of subscribers that were malformed or too long */
    uint64_t left_out;      /* messages that subscribers wanted and there was no time for (T8) */
    uint64_t resets;        /* times that all subscribers were disconnected (T8) */
    uint64_t subscriptions; /* prefixes subscribed to now */
} tap_counters_t;

/* Binds the endpoint. STATUS_IN_USE, logged: it cannot be bound. Caller ends it with tap_destroy,
 * before the loop and the store end. */
status_t tap_new(const tap_context_t *context, tap_t **ret_self) STATUS_MUST_USE;

/* Closes the socket, frees it, clears the pointer; NULL is fine. */
void tap_destroy(tap_t **self_p);

/* Whether a subscriber wants messages of this kind, for callers that would have to prepare one. */
bool tap_wants(const tap_t *self, publication_kind_t kind);

/* Publishes a message of `peer` if a subscriber wants it (T3). Changes of the store that were not
 * published yet go ahead. */
void tap_message(tap_t *self, publication_kind_t kind, text_t peer, const message_t *message);

/* Publishes what happened to the link of `peer`, e.g. "down", with a `note` for people or ""
 * (T6). */
void tap_link(tap_t *self, const char *peer, const char *event, const char *note);

/* Publishes what has changed in the store since the last call, if a subscriber wants it (T7). Call
 * it at the end of a turn that may have merged. */
void tap_changes(tap_t *self);

/* Call it several times a second: opens a tap anew that was closed (T8). */
void tap_tick(tap_t *self, int64_t steady_ns);

tap_counters_t tap_counters(const tap_t *self);

#endif
