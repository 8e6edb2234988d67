/* sheet.h - text that is written piece by piece into a buffer, and remembers its first failure.
 *
 * A writer of many pieces asks once, at the end, whether all of them fitted: `return sheet_end(&sheet)`. Behind the
 * first piece that found no room nothing more is written.
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
    size_t start;    /* bytes that `out` had at the beginning */
    status_t status; /* STATUS_OK until a piece does not fit */
} sheet_t;

/* Begins behind what `out` holds. */
static inline sheet_t sheet_begin(buffer_t *out)
{
    return (sheet_t){.out = out, .start = out->size, .status = STATUS_OK};
}

/* STATUS_OK: all pieces are in the buffer. Otherwise the failure of the first that is not, STATUS_FULL as a rule; the
 * buffer is then what it was at the beginning. */
status_t sheet_end(sheet_t *self) STATUS_MUST_USE;

/* Notes a failure that has other reasons, unless there is an earlier one. */
void sheet_fail(sheet_t *self, status_t status);

/* Makes room for `size` (> 0) more bytes and returns where they go; buffer_commit on `out` then counts
 * them. NULL if they do not fit, or an earlier piece did not. */
char *sheet_reserve(sheet_t *self, size_t size);

/* Appends a copy of the bytes. */
void sheet_put(sheet_t *self, text_t text);
void sheet_put_byte(sheet_t *self, char byte);

/* Appends a zero-terminated string. */
void sheet_put_string(sheet_t *self, const char *string);

/* Appends the number in decimal. */
void sheet_put_u64(sheet_t *self, uint64_t value);

/* Appends printf-formatted text. */
void sheet_format(sheet_t *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
