/* progress.h - tells on stderr how far an import is: a bar that moves on a terminal, a line now and then
 * elsewhere, where that is asked for.
 *
 * Owner: values. Threads: one.
 */
#ifndef HERD_DEPLOY_HERDCTL_PLACES_PROGRESS_H
#define HERD_DEPLOY_HERDCTL_PLACES_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Open value struct, filled by places_progress_init. */
typedef struct {
    bool shown;         /* anything is told */
    bool bar;           /* on a terminal */
    bool drawn;         /* the bar is on the screen */
    int64_t begin_ns;   /* steady: when the import began */
    int64_t next_ns;    /* steady: when to tell again */
    uint64_t row_count; /* rows so far */
    uint64_t read_size; /* bytes so far */
    uint64_t size;      /* bytes of the source; 0: not known */
} places_progress_t;

/* For a source of `size` bytes, 0 where that is not known; `asked`: lines where stderr is no terminal. */
void places_progress_init(places_progress_t *self, uint64_t size, bool asked);

/* One row more; tells of it where it is time to. */
void places_progress_row(places_progress_t *self, uint64_t read_size);

/* Tells what is done now, e.g. "building the index". */
void places_progress_stage(places_progress_t *self, const char *stage);

/* Takes the bar off the screen, so that something else may be printed; the next row draws it again. */
void places_progress_clear(places_progress_t *self);

#endif
