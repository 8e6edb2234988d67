/* followers.h - who follows this node: each is a link with its sending half alone, over the desk.
 *
 * docs/bus-protocol.md, F rules; docs/replication.md, R20. Owner: the service. Threads: the
 * reactor's. What a follower sends is foreign. A follower that does not read costs no more than one
 * message: none is made before the last one has left for the kernel.
 */
#ifndef HERD_NODE_REQUESTS_FOLLOWERS_H
#define HERD_NODE_REQUESTS_FOLLOWERS_H

#include "common/base/limits.h"
#include "common/log/log.h"
#include "common/replication/generation.h"
#include "common/replication/link.h"
#include "common/store/store.h"
#include "node/requests/delivery.h"

#include <stdbool.h>
#include <stdint.h>

/* What they work with (open value struct); all borrowed as long as they live. */
typedef struct {
    store_t *store;
    const delivery_t *delivery;
    log_t *log;
    const char *herd;        /* its name */
    const char *member;      /* our name */
    const size_t *max_count; /* setting max_followers */
    generation_t generation; /* ours */
} followers_context_t;

/* One follower, for reports (open; read only). */
typedef struct {
    bool present; /* this slot is in use */
    bool stream;  /* it came by a stream */
    char peer[FRONTENDS_ROUTING_ID_SIZE];
    size_t peer_size;
    char label[FRONTENDS_LABEL_SIZE]; /* "web/4711" */
    uint64_t session;                 /* of its FOLLOW */
    link_t *link;
    int64_t since_ns; /* POSIX: when it came */
    uint64_t sent;    /* records, by links before this one */
    uint64_t messages_sent;
    uint64_t bytes_sent; /* headers and bodies */
    uint64_t resets;     /* from it */
    uint64_t bad;        /* messages of it that were dropped */
} follower_t;

typedef struct followers followers_t;

/* Without followers. Caller frees with followers_destroy. */
followers_t *followers_new(const followers_context_t *context);

/* Ends all links, frees it and clears the pointer; NULL is fine. */
void followers_destroy(followers_t **self_p);

/* Takes a FOLLOW of `session` from `peer`, which fits this node; `body` names it. False: there are
 * too many. A follower of that peer is replaced, unless it is of this session. */
bool followers_add(followers_t *self, text_t peer, uint64_t session, text_t body);

/* The follower of that peer; NULL if there is none. Borrowed until the next call. */
const follower_t *followers_find(const followers_t *self, text_t peer);

/* Whether it may be a message of a follower in a session; GOODBYE and RESET may be others', too. */
bool followers_take_type(message_type_t type);

/* Takes a message of such a type. False: that peer is no follower. */
bool followers_take(followers_t *self, text_t peer, const message_t *message, int64_t steady_ns);

/* Sends records as far as followers take them, for a bounded time; true if there is more to do for
 * which no one would wake us. */
bool followers_pump(followers_t *self, int64_t now_ns, int64_t steady_ns);

/* Call it several times a second: drops those that are silent. */
void followers_tick(followers_t *self, int64_t steady_ns);

/* Drops those beyond max_followers, which has changed; those that came first stay. */
void followers_apply(followers_t *self);

/* Whether any waits for the digest of the store (link_wants_digest). */
bool followers_want_digest(const followers_t *self, int64_t steady_ns);

size_t followers_count(const followers_t *self);
size_t followers_max(const followers_t *self);

/* Times that one was refused because there were too many. */
uint64_t followers_refused(const followers_t *self);

/* Returns the next follower, from `*slot` on, and moves `*slot` behind it; NULL at the end. Start
 * with 0. */
const follower_t *followers_next(const followers_t *self, size_t *slot);

#endif
