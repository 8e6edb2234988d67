/* sheet.h - writes text into a buffer piece by piece and remembers the first failure.
 *
 * After the first piece that does not fit, nothing more is written. So the writer of many pieces
 * asks once, at the end, whether all of them fitted: `return sheet_end(&sheet)`.
 *
 * Owner: the caller. Threads: one.
 */
#ifndef HERD_COMMON_BASE_SHEET_H
#define HERD_COMMON_BASE_SHEET_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdint.h>

/* Open value struct. */
typedef struct {
    buffer_t *out;   /* borrowed */
    size_t start;    /* bytes in `out` at sheet_begin */
    status_t status; /* the first failure */
} sheet_t;

/* Begins behind what `out` holds. */
static inline sheet_t sheet_begin(buffer_t *out)
{
    return (sheet_t){.out = out, .start = out->size, .status = STATUS_OK};
}

/* Ends the text. STATUS_OK: the buffer has all of it. Else returns the first failure, as a rule
 * STATUS_FULL, and the buffer is as it was at sheet_begin. */
status_t sheet_end(sheet_t *self) STATUS_MUST_USE;

/* Notes a failure with another cause, unless there is an earlier one. */
void sheet_fail(sheet_t *self, status_t status);

/* Makes room for `size` (> 0) more bytes and returns where they go; buffer_commit on `out` then
 * counts them. NULL if they do not fit, or an earlier piece did not. */
char *sheet_reserve(sheet_t *self, size_t size);

/* Appends a copy of the bytes where the buffer has to grow, or may not. */
void sheet_put_more(sheet_t *self, text_t text);

/* Appends a copy of the bytes. Inlined: most pieces are literals, and there is room for them. */
static inline void sheet_put(sheet_t *self, text_t text)
{
    buffer_t *out = self->out;
    if (self->status != STATUS_OK || text.size > out->capacity - out->size) {
        sheet_put_more(self, text);
        return;
    }
    if (text.size > 0) { /* else there may be no memory yet */
        text_copy(text, out->data + out->size);
        out->size += text.size;
    }
}

static inline void sheet_put_byte(sheet_t *self, char byte)
{
    sheet_put(self, (text_t){.data = &byte, .size = 1});
}

/* Appends a zero-terminated string. */
void sheet_put_string(sheet_t *self, const char *string);

/* Appends the number in decimal. */
void sheet_put_u64(sheet_t *self, uint64_t value);

/* Appends printf-formatted text. */
void sheet_format(sheet_t *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
