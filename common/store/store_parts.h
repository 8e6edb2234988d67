/* store_parts.h - what only the files of the store share: its fields and its entries.
 *
 * store.c: table, list of changes, merge. store_cursor.c: cursors into the list. store_fetch.c:
 * memory fetched ahead. store_eras.c: merging with what was known before, and across eras.
 * store_digest.c: the digest. store_removal.c: expiry and forgetting.
 */
#ifndef HERD_COMMON_STORE_STORE_PARTS_H
#define HERD_COMMON_STORE_STORE_PARTS_H

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/store/digest.h"
#include "common/store/origins.h"
#include "common/store/packed.h"
#include "common/store/store.h"

#include <assert.h>

/* A record in memory. Its texts follow it without separators: client, position, client time; the
 * last two packed together if they can be (packed.h). Behind them stands its era (int64_t), if it
 * is neither the first nor a tombstone's. */
typedef struct {
    uint64_t index; /* position in the list of changes */
    int64_t order_time_ns;
    int64_t receipt_time_ns;
    slab_handle_t next;        /* newer neighbour in the list, SLAB_NONE for the newest */
    slab_handle_t previous;    /* older one, SLAB_NONE for the oldest */
    uint32_t marks;            /* see store_entry_t */
    uint16_t origin;           /* number in the store's origins, and ENTRY_... */
    uint16_t client_size;      /* bytes */
    uint16_t position_size;    /* bytes */
    uint16_t client_time_size; /* bytes */
    char text[];
} entry_t;

enum { STORE_CACHE_LINE_SIZE = 64 };

/* What an entry's origin says beside the number of the origin. */
enum {
    ENTRY_PACKED = 1 << 15,       /* position and client time are packed */
    ENTRY_CAPPED = 1 << 14,       /* the client time is not the order time (R2) */
    ENTRY_ERA = 1 << 13,          /* its era is not the first (R17) */
    ENTRY_ORIGIN = ENTRY_ERA - 1, /* bits of the number */
};

static_assert(LIMIT_ORIGINS <= ENTRY_ERA, "an origin's number leaves these bits free");

/* A slot of the table. */
typedef struct {
    uint32_t hash;        /* of the client, so that a probe rarely touches a wrong entry */
    slab_handle_t handle; /* SLAB_NONE: free */
} slot_t;

struct store {
    slab_t slab;
    origins_t origins;
    slot_t *slots;
    size_t slot_count; /* 2^n or 3 * 2^n */
    size_t count;      /* clients */
    size_t max_clients;
    size_t max_memory;    /* bytes of records and table */
    uint64_t seed;        /* of the hash */
    uint64_t tail;        /* index of the newest change */
    slab_handle_t oldest; /* ends of the list of changes */
    slab_handle_t newest;
    store_cursor_t *cursors; /* all open ones */
    uint64_t run_from;       /* the entries from this index on bear all of run_marks */
    uint32_t run_marks;
    int64_t served_from_ns; /* R16 */
    int64_t taken_from_ns;  /* R16 */
    size_t purge_slot;      /* where store_purge goes on */
    digest_t *digest;       /* NULL until first asked for */
    uint64_t digested;      /* entries up to this index are in it; 0 without a digest */
    /* The first that is not in it; SLAB_NONE at the tail, or without a digest. */
    slab_handle_t digest_next;
    char *unpacked;   /* PACKED_TEXT_SIZE bytes: position and time of the record looked at last */
    record_t *update; /* the record that is merged, if this member has just taken it; else NULL */
    bool restores;    /* the record that is merged stood in the list of an earlier life */
    char *raised;     /* texts of the known record that got a later era last; NULL: not yet */
};

/* Of a client's ID (store.c). */
uint32_t store_hash(const store_t *self, text_t client);

/* Where the probe for a hash begins: all hashes, in their order, spread over all slots (Lemire,
 * Fast Random Integer Generation in an Interval, 2019). */
static inline size_t store_home(const store_t *self, uint32_t hash)
{
    return (size_t)(((uint64_t)hash * self->slot_count) >> 32);
}

static inline size_t store_slot_behind(const store_t *self, size_t slot)
{
    return slot + 1 == self->slot_count ? 0 : slot + 1;
}

static inline entry_t *store_entry_at(const store_t *self, slab_handle_t handle)
{
    return slab_at(&self->slab, handle);
}

static inline bool store_entry_is_packed(const entry_t *entry)
{
    return (entry->origin & ENTRY_PACKED) != 0;
}

/* Whether it is of a later era than the first: also each tombstone. */
static inline bool store_entry_has_era(const entry_t *entry)
{
    return (entry->origin & ENTRY_ERA) != 0;
}

static inline uint16_t store_entry_origin(const entry_t *entry)
{
    return entry->origin & ENTRY_ORIGIN;
}

/* Bytes of the texts of an entry. */
static inline size_t store_entry_texts_size(const entry_t *entry)
{
    size_t rest_size = (size_t)entry->position_size + entry->client_time_size;
    return entry->client_size + (store_entry_is_packed(entry) ? packed_size(rest_size) : rest_size);
}

/* The era of an entry that is not of the first. */
int64_t store_entry_era(const entry_t *entry);

/* The entry's record, except for client_time_ns, which has not been parsed; texts borrow until the
 * next entry is looked at. */
static inline record_t store_entry_texts(const store_t *self, const entry_t *entry)
{
    const char *position = entry->text + entry->client_size;
    if (store_entry_is_packed(entry)) {
        packed_read((const unsigned char *)position,
                    (size_t)entry->position_size + entry->client_time_size, self->unpacked);
        position = self->unpacked;
    }
    return (record_t){
        .client = {.data = entry->text, .size = entry->client_size},
        .position = {.data = position, .size = entry->position_size},
        .client_time = {.data = position + entry->position_size, .size = entry->client_time_size},
        .origin = origins_name(&self->origins, store_entry_origin(entry)),
        .receipt_time_ns = entry->receipt_time_ns,
        .order_time_ns = entry->order_time_ns,
        .era_ns = store_entry_has_era(entry) ? store_entry_era(entry) : 0,
    };
}

/* The whole record of the entry; texts borrow as above. */
static inline record_t store_entry_record(const store_t *self, const entry_t *entry)
{
    record_t record = store_entry_texts(self, entry);
    record.client_time_ns = record.order_time_ns;
    if ((entry->origin & ENTRY_CAPPED) != 0) {
        /* It was parsed before it was stored. */
        bool parsed = timestamp_parse(record.client_time, &record.client_time_ns);
        assert(parsed);
    }
    return record;
}

/* Record, index and marks; texts borrow as above. */
static inline store_entry_t store_entry_read(const store_t *self, const entry_t *entry)
{
    return (store_entry_t){
        .record = store_entry_record(self, entry), .index = entry->index, .marks = entry->marks};
}

/* Whether the digest has counted this entry. */
static inline bool store_is_digested(const store_t *self, const entry_t *entry)
{
    return entry->index <= self->digested;
}

/* Takes an entry out of the digest (R12), before it changes or goes. */
void store_undigest(store_t *self, const entry_t *entry);

/* A record to be merged with what is known of its client (open value struct). */
typedef struct {
    const record_t *record; /* store_judge may put `raised` there */
    uint32_t marks;         /* see store_entry_t */
    record_t raised;        /* the same in a later era, or what was known in a later era */
} store_merge_t;

/* Puts the update that is merged behind what is known: in its era (R17), and not before it by a
 * slow clock of ours (R2). */
void store_follow(const store_t *self, const entry_t *entry);

/* Whether the record is to replace what is known (STORE_NEWER); where it is not simply later or
 * older, or comes from a client. */
store_outcome_t store_judge(store_t *self, entry_t *entry, store_merge_t *merge);

/* Removes the entry of a slot from list, digest and slab, and closes the gap in the table. */
void store_remove(store_t *self, size_t slot);

#endif
