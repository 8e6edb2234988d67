/* disk.h - a journal's folder: chunks and state in LMDB, written by transactions.
 *
 * docs/replication.md, J1 to J6. A folder has data.mdb and lock.mdb, which are LMDB's, and `lock`,
 * which keeps a second node away, because LMDB would let it in, and has the pid of the first.
 * LMDB's main database, and no other, has the chunks, by their keys, and behind them the state,
 * under "state". LMDB's flags are the defaults: with any other of them (NOMETASYNC, NOSYNC,
 * MAPASYNC, WRITEMAP) a power loss, or a full disk, costs what was committed.
 *
 * A transaction of the journal that is large is several of LMDB, so that it costs no memory; only
 * the last of them has the state, and chunks beyond its tail do not count. One of LMDB has several
 * small ones of the journal, which are on the disk by the file "recent" until then (recent.h).
 *
 * After an error the environment is opened anew before it is used again: what an fsync(2) that
 * failed was to write is gone, and the next one does not say so.
 *
 * Owner: the caller. Threads: one at a time. It blocks: not for a reactor.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_DISK_H
#define HERD_COMMON_JOURNAL_DISK_DISK_H

#include "common/journal/journal.h"
#include "common/journal/recovery.h"
#include "common/journal/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct journal_disk journal_disk_t;

enum { JOURNAL_DISK_PROBLEM_SIZE = 512 };

/* Text for people of what went wrong (open value struct). */
typedef struct {
    char text[JOURNAL_DISK_PROBLEM_SIZE];
} journal_disk_problem_t;

/* Makes a folder (mode 0700) if it is missing, and keeps other processes from writing it as long as
 * `ret_lock` is open, which the caller closes or gives to journal_disk_open. STATUS_IN_USE: another
 * one writes it. STATUS_SYSTEM: it cannot be made or written. `ret_problem` says what. */
status_t journal_disk_lock(const char *folder, int *ret_lock,
                           journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Opens a folder to write it, and takes `lock`; or, with -1, to read it beside a node or not, by
 * which nothing is changed but LMDB's own lock. STATUS_NOT_FOUND: to be read, and there is none.
 * STATUS_VERSION: of a later LMDB. STATUS_DAMAGED: it has a data.mdb that LMDB cannot read.
 * STATUS_FULL: no space is left on the disk. STATUS_SYSTEM: something else. With each `ret_problem`
 * says what, and the lock is closed. `folder` is copied. Caller closes it with
 * journal_disk_close. */
status_t journal_disk_open(const char *folder, int lock, journal_disk_t **ret_self,
                           journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Drops a transaction that is open, closes all, and clears the pointer; NULL is fine. The
 * thread that began a transaction ends it. */
void journal_disk_close(journal_disk_t **self_p);

/* Reads the newest state. STATUS_NOT_FOUND: the folder is new. STATUS_VERSION: of another format.
 * STATUS_DAMAGED. STATUS_SYSTEM, with the problem. Caller frees with journal_state_done. */
status_t journal_disk_read_state(journal_disk_t *self, journal_state_t *ret_state,
                                 journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Called for each chunk, in the order of keys; both borrow for the call. False ends it. */
typedef bool journal_disk_chunk_fn(void *argument, text_t key, text_t chunk);

/* Goes through all chunks. STATUS_SYSTEM, with the problem. */
status_t journal_disk_each(journal_disk_t *self, journal_disk_chunk_fn *each, void *argument,
                           journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Puts all chunks into an empty store, after journal_disk_read_state. Those that do not count go
 * with the next commit. */
status_t journal_disk_recover(journal_disk_t *self, journal_recovery_t *recovery,
                              journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Seals a chunk that journal_step gave out, and puts it into the open transaction, which begins
 * with the first. After any failure the transaction is lost. STATUS_AGAIN: the map was too small;
 * it is larger now. STATUS_FULL, STATUS_SYSTEM: see journal_disk_open. */
status_t journal_disk_put(journal_disk_t *self, const journal_part_t *part, char *chunk,
                          journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Ends the transaction as journal_step said, with a state. Statuses as journal_disk_put; on success
 * all of it is on the disk. */
status_t journal_disk_commit(journal_disk_t *self, const journal_part_t *end,
                             const journal_state_t *state,
                             journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Whether data.mdb has all that is on the disk; else some of it is in the file "recent" alone. */
bool journal_disk_is_settled(const journal_disk_t *self);

/* Brings that to data.mdb, unless a transaction of the journal is open. Statuses as
 * journal_disk_put; after a failure it is where it was, and the next transaction takes it along. */
status_t journal_disk_settle(journal_disk_t *self,
                             journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* The same for a folder, by whoever writes it, for which it waits, or here. STATUS_IN_USE: whoever
 * writes it did not. Other statuses as journal_disk_open. */
status_t journal_disk_settle_folder(const char *folder,
                                    journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Drops the open transaction, as if it had failed. */
void journal_disk_abort(journal_disk_t *self);

/* Writes the file anew without the pages that are free, if it is more than four times as large as
 * what it holds; before the first transaction. Sets whether it did. */
status_t journal_disk_shrink(journal_disk_t *self, bool *ret_shrunk,
                             journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Writes data.mdb, settled or not, as it is at one moment, while a node may write it, without its
 * free pages to `file`, which may be a pipe. Meanwhile that node uses no page again that this one
 * reads: its file grows instead. STATUS_FULL, STATUS_SYSTEM: see journal_disk_open; a part may be
 * written. */
status_t journal_disk_copy(journal_disk_t *self, int file,
                           journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* Records in all chunks; bytes of data.mdb; of its chunks. */
uint64_t journal_disk_records(const journal_disk_t *self);
uint64_t journal_disk_size(const journal_disk_t *self);
uint64_t journal_disk_live_size(const journal_disk_t *self);

#endif
