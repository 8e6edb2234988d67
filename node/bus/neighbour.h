/* neighbour.h - the sockets' side of one link: our DEALER to a neighbour, driven by what link.h decides.
 *
 * Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_BUS_NEIGHBOUR_H
#define HERD_NODE_BUS_NEIGHBOUR_H

#include "common/base/limits.h"
#include "common/log/log.h"
#include "common/protocol/message.h"
#include "common/replication/link.h"
#include "common/security/security.h"
#include "common/sockets/transport.h"
#include "node/tap/tap.h"

#include <czmq.h>

typedef struct neighbour neighbour_t;

/* What a neighbour works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    zloop_t *loop;
    log_t *log;
    store_t *store;
    tap_t *tap;
    const security_t *security;           /* NULL without keys */
    void *bus;                            /* our ROUTER, for answers */
    void (*acknowledged)(void *argument); /* called when link_held has grown */
    void *argument;                       /* for `acknowledged` */
} neighbour_context_t;

/* What passed over its sockets since neighbour_new, and what went wrong last (open value struct): for reports. Bytes are
 * those of headers and bodies. */
typedef struct {
    uint64_t messages_sent;
    uint64_t messages_received; /* well-formed ones */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t naks;      /* from it: messages of ours were lost */
    uint64_t resets;    /* from it: it did not know our session */
    uint64_t connects;  /* connections begun, the first among them */
    int64_t changed_ns; /* POSIX: when the link came up or went down; 0: it was never up */
    int64_t error_ns;   /* POSIX: since when `error` holds */
    char error[LIMIT_LOG_SAMPLE]; /* what went wrong last, escaped; "": nothing yet */
} neighbour_figures_t;

/* Makes the connection to `endpoint` and hooks it into the loop. `identity` is copied. Caller ends it with
 * neighbour_destroy, before the loop goes. */
neighbour_t *neighbour_new(const neighbour_context_t *context, const link_identity_t *identity,
                           const char *endpoint);

/* Closes the connection, frees it, clears the pointer; NULL is fine. */
void neighbour_destroy(neighbour_t **self_p);

/* Its name; borrowed. */
const char *neighbour_name(const neighbour_t *self);

/* Where it is; borrowed until neighbour_move. */
const char *neighbour_endpoint(const neighbour_t *self);

/* Makes the connection anew, to another endpoint. */
void neighbour_move(neighbour_t *self, const char *endpoint);

/* Takes a message that our ROUTER received from it, and answers. Several in a turn are answered with one ACK:
 * call neighbour_pump after the last. */
void neighbour_take(neighbour_t *self, const transport_inbound_t *inbound, int64_t now_ns,
                    int64_t steady_ns);

/* Sends what there is to send, answers and records, as far as the sockets take it. */
void neighbour_pump(neighbour_t *self, int64_t now_ns, int64_t steady_ns);

/* Other keys are accepted than before: a connection with a key that is no more ends, one that lacked its key begins. */
void neighbour_keys_changed(neighbour_t *self, int64_t steady_ns);

/* Several times a second: heartbeats, and a new connection where this one is dead. */
void neighbour_tick(neighbour_t *self, int64_t now_ns, int64_t steady_ns);

/* Whether it waits for the store's digest (link_wants_digest). */
bool neighbour_wants_digest(const neighbour_t *self, int64_t steady_ns);

/* The link, to look at. */
const link_t *neighbour_link(const neighbour_t *self);

/* Borrowed. */
const neighbour_figures_t *neighbour_figures(const neighbour_t *self);

#endif
