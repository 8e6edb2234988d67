#include "frontend/clients/sessions.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SLOT_BITS = 20,
    FIRST_CAPACITY = 64,
    NO_SLOT = INT32_MAX,
};
static_assert(LIMIT_CONNECTIONS <= 1 << SLOT_BITS, "a slot number fits its bits");

typedef struct {
    session_t *session; /* NULL: free */
    uint64_t number;    /* of the session, or of the last one */
    uint32_t next_free; /* [free] the next free slot, or NO_SLOT */
} slot_t;

struct sessions {
    slot_t *slots;
    size_t capacity;     /* slots allocated */
    size_t used;         /* slots in front that have ever held a session */
    size_t count;        /* sessions */
    size_t maximum;      /* sessions */
    uint32_t first_free; /* index below `used`, or NO_SLOT */
};

sessions_t *sessions_new(size_t maximum)
{
    assert(maximum > 0 && maximum <= LIMIT_CONNECTIONS);
    sessions_t *self = memory_new(sizeof *self);
    self->maximum = maximum;
    self->first_free = NO_SLOT;
    return self;
}

void sessions_destroy(sessions_t **self_p)
{
    if (*self_p != NULL) {
        free((*self_p)->slots);
        free(*self_p);
        *self_p = NULL;
    }
}

/* Returns the index of a slot that was never used before. */
static uint32_t new_slot(sessions_t *self)
{
    if (self->used == self->capacity) {
        self->capacity = self->capacity > 0 ? 2 * self->capacity : FIRST_CAPACITY;
        self->slots = memory_resize(self->slots, self->capacity * sizeof *self->slots);
    }
    uint32_t index = (uint32_t)self->used++;
    self->slots[index] = (slot_t){.number = index};
    return index;
}

status_t sessions_add(sessions_t *self, session_t *session, uint64_t *ret_number)
{
    assert(session != NULL);
    if (self->count == self->maximum) {
        return STATUS_FULL;
    }
    uint32_t index = self->first_free;
    if (index == NO_SLOT) {
        index = new_slot(self);
    } else {
        self->first_free = self->slots[index].next_free;
    }
    slot_t *slot = &self->slots[index];
    slot->session = session;
    slot->number += UINT64_C(1) << SLOT_BITS;
    self->count++;
    *ret_number = slot->number;
    return STATUS_OK;
}

static slot_t *find_slot(const sessions_t *self, uint64_t number)
{
    size_t index = number & ((UINT64_C(1) << SLOT_BITS) - 1);
    if (index >= self->used || self->slots[index].number != number ||
        self->slots[index].session == NULL) {
        return NULL;
    }
    return &self->slots[index];
}

session_t *sessions_find(const sessions_t *self, uint64_t number)
{
    const slot_t *slot = find_slot(self, number);
    return slot != NULL ? slot->session : NULL;
}

void sessions_remove(sessions_t *self, uint64_t number)
{
    slot_t *slot = find_slot(self, number);
    if (slot != NULL) {
        slot->session = NULL;
        slot->next_free = self->first_free;
        self->first_free = (uint32_t)(slot - self->slots);
        self->count--;
    }
}

size_t sessions_count(const sessions_t *self)
{
    return self->count;
}

session_t *sessions_next(const sessions_t *self, size_t *cursor)
{
    while (*cursor < self->used) {
        session_t *session = self->slots[(*cursor)++].session;
        if (session != NULL) {
            return session;
        }
    }
    return NULL;
}
