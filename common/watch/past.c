/* A ring in the order of the indices. A table by handle says where in it the newest of each handle
 * is; whether that is the client that is meant, its serial says. */
#include "common/watch/past.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES_STEP = 1024 };

typedef struct {
    uint64_t index;
    told_client_t client;
    char *name;
    size_t size;
} entry_t;

struct past {
    entry_t *entries; /* `maximum` */
    size_t maximum;
    size_t max_memory;
    size_t name_memory;
    uint64_t begin; /* of all that were ever added, the first that is kept ... */
    uint64_t end;   /* ... and how many they are */
    uint64_t lost;  /* index of the newest that is not kept any more */
    uint64_t *of_handles;
    uint32_t handles_end;
};

past_t *past_new(size_t maximum, size_t max_memory)
{
    past_t *self = memory_new(sizeof *self);
    self->maximum = maximum;
    self->max_memory = max_memory;
    self->entries = memory_new_array(maximum, sizeof *self->entries);
    return self;
}

static entry_t *entry_at(const past_t *self, uint64_t place)
{
    return &self->entries[place % self->maximum];
}

static void drop_oldest(past_t *self)
{
    entry_t *entry = entry_at(self, self->begin++);
    self->lost = entry->index;
    self->name_memory -= entry->size;
    free(entry->name);
}

void past_destroy(past_t **self_p)
{
    past_t *self = *self_p;
    if (self != NULL) {
        while (self->begin < self->end) {
            drop_oldest(self);
        }
        free(self->entries);
        free(self->of_handles);
        free(self);
        *self_p = NULL;
    }
}

uint64_t past_index(const past_t *self, uint64_t list)
{
    return 1 + list + self->end;
}

static void note_handle(past_t *self, uint32_t handle)
{
    if (handle >= self->handles_end) {
        uint32_t end = handle + handle / 2 + HANDLES_STEP;
        self->of_handles = memory_resize(self->of_handles, end * sizeof *self->of_handles);
        memset(self->of_handles + self->handles_end, 0,
               (end - self->handles_end) * sizeof *self->of_handles);
        self->handles_end = end;
    }
    self->of_handles[handle] = self->end;
}

void past_add(past_t *self, told_client_t client, uint64_t list, text_t name)
{
    assert(name.size <= self->max_memory);
    while (self->begin < self->end && (self->end - self->begin == self->maximum ||
                                       self->name_memory + name.size > self->max_memory)) {
        drop_oldest(self);
    }
    entry_t *entry = entry_at(self, self->end++);
    *entry = (entry_t){.index = past_index(self, list),
                       .client = client,
                       .name = memory_copy_text(name.data, name.size),
                       .size = name.size};
    self->name_memory += name.size;
    note_handle(self, client.handle);
}

bool past_name(const past_t *self, told_client_t client, text_t *ret_name)
{
    uint64_t place = client.handle < self->handles_end ? self->of_handles[client.handle] : 0;
    if (place <= self->begin) {
        return false;
    }
    const entry_t *entry = entry_at(self, place - 1);
    if (entry->client.serial != client.serial) {
        return false;
    }
    *ret_name = (text_t){.data = entry->name, .size = entry->size};
    return true;
}

bool past_reaches(const past_t *self, uint64_t index)
{
    return index >= self->lost;
}

size_t past_count(const past_t *self, uint64_t index)
{
    uint64_t low = self->begin;
    uint64_t high = self->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (entry_at(self, middle)->index > index) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return (size_t)(self->end - low);
}

uint64_t past_list(const past_t *self, uint64_t index)
{
    uint64_t before = 1 + self->end - past_count(self, index);
    return index > before ? index - before : 0;
}

past_client_t past_at(const past_t *self, size_t n)
{
    assert(n < self->end - self->begin);
    const entry_t *entry = entry_at(self, self->end - 1 - n);
    return (past_client_t){.client = entry->client,
                           .name = {.data = entry->name, .size = entry->size}};
}

size_t past_memory(const past_t *self)
{
    return sizeof *self + self->maximum * sizeof *self->entries + self->name_memory +
           self->handles_end * sizeof *self->of_handles;
}
