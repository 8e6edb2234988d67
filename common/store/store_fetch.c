/* Memory that merges and lookups will read, fetched before they do: a slot of the table, the entry
 * that it leads to, and that entry's neighbours in the list of changes. */
#include "common/store/store_parts.h"

enum { FETCH_STEPS = 3 };

/* The first entry of that hash: another client's, if two have it. NULL: there is none. */
static const entry_t *find_hash(const store_t *self, uint32_t hash)
{
    size_t i = store_home(self, hash);
    while (self->slots[i].handle != SLAB_NONE && self->slots[i].hash != hash) {
        i = store_slot_behind(self, i);
    }
    return self->slots[i].handle != SLAB_NONE ? store_entry_at(self, self->slots[i].handle) : NULL;
}

/* Slot, entry, neighbours in the list: each step reads what the one before has fetched. If another
 * client of the same hash has a slot before the right one, the wrong entry is fetched: that costs
 * time, nothing else. The empty statement keeps calls from being left out (near_fetch). */
static void fetch(const store_t *self, uint32_t hash, unsigned step)
{
    __asm__ volatile("");
    if (step == 0) {
        __builtin_prefetch(&self->slots[store_home(self, hash)]);
        return;
    }
    const entry_t *entry = find_hash(self, hash);
    if (entry == NULL) {
        return;
    }
    if (step == 1) {
        __builtin_prefetch(entry, 1);
        __builtin_prefetch((const char *)entry + STORE_CACHE_LINE_SIZE, 1);
    } else {
        __builtin_prefetch(slab_at(&self->slab, entry->previous), 1);
        __builtin_prefetch(slab_at(&self->slab, entry->next), 1);
    }
}

uint32_t store_fetch_begin(const store_t *self, text_t client)
{
    uint32_t hash = store_hash(self, client);
    fetch(self, hash, 0);
    return hash;
}

void store_fetch_end(const store_t *self, const uint32_t *hashes, size_t count)
{
    for (unsigned step = 1; step < FETCH_STEPS; step++) {
        for (size_t i = 0; i < count; i++) {
            fetch(self, hashes[i], step);
        }
    }
}

void store_fetch_entry(const store_t *self, uint32_t hash)
{
    fetch(self, hash, 1);
}

bool store_fetched_marks(const store_t *self, uint32_t hash, uint32_t *ret_marks)
{
    const entry_t *entry = find_hash(self, hash);
    if (entry == NULL) {
        return false;
    }
    *ret_marks = entry->marks;
    return true;
}
