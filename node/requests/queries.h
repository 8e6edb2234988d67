/* queries.h - the WHATSATs that wait for their places, each with the AT line of its answer.
 *
 * A table of slots: one is found by its ticket in constant time, and is used again.
 * Owner: the service. Threads: the reactor's. Free of I/O and clocks.
 */
#ifndef HERD_NODE_REQUESTS_QUERIES_H
#define HERD_NODE_REQUESTS_QUERIES_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct queries queries_t;

/* One WHATSAT (open value struct). */
typedef struct {
    size_t frontend;          /* slot of the front-end that asked ... */
    uint32_t frontend_serial; /* ... and its serial: it may be gone when the places come */
    uint64_t connection;      /* bus-protocol.md, Q2 */
    uint64_t sequence;
    int64_t since_ns;   /* steady: when it began to wait */
    char *answer;       /* the AT line with its LF */
    size_t answer_size; /* bytes */
} query_t;

/* Caller frees with queries_destroy. */
queries_t *queries_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void queries_destroy(queries_t **self_p);

/* Adds `query`, with a copy of `answer` as its AT line. False, with nothing changed, past
 * LIMIT_WAITING_QUERIES. The ticket names it from now on; no ticket is given out twice. */
bool queries_add(queries_t *self, const query_t *query, text_t answer, uint64_t *ret_ticket);

/* Takes the query of a ticket out of the table: the caller frees its `answer`. False if it is not
 * there any more. */
bool queries_take(queries_t *self, uint64_t ticket, query_t *ret_query);

/* Returns the ticket of the next query, from `*slot` on, that began to wait before `steady_ns`, and
 * moves `*slot` behind it; false at the end. Start with 0; queries may be taken on the way. */
bool queries_next_late(const queries_t *self, int64_t steady_ns, size_t *slot,
                       uint64_t *ret_ticket);

size_t queries_count(const queries_t *self);

#endif
