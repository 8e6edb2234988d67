/* arena.h - many small allocations that live and end together.
 *
 * Owner: whoever embeds it. Threads: one at a time. An allocation that fails aborts (memory.h).
 */
#ifndef HERD_COMMON_BASE_ARENA_H
#define HERD_COMMON_BASE_ARENA_H

#include <stddef.h>

/* Open value struct; all zero is an empty arena. */
typedef struct {
    struct arena_block *newest; /* chain of all blocks */
} arena_t;

/* Returns `size` zeroed bytes, aligned for any type; they live until arena_done. */
void *arena_take(arena_t *self, size_t size) __attribute__((malloc, returns_nonnull));

/* Returns a copy of `size` bytes with a zero behind them. */
char *arena_copy_text(arena_t *self, const char *data, size_t size)
    __attribute__((malloc, returns_nonnull));

/* Returns printf-formatted text. */
char *arena_format(arena_t *self, const char *format, ...)
    __attribute__((returns_nonnull, format(printf, 2, 3)));

/* Frees everything taken; the arena is then empty. */
void arena_done(arena_t *self);

#endif
