#include "common/store/origins.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

void origins_init(origins_t *self)
{
    memset(self, 0, sizeof *self);
}

void origins_done(origins_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->names[i]);
    }
    free(self->names);
    free(self->name_sizes);
    origins_init(self);
}

static uint16_t add_name(origins_t *self, text_t name)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity > 0 ? self->capacity * 2 : 8;
        self->names = memory_resize(self->names, self->capacity * sizeof *self->names);
        self->name_sizes = memory_resize(self->name_sizes, self->capacity);
    }
    self->names[self->count] = memory_copy_text(name.data, name.size);
    self->name_sizes[self->count] = (uint8_t)name.size;
    return (uint16_t)self->count++;
}

status_t origins_intern(origins_t *self, text_t name, uint16_t *ret_number)
{
    assert(name.size > 0 && name.size <= LIMIT_NAME_SIZE);
    size_t slot = XXH3_64bits(name.data, name.size) % ORIGINS_SLOTS;
    while (self->slots[slot] != 0) {
        uint16_t number = (uint16_t)(self->slots[slot] - 1);
        if (text_equal(origins_name(self, number), name)) {
            *ret_number = number;
            return STATUS_OK;
        }
        slot = (slot + 1) % ORIGINS_SLOTS;
    }
    if (self->count == LIMIT_ORIGINS) {
        return STATUS_FULL;
    }
    *ret_number = add_name(self, name);
    self->slots[slot] = (uint16_t)(*ret_number + 1);
    return STATUS_OK;
}
