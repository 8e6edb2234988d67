/* progress.h - shows on stderr how far an import is: a bar that moves on a terminal; elsewhere, if
 * asked for, a line now and then.
 *
 * Owner: values. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_PROGRESS_H
#define HERD_DEPLOY_HERDCTL_FRAME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Open value struct, filled by herdctl_progress_init. */
typedef struct {
    const char *unit;   /* what is counted: "rows" */
    bool shown;         /* anything is shown at all */
    bool bar;           /* on a terminal */
    bool drawn;         /* the bar is on the screen */
    int64_t begin_ns;   /* steady: when the import began */
    int64_t next_ns;    /* steady: when to show it again */
    uint64_t row_count; /* rows so far */
    uint64_t read_size; /* bytes so far */
    uint64_t size;      /* of the source, bytes; 0: not known */
} herdctl_progress_t;

/* For a source of `size` bytes, 0 if that is not known, whose `unit` ("rows", borrowed) are
 * counted. `asked`: print lines if stderr is not a terminal. */
void herdctl_progress_init(herdctl_progress_t *self, const char *unit, uint64_t size, bool asked);

/* Counts one more row, and shows the progress if it is time to. */
void herdctl_progress_row(herdctl_progress_t *self, uint64_t read_size);

/* Shows what is being done now, e.g. "building the index". */
void herdctl_progress_stage(herdctl_progress_t *self, const char *stage);

/* Takes the bar off the screen, so that something else can be printed; the next row draws it
 * again. */
void herdctl_progress_clear(herdctl_progress_t *self);

#endif
