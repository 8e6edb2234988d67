/* store.h - what one member knows: the newest record of each client, and the list of changes.
 *
 * docs/replication.md, R2, R4 to R6, R12, R16, R17. Free of I/O, clocks and threads: the simulator
 * runs this very code. store.c: table, list, merge, cursors. store_eras.c: updates by clients, and
 * what was forgotten before. store_digest.c: the digest of all records. store_removal.c: expiry and
 * forgetting. Owner: the node. Threads: one.
 *
 * An open-addressing table (linear probing) of 8-byte slots finds a client's record in a slab. The
 * records are chained in the order of their last change, each with an index that only grows. A
 * cursor walks that chain for one link: it never sees an old value, and whatever changes again
 * moves behind it, to the tail.
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
    STORE_FULL,    /* a new client beyond the maximum, or no memory left to address: no change */
    STORE_EXPIRED, /* it is too old to be taken (R16): no change */
} store_outcome_t;

/* A point in the list of changes (open only to be embedded; ask the store_cursor_ functions). While
 * records move, the store keeps `next` right. */
typedef struct store_cursor {
    store_t *store;
    slab_handle_t next;           /* the first entry not passed yet; SLAB_NONE at the tail */
    uint64_t index;               /* see store_cursor_index */
    struct store_cursor *sibling; /* the store's list of cursors */
} store_cursor_t;

/* One entry of the list (open value struct). Its texts borrow until the store is asked for another
 * record, or merges. */
typedef struct {
    record_t record;
    uint64_t index; /* position in the list of changes, from 1 */
    uint32_t marks; /* bit n: the neighbour with mark n is known to have it */
} store_entry_t;

/* An empty store for at most `max_clients` clients. `seed` makes the order of the table hard to
 * guess, so that no one can flood it with IDs that collide: random in production, fixed in
 * simulations. Caller frees with store_destroy. */
store_t *store_new(size_t max_clients, uint64_t seed);

/* From now on a new client beyond `max_clients` is STORE_FULL; those that are there stay. */
void store_limit_clients(store_t *self, size_t max_clients);

/* From now on records and table take at most `max_memory` bytes (store_memory); more is STORE_FULL.
 * A new store has no such bound. */
void store_limit_memory(store_t *self, size_t max_memory);

/* Frees it and clears the pointer; NULL is fine. Its cursors must be closed. */
void store_destroy(store_t **self_p);

/* Merges a copy of `record` (R4), with `marks` for the neighbour that it came from. The texts of a
 * record together are shorter than LIMIT_LINE_SIZE bytes. */
store_outcome_t store_merge(store_t *self, const record_t *record, uint32_t marks);

/* Merges an update by a client, which this member has taken now. Before that puts it behind what is
 * known of the client: gives it the era of that (R17), and, where our clock would put it before
 * what the client said earlier, a later order time, or receipt time (R2). */
store_outcome_t store_update(store_t *self, record_t *record);

/* Brings what merges or lookups of some clients will read from memory into the caches, so that they
 * need not wait for it. Call store_fetch_begin for each client of a batch, as its line is parsed,
 * then store_fetch_end with the hashes that it returned, then merge. Neither changes anything. A
 * core has some ten fetches under way at most: larger batches gain nothing. */
enum { STORE_FETCH_BATCH = 16 };
uint32_t store_fetch_begin(const store_t *self, text_t client);
void store_fetch_end(const store_t *self, const uint32_t *hashes, size_t count);

/* The same for one client that is only looked up, some time later: after store_fetch_begin, and
 * something else. */
void store_fetch_entry(const store_t *self, uint32_t hash);

/* The marks of the first entry of that hash, which as a rule is the client's; false: there is none.
 * After store_fetch_end it need not wait for it. */
bool store_fetched_marks(const store_t *self, uint32_t hash, uint32_t *ret_marks);

/* Whether a record is later than what is known of its client by the order time alone, both of the
 * first era: merged, it replaces that. `ret_marks`: those of the entry. False says nothing. */
bool store_is_later(const store_t *self, const record_t *record, uint32_t *ret_marks);

/* Whether store_find finds the client; it costs less. */
bool store_serves(const store_t *self, text_t client);

/* Reads the record of `client` that is served. Its texts borrow until the store is asked for
 * another record, or merges: a record that is merged must not borrow from its store. False if there
 * is none, or it has expired (R16) or was forgotten (R17). */
bool store_find(const store_t *self, text_t client, record_t *ret_record);

/* The same, but also a record that is not served: one that has expired, or a tombstone. */
bool store_find_any(const store_t *self, text_t client, record_t *ret_record);

/* The number of clients, tombstones included. */
size_t store_count(const store_t *self);

/* Index of the newest change; 0 in an empty store. */
uint64_t store_tail(const store_t *self);

/* Bytes of memory that table and records occupy. */
size_t store_memory(const store_t *self);

/* Rebuilds the list of an earlier life (R7), before the first merge: store_restore puts back a
 * record that stood at `index` > store_tail, as it stood there, and returns STORE_NEWER or
 * STORE_FULL, or what store_merge does if it is the lesser; store_restore_tail then puts the end of
 * the list to `tail` >= store_tail. */
store_outcome_t store_restore(store_t *self, const record_t *record, uint64_t index);
void store_restore_tail(store_t *self, uint64_t tail);

/* Goes on computing the digest of all records, for at most `step` entries. True when it is
 * complete; it then stays so until the next change. Before the first call nothing is computed
 * (R12). */
bool store_digest_step(store_t *self, size_t step);

/* The digest if it is complete, borrowed until the next change; NULL while store_digest_step is
 * due. */
const digest_t *store_digest(const store_t *self);

/* Sets the times (record_age_from) before which a record is no longer served, and no longer taken
 * (R16).
 * INT64_MIN: never, as in a new store. */
void store_set_horizon(store_t *self, int64_t served_from_ns, int64_t taken_from_ns);

/* What store_set_horizon set. */
void store_horizon(const store_t *self, int64_t *ret_served_from_ns, int64_t *ret_taken_from_ns);

/* Looks at the next `slot_count` slots of the table, and removes the records whose time
 * (record_age_from) is before `kept_from_ns`. Returns the count of these. Calls go round and round
 * the table. */
size_t store_purge(store_t *self, int64_t kept_from_ns, size_t slot_count);

/* Slots of the table: what store_purge goes through in one round. */
size_t store_slot_count(const store_t *self);

/* Replaces what is there of `client` by a tombstone of `origin`, which outbids it (R17). False if
 * nothing is there, or a tombstone already, or there is no room for one. */
bool store_forget(store_t *self, text_t client, text_t origin, int64_t now_ns);

/* For a copy (common/copy), which numbers its clients and keeps the numbers as marks. An entry's
 * handle holds until its client changes again. */

/* Reads the entry of `client`, served or not, as store_cursor_peek; false if there is none. */
bool store_find_entry(const store_t *self, text_t client, store_entry_t *ret_entry);

/* Reads the entry of a handle. */
void store_entry(const store_t *self, slab_handle_t handle, store_entry_t *ret_entry);

/* The handle of the entry that changed last; SLAB_NONE in an empty store. */
slab_handle_t store_newest(const store_t *self);

/* Removes what is there of `client`, without a tombstone. False if nothing is. */
bool store_drop(store_t *self, text_t client);

/* Puts a new cursor at the tail. The caller closes it before the store is destroyed. */
void store_cursor_open(store_t *self, store_cursor_t *ret_cursor);
void store_cursor_close(store_cursor_t *cursor);

/* Puts the cursor behind all entries up to `index`: the next entry is the first beyond it. Takes a
 * step for each entry beyond. */
void store_cursor_seek(store_cursor_t *cursor, uint64_t index);

/* The same, but at most `steps` of them: false if more lie beyond, and the cursor stands at the
 * beginning of the list. */
bool store_cursor_seek_near(store_cursor_t *cursor, uint64_t index, size_t steps);

/* Reads the next entry, without passing it. False at the tail. */
bool store_cursor_peek(const store_cursor_t *cursor, store_entry_t *ret_entry);

/* Passes the next entry, which must be there. */
void store_cursor_advance(store_cursor_t *cursor);

/* Passes all entries at once, if the newest ones, from the next on, have borne one of `marks` since
 * they came, and the next lies beyond `from`; else false. */
bool store_cursor_pass_run(store_cursor_t *cursor, uint32_t marks, uint64_t from);

/* Passes the next entries, at most `max`, as long as they bear one of `marks` and lie beyond
 * `from`, without reading their records. Returns the count; those of a run are not counted. */
size_t store_cursor_pass_marked(store_cursor_t *cursor, uint32_t marks, uint64_t from, size_t max);

/* Moves the cursor on to `index`, which must lie before the next entry's: no entry is passed. */
void store_cursor_skip(store_cursor_t *cursor, uint64_t index);

/* Whether every entry was passed. */
static inline bool store_cursor_is_at_tail(const store_cursor_t *cursor)
{
    return cursor->next == SLAB_NONE;
}

/* Index of the last entry passed, or that which the cursor was put or skipped to since. */
static inline uint64_t store_cursor_index(const store_cursor_t *cursor)
{
    return cursor->index;
}

#endif
