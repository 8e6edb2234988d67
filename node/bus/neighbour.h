/* neighbour.h - the sockets' side of one link: our DEALER to a neighbour, by what link.h decides.
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
#include "common/sockets/inflow.h"
#include "common/sockets/transport.h"
#include "node/loop/loop.h"
#include "node/tap/tap.h"

#include <czmq.h>

typedef struct neighbour neighbour_t;

/* What a neighbour works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    loop_t *loop;
    log_t *log;
    store_t *store;
    tap_t *tap;
    const security_t *security;           /* NULL without keys */
    inflow_t *inflow;                     /* watches what comes; NULL: nothing does */
    size_t inflow_index;                  /* of our DEALER there */
    void *bus;                            /* our ROUTER, for answers */
    loop_watch_t *bus_watch;              /* of `bus` */
    const size_t *acknowledge_peers;      /* the setting in effect, as in config_t */
    const int64_t *asked_ns;              /* steady: when a client asked last; 0: not yet */
    void (*acknowledged)(void *argument); /* called when link_held has grown */
    void *argument;                       /* for `acknowledged` */
} neighbour_context_t;

/* For reports: what passed over its sockets since neighbour_new, and what went wrong last (open
 * value struct). Bytes are those of headers and bodies. */
typedef struct {
    uint64_t messages_sent;
    uint64_t messages_received; /* well-formed ones */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t naks;      /* from it: messages of ours were lost */
    uint64_t resets;    /* from it: it did not know our session */
    uint64_t connects;  /* connections begun, including the first */
    int64_t changed_ns; /* POSIX: when the link came up or went down; 0: it was never up */
    int64_t error_ns;   /* POSIX: since when `error` holds */
    char error[LIMIT_LOG_SAMPLE]; /* what went wrong last, escaped; "": nothing yet */
} neighbour_figures_t;

/* Begins to connect to `endpoint`, and hooks the connection into the loop. `identity` and
 * `endpoint` are copied. Caller ends it with neighbour_destroy, before the loop ends. */
neighbour_t *neighbour_new(const neighbour_context_t *context, const link_identity_t *identity,
                           const char *endpoint);

/* Closes the connection, frees it, clears the pointer; NULL is fine. */
void neighbour_destroy(neighbour_t **self_p);

/* Puts back how far its list was processed in an earlier life; right after neighbour_new. */
void neighbour_restore(neighbour_t *self, const link_checkpoint_t *checkpoint);

/* Its name; borrowed. */
const char *neighbour_name(const neighbour_t *self);

/* Its endpoint; borrowed until neighbour_move. */
const char *neighbour_endpoint(const neighbour_t *self);

/* Makes the connection anew, to another endpoint, which is copied. */
void neighbour_move(neighbour_t *self, const char *endpoint);

/* Takes a message that our ROUTER received from it. Call neighbour_pump after the last of a turn:
 * it answers them all with one ACK (B5). */
void neighbour_take(neighbour_t *self, const transport_inbound_t *inbound, int64_t now_ns,
                    int64_t steady_ns);

/* Where the node keeps the descriptor by which it spoke to us last (guard_know). */
int *neighbour_source(neighbour_t *self);

/* Sends answers and records as far as the sockets take them. */
void neighbour_pump(neighbour_t *self, int64_t now_ns, int64_t steady_ns);

/* The accepted keys have changed: ends a connection whose key was revoked, begins one whose key was
 * missing. */
void neighbour_keys_changed(neighbour_t *self, int64_t steady_ns);

/* Call it several times a second: sends heartbeats, and connects anew if the connection is dead. */
void neighbour_tick(neighbour_t *self, int64_t now_ns, int64_t steady_ns);

/* Compares what both hold, since records may be missing here (link_compare_anew). */
void neighbour_compare_anew(neighbour_t *self);

/* Whether it waits for the digest of the store (link_wants_digest). */
bool neighbour_wants_digest(const neighbour_t *self, int64_t steady_ns);

/* Its link; borrowed. */
const link_t *neighbour_link(const neighbour_t *self);

/* What herd_time.c makes of its clock (open value struct); all zero at first. */
typedef struct {
    bool differs;     /* from ours, at the last look */
    bool told;        /* the log says so */
    int64_t since_ns; /* steady: since when it differs, or does not */
} neighbour_clock_t;

neighbour_clock_t *neighbour_clock(neighbour_t *self);

/* Its figures; borrowed. */
const neighbour_figures_t *neighbour_figures(const neighbour_t *self);

#endif
