/* lines.h - cuts a client's bytes into lines (client-protocol.md, L rules). Pure: no I/O.
 *
 * Owner: one session. Threads: one at a time.
 * Bytes come in chunks of any size. A line that a chunk holds whole is cut in place; only what must
 * wait is copied: an unfinished last line, and input that lines_keep puts off.
 */
#ifndef HERD_FRONTEND_LINES_LINES_H
#define HERD_FRONTEND_LINES_LINES_H

#include "common/base/buffer.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    LINES_NONE,     /* no whole line left; the chunk is used up */
    LINES_LINE,     /* one line, without its LF and the CR before that */
    LINES_TOO_LONG, /* the first bytes of a line past the maximum; the input ends here */
} lines_outcome_t;

/* Open struct, for embedding; the fields are this module's alone. */
typedef struct {
    buffer_t kept;   /* bytes that wait: kept.data[start .. size) */
    size_t start;    /* bytes in front of `kept` that were given out */
    size_t searched; /* bytes in front of `kept`, at least `start`, that hold no LF to come */
    size_t max_line; /* bytes of the longest line */
} lines_t;

/* Makes an empty cutter for lines of at most `max_line` bytes; allocates nothing yet. */
void lines_init(lines_t *self, size_t max_line);

/* Frees the memory; the cutter is then as after lines_init. */
void lines_done(lines_t *self);

/* Cuts the next line off the front of what waits followed by `chunk`. Sets `ret_line` for
 * LINES_LINE and LINES_TOO_LONG; it is valid until the next call of this module, and while the
 * chunk is. */
lines_outcome_t lines_take(lines_t *self, text_t *chunk, text_t *ret_line);

/* Puts off what is left of `chunk` (at most LIMIT_READ_SIZE bytes): it joins what waits. */
void lines_keep(lines_t *self, text_t chunk);

/* The input has ended: after LINES_NONE, what waits is the last line, without an LF; a CR at its
 * end stays. LINES_NONE if nothing waits. */
lines_outcome_t lines_take_last(lines_t *self, text_t *ret_line);

/* The bytes that wait, after LINES_NONE: the beginning of a line. Valid until the next call. */
static inline text_t lines_unfinished(const lines_t *self)
{
    return text_after(buffer_text(&self->kept), self->start);
}

/* Bytes that wait. */
static inline size_t lines_waiting(const lines_t *self)
{
    return self->kept.size - self->start;
}

#endif
