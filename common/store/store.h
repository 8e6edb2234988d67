/* store.h - what one member knows: the newest record of each client, and the list of changes.
 *
 * docs/replication.md, R4 to R6, R12 to R17. Free of I/O, clocks and threads: the simulator runs this very code.
 * store.c: table, list, merge, cursors. store_digest.c: the digest of what is there. store_removal.c: expiry and
 * forgetting. Owner: the node. Threads: one.
 *
 * An open-addressing table (linear probing) of 8-byte slots finds a client's record in an slab; the
 * records are chained in the order of their last change, each with an index that only grows. A cursor walks that
 * chain for one link: it never sees an old value, and whatever changes again moves behind it, to the tail.
 */
#ifndef HERD_COMMON_STORE_STORE_H
#define HERD_COMMON_STORE_STORE_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/protocol/record.h"
#include "common/store/digest.h"
#include "common/store/slab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct store store_t;

/* What a merge found. */
typedef enum {
    STORE_NEWER,   /* the record was taken */
    STORE_SAME,    /* it was there already */
    STORE_OLDER,   /* a newer one was there */
    STORE_FULL,    /* a new client beyond the maximum, or no memory left to name: nothing changed */
    STORE_EXPIRED, /* it is too old to be taken (R16): nothing changed */
} store_outcome_t;

/* A place in the list of changes (open only to be embedded). The store keeps `next` right while records move. */
typedef struct store_cursor {
    store_t *store;
    slab_handle_t next;           /* the first entry not passed yet; SLAB_NONE at the tail */
    uint64_t index;               /* of the last entry passed, or where the cursor was put */
    struct store_cursor *sibling; /* the store's list of cursors */
} store_cursor_t;

/* One entry of the list (open value struct); texts borrow until the store is asked for another, or merges. */
typedef struct {
    record_t record;
    uint64_t index; /* position in the list of changes, from 1 */
    uint32_t marks; /* bit n: the neighbour with mark n is known to have it */
} store_entry_t;

/* An empty store for at most `max_clients` clients. `seed` keeps the table's order from being guessed
 * (a flood of colliding ids); random in production, fixed in simulations. */
store_t *store_new(size_t max_clients, uint64_t seed);

/* From now on a new client beyond `max_clients` is STORE_FULL; those that are there stay. */
void store_limit_clients(store_t *self, size_t max_clients);

/* From now on records and table take at most `max_memory` bytes (store_memory); more is STORE_FULL. A new store
 * has no such bound. */
void store_limit_memory(store_t *self, size_t max_memory);

/* Frees it and clears the pointer; NULL is fine. Its cursors must be closed. */
void store_destroy(store_t **self_p);

/* Merges `record` (R4), a copy, with `marks` for the neighbour it came from (0: a client). The texts of a record
 * together hold at most LIMIT_LINE_SIZE bytes. */
store_outcome_t store_merge(store_t *self, const record_t *record, uint32_t marks);

/* Brings what merges or lookups of some clients will read from memory into the caches, so that they
 * need not wait for it. Call store_fetch_begin for each client of a batch, as its line is parsed, then
 * store_fetch_end with the hashes that it returned, then merge. Neither changes anything. A core has
 * some ten fetches under way at most: larger batches gain nothing. */
enum { STORE_FETCH_BATCH = 16 };
uint32_t store_fetch_begin(const store_t *self, text_t client);
void store_fetch_end(const store_t *self, const uint32_t *hashes, size_t count);

/* The steps of these two, for callers that do not use them yet. */
enum { STORE_FETCH_STEPS = 3 };
uint32_t store_hash(const store_t *self, text_t client);
void store_fetch(const store_t *self, uint32_t hash, unsigned step);

/* The record of `client` that is served; texts borrow until the store is asked for another, or merges: what is merged must
 * not borrow from it. False where there is none, or it has
 * expired (R16) or was forgotten (R17). */
bool store_find(const store_t *self, text_t client, record_t *ret_record);

/* What is there of `client`, served or not: also a tombstone. Else as store_find. */
bool store_find_any(const store_t *self, text_t client, record_t *ret_record);

/* Clients. */
size_t store_count(const store_t *self);

/* Index of the newest change; 0 in an empty store. */
uint64_t store_tail(const store_t *self);

/* Bytes of memory that table and records occupy. */
size_t store_memory(const store_t *self);

/* Puts back a record that an earlier life had at `index` > store_tail in its list, and the list's end behind the last one:
 * for a store that is rebuilt before its first merge (R7). STORE_NEWER or STORE_FULL. `tail` >= store_tail. */
store_outcome_t store_restore(store_t *self, const record_t *record, uint64_t index);
void store_restore_tail(store_t *self, uint64_t tail);

/* Goes on computing the digest of all that is there, for at most `step` entries. True when it is complete; it then
 * stays so until the next change. Nothing is computed before the first call (R12). */
bool store_digest_step(store_t *self, size_t step);

/* The digest, where it is complete; NULL where store_digest_step is still due. Borrowed until the next change. */
const digest_t *store_digest(const store_t *self);

/* Order times before which a record is no longer served, and no longer taken; INT64_MIN, as in a new store: never
 * (R16). */
void store_set_horizon(store_t *self, int64_t served_from_ns, int64_t taken_from_ns);

/* Looks at the next `slot_count` places of the table, and takes out the records whose order time is before `kept_from_ns`;
 * so many were. Calls go round and round the table. */
size_t store_purge(store_t *self, int64_t kept_from_ns, size_t slot_count);

/* Slots of the table: what store_purge goes through in one round. */
size_t store_slot_count(const store_t *self);

/* Outbids what is there of `client` by a tombstone of `origin` (R17). False where nothing is there, or already one, or no room
 * for it. */
bool store_forget(store_t *self, text_t client, text_t origin, int64_t now_ns);

/* Puts a new cursor at the tail. The caller closes it before the store goes. */
void store_cursor_open(store_t *self, store_cursor_t *ret_cursor);
void store_cursor_close(store_cursor_t *cursor);

/* Puts the cursor behind all entries up to `index`: the next entry is the first beyond it. Costs a step for each
 * entry beyond. */
void store_cursor_seek(store_cursor_t *cursor, uint64_t index);

/* The next entry, without passing it. False at the tail. */
bool store_cursor_peek(const store_cursor_t *cursor, store_entry_t *ret_entry);

/* Passes the next entry, which must be there. */
void store_cursor_advance(store_cursor_t *cursor);

/* Moves the cursor on to `index`, which must lie before the next entry's: no entry is passed. */
void store_cursor_skip(store_cursor_t *cursor, uint64_t index);

/* Whether every entry was passed. */
static inline bool store_cursor_is_at_tail(const store_cursor_t *cursor)
{
    return cursor->next == SLAB_NONE;
}

/* The index that the cursor was moved to last: of the last entry passed, unless it was put or
 * skipped beyond that. */
static inline uint64_t store_cursor_index(const store_cursor_t *cursor)
{
    return cursor->index;
}

#endif
