/* exchanges.h - requests of one connection that have no answer yet, in their order. Pure.
 *
 * Owner: one session. Threads: one.
 * Answers may come in any order; they leave in the order of the requests. One that waits for the
 * node keeps its line until then, so that it can be asked again when the node was away
 * (bus-protocol.md, Q7).
 */
#ifndef HERD_FRONTEND_WEB_EXCHANGES_H
#define HERD_FRONTEND_WEB_EXCHANGES_H

#include "common/base/buffer.h"
#include "common/base/text.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of the node's reply. */
typedef enum {
    EXCHANGE_NONE,   /* the node is not asked */
    EXCHANGE_PUT,    /* the AT line is the client's Feature */
    EXCHANGE_GET,    /* the same, of one that may be unknown */
    EXCHANGE_PLACES, /* the JSON behind the AT line */
} exchange_kind_t;

/* How an answer is given, kept from the request (open value struct). */
typedef struct {
    exchange_kind_t kind : 8;
    uint8_t route;    /* what was asked for, to be counted */
    bool without : 1; /* HEAD */
    bool gzip : 1;
    bool keep_alive : 1;
    bool old : 1;   /* HTTP/1.0 */
    bool fresh : 1; /* PUT: the client was not known */
} exchange_manner_t;

/* Open struct. */
typedef struct {
    exchange_manner_t manner;
    bool is_ready;       /* its answer is there */
    int64_t receipt_ns;  /* POSIX time of receipt */
    uint64_t receipt_ms; /* steady time */
    buffer_t answer;     /* [ready] all of it */
    size_t line_size;    /* bytes */
    char line[];         /* for the node */
} exchange_t;

typedef struct exchanges_ring exchanges_ring_t;

/* Open struct, for embedding; the fields are this module's alone. All zeros: empty. */
typedef struct {
    exchanges_ring_t *ring; /* NULL while there are none */
    uint64_t sequence;      /* number of the oldest */
} exchanges_t;

/* Frees all. */
void exchanges_done(exchanges_t *self);

/* Adds one, the newest, with a copy of the line; there is room. Owned by `self` until
 * exchanges_drop. `answer_max`: bytes of the longest answer. */
exchange_t *exchanges_add(exchanges_t *self, exchange_manner_t manner, text_t line,
                          size_t answer_max);

bool exchanges_are_full(const exchanges_t *self);

/* The oldest; NULL if there is none. */
exchange_t *exchanges_first(const exchanges_t *self);

/* The one of that number; NULL if there is none, it was not asked, or has its answer. */
exchange_t *exchanges_find(const exchanges_t *self, uint64_t sequence);

/* Ends the oldest. */
void exchanges_drop(exchanges_t *self);

/* Takes the next line for the node, borrowed until the next call; it counts as asked from now on.
 * False if there is none. */
bool exchanges_ask(exchanges_t *self, pipeline_request_t *ret_request);

/* Has exchanges_ask return all without an answer again. False if there are none. */
bool exchanges_ask_again(exchanges_t *self);

/* Bytes that all take. */
size_t exchanges_memory(const exchanges_t *self);

/* An answer was put into one of them: brings exchanges_memory up to date. */
void exchanges_account(exchanges_t *self, const exchange_t *exchange);

/* Frees what is not needed while there are none. */
void exchanges_trim(exchanges_t *self);

#endif
