/* rescue.h - a new file out of what was whole in a damaged one.
 *
 * It is made in a folder of its own and takes the place of the damaged file when it is complete: a
 * start that is killed, or loses power, leaves the one or the other.
 *
 * Owner: the caller. Threads: one. It blocks.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_RESCUE_H
#define HERD_COMMON_JOURNAL_DISK_RESCUE_H

#include "common/journal/disk/disk.h"

/* What it works with (open value struct; all is borrowed for the call). */
typedef struct {
    const char *folder; /* of the damaged file */
    int lock;           /* of journal_disk_lock */
    store_t *store;     /* what was whole */
    const char *aside;  /* the path that the damaged file gets */
} journal_rescue_t;

/* Writes all of the store, and takes the lock. The state's tail and serial are set. The statuses
 * are those of journal_disk_open and journal_disk_commit; after a failure the damaged file is where
 * it was, and the lock is closed. Caller closes the disk. */
status_t journal_rescue(const journal_rescue_t *rescue, journal_state_t *state,
                        journal_disk_t **ret_disk,
                        journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

#endif
