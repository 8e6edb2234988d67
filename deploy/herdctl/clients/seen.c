#include "deploy/herdctl/clients/seen.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <xxhash.h>

enum { FIRST_CAPACITY = 1024 };

void herdctl_seen_init(herdctl_seen_t *self, uint64_t seed)
{
    *self = (herdctl_seen_t){.slots = memory_new_array(FIRST_CAPACITY, sizeof *self->slots),
                             .capacity = FIRST_CAPACITY,
                             .seed = seed};
}

void herdctl_seen_done(herdctl_seen_t *self)
{
    free(self->slots);
    *self = (herdctl_seen_t){0};
}

/* The slot of a hash, or the empty one where it belongs. */
static uint64_t *find(const herdctl_seen_t *self, uint64_t hash)
{
    size_t at = hash & (self->capacity - 1);
    while (self->slots[at] != 0 && self->slots[at] != hash) {
        at = (at + 1) & (self->capacity - 1);
    }
    return &self->slots[at];
}

static void grow(herdctl_seen_t *self)
{
    const herdctl_seen_t old = *self;
    self->capacity *= 2;
    self->slots = memory_new_array(self->capacity, sizeof *self->slots);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i] != 0) {
            *find(self, old.slots[i]) = old.slots[i];
        }
    }
    free(old.slots);
}

bool herdctl_seen_add(herdctl_seen_t *self, text_t client)
{
    uint64_t hash = XXH3_64bits_withSeed(client.data, client.size, self->seed);
    hash = hash != 0 ? hash : 1;
    uint64_t *slot = find(self, hash);
    if (*slot == hash) {
        return false;
    }
    *slot = hash;
    self->count++;
    if (self->count > self->capacity - self->capacity / 4) {
        grow(self);
    }
    return true;
}
