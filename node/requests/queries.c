#include "node/requests/queries.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdlib.h>

typedef struct {
    query_t query;      /* answer NULL: the slot is free */
    uint32_t serial;    /* of its last use */
    uint32_t next_free; /* slot + 1, 0 at the end of the list */
} slot_t;

struct queries {
    slot_t *slots;
    size_t capacity;     /* slots allocated */
    size_t used;         /* slots that were ever in use */
    uint32_t first_free; /* slot + 1, 0: none */
    size_t count;
};

queries_t *queries_new(void)
{
    return memory_new(sizeof(queries_t));
}

void queries_destroy(queries_t **self_p)
{
    queries_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->used; i++) {
        free(self->slots[i].query.answer);
    }
    free(self->slots);
    free(self);
    *self_p = NULL;
}

/* Returns a free slot; the table grows for it. LIMIT_WAITING_QUERIES: there is none. */
static size_t take_slot(queries_t *self)
{
    if (self->first_free != 0) {
        size_t slot = self->first_free - 1;
        self->first_free = self->slots[slot].next_free;
        return slot;
    }
    if (self->used == self->capacity && self->capacity < LIMIT_WAITING_QUERIES) {
        self->capacity = self->capacity > 0 ? self->capacity * 2 : 64;
        self->slots = memory_resize(self->slots, self->capacity * sizeof *self->slots);
    }
    if (self->used == LIMIT_WAITING_QUERIES) {
        return LIMIT_WAITING_QUERIES;
    }
    self->slots[self->used] = (slot_t){0};
    return self->used++;
}

bool queries_add(queries_t *self, const query_t *query, text_t answer, uint64_t *ret_ticket)
{
    size_t index = take_slot(self);
    if (index == LIMIT_WAITING_QUERIES) {
        return false;
    }
    slot_t *slot = &self->slots[index];
    slot->query = *query;
    slot->query.answer = memory_copy_text(answer.data, answer.size);
    slot->query.answer_size = answer.size;
    slot->serial++;
    self->count++;
    *ret_ticket = (uint64_t)slot->serial << 32 | index;
    return true;
}

bool queries_take(queries_t *self, uint64_t ticket, query_t *ret_query)
{
    size_t index = (uint32_t)ticket;
    if (index >= self->used || self->slots[index].query.answer == NULL ||
        self->slots[index].serial != ticket >> 32) {
        return false;
    }
    slot_t *slot = &self->slots[index];
    *ret_query = slot->query;
    slot->query.answer = NULL;
    slot->next_free = self->first_free;
    self->first_free = (uint32_t)index + 1;
    self->count--;
    return true;
}

bool queries_next_late(const queries_t *self, int64_t steady_ns, size_t *slot, uint64_t *ret_ticket)
{
    while (self->count > 0 && *slot < self->used) {
        size_t index = (*slot)++;
        const slot_t *candidate = &self->slots[index];
        if (candidate->query.answer != NULL && candidate->query.since_ns < steady_ns) {
            *ret_ticket = (uint64_t)candidate->serial << 32 | index;
            return true;
        }
    }
    return false;
}

size_t queries_count(const queries_t *self)
{
    return self->count;
}
