/* memory.h - allocation that cannot fail.
 *
 * The herd caps each growth before it asks for memory (limits.h). If memory runs out all the same,
 * the machine cannot go on: the process says so on stderr and aborts.
 * Owner: the caller, who frees with free(). Threads: any.
 */
#ifndef HERD_COMMON_BASE_MEMORY_H
#define HERD_COMMON_BASE_MEMORY_H

#include <stddef.h>

/* Returns `size` zeroed bytes. */
void *memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/* Returns an array of `count` zeroed elements of `size` bytes. Aborts too if that overflows. */
void *memory_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Returns `size` zeroed bytes for a large table that is read at random: in huge pages if the system
 * has them (madvise(2), MADV_HUGEPAGE), so that the processor need not look up each byte's page in
 * memory. Touches all of the memory at once. */
void *memory_new_huge(size_t size) __attribute__((malloc, returns_nonnull));

/* Takes `block` and returns it resized to `size` bytes (> 0), perhaps moved. What is new is not
 * zeroed. */
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull));

/* Returns `block`, of about `size` bytes, which a library has allocated; aborts if it is NULL. */
void *memory_checked(void *block, size_t size) __attribute__((returns_nonnull));

/* Returns a copy of `size` bytes with a zero behind them. */
char *memory_copy_text(const char *data, size_t size) __attribute__((malloc, returns_nonnull));

#endif
