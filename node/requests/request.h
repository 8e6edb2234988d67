/* request.h - what a node answers to the client lines of a front-end.
 *
 * docs/bus-protocol.md, Q2 to Q6. Free of I/O and clocks: lines and a time come in; replies,
 * questions to the places provider, and what became of each line go out. The caller logs
 * (request_log.h), sends and asks.
 * Owner: the service. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_REQUEST_H
#define HERD_NODE_REQUESTS_REQUEST_H

#include "common/base/buffer.h"
#include "common/base/text.h"
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
    text_t member;             /* our name */
    int64_t max_clock_lead_ns; /* R2 */
    bool has_places;           /* there is a provider to ask */
} request_context_t;

enum {
    REQUEST_QUESTIONS_MAX = 1024,
    /* Request records that are answered together: while one is taken apart, the memory of those
     * before it comes (store_fetch_begin). More gain nothing: a core has some ten fetches under
     * way. */
    REQUEST_GROUP_SIZE = 16,
};

/* What became of a request record. */
typedef enum {
    REQUEST_ANSWERED,
    REQUEST_WAITS,      /* for places (queries.h), or for neighbours (promises.h) */
    REQUEST_NO_ROOM,    /* not answered: the store is full, and the client is new */
    REQUEST_NO_PROMISE, /* not answered: too many IAMATs wait for neighbours */
} request_result_t;

/* A request record and what became of it (open value struct). */
typedef struct {
    request_result_t result;
    uint64_t connection; /* Q2 */
    uint64_t sequence;
    text_t line;        /* of the client; borrows from the body of the REQUEST */
    size_t reply_start; /* where its reply begins in frontend->replies, if it was answered */
    size_t reply_size;  /* bytes */
} request_outcome_t;

/* IAMATs by what their clients' clocks are (open value struct). */
typedef struct {
    uint64_t ahead;   /* by more than max_clock_lead (R2) */
    uint64_t behind;  /* by more than a minute; or they were sent so late */
    uint64_t expired; /* so far that the record is too old to be taken (R16) */
} request_clocks_t;

/* Open; the caller reads the counters, the questions of a turn, and the outcomes of a group. */
typedef struct {
    request_context_t context;
    buffer_t scratch; /* one formatted reply */
    places_query_t questions[REQUEST_QUESTIONS_MAX];
    size_t question_count;
    request_outcome_t outcomes[REQUEST_GROUP_SIZE];
    size_t outcome_count;
    uint64_t positions;       /* IAMATs answered */
    uint64_t lookups;         /* WHATSATs answered or asked on */
    uint64_t invalid;         /* lines answered "?" */
    uint64_t stamps_replaced; /* Q6 */
    uint64_t malformed;       /* request records dropped */
    request_clocks_t clocks;
    int64_t replaced_ns; /* the newest time that Q6 put in the place of another */
} request_t;

void request_init(request_t *self, const request_context_t *context);
void request_done(request_t *self);

/* What is to be done after a group. */
typedef enum {
    REQUEST_END,   /* the body is used up */
    REQUEST_GO_ON, /* call again */
    REQUEST_PAUSE, /* replies make a batch, or `questions` is full: send and ask, then call again */
} request_step_t;

/* Answers up to REQUEST_GROUP_SIZE request records (Q2) from the front of `body`, and cuts them
 * off. Replies go to `frontend->replies`, questions to `questions`, where the caller resets
 * question_count, and what became of each record to `outcomes`. Malformed ones are counted and
 * skipped. */
request_step_t request_answer_group(request_t *self, text_t *body, frontend_link_t *frontend,
                                    int64_t now_ns, int64_t steady_ns);

/* Appends the reply to a query that waited, its AT line and `json`, to `frontend->replies`; returns
 * what became of it, without a line. */
request_outcome_t request_answer_query(request_t *self, const query_t *query, text_t json,
                                       frontend_link_t *frontend);

/* The same for an IAMAT that waited for neighbours (R18). */
request_outcome_t request_answer_promise(request_t *self, const promise_t *promise, text_t reply,
                                         frontend_link_t *frontend);

#endif
