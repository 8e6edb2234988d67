/* request.h - what a node answers to the client lines of a front-end.
 *
 * docs/bus-protocol.md, Q3 and Q4. Free of I/O and clocks: lines and a time in, replies and questions out.
 * Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_REQUEST_H
#define HERD_NODE_REQUESTS_REQUEST_H

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/store/store.h"
#include "node/places/query.h"
#include "node/requests/frontends.h"
#include "node/requests/promises.h"
#include "node/requests/queries.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the answers depend on (open value struct); all borrowed. */
typedef struct {
    store_t *store;
    queries_t *queries;
    promises_t *promises; /* NULL: an IAMAT is answered at once */
    frontends_t *frontends;
    log_t *log;
    text_t member;             /* our name */
    int64_t max_clock_lead_ns; /* R2 */
    bool has_places;           /* there is a provider to ask */
} request_context_t;

enum { REQUEST_QUESTIONS_MAX = 1024 };

/* Counters and the questions of a turn. */
typedef struct {
    request_context_t context;
    buffer_t scratch; /* one formatted reply */
    places_query_t questions[REQUEST_QUESTIONS_MAX];
    size_t question_count;
    uint64_t positions;       /* IAMATs answered */
    uint64_t lookups;         /* WHATSATs answered or asked on */
    uint64_t invalid;         /* lines answered "?" */
    uint64_t stamps_replaced; /* Q6 */
    uint64_t unkept;          /* IAMATs not answered: neighbours did not acknowledge them (R18) */
    uint64_t malformed;       /* request records that were none, dropped */
    /* Name of the request in the traffic log; no bytes where that is off. */
    char peer[sizeof((frontend_link_t *)0)->label + 2 * (TEXT_NUMBER_SIZE + 1UL)];
    size_t peer_size;
    int64_t replaced_ns; /* the newest time that Q6 put in the place of another */
} request_t;

void request_init(request_t *self, const request_context_t *context);
void request_done(request_t *self);

/* Answers request records (Q2) from the front of `body`, cutting them off, until none is left, or
 * `frontend->replies` holds a batch, or `questions` is full. True where some are left: the caller then sends what has
 * gathered and calls again. The questions in `questions` are the caller's to ask, and question_count to reset. */
bool request_answer_some(request_t *self, text_t *body, frontend_link_t *frontend, int64_t now_ns,
                         int64_t steady_ns);

/* Appends the reply to a query that waited: its AT line and `json`. */
void request_answer_query(request_t *self, const query_t *query, text_t json,
                          frontend_link_t *frontend, int64_t now_ns);

/* Appends the reply to an IAMAT that waited for neighbours (R18). */
void request_answer_promise(request_t *self, const promise_t *promise, text_t reply,
                            frontend_link_t *frontend, int64_t now_ns);

/* Gives up the IAMATs that wait since before `latest_ns` (steady): their connections were closed. */
void request_drop_late_promises(request_t *self, int64_t latest_ns);

#endif
