/* report.h - the REPORT that answers a STATUS: what a node says of itself (bus-protocol.md, S1).
 *
 * Its keys are those of common/protocol/report_keys.h.
 * Owner: none. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_REPORT_H
#define HERD_NODE_REQUESTS_REPORT_H

#include "common/base/buffer.h"
#include "node/bus/herd_time.h"
#include "node/bus/neighbour.h"
#include "node/journal/keeper.h"
#include "node/places/query.h"
#include "node/requests/followers.h"
#include "node/requests/frontends.h"
#include "node/requests/request.h"
#include "node/requests/rises.h"
#include "node/tap/tap.h"

/* The figures (open value struct); all borrowed. */
typedef struct {
    const char *name;
    int64_t started_ns;       /* POSIX time */
    int64_t now_ns;           /* the same */
    int64_t steady_ns;        /* at that moment */
    const log_t *log;         /* its level and losses are reported */
    size_t records;           /* clients known */
    const digest_t *digest;   /* of these; NULL while it is not complete */
    size_t memory_size;       /* bytes that these take */
    size_t max_clients;       /* records, at most */
    size_t max_memory;        /* bytes that these may take */
    uint64_t positions;       /* IAMATs answered */
    uint64_t lookups;         /* WHATSATs answered or asked on */
    uint64_t invalid;         /* lines answered "?" */
    uint64_t stamps_replaced; /* bus-protocol.md, Q6 */
    uint64_t malformed;       /* request records dropped */
    size_t acknowledge_peers; /* the setting in effect, as in config_t */
    bool acknowledge_disk;    /* the same */
    size_t unacknowledged;    /* IAMATs whose answer waits for neighbours (replication.md, R18) */
    uint64_t unkept;          /* IAMATs not answered because these did not acknowledge */
    size_t queries;           /* WHATSATs that wait for the places provider */
    const journal_keeper_figures_t *journal; /* NULL without one */
    const char *security;                    /* "curve", "none", "local" */
    uint64_t refused;                        /* connections and messages turned away (K3) */
    uint64_t keys_refused;                   /* of these, because of their key */
    uint64_t connections_cut;                /* because they brought in too much */
    uint64_t connections_refused;            /* because the last descriptors are kept */
    uint64_t unstored;                       /* IAMATs not answered because the store is full */
    bool reload_refused;                     /* the last reload took nothing of the herd file */
    size_t sockets_missing;                  /* files of Unix sockets that are gone */
    const rises_t *rises;                    /* when counts last rose */
    frontends_t *frontends;
    const followers_t *followers;
    const places_figures_t *places; /* NULL without a provider */
    const request_clocks_t *clocks; /* of clients */
    herd_time_figures_t time;       /* clocks of members */
    tap_counters_t tap;
    neighbour_t *const *neighbours; /* neighbour_count of them */
    size_t neighbour_count;
} report_figures_t;

/* Appends the body of a REPORT. STATUS_FULL, with nothing appended, past the buffer's maximum. */
status_t report_write(const report_figures_t *figures, buffer_t *out) STATUS_MUST_USE;

#endif
