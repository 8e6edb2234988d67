/* promises.h - the IAMATs whose answers wait until neighbours, or the disk, have their records.
 *
 * docs/replication.md, R18. The answer to an IAMAT promises that enough neighbours hold its record,
 * and the disk of this member, where the setting says so; the promise is kept once they do, and the
 * answer leaves then. Indices of the list of changes only grow, and so do times; so promises leave
 * in the order in which they came: a queue in one buffer, without an allocation for each.
 *
 * Owner: the service. Threads: the reactor's. Free of I/O and clocks.
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

/* An empty queue of promises that need `peers` neighbours, 0 .. LIMIT_ACKNOWLEDGING_PEERS.
 * `maximum`: bytes that the waiting ones may take; LIMIT_PROMISES_SIZE except in tests.
 * Caller frees with promises_destroy. */
promises_t *promises_new(size_t peers, size_t maximum);

/* Frees it and clears the pointer; NULL is fine. */
void promises_destroy(promises_t **self_p);

/* From now on promises, the waiting ones too, need `peers` neighbours; with 0 each is kept. It
 * takes effect with the next round. */
void promises_set_peers(promises_t *self, size_t peers);

/* Likewise, they need the disk from now on, or not. */
void promises_set_disk(promises_t *self, bool disk);

/* A round: begin, note what each of the neighbours holds, and the disk, end. What enough of them
 * hold is then kept. */
void promises_begin_round(promises_t *self);
void promises_note_held(promises_t *self, uint64_t held);
void promises_note_disk(promises_t *self, uint64_t held);
void promises_end_round(promises_t *self);

/* Whether enough neighbours hold everything up to `index`, as of the last round. */
bool promises_are_kept(const promises_t *self, uint64_t index);

/* Adds a promise with a copy of its reply. Its index and its time must not be less than the last
 * one's. False, with nothing changed, past the maximum. */
bool promises_add(promises_t *self, const promise_t *promise, text_t reply);

/* Takes out the oldest promise if it is kept; `ret_reply` borrows until the next call. False if it
 * is not kept, or if there is none. */
bool promises_take_kept(promises_t *self, promise_t *ret_promise, text_t *ret_reply);

/* Drops promises that began to wait before `steady_ns`; returns how many. */
size_t promises_drop_late(promises_t *self, int64_t steady_ns);

/* Promises that wait. */
size_t promises_count(const promises_t *self);

#endif
