/* buffer.h - bytes that grow at their end, up to a maximum.
 *
 * Owner: whoever embeds it. Threads: one at a time.
 * An append that would pass the maximum changes nothing and returns STATUS_FULL.
 */
#ifndef HERD_COMMON_BASE_BUFFER_H
#define HERD_COMMON_BASE_BUFFER_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Open value struct: `data[0 .. size)` may be read and, up to `size`, written in place. */
typedef struct {
    char *data;      /* NULL until the first growth */
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t maximum;  /* bytes it may ever hold */
} buffer_t;

/* An empty buffer that may grow to `maximum` bytes; allocates nothing yet. */
void buffer_init(buffer_t *self, size_t maximum);

/* Frees the memory; the buffer is then as after buffer_init. */
void buffer_done(buffer_t *self);

/* Makes room for `size` more bytes: write them at `data + self->size`, then call buffer_commit.
 * STATUS_FULL past the maximum. */
status_t buffer_reserve(buffer_t *self, size_t size) STATUS_MUST_USE;

/* Appends a copy of `size` bytes. STATUS_FULL past the maximum. */
status_t buffer_append(buffer_t *self, const void *data, size_t size) STATUS_MUST_USE;

/* Appends printf-formatted text. STATUS_FULL past the maximum; STATUS_SYSTEM if printf(3) fails. */
status_t buffer_format(buffer_t *self, const char *format, ...) STATUS_MUST_USE
    __attribute__((format(printf, 2, 3)));

/* The same with the arguments as a list. */
status_t buffer_format_list(buffer_t *self, const char *format, va_list arguments) STATUS_MUST_USE
    __attribute__((format(printf, 2, 0)));

/* Removes the first `count` (<= size) bytes and moves the rest to the front. */
void buffer_consume(buffer_t *self, size_t count);

/* Forgets the content, keeps the memory. */
static inline void buffer_clear(buffer_t *self)
{
    self->size = 0;
}

/* Adds to the content the `size` bytes that were written behind it after buffer_reserve. */
static inline void buffer_commit(buffer_t *self, size_t size)
{
    self->size += size;
}

/* The content; valid until the next growth. */
static inline text_t buffer_text(const buffer_t *self)
{
    return (text_t){.data = self->data, .size = self->size};
}

#endif
