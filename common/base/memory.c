#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *memory_checked(void *block, size_t size)
{
    if (block == NULL) {
        fprintf(stderr, "herd: memory exhausted while asking for %zu bytes\n", size);
        abort();
    }
    return block;
}

void *memory_new(size_t size)
{
    return memory_checked(calloc(1, size > 0 ? size : 1), size);
}

void *memory_new_array(size_t count, size_t size)
{
    return memory_checked(calloc(count > 0 ? count : 1, size), count * size);
}

void *memory_new_huge(size_t size)
{
    /* Of x86-64 and most others; elsewhere only an alignment. */
    const size_t page_size = 2097152;
    size_t whole = (size + page_size - 1) / page_size * page_size;
    void *block = memory_checked(aligned_alloc(page_size, whole), whole);
    /* If the kernel does not take the advice, small pages do. */
    (void)madvise(block, whole, MADV_HUGEPAGE);
    return memset(block, 0, whole);
}

void *memory_resize(void *block, size_t size)
{
    return memory_checked(realloc(block, size), size);
}

char *memory_copy_text(const char *data, size_t size)
{
    char *copy = memory_checked(malloc(size + 1), size + 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    copy[size] = '\0';
    return copy;
}
