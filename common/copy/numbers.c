#include "common/copy/numbers.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_CAPACITY = 1024,
    ENTRY_SIZE = sizeof(slab_handle_t) + sizeof(uint32_t) + sizeof(uint8_t),
};

void numbers_init(numbers_t *self, uint32_t rest)
{
    *self = (numbers_t){.free_first = NUMBERS_NONE, .free_last = NUMBERS_NONE, .rest = rest};
}

void numbers_done(numbers_t *self)
{
    free(self->handles);
    free(self->serials);
    free(self->flags);
    numbers_init(self, self->rest);
}

static void grow(numbers_t *self)
{
    uint32_t capacity = self->capacity > 0 ? self->capacity + self->capacity / 2 : FIRST_CAPACITY;
    assert(capacity > self->capacity); /* a store has fewer clients than there are handles */
    self->handles = memory_resize(self->handles, capacity * sizeof *self->handles);
    self->serials = memory_resize(self->serials, capacity * sizeof *self->serials);
    self->flags = memory_resize(self->flags, capacity * sizeof *self->flags);
    self->capacity = capacity;
}

uint32_t numbers_take(numbers_t *self)
{
    uint32_t number = self->free_first;
    if (self->free_count > self->rest) {
        self->free_count--;
        self->free_first = self->handles[number];
        self->free_last = self->free_first == NUMBERS_NONE ? NUMBERS_NONE : self->free_last;
    } else {
        if (self->end == self->capacity) {
            grow(self);
        }
        number = self->end++;
        self->serials[number] = 0;
    }
    self->handles[number] = SLAB_NONE;
    self->flags[number] = NUMBERS_USED;
    self->serials[number]++;
    return number;
}

void numbers_give(numbers_t *self, uint32_t number)
{
    assert(numbers_has(self, number, NUMBERS_USED));
    self->flags[number] = 0;
    self->handles[number] = NUMBERS_NONE;
    if (self->free_last != NUMBERS_NONE) {
        self->handles[self->free_last] = number;
    } else {
        self->free_first = number;
    }
    self->free_last = number;
    self->free_count++;
}

void numbers_clear(numbers_t *self, unsigned flag)
{
    for (uint32_t number = 0; number < self->end; number++) {
        self->flags[number] &= (uint8_t)~flag;
    }
}

size_t numbers_memory(const numbers_t *self)
{
    return (size_t)self->capacity * ENTRY_SIZE;
}
