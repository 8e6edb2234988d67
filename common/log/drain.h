/* drain.h - a file of the log: what callers append to, and what the thread writes of it.
 *
 * Owner: the writer. Threads: `filling` and `dropped` are guarded by the writer's mutex, `problem`
 * and `lost_ever` may be read by any; all else belongs to the thread of the log.
 * A disk that refuses (full, gone) costs lines, which are counted, never the process. A file that
 * was removed is made anew; one that was renamed, as for a rotation, is left to SIGHUP.
 */
#ifndef HERD_COMMON_LOG_DRAIN_H
#define HERD_COMMON_LOG_DRAIN_H

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Open struct, for embedding. */
typedef struct {
    char *path;         /* NULL: there is no such file, and nothing is appended */
    bool records;       /* binary records (record.h); if false, lines */
    buffer_t beginning; /* what each opening of the file begins with; empty: nothing */
    buffer_t filling;   /* what callers append to */
    uint64_t dropped;   /* lines that found no room since the thread last looked */

    int file;
    bool begun;       /* the beginning is in the file */
    bool torn;        /* the last line in the file broke off */
    bool removed;     /* it has no name any more, and cannot be made again */
    buffer_t writing; /* what is written */
    uint64_t lost;    /* lines dropped or refused by the disk, not yet noted */

    _Atomic uint64_t lost_ever; /* lines */
    _Atomic int problem;        /* errno of what keeps lines from the file; 0: nothing does */
} log_drain_t;

/* Opens the path (copied) for appending, created 0640. STATUS_SYSTEM with errno set, and then
 * log_drain_done is to be called as well. */
status_t log_drain_init(log_drain_t *self, const char *path, bool records) STATUS_MUST_USE;

/* Closes the file, frees the memory. A struct of zeros is fine. */
void log_drain_done(log_drain_t *self);

/* Takes over what callers have appended. Caller holds the mutex. */
void log_drain_exchange(log_drain_t *self);

/* Writes what was taken over; counts what could not be written. */
void log_drain_write(log_drain_t *self);

/* Writes `line` now; false if the file does not have it, which is not counted. */
bool log_drain_write_note(log_drain_t *self, text_t line);

/* Opens the path anew; if that fails, the old file goes on, and errno is set. */
bool log_drain_reopen(log_drain_t *self);

/* What a look at the file has found. */
typedef enum {
    LOG_DRAIN_THERE,    /* as it was */
    LOG_DRAIN_REMADE,   /* it had been removed, and is there again */
    LOG_DRAIN_MISSING,  /* it was removed, and cannot be made: new since the last look */
    LOG_DRAIN_STILL_OUT /* the same as at the last look */
} log_drain_look_t;

/* A file that was removed, maybe with its folder, would take lines to where no one finds them. */
log_drain_look_t log_drain_look(log_drain_t *self);

#endif
