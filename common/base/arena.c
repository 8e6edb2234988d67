#include "common/base/arena.h"

#include "common/base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;                   /* NULL for the first */
    _Alignas(max_align_t) unsigned char bytes[]; /* the caller's */
};

void *arena_take(arena_t *self, size_t size)
{
    struct arena_block *block = memory_new(sizeof *block + size);
    block->older = self->newest;
    self->newest = block;
    return block->bytes;
}

char *arena_copy_text(arena_t *self, const char *data, size_t size)
{
    char *copy = arena_take(self, size + 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

char *arena_format(arena_t *self, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    /* vasprintf fails only if memory runs out; then the next allocation aborts. */
    char *copy = arena_copy_text(self, size > 0 ? text : "", size > 0 ? (size_t)size : 0);
    if (size >= 0) {
        free(text);
    }
    return copy;
}

void arena_done(arena_t *self)
{
    while (self->newest != NULL) {
        struct arena_block *block = self->newest;
        self->newest = block->older;
        free(block);
    }
}
