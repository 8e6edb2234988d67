/* The table, the list of changes, merging, cursors.
 *
 * What comes in is a record: from a client, through the node's requests, or from a neighbour,
 * through its link. store_merge finds the client's entry in the table and compares the two (R3): a
 * lesser or equal record changes nothing, but an equal one is marked with the neighbour that sent
 * it (R6). A greater one replaces the entry (R4), leaves its old position in the list of changes,
 * and goes to the tail under the next index (R5). A new client takes a block of the slab, a free
 * slot of the table and the tail of the list, unless a maximum is reached: then STORE_FULL, and
 * nothing has changed.
 *
 * What goes out is read by cursors: each link and each watcher has one, and walks the list from
 * older to newer changes. An entry that moves or goes is first taken out of the list; a cursor that
 * stood before it then stands before the entry behind it. So no cursor ever points at freed memory
 * or skips a change, and an entry that changes ten times before a slow cursor comes by is passed
 * once.
 *
 * The digest (store_digest.c) counts the list from its beginning: an entry that it has counted must
 * be taken out of it before its bytes change (store_undigest). */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/store/store_parts.h"

#include <stdlib.h>
#include <xxhash.h>

enum {
    FIRST_SLOTS = 1024,
    HUGE_TABLE_SIZE = 4194304, /* bytes; tables of this size or more are in huge pages */
};

store_t *store_new(size_t max_clients, uint64_t seed)
{
    store_t *self = memory_new(sizeof *self);
    slab_init(&self->slab);
    origins_init(&self->origins);
    self->slot_count = FIRST_SLOTS;
    self->slots = memory_new_array(self->slot_count, sizeof *self->slots);
    self->max_clients = max_clients;
    self->max_memory = SIZE_MAX;
    self->seed = seed;
    self->served_from_ns = self->taken_from_ns = INT64_MIN;
    self->unpacked = memory_new(PACKED_TEXT_SIZE);
    return self;
}

void store_destroy(store_t **self_p)
{
    store_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    digest_destroy(&self->digest);
    assert(self->cursors == NULL);
    slab_done(&self->slab);
    origins_done(&self->origins);
    free(self->slots);
    free(self->unpacked);
    free(self->raised);
    free(self);
    *self_p = NULL;
}

void store_limit_clients(store_t *self, size_t max_clients)
{
    self->max_clients = max_clients;
}

void store_limit_memory(store_t *self, size_t max_memory)
{
    self->max_memory = max_memory;
}

/* Bytes of an entry of the first era. */
static size_t plain_size(const entry_t *entry)
{
    return offsetof(entry_t, text) + store_entry_texts_size(entry);
}

/* Bytes of the era behind the texts. */
static size_t era_size(bool has_era, size_t position_size)
{
    return has_era && position_size > 0 ? sizeof(int64_t) : 0;
}

static size_t entry_size(const entry_t *entry)
{
    return plain_size(entry) + era_size(store_entry_has_era(entry), entry->position_size);
}

/* Position and client time of a record, as its entry will hold them. */
typedef struct {
    bool packed;
    unsigned char bytes[PACKED_SIZE]; /* if packed */
} rest_t;

static void pack_rest(const record_t *record, rest_t *ret_rest)
{
    char text[PACKED_TEXT_SIZE];
    size_t size = record->position.size + record->client_time.size;
    ret_rest->packed = size <= PACKED_TEXT_SIZE;
    if (ret_rest->packed) {
        text_copy(record->client_time, text_copy(record->position, text));
        ret_rest->packed = packed_write(text, size, ret_rest->bytes);
    }
}

/* Of the first era. */
static size_t new_plain_size(const record_t *record, const rest_t *rest)
{
    size_t rest_size = record->position.size + record->client_time.size;
    return offsetof(entry_t, text) + record->client.size +
           (rest->packed ? packed_size(rest_size) : rest_size);
}

uint32_t store_hash(const store_t *self, text_t client)
{
    return (uint32_t)XXH3_64bits_withSeed(client.data, client.size, self->seed);
}

/* The slot of `client`, or the free one that it would get. */
static slot_t *find_slot(const store_t *self, text_t client, uint32_t hash)
{
    for (size_t i = store_home(self, hash);; i = store_slot_behind(self, i)) {
        slot_t *slot = &self->slots[i];
        if (slot->handle == SLAB_NONE) {
            return slot;
        }
        if (slot->hash == hash) {
            const entry_t *entry = store_entry_at(self, slot->handle);
            if (text_equal((text_t){.data = entry->text, .size = entry->client_size}, client)) {
                return slot;
            }
        }
    }
}

/* Slots of the next larger table: 2^n and 3 * 2^n in turns, so that at least half of them are used
 * (three in eight, where it doubled). */
static size_t grown_count(const store_t *self)
{
    size_t count = self->slot_count;
    bool is_power = (count & (count - 1)) == 0;
    return is_power ? count / 2 * 3 : count / 3 * 4;
}

/* Makes the table larger. Slots carry their hashes, so no record is touched: the old table is read,
 * and the new one written, from front to back. */
static void grow_table(store_t *self)
{
    size_t old_count = self->slot_count;
    slot_t *old_slots = self->slots;
    self->slot_count = grown_count(self);
    size_t size = self->slot_count * sizeof *self->slots;
    self->slots = size < HUGE_TABLE_SIZE ? memory_new(size) : memory_new_huge(size);
    for (size_t i = 0; i < old_count; i++) {
        if (old_slots[i].handle == SLAB_NONE) {
            continue;
        }
        size_t slot = store_home(self, old_slots[i].hash);
        while (self->slots[slot].handle != SLAB_NONE) {
            slot = store_slot_behind(self, slot);
        }
        self->slots[slot] = old_slots[i];
    }
    free(old_slots);
}

/* Takes an entry out of the list; cursors before it move on to the one behind it. */
static inline void list_remove(store_t *self, slab_handle_t handle)
{
    const entry_t *entry = store_entry_at(self, handle);
    for (store_cursor_t *cursor = self->cursors; cursor != NULL; cursor = cursor->sibling) {
        if (cursor->next == handle) {
            cursor->next = entry->next;
        }
    }
    if (self->digest_next == handle) {
        self->digest_next = entry->next;
    }
    if (entry->previous != SLAB_NONE) {
        store_entry_at(self, entry->previous)->next = entry->next;
    } else {
        self->oldest = entry->next;
    }
    if (entry->next != SLAB_NONE) {
        store_entry_at(self, entry->next)->previous = entry->previous;
    } else {
        self->newest = entry->previous;
    }
}

/* What comes in one message bears one mark: a cursor need not go through it to find that out. */
static inline void note_run(store_t *self, const entry_t *entry)
{
    uint32_t marks = self->run_marks & entry->marks;
    if (marks == 0) {
        marks = entry->marks;
        self->run_from = self->tail;
    }
    self->run_marks = marks;
}

/* Makes an entry the newest, with a new index (R5); cursors at the tail then stand before it. */
static void list_append(store_t *self, slab_handle_t handle)
{
    entry_t *entry = store_entry_at(self, handle);
    entry->index = ++self->tail;
    entry->next = SLAB_NONE;
    entry->previous = self->newest;
    if (self->newest != SLAB_NONE) {
        store_entry_at(self, self->newest)->next = handle;
    } else {
        self->oldest = handle;
    }
    self->newest = handle;
    note_run(self, entry);
    if (self->digest != NULL && self->digest_next == SLAB_NONE) {
        self->digest_next = handle;
    }
    for (store_cursor_t *cursor = self->cursors; cursor != NULL; cursor = cursor->sibling) {
        if (cursor->next == SLAB_NONE) {
            cursor->next = handle;
        }
    }
}

/* The bits of an entry's origin that are not its number. */
static unsigned entry_flags(const record_t *record, const rest_t *rest)
{
    bool capped = record->order_time_ns != record->client_time_ns;
    return (rest->packed ? ENTRY_PACKED : 0U) | (capped ? ENTRY_CAPPED : 0U);
}

static void write_entry(entry_t *entry, const record_t *record, const rest_t *rest, uint32_t marks)
{
    entry->order_time_ns = record->order_time_ns;
    entry->receipt_time_ns = record->receipt_time_ns;
    entry->marks = marks;
    entry->client_size = (uint16_t)record->client.size;
    entry->position_size = (uint16_t)record->position.size;
    entry->client_time_size = (uint16_t)record->client_time.size;
    char *text = text_copy(record->client, entry->text);
    if (rest->packed) {
        memcpy(text, rest->bytes, packed_size(record->position.size + record->client_time.size));
    } else {
        text_copy(record->client_time, text_copy(record->position, text));
    }
}

/* After write_entry, if the record is not of the first era. */
static void write_era(entry_t *entry, const record_t *record)
{
    entry->origin |= ENTRY_ERA;
    if (entry->position_size > 0) {
        memcpy(entry->text + store_entry_texts_size(entry), &record->era_ns, sizeof(int64_t));
    }
}

static bool may_grow(const store_t *self, size_t growth)
{
    size_t memory = store_memory(self);
    return memory <= self->max_memory && growth <= self->max_memory - memory;
}

/* A block for a record; SLAB_NONE if there is no room for one. */
static slab_handle_t take_block(store_t *self, size_t size)
{
    if (slab_must_grow(&self->slab, size) && !may_grow(self, SLAB_CHUNK_SIZE)) {
        return SLAB_NONE;
    }
    return slab_take(&self->slab, size);
}

/* At most three slots in four are used: a probe then stays within a cache line or two. */
static bool table_must_grow(const store_t *self)
{
    return (self->count + 1) * 4 > self->slot_count * 3;
}

/* Takes the record of a client that was not known. */
static store_outcome_t insert(store_t *self, const record_t *record, uint32_t hash, uint32_t marks)
{
    uint16_t origin;
    if (self->count >= self->max_clients ||
        (table_must_grow(self) && !may_grow(self, grown_count(self) * sizeof *self->slots)) ||
        origins_intern(&self->origins, record->origin, &origin) != STATUS_OK) {
        return STORE_FULL;
    }
    rest_t rest;
    pack_rest(record, &rest);
    bool has_era = record->era_ns != 0;
    size_t size = new_plain_size(record, &rest) + era_size(has_era, record->position.size);
    slab_handle_t handle = take_block(self, size);
    if (handle == SLAB_NONE) {
        return STORE_FULL;
    }
    if (table_must_grow(self)) {
        grow_table(self);
    }
    entry_t *entry = store_entry_at(self, handle);
    entry->origin = (uint16_t)(origin | entry_flags(record, &rest));
    write_entry(entry, record, &rest, marks);
    if (has_era) {
        write_era(entry, record);
    }
    *find_slot(self, record->client, hash) = (slot_t){.hash = hash, .handle = handle};
    self->count++;
    list_append(self, handle);
    return STORE_NEWER;
}

/* Takes a newer record of a known client; in place if its block has the right size. `eras`: neither
 * need be of the first era. Inlined, so that a constant takes out what it does not need. */
__attribute__((always_inline)) static inline store_outcome_t
replace(store_t *self, slot_t *slot, const record_t *record, uint32_t marks, bool eras)
{
    slab_handle_t handle = slot->handle;
    size_t old_size =
        eras ? entry_size(store_entry_at(self, handle)) : plain_size(store_entry_at(self, handle));
    rest_t rest;
    pack_rest(record, &rest);
    size_t new_size = new_plain_size(record, &rest) +
                      era_size(eras && record->era_ns != 0, record->position.size);
    bool fits = slab_block_size(old_size) == slab_block_size(new_size);
    uint16_t origin = store_entry_origin(store_entry_at(self, handle));
    /* Most clients stay with a member: its name need not be looked up. */
    bool moved = !text_equal(origins_name(&self->origins, origin), record->origin);
    if ((moved && origins_intern(&self->origins, record->origin, &origin) != STATUS_OK) ||
        (!fits && (handle = take_block(self, new_size)) == SLAB_NONE)) {
        return STORE_FULL;
    }
    if (store_is_digested(self, store_entry_at(self, slot->handle))) {
        store_undigest(self, store_entry_at(self, slot->handle));
    }
    bool moves = !fits || RULE(MOVE_TO_TAIL);
    if (moves) {
        list_remove(self, slot->handle);
    }
    if (!fits) {
        slab_give(&self->slab, slot->handle, old_size);
        slot->handle = handle;
    }
    entry_t *entry = store_entry_at(self, handle);
    entry->origin = (uint16_t)(origin | entry_flags(record, &rest));
    write_entry(entry, record, &rest, marks);
    if (eras && record->era_ns != 0) {
        write_era(entry, record);
    }
    if (moves) {
        list_append(self, handle);
    }
    return STORE_NEWER;
}

/* What is known of a record's client; NULL: nothing. */
static entry_t *find_known(const store_t *self, const record_t *record)
{
    const slot_t *slot = find_slot(self, record->client, store_hash(self, record->client));
    return slot->handle != SLAB_NONE ? store_entry_at(self, slot->handle) : NULL;
}

/* Whether a record of such an order time is too old to be taken (R16): its era may be later. */
static bool has_expired(const store_t *self, const record_t *record)
{
    const entry_t *known = self->update != NULL ? find_known(self, record) : NULL;
    if (known != NULL) {
        store_follow(self, known);
    }
    return record_age_from(record) < self->taken_from_ns && RULE(REFUSE_EXPIRED);
}

/* Merges an update that may lose to what is known, or a record of another era. Not inlined, so that
 * the others do not pay for it. */
__attribute__((noinline)) static store_outcome_t
merge_otherwise(store_t *self, slot_t *slot, const record_t *record, uint32_t marks)
{
    store_merge_t merge;
    merge.record = record;
    merge.marks = marks;
    store_outcome_t outcome = store_judge(self, store_entry_at(self, slot->handle), &merge);
    return outcome == STORE_NEWER ? replace(self, slot, merge.record, merge.marks, true) : outcome;
}

store_outcome_t store_merge(store_t *self, const record_t *record, uint32_t marks)
{
    assert(record->client.size > 0 && record_text_size(record) < LIMIT_LINE_SIZE);
    if (record->order_time_ns < self->taken_from_ns && has_expired(self, record)) {
        return STORE_EXPIRED;
    }
    uint32_t hash = store_hash(self, record->client);
    slot_t *slot = find_slot(self, record->client, hash);
    if (slot->handle == SLAB_NONE) {
        return insert(self, record, hash, marks);
    }
    entry_t *entry = store_entry_at(self, slot->handle);
    if (record->era_ns != 0 || store_entry_has_era(entry)) {
        return merge_otherwise(self, slot, record, marks);
    }
    if (record->order_time_ns > entry->order_time_ns) {
        return replace(self, slot, record, marks, false);
    }
    if (self->update == NULL && RULE(MERGE_GREATER)) {
        if (record->order_time_ns < entry->order_time_ns) {
            return STORE_OLDER;
        }
        record_t known = store_entry_record(self, entry);
        int order = record_compare(record, &known);
        if (order <= 0) {
            entry->marks |= order == 0 ? marks : 0;
            return order == 0 ? STORE_SAME : STORE_OLDER;
        }
    }
    return merge_otherwise(self, slot, record, marks);
}

bool store_is_later(const store_t *self, const record_t *record, uint32_t *ret_marks)
{
    const entry_t *known = find_known(self, record);
    if (known == NULL || record->era_ns != 0 || store_entry_has_era(known) ||
        record->order_time_ns <= known->order_time_ns) {
        return false;
    }
    *ret_marks = known->marks;
    return true;
}

store_outcome_t store_update(store_t *self, record_t *record)
{
    self->update = record;
    store_outcome_t outcome = store_merge(self, record, 0);
    self->update = NULL;
    return outcome;
}

bool store_find_any(const store_t *self, text_t client, record_t *ret_record)
{
    const slot_t *slot = find_slot(self, client, store_hash(self, client));
    if (slot->handle == SLAB_NONE) {
        return false;
    }
    *ret_record = store_entry_record(self, store_entry_at(self, slot->handle));
    return true;
}

bool store_find(const store_t *self, text_t client, record_t *ret_record)
{
    record_t record;
    if (!store_find_any(self, client, &record) || record_is_tombstone(&record) ||
        record_age_from(&record) < self->served_from_ns) {
        return false;
    }
    *ret_record = record;
    return true;
}

bool store_serves(const store_t *self, text_t client)
{
    const slot_t *slot = find_slot(self, client, store_hash(self, client));
    if (slot->handle == SLAB_NONE) {
        return false;
    }
    const entry_t *entry = store_entry_at(self, slot->handle);
    int64_t era_ns = store_entry_has_era(entry) ? store_entry_era(entry) : 0;
    int64_t age_ns = era_ns > entry->order_time_ns ? era_ns : entry->order_time_ns;
    return entry->position_size > 0 && age_ns >= self->served_from_ns;
}

bool store_find_entry(const store_t *self, text_t client, store_entry_t *ret_entry)
{
    const slot_t *slot = find_slot(self, client, store_hash(self, client));
    if (slot->handle == SLAB_NONE) {
        return false;
    }
    store_entry(self, slot->handle, ret_entry);
    return true;
}

bool store_drop(store_t *self, text_t client)
{
    const slot_t *slot = find_slot(self, client, store_hash(self, client));
    if (slot->handle == SLAB_NONE) {
        return false;
    }
    store_remove(self, (size_t)(slot - self->slots));
    return true;
}

store_outcome_t store_restore(store_t *self, const record_t *record, uint64_t index)
{
    assert(index > self->tail);
    uint64_t tail = self->tail;
    self->tail = index - 1;
    self->restores = true;
    store_outcome_t outcome = store_merge(self, record, 0);
    self->restores = false;
    self->tail = outcome == STORE_NEWER ? index : tail;
    return outcome;
}

void store_restore_tail(store_t *self, uint64_t tail)
{
    assert(tail >= self->tail);
    self->tail = tail;
}

/* Steps of a probe from one slot to another. */
static size_t distance(const store_t *self, size_t from, size_t to)
{
    return to >= from ? to - from : to + self->slot_count - from;
}

/* Closes the gap at `gap`: slots behind it that a probe would no longer reach move up (Knuth, The
 * Art of Computer Programming 3, 6.4, algorithm R). */
static void close_gap(store_t *self, size_t gap)
{
    for (size_t i = store_slot_behind(self, gap); self->slots[i].handle != SLAB_NONE;
         i = store_slot_behind(self, i)) {
        size_t home = store_home(self, self->slots[i].hash);
        if (distance(self, home, i) >= distance(self, gap, i)) {
            self->slots[gap] = self->slots[i];
            gap = i;
        }
    }
    self->slots[gap] = (slot_t){0};
}

void store_remove(store_t *self, size_t slot)
{
    slab_handle_t handle = self->slots[slot].handle;
    entry_t *entry = store_entry_at(self, handle);
    if (store_is_digested(self, entry)) {
        store_undigest(self, entry);
    }
    list_remove(self, handle);
    slab_give(&self->slab, handle, entry_size(entry));
    close_gap(self, slot);
    self->count--;
}

void store_entry(const store_t *self, slab_handle_t handle, store_entry_t *ret_entry)
{
    *ret_entry = store_entry_read(self, store_entry_at(self, handle));
}

slab_handle_t store_newest(const store_t *self)
{
    return self->newest;
}

size_t store_count(const store_t *self)
{
    return self->count;
}

uint64_t store_tail(const store_t *self)
{
    return self->tail;
}

size_t store_memory(const store_t *self)
{
    return sizeof *self + self->slot_count * sizeof *self->slots + slab_memory(&self->slab);
}
