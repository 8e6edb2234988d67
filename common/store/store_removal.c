/* How records go: they expire (R16), or an operator has them forgotten (R17). */
#include "common/base/limits.h"
#include "common/store/store_parts.h"

void store_set_horizon(store_t *self, int64_t served_from_ns, int64_t taken_from_ns)
{
    self->served_from_ns = served_from_ns;
    self->taken_from_ns = taken_from_ns;
}

void store_horizon(const store_t *self, int64_t *ret_served_from_ns, int64_t *ret_taken_from_ns)
{
    *ret_served_from_ns = self->served_from_ns;
    *ret_taken_from_ns = self->taken_from_ns;
}

size_t store_slot_count(const store_t *self)
{
    return self->slot_count;
}

/* record_age_from */
static bool is_older(const entry_t *entry, int64_t kept_from_ns)
{
    return entry->order_time_ns < kept_from_ns &&
           (!store_entry_has_era(entry) || store_entry_era(entry) < kept_from_ns);
}

size_t store_purge(store_t *self, int64_t kept_from_ns, size_t slot_count)
{
    size_t purged = 0;
    for (size_t i = 0; i < slot_count; i++) {
        size_t slot = self->purge_slot < self->slot_count ? self->purge_slot : 0;
        slab_handle_t handle = self->slots[slot].handle;
        if (handle != SLAB_NONE && is_older(store_entry_at(self, handle), kept_from_ns)) {
            /* Another entry may have moved up into this slot: look at it again. */
            store_remove(self, slot);
            purged++;
        } else {
            self->purge_slot = slot + 1;
        }
    }
    return purged;
}

bool store_forget(store_t *self, text_t client, text_t origin, int64_t now_ns)
{
    record_t held;
    if (!store_find_any(self, client, &held) || record_is_tombstone(&held) ||
        record_age_from(&held) == INT64_MAX) {
        return false;
    }
    /* A record of the first era may have an order time before 1970. */
    int64_t known_ns = held.era_ns == 0 ? held.order_time_ns : record_age_from(&held);
    int64_t order_time_ns = known_ns + (RULE(OUTBID) ? 1 : -1);
    /* The text of its time cannot be negative. */
    int64_t time_ns = order_time_ns > 0 ? order_time_ns : 0;
    char time[TIMESTAMP_SIZE];
    size_t time_size = timestamp_write(time_ns, time);
    if (client.size + time_size >= LIMIT_LINE_SIZE) {
        return false; /* no client line has room for so long an ID, but a bus record may */
    }
    record_t tombstone = {
        .client = client,
        .client_time = {.data = time, .size = time_size},
        .origin = origin,
        .client_time_ns = time_ns,
        .receipt_time_ns = now_ns,
        .order_time_ns = order_time_ns,
        .era_ns = record_era_from(order_time_ns),
    };
    return store_merge(self, &tombstone, 0) == STORE_NEWER;
}
