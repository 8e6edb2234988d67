/* lines.h - cuts a client's bytes into lines (client-protocol.md, L rules). Pure: no I/O.
 *
 * Owner: one session. Threads: one at a time.
 * Bytes come in chunks of any size; lines are cut in place wherever a chunk holds them whole, and only what
 * has to wait is copied: an unfinished last line, or input put off by lines_keep.
 */
#ifndef HERD_FRONTEND_LINES_LINES_H
#define HERD_FRONTEND_LINES_LINES_H

#include "common/base/buffer.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    LINES_NONE, /* no whole line left; the chunk is used up */
    LINES_LINE, /* one line, without its LF and the CR before that */
    LINES_TOO_LONG, /* a line of more than the maximum: its first bytes; the rest is worth nothing any more */
} lines_outcome_t;

/* Open struct, for embedding; fields are this module's alone. */
typedef struct {
    buffer_t kept; /* bytes that wait: kept.data[start .. size) */
    size_t start;  /* bytes of `kept` already given out */
    size_t
        searched; /* bytes of `kept` from the front on, at least `start`, known to end no further line */
    size_t max_line; /* bytes */
} lines_t;

/* An empty cutter for lines of at most `max_line` bytes; allocates nothing yet. */
void lines_init(lines_t *self, size_t max_line);

/* Frees the memory; the cutter is then as after lines_init. */
void lines_done(lines_t *self);

/* Cuts the next line off the front of what waits and then `chunk`. `ret_line` is valid until the next call
 * of this module and as long as the chunk's memory; it is set for LINES_LINE and LINES_TOO_LONG. */
lines_outcome_t lines_take(lines_t *self, text_t *chunk, text_t *ret_line);

/* Puts off what is left of `chunk` (at most LIMIT_READ_SIZE bytes): it stands behind what waits already. */
void lines_keep(lines_t *self, text_t chunk);

/* The input has ended: after LINES_NONE, what waits is the last line, though no LF ends it (its CR, too,
 * stays). LINES_NONE where nothing waits. */
lines_outcome_t lines_take_last(lines_t *self, text_t *ret_line);

/* Bytes that wait. */
static inline size_t lines_waiting(const lines_t *self)
{
    return self->kept.size - self->start;
}

#endif
