/* start.h - a member's start with its folder: what it knew comes back, and its new life begins.
 *
 * docs/replication.md, J5 to J7. What comes out is on the disk: the caller may open its sockets.
 *
 * Owner: the caller. Threads: one. It blocks.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_START_H
#define HERD_COMMON_JOURNAL_DISK_START_H

#include "common/journal/disk/disk.h"

/* What it works with (open value struct). */
typedef struct {
    const char *folder;
    text_t herd;
    text_t member;
    store_t *store;          /* empty */
    generation_t generation; /* of the new life */
    int64_t kept_from_ns;    /* records with an earlier time (record_age_from) stay away (R16) */
    int64_t now_ns;          /* POSIX */
} journal_start_t;

/* What came of it (open value struct). */
typedef struct {
    journal_disk_t *disk;
    /* Of the new life, as it is on the disk: its parent, and the checkpoints that count. Caller
     * frees with journal_state_done. */
    journal_state_t state;
    journal_recovery_result_t recovery;
    bool is_new;      /* there was nothing */
    bool set_aside;   /* data.mdb was damaged, and has another name now */
    bool shrunk;      /* the file was written anew */
    uint64_t on_disk; /* the list is there up to this index; the rest is to be written */
    /* What was wrong, if something was damaged. */
    journal_disk_problem_t damage;
} journal_started_t;

/* Starts. With any other status than STATUS_OK nothing on the disk has changed but by LMDB itself,
 * and `ret_problem` says why: see journal_disk_open; STATUS_INVALID: it is the folder of another
 * herd or member. Caller closes the disk. */
status_t journal_start(const journal_start_t *start, journal_started_t *ret_started,
                       journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

#endif
