/* slab.h - memory for the store's records: blocks of 16-byte units, addressed by 32-bit handles.
 *
 * Owner: the store. Threads: the store's. A handle takes half as much as a pointer, and a block has
 * no allocator header: that keeps a client below 160 bytes. Sizes are rounded up to classes (16
 * bytes apart up to 256 bytes, then four to a doubling: at most a fifth is lost), so that blocks
 * freed by one record serve the next. Memory is not given back before slab_done.
 */
#ifndef HERD_COMMON_STORE_SLAB_H
#define HERD_COMMON_STORE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t slab_handle_t;

enum {
    SLAB_NONE = 0, /* not a block */
    SLAB_UNIT_SIZE = 16,
    SLAB_CHUNK_UNITS = 131072, /* 2 MiB a chunk, a huge page of x86-64 */
    SLAB_CHUNK_SIZE = SLAB_CHUNK_UNITS * SLAB_UNIT_SIZE,
    SLAB_CHUNKS_MAX = 32768, /* what 32 bits can address: 64 GiB */
    SLAB_BLOCK_SIZE_MAX = 131072,
    SLAB_CLASSES = 16 + 4 * 9,
};

/* Open only to be embedded; every field is the slab's own. */
typedef struct {
    char **chunks; /* chunk_count of them */
    size_t chunk_count;
    size_t chunk_capacity;
    size_t chunk_units;                      /* units of the newest chunk in use */
    slab_handle_t free_blocks[SLAB_CLASSES]; /* head of each class's list */
} slab_t;

void slab_init(slab_t *self);

/* Frees all memory. */
void slab_done(slab_t *self);

/* A block of at least `size` bytes (1 .. SLAB_BLOCK_SIZE_MAX), aligned to 16, content undefined.
 * SLAB_NONE if no handle is left; aborts if the machine has no memory left. */
slab_handle_t slab_take(slab_t *self, size_t size);

/* Whether slab_take of `size` bytes would add a chunk of SLAB_CHUNK_SIZE bytes. */
bool slab_must_grow(const slab_t *self, size_t size);

/* Gives back a block. `size` has the class of the size that it was taken with. */
void slab_give(slab_t *self, slab_handle_t handle, size_t size);

/* Bytes of the block that `size` bytes get: two sizes with the same result fit the same block. */
size_t slab_block_size(size_t size);

/* Bytes of memory in chunks. */
size_t slab_memory(const slab_t *self);

/* The block; valid until it is given back. */
static inline void *slab_at(const slab_t *self, slab_handle_t handle)
{
    return self->chunks[handle / SLAB_CHUNK_UNITS] +
           (size_t)(handle % SLAB_CHUNK_UNITS) * SLAB_UNIT_SIZE;
}

#endif
