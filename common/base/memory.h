/* memory.h - allocation that cannot fail.
 *
 * Every growth in the herd is capped before it is asked for (limits.h), so memory that is exhausted all the
 * same is a machine that cannot go on: the process says so on stderr and aborts.
 * Threads: any.
 */
#ifndef HERD_COMMON_BASE_MEMORY_H
#define HERD_COMMON_BASE_MEMORY_H

#include <stddef.h>

/* `size` bytes, zeroed; caller frees with free(). Aborts when there are none. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/* An array of `count` zeroed elements of `size` bytes; caller frees with free(). Aborts on overflow too. */
void *memory_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* `size` bytes, zeroed, for a large table that is read here and there: in huge pages where the system has them
 * (madvise(2), MADV_HUGEPAGE), so that the processor finds each byte's page without looking it up in memory. Takes all
 * of its memory at once. Caller frees with free(). Aborts when there are none. */
void *memory_new_huge(size_t size) __attribute__((malloc, returns_nonnull));

/* `block`, moved and resized to `size` bytes (> 0), its new part not zeroed; takes `block`. */
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull));

/* A copy of `size` bytes with a zero behind them; caller frees with free(). */
char *memory_copy_text(const char *data, size_t size) __attribute__((malloc, returns_nonnull));

#endif
