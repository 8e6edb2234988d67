/* disk_parts.h - what only the files of a journal's folder share.
 *
 * disk.c: opening and reading. disk_write.c: transactions. disk_copy.c: the file once more.
 * settle.c: all that is on the disk into data.mdb. disk_folder.c: paths.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_DISK_PARTS_H
#define HERD_COMMON_JOURNAL_DISK_DISK_PARTS_H

#include "common/journal/disk/disk.h"
#include "common/journal/disk/recent.h"

#include <lmdb.h>

enum {
    JOURNAL_DISK_PATH_SIZE = 4096,
    JOURNAL_DISK_FOLDER_SIZE_MAX = JOURNAL_DISK_PATH_SIZE - 64,
    /* Bytes of chunks after which LMDB's transaction is committed, which keeps them in memory; and
     * after which what was read is let go. */
    JOURNAL_DISK_STAGE_SIZE = 1048576,
};

#define JOURNAL_DISK_STATE_KEY "state"

/* The state in LMDB (open value struct). */
typedef struct {
    bool is_there;
    uint64_t base; /* journal_recent_base of it */
    uint64_t tail;
    uint32_t serial;
} journal_disk_state_t;

struct journal_disk {
    char *folder;
    int lock;                       /* -1: it is only read */
    MDB_env *env;                   /* NULL: it must be opened anew */
    MDB_dbi database;               /* chunks by their keys, then the state */
    MDB_txn *txn;                   /* that is open; NULL: none */
    size_t staged;                  /* bytes of chunks in it */
    size_t chunks;                  /* of the transaction of the journal that is open */
    size_t kept_size;               /* bytes of its first one, if that was kept (recent.h) */
    journal_disk_state_t committed; /* in LMDB */
    journal_disk_state_t put;       /* with the open transaction */
    uint32_t serial;                /* of the newest state on disk */
    journal_recent_t *recent;       /* transactions on disk behind `committed` */
    bool trims;                     /* chunks beyond the committed tail may be there, and go */
    uint64_t records;               /* in chunks, with the open transaction */
    uint64_t bytes;                 /* of chunks, as above */
    uint64_t committed_records;
    uint64_t committed_bytes;
    unsigned commits;
    size_t touched;      /* bytes of chunks since journal_disk_let_go */
    unsigned char *dead; /* keys of chunks that go with the next commit */
    size_t dead_count;
};

/* disk_folder.c */

/* The path of a file of the folder. */
void journal_disk_path(const char *folder, const char *name, char out[JOURNAL_DISK_PATH_SIZE]);

/* fsync(2) of a folder: its new names are on the disk then. */
bool journal_disk_sync_folder(const char *folder);

/* disk.c */

/* Writes what is wrong. */
void journal_disk_say(journal_disk_problem_t *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes a folder of the process's own if it is not there. STATUS_TOO_LONG: its path. STATUS_SYSTEM:
 * it cannot be made. */
status_t journal_disk_make_folder(const char *folder,
                                  journal_disk_problem_t *ret_problem) STATUS_MUST_USE;

/* The status of an error of LMDB, which calls a full disk EIO, or of errno; says what. */
status_t journal_disk_status(const journal_disk_t *self, int error, const char *what,
                             journal_disk_problem_t *problem);
status_t journal_disk_errno(const journal_disk_t *self, const char *what,
                            journal_disk_problem_t *problem);

/* Puts the file of a journal that is open into another folder, whose data.mdb gets the name `aside`
 * in the same step, and goes on there (disk_copy.c). */
status_t journal_disk_move(journal_disk_t *self, const char *to, const char *aside,
                           journal_disk_problem_t *problem) STATUS_MUST_USE;

/* Open and close LMDB's environment. */
status_t journal_disk_begin_environment(journal_disk_t *self, journal_disk_problem_t *problem);
void journal_disk_end_environment(journal_disk_t *self);

/* Reads the state in LMDB. `ret_state`: NULL, or as journal_disk_read_state. */
status_t journal_disk_read_committed(journal_disk_t *self, journal_state_t *ret_state,
                                     journal_disk_problem_t *problem) STATUS_MUST_USE;

/* What LMDB has read of the file is memory of this process no more. */
void journal_disk_let_go(const journal_disk_t *self);

/* Drops the open transaction of LMDB. */
void journal_disk_drop(journal_disk_t *self);

#endif
