/* check.h - what is in a folder of a journal, if all of it is whole.
 *
 * For folders that no node writes: a copy, or that of a member that is stopped. Every byte is taken
 * for foreign, and LMDB is not used (pages.h): nothing in the folder changes, and no file ends the
 * process, whatever happens to it meanwhile.
 *
 * Owner: the caller. Threads: any. It blocks, and takes as much memory as a node with these
 * records.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_CHECK_H
#define HERD_COMMON_JOURNAL_DISK_CHECK_H

#include "common/journal/disk/disk.h"

/* What was found (open value struct). */
typedef struct {
    uint64_t size;  /* bytes of data.mdb */
    bool has_state; /* and it is whole */
    journal_state_t state;
    journal_recovery_result_t recovery; /* of the chunks that are whole */
    uint64_t uncommitted;               /* chunks beyond the tail: they do not count */
    uint64_t clients;                   /* that have a record which is no tombstone */
    uint64_t tombstones;                /* of clients that were forgotten */
    uint64_t faults;                    /* things that are damaged: `fault` was called for each */
} journal_check_t;

/* Takes what is wrong with one thing, "data.mdb: it is cut off"; borrowed for the call. */
typedef void journal_check_fault_fn(void *argument, const char *text);

/* Whether a node writes the folder; false if that cannot be told. */
bool journal_check_is_in_use(const char *folder);

/* Checks a folder. STATUS_OK: whatever could be read is in `ret_check`, and `faults` says whether
 * anything is damaged. With any other status `ret_problem` says why nothing can be said:
 * STATUS_NOT_FOUND: there is no journal. STATUS_IN_USE: a node writes it, or something has changed
 * it meanwhile. STATUS_VERSION: it is of another format. STATUS_SYSTEM: it cannot be read. Caller
 * frees the state with journal_state_done. */
status_t journal_check(const char *folder, journal_check_fault_fn *fault, void *argument,
                       journal_check_t *ret_check,
                       journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* How records are taken out of a folder (open value struct). */
typedef struct {
    const char *folder;
    store_t *store; /* empty: all records that count go there, but for those it has no room for */
    journal_check_fault_fn *fault;
    void *argument;
} journal_check_reading_t;

/* The same, and the caller has the records: check.recovery.refused of them found no room. */
status_t journal_check_read(const journal_check_reading_t *reading, journal_check_t *ret_check,
                            journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

#endif
