#include "node/places/lookups.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct places_lookups {
    places_lookup_t *lookups[LIMIT_PLACES_LOOKUPS]; /* oldest first */
    size_t count;
    size_t ticket_count; /* of all lookups */
};

places_spot_t places_lookups_spot(const places_query_t *query)
{
    return (places_spot_t){.latitude_e4 = (int32_t)lround(query->latitude_deg * 1e4),
                           .longitude_e4 = (int32_t)lround(query->longitude_deg * 1e4),
                           .radius_km = query->radius_km,
                           .result_count = query->result_count};
}

places_lookups_t *places_lookups_new(void)
{
    return memory_new(sizeof(places_lookups_t));
}

static void free_lookup(places_lookup_t *lookup)
{
    free(lookup->tickets);
    free(lookup);
}

void places_lookups_destroy(places_lookups_t **self_p)
{
    places_lookups_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        free_lookup(self->lookups[i]);
    }
    free(self);
    *self_p = NULL;
}

static void add_ticket(places_lookups_t *self, places_lookup_t *lookup, uint64_t ticket)
{
    if (lookup->ticket_count == lookup->ticket_capacity) {
        lookup->ticket_capacity = lookup->ticket_capacity > 0 ? 2 * lookup->ticket_capacity : 4;
        lookup->tickets =
            memory_resize(lookup->tickets, lookup->ticket_capacity * sizeof *lookup->tickets);
    }
    lookup->tickets[lookup->ticket_count++] = ticket;
    self->ticket_count++;
}

/* Looks at each: their spots are 16 KiB, behind pointers, and this thread has the time. */
static places_lookup_t *find(const places_lookups_t *self, const places_spot_t *spot)
{
    for (size_t i = 0; i < self->count; i++) {
        if (memcmp(&self->lookups[i]->spot, spot, sizeof *spot) == 0) {
            return self->lookups[i];
        }
    }
    return NULL;
}

status_t places_lookups_add(places_lookups_t *self, const places_query_t *query,
                            int64_t deadline_ns, bool *ret_joined)
{
    places_spot_t spot = places_lookups_spot(query);
    places_lookup_t *lookup = find(self, &spot);
    bool joined = lookup != NULL;
    if (self->ticket_count == LIMIT_WAITING_QUERIES ||
        (!joined && self->count == LIMIT_PLACES_LOOKUPS)) {
        return STATUS_FULL;
    }
    if (!joined) {
        lookup = memory_new(sizeof *lookup);
        *lookup = (places_lookup_t){.spot = spot,
                                    .query = *query,
                                    .deadline_ns = deadline_ns,
                                    .slot = PLACES_LOOKUPS_NO_SLOT};
        self->lookups[self->count++] = lookup;
    }
    add_ticket(self, lookup, query->ticket);
    *ret_joined = joined;
    return STATUS_OK;
}

places_lookup_t *places_lookups_next(places_lookups_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (!self->lookups[i]->under_way) {
            return self->lookups[i];
        }
    }
    return NULL;
}

places_lookup_t *places_lookups_late(places_lookups_t *self, int64_t now_ns)
{
    for (size_t i = 0; i < self->count; i++) {
        if (!self->lookups[i]->under_way && self->lookups[i]->deadline_ns <= now_ns) {
            return self->lookups[i];
        }
    }
    return NULL;
}

int64_t places_lookups_deadline(const places_lookups_t *self)
{
    int64_t earliest_ns = INT64_MAX;
    for (size_t i = 0; i < self->count; i++) {
        const places_lookup_t *lookup = self->lookups[i];
        if (!lookup->under_way && lookup->deadline_ns < earliest_ns) {
            earliest_ns = lookup->deadline_ns;
        }
    }
    return earliest_ns;
}

void places_lookups_remove(places_lookups_t *self, places_lookup_t *lookup)
{
    size_t i = 0;
    while (i < self->count && self->lookups[i] != lookup) {
        i++;
    }
    assert(i < self->count);
    self->ticket_count -= lookup->ticket_count;
    self->count--;
    for (; i < self->count; i++) {
        self->lookups[i] = self->lookups[i + 1];
    }
    free_lookup(lookup);
}

size_t places_lookups_count(const places_lookups_t *self)
{
    return self->count;
}
