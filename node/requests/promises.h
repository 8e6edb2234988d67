/* promises.h - IAMATs whose answer waits until neighbours have acknowledged the record.
 *
 * docs/replication.md, R18. Owner: the node. Threads: the reactor's. Free of I/O and clocks.
 * Indices of the list of changes and times only grow, so they leave in the order in which they came: a queue in one
 * buffer, without an allocation for each.
 */
#ifndef HERD_NODE_REQUESTS_PROMISES_H
#define HERD_NODE_REQUESTS_PROMISES_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct promises promises_t;

/* One IAMAT (open value struct). */
typedef struct {
    uint64_t index;           /* what neighbours must hold of our list (link_held) */
    size_t frontend;          /* slot of the front-end that asked ... */
    uint32_t frontend_serial; /* ... and its serial: it may be gone when the answer may leave */
    uint64_t connection;      /* bus-protocol.md, Q2 */
    uint64_t sequence;
    int64_t since_ns; /* steady: when it began to wait */
} promise_t;

/* An empty queue of promises that need `peers` neighbours, 1 .. LIMIT_ACKNOWLEDGING_PEERS. `maximum`: bytes that those
 * waiting may take, LIMIT_PROMISES_SIZE but in tests. Caller frees with promises_destroy. */
promises_t *promises_new(size_t peers, size_t maximum);

/* Frees it and clears the pointer; NULL is fine. */
void promises_destroy(promises_t **self_p);

/* From now on promises, those that wait too, need `peers` neighbours; 0: none, each is kept. Rounds count from the next
 * one on. */
void promises_set_peers(promises_t *self, size_t peers);

/* A round of the neighbours: begin, tell what each one holds, end. What enough of them hold is then kept. */
void promises_begin_round(promises_t *self);
void promises_note_held(promises_t *self, uint64_t held);
void promises_end_round(promises_t *self);

/* Whether enough neighbours hold everything up to `index` now. */
bool promises_are_kept(const promises_t *self, uint64_t index);

/* Adds a promise with a copy of its reply. Neither its index nor its time is less than the last one's. False, with
 * nothing changed, past the maximum. */
bool promises_add(promises_t *self, const promise_t *promise, text_t reply);

/* The oldest promise, where it is kept, taken out; `ret_reply` borrows until the next call. Else false. */
bool promises_take_kept(promises_t *self, promise_t *ret_promise, text_t *ret_reply);

/* Drops those that wait since before `steady_ns`; so many were. */
size_t promises_drop_late(promises_t *self, int64_t steady_ns);

size_t promises_count(const promises_t *self);

#endif
