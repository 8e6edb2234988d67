#include "common/store/slab.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FINE_CLASSES = 16,   /* one class each 16 bytes ... */
    FINE_SIZE_MAX = 256, /* ... up to here */
    STEPS = 4,           /* classes in each doubling above */
    FINE_SIZE_LOG2 = 8,
    SMALL_CHUNKS = 4, /* a few clients take only the memory that they use */
};

/* Returns the class of `size`, and the bytes of a block of that class. */
static size_t size_class(size_t size, size_t *ret_block_size)
{
    if (size <= FINE_SIZE_MAX) {
        size_t units = (size + SLAB_UNIT_SIZE - 1) / SLAB_UNIT_SIZE;
        *ret_block_size = units * SLAB_UNIT_SIZE;
        return units - 1;
    }
    /* 2^log2 < size <= 2^(log2 + 1), cut into STEPS steps. */
    unsigned log2 = 63 - (unsigned)__builtin_clzll((unsigned long long)size - 1);
    size_t step = (size_t)1 << (log2 - 2);
    size_t steps = (size - ((size_t)1 << log2) + step - 1) / step;
    *ret_block_size = ((size_t)1 << log2) + steps * step;
    return FINE_CLASSES + (log2 - FINE_SIZE_LOG2) * STEPS + steps - 1;
}

void slab_init(slab_t *self)
{
    memset(self, 0, sizeof *self);
    self->chunk_units = SLAB_CHUNK_UNITS;
}

void slab_done(slab_t *self)
{
    for (size_t i = 0; i < self->chunk_count; i++) {
        free(self->chunks[i]);
    }
    free(self->chunks);
    slab_init(self);
}

/* False when no handle is left for another chunk. */
static bool add_chunk(slab_t *self)
{
    if (self->chunk_count == SLAB_CHUNKS_MAX) {
        return false;
    }
    if (self->chunk_count == self->chunk_capacity) {
        self->chunk_capacity = self->chunk_capacity > 0 ? self->chunk_capacity * 2 : 16;
        self->chunks = memory_resize(self->chunks, self->chunk_capacity * sizeof *self->chunks);
    }
    self->chunks[self->chunk_count] = self->chunk_count < SMALL_CHUNKS
                                          ? memory_new(SLAB_CHUNK_SIZE)
                                          : memory_new_huge(SLAB_CHUNK_SIZE);
    /* The very first unit stays unused: its handle is SLAB_NONE. */
    self->chunk_units = self->chunk_count == 0 ? 1 : 0;
    self->chunk_count++;
    return true;
}

slab_handle_t slab_take(slab_t *self, size_t size)
{
    assert(size > 0 && size <= SLAB_BLOCK_SIZE_MAX);
    size_t block_size;
    size_t class = size_class(size, &block_size);
    slab_handle_t handle = self->free_blocks[class];
    if (handle != SLAB_NONE) {
        memcpy(&self->free_blocks[class], slab_at(self, handle), sizeof handle);
        return handle;
    }
    size_t units = block_size / SLAB_UNIT_SIZE;
    if (self->chunk_units + units > SLAB_CHUNK_UNITS && !add_chunk(self)) {
        return SLAB_NONE;
    }
    handle = (slab_handle_t)((self->chunk_count - 1) * SLAB_CHUNK_UNITS + self->chunk_units);
    self->chunk_units += units;
    return handle;
}

bool slab_must_grow(const slab_t *self, size_t size)
{
    size_t block_size;
    size_t class = size_class(size, &block_size);
    return self->free_blocks[class] == SLAB_NONE &&
           self->chunk_units + block_size / SLAB_UNIT_SIZE > SLAB_CHUNK_UNITS;
}

void slab_give(slab_t *self, slab_handle_t handle, size_t size)
{
    size_t block_size;
    size_t class = size_class(size, &block_size);
    /* A free block's first bytes hold the handle of the next one. */
    memcpy(slab_at(self, handle), &self->free_blocks[class], sizeof handle);
    self->free_blocks[class] = handle;
}

size_t slab_block_size(size_t size)
{
    size_t block_size;
    size_class(size, &block_size);
    return block_size;
}

size_t slab_memory(const slab_t *self)
{
    return self->chunk_count * SLAB_CHUNK_SIZE;
}
