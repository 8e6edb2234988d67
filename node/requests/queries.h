/* queries.h - WHATSATs whose places are being looked for, with the AT line that each will be answered with.
 *
 * Owner: the node. Threads: the reactor's. Free of I/O and clocks.
 */
#ifndef HERD_NODE_REQUESTS_QUERIES_H
#define HERD_NODE_REQUESTS_QUERIES_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct waiting waiting_t;

/* One WHATSAT (open value struct). */
typedef struct {
    size_t frontend;          /* slot of the front-end that asked ... */
    uint32_t frontend_serial; /* ... and its serial: it may be gone when the answer comes */
    uint64_t connection;      /* bus-protocol.md, Q2 */
    uint64_t sequence;
    int64_t since_ns;   /* steady: when it began to wait */
    char *answer;       /* the AT line, LF and all */
    size_t answer_size; /* bytes */
} waiting_query_t;

waiting_t *waiting_new(void);
void waiting_destroy(waiting_t **self_p);

/* Adds `query`, with a copy of `answer` as its AT line. False, with nothing changed, past
 * LIMIT_WAITING_QUERIES. The ticket names it from now on; no two ever given out are equal. */
bool waiting_add(waiting_t *self, const waiting_query_t *query, text_t answer,
                 uint64_t *ret_ticket);

/* The query of a ticket, taken out of the table: the caller frees its `answer`. False where it is no longer
 * there. */
bool waiting_take(waiting_t *self, uint64_t ticket, waiting_query_t *ret_query);

/* The ticket of the next query, from `*slot` on, that waits since before `steady_ns`, moving `*slot` behind it; false
 * at the end. Start with 0; queries may be taken on the way. */
bool waiting_next_late(const waiting_t *self, int64_t steady_ns, size_t *slot,
                       uint64_t *ret_ticket);

size_t waiting_count(const waiting_t *self);

#endif
