#include "common/journal/disk/disk_parts.h"

#include "common/base/files.h"
#include "common/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
    FREE_SPACE_MIN = 65536, /* a disk with less is full */
    LOCK_TRIES = 10,
    LOCK_PAUSE_NS = 10000000, /* between two of them */
    LOCK_SIGNATURE_SIZE = 32,
};

/* Of address space, not of memory or disk; doubled when it is full. */
#define MAP_SIZE       UINT64_C(68719476736)
#define MAP_SIZE_SMALL UINT64_C(1073741824) /* where so much address space is not to be had */

void journal_disk_say(journal_disk_problem_t *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

static bool disk_is_full(const char *folder)
{
    struct statvfs state;
    return statvfs(folder, &state) == 0 &&
           (uint64_t)state.f_bavail * state.f_frsize < FREE_SPACE_MIN;
}

/* The status of an error of LMDB, which calls a full disk EIO. */
status_t journal_disk_status(const journal_disk_t *self, int error, const char *what,
                             journal_disk_problem_t *problem)
{
    if (error == ENOSPC || error == EDQUOT || (error == EIO && disk_is_full(self->folder))) {
        journal_disk_say(problem, "%s: cannot %s: no space is left on the disk", self->folder,
                         what);
        return STATUS_FULL;
    }
    journal_disk_say(problem, "%s: cannot %s: %s", self->folder, what, mdb_strerror(error));
    switch (error) {
    case MDB_VERSION_MISMATCH: return STATUS_VERSION;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INCOMPATIBLE: return STATUS_DAMAGED;
    default: return STATUS_SYSTEM;
    }
}

status_t journal_disk_errno(const journal_disk_t *self, const char *what,
                            journal_disk_problem_t *problem)
{
    return journal_disk_status(self, errno, what, problem);
}

void journal_disk_drop(journal_disk_t *self)
{
    if (self->txn != NULL) {
        mdb_txn_abort(self->txn);
        self->txn = NULL;
    }
    self->staged = 0;
    self->chunks = self->kept_size = 0;
    self->put = self->committed;
    self->records = self->committed_records;
    self->bytes = self->committed_bytes;
}

void journal_disk_end_environment(journal_disk_t *self)
{
    journal_disk_drop(self);
    journal_recent_close(self->recent);
    if (self->env != NULL) {
        mdb_env_close(self->env);
        self->env = NULL;
    }
}

void journal_disk_close(journal_disk_t **self_p)
{
    journal_disk_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    journal_disk_end_environment(self);
    if (self->lock >= 0) {
        close(self->lock);
    }
    journal_recent_destroy(&self->recent);
    free(self->dead);
    free(self->folder);
    free(self);
    *self_p = NULL;
}

/* What is in a folder's place. */
static status_t check_folder(const char *folder, journal_disk_problem_t *problem)
{
    struct stat state;
    if (stat(folder, &state) == 0 && S_ISDIR(state.st_mode)) {
        return STATUS_OK;
    }
    if (lstat(folder, &state) == 0 && S_ISLNK(state.st_mode)) {
        journal_disk_say(problem, "%s: not a folder but a link that leads to none", folder);
    } else {
        journal_disk_say(problem, "%s: not a folder but %s", folder, files_kind(folder));
    }
    return STATUS_SYSTEM;
}

status_t journal_disk_make_folder(const char *folder, journal_disk_problem_t *ret_problem)
{
    if (strlen(folder) > JOURNAL_DISK_FOLDER_SIZE_MAX) {
        journal_disk_say(ret_problem, "the path of the folder is too long");
        return STATUS_TOO_LONG;
    }
    if (mkdir(folder, 0700) == 0) {
        return STATUS_OK;
    }
    if (errno == EEXIST) {
        return check_folder(folder, ret_problem);
    }
    journal_disk_say(ret_problem, "%s: cannot make this folder: %s", folder, strerror(errno));
    return STATUS_SYSTEM;
}

/* Whoever asks whether a folder is in use (check.h) has the lock for some microseconds; a node
 * keeps it. */
static bool take_lock(int lock)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    bool taken = flock(lock, LOCK_EX | LOCK_NB) == 0;
    for (int i = 1; !taken && i < LOCK_TRIES; i++) {
        (void)nanosleep(&pause, NULL);
        taken = flock(lock, LOCK_EX | LOCK_NB) == 0;
    }
    return taken;
}

/* Puts our process into the file, for the next who finds it locked. */
static void sign_lock(int lock)
{
    if (ftruncate(lock, 0) == 0) {
        (void)dprintf(lock, "%ld\n", (long)getpid()); /* a full disk leaves it without a name */
    }
}

static void say_locked(const char *folder, int lock, journal_disk_problem_t *problem)
{
    char bytes[LOCK_SIGNATURE_SIZE];
    ssize_t size = pread(lock, bytes, sizeof bytes, 0);
    text_t rest = {.data = bytes, .size = size > 0 ? (size_t)size : 0};
    text_t line;
    uint64_t process;
    if (text_take_line(&rest, &line) && text_to_u64(line, INT32_MAX, &process)) {
        journal_disk_say(problem, "%s: process %llu writes it", folder,
                         (unsigned long long)process);
    } else {
        journal_disk_say(problem, "%s: another process writes it", folder);
    }
}

status_t journal_disk_lock(const char *folder, int *ret_lock, journal_disk_problem_t *ret_problem)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    status_t status = journal_disk_make_folder(folder, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    journal_disk_path(folder, "lock", path);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        journal_disk_say(ret_problem, "cannot open %s: %s", path, strerror(errno));
        return STATUS_SYSTEM;
    }
    if (!take_lock(lock)) {
        say_locked(folder, lock, ret_problem);
        close(lock);
        return STATUS_IN_USE;
    }
    sign_lock(lock);
    *ret_lock = lock;
    return STATUS_OK;
}

/* Of data.mdb; 0 if there is none. */
static uint64_t file_size(const journal_disk_t *self)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    struct stat state;
    journal_disk_path(self->folder, "data.mdb", path);
    return stat(path, &state) == 0 ? (uint64_t)state.st_size : 0;
}

/* A file that is shorter than its last page would end the process by SIGBUS. */
static status_t check_size(const journal_disk_t *self, journal_disk_problem_t *problem)
{
    MDB_envinfo info;
    MDB_stat stat;
    mdb_env_info(self->env, &info);
    mdb_env_stat(self->env, &stat);
    uint64_t wanted = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    uint64_t there = file_size(self);
    if (there >= wanted) {
        return STATUS_OK;
    }
    journal_disk_say(problem, "%s: data.mdb is cut off: %llu of %llu bytes are there", self->folder,
                     (unsigned long long)there, (unsigned long long)wanted);
    return STATUS_DAMAGED;
}

/* Brings the two meta pages to the disk, as they are read. The disk may have another one: a sync of
 * it failed, here or in a life that was killed, and LMDB took it back in memory. The next
 * transaction would write to the pages of that one before its own meta page takes its place. They
 * are written once more, because the kernel may take them for synced. */
static int sync_metas(const journal_disk_t *self)
{
    enum { METAS = 2 };
    char path[JOURNAL_DISK_PATH_SIZE];
    MDB_stat stat;
    mdb_env_stat(self->env, &stat);
    size_t size = METAS * (size_t)stat.ms_psize;
    journal_disk_path(self->folder, "data.mdb", path);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    char *bytes = memory_new(size);
    errno = EIO; /* of what is read or written in part */
    bool good = pread(file, bytes, size, 0) == (ssize_t)size &&
                pwrite(file, bytes, size, 0) == (ssize_t)size && fdatasync(file) == 0;
    int error = good ? 0 : errno;
    free(bytes);
    close(file);
    return error;
}

/* All is in LMDB's main database: with two of its own a commit would write two or three pages more,
 * and each of them somewhere else. */
static int open_database(journal_disk_t *self)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(self->env, NULL, MDB_RDONLY, &txn);
    if (error != 0) {
        return error;
    }
    error = mdb_dbi_open(txn, NULL, 0, &self->database);
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return mdb_txn_commit(txn);
}

static int make_environment(journal_disk_t *self, uint64_t map_size)
{
    int error = mdb_env_create(&self->env);
    if (error != 0) {
        return error;
    }
    uint64_t wanted = 2 * file_size(self);
    unsigned flags = MDB_NOTLS | (self->lock < 0 ? MDB_RDONLY : 0);
    error = mdb_env_set_mapsize(self->env, wanted > map_size ? wanted : map_size);
    if (error == 0) {
        error = mdb_env_open(self->env, self->folder, flags, 0600);
    }
    if (error != 0) {
        mdb_env_close(self->env); /* as LMDB wants it, also when it was not opened */
        self->env = NULL;
    }
    return error;
}

status_t journal_disk_begin_environment(journal_disk_t *self, journal_disk_problem_t *problem)
{
    int error = make_environment(self, MAP_SIZE);
    if (error == ENOMEM) {
        error = make_environment(self, MAP_SIZE_SMALL);
    }
    if (error != 0) {
        return journal_disk_status(self, error, "open data.mdb", problem);
    }
    status_t status = check_size(self, problem);
    if (status == STATUS_OK && self->lock >= 0 && (error = sync_metas(self)) != 0) {
        status = journal_disk_status(self, error, "bring data.mdb to the disk", problem);
    }
    if (status == STATUS_OK && (error = open_database(self)) != 0) {
        status = journal_disk_status(self, error, "open its database", problem);
    }
    if (status != STATUS_OK) {
        journal_disk_end_environment(self);
    }
    return status;
}

/* The names of a new file, of its folder and of the folder of that, which the start may have made,
 * are brought to the disk. A folder that may not be read was made by someone else. */
static bool sync_names(const char *folder)
{
    static const char *const above[] = {".", "..", "../.."};
    char path[JOURNAL_DISK_PATH_SIZE];
    for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
        journal_disk_path(folder, above[i], path);
        if (!journal_disk_sync_folder(path) && errno != EACCES) {
            return false;
        }
    }
    return true;
}

static status_t open_all(journal_disk_t *self, journal_disk_problem_t *problem)
{
    bool is_new = file_size(self) == 0;
    if (is_new && self->lock < 0) {
        journal_disk_say(problem, "%s: there is no journal", self->folder);
        return STATUS_NOT_FOUND;
    }
    status_t status = journal_disk_begin_environment(self, problem);
    if (status == STATUS_OK && is_new && !sync_names(self->folder)) {
        status = journal_disk_errno(self, "bring this folder to the disk", problem);
    }
    return status;
}

status_t journal_disk_open(const char *folder, int lock, journal_disk_t **ret_self,
                           journal_disk_problem_t *ret_problem)
{
    journal_disk_t *self = memory_new(sizeof *self);
    self->folder = memory_copy_text(folder, strlen(folder));
    self->lock = lock;
    self->recent = journal_recent_new();
    status_t status = STATUS_TOO_LONG;
    if (strlen(folder) > JOURNAL_DISK_FOLDER_SIZE_MAX) {
        journal_disk_say(ret_problem, "the path of the folder is too long");
    } else {
        status = open_all(self, ret_problem);
    }
    if (status != STATUS_OK) {
        journal_disk_close(&self);
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

/* The first state is on the disk before any chunk is. */
static status_t state_is_missing(const journal_disk_t *self, MDB_txn *txn,
                                 journal_disk_problem_t *problem)
{
    MDB_stat stat;
    if (mdb_stat(txn, self->database, &stat) == 0 && stat.ms_entries == 0) {
        return STATUS_NOT_FOUND;
    }
    journal_disk_say(problem, "%s: its state is missing", self->folder);
    return STATUS_DAMAGED;
}

static status_t take_state(journal_disk_t *self, text_t text, journal_state_t *ret_state,
                           journal_disk_problem_t *problem)
{
    journal_state_t state;
    status_t status = journal_state_read(text, &state);
    if (status != STATUS_OK) {
        journal_disk_say(problem, "%s: its state is %s", self->folder, status_text(status));
        return status;
    }
    self->committed = (journal_disk_state_t){
        .is_there = true,
        .base = journal_recent_base(text),
        .tail = state.tail,
        .serial = state.serial,
    };
    if (ret_state != NULL) {
        *ret_state = state;
    } else {
        journal_state_done(&state);
    }
    return STATUS_OK;
}

status_t journal_disk_read_committed(journal_disk_t *self, journal_state_t *ret_state,
                                     journal_disk_problem_t *problem)
{
    MDB_txn *txn;
    MDB_val key = {.mv_size = sizeof JOURNAL_DISK_STATE_KEY - 1,
                   .mv_data = (void *)(uintptr_t)JOURNAL_DISK_STATE_KEY};
    MDB_val value;
    self->committed = (journal_disk_state_t){0};
    int error = mdb_txn_begin(self->env, NULL, MDB_RDONLY, &txn);
    if (error != 0) {
        return journal_disk_status(self, error, "read it", problem);
    }
    status_t status;
    error = mdb_get(txn, self->database, &key, &value);
    if (error == MDB_NOTFOUND) {
        status = state_is_missing(self, txn, problem);
    } else if (error != 0) {
        status = journal_disk_status(self, error, "read its state", problem);
    } else {
        text_t text = {.data = value.mv_data, .size = value.mv_size};
        status = take_state(self, text, ret_state, problem);
    }
    mdb_txn_abort(txn);
    self->put = self->committed;
    return status;
}

/* The state of the newest transaction behind the one that LMDB has. */
static status_t read_recent(journal_disk_t *self, journal_state_t *state,
                            journal_disk_problem_t *problem)
{
    journal_recent_entry_t entry;
    journal_recent_entry_t newest = {0};
    size_t place = 0;
    if (journal_recent_read(self->recent, self->folder, self->committed.base) != STATUS_OK) {
        return journal_disk_errno(self, "read its newest records", problem);
    }
    while (journal_recent_next(self->recent, &place, &entry)) {
        newest = entry;
    }
    if (newest.state.size == 0) {
        return STATUS_OK;
    }
    journal_state_done(state);
    status_t status = journal_state_read(newest.state, state);
    if (status != STATUS_OK) {
        journal_disk_say(problem, "%s: its newest state is %s", self->folder, status_text(status));
        return status;
    }
    self->serial = state->serial;
    return STATUS_OK;
}

status_t journal_disk_read_state(journal_disk_t *self, journal_state_t *ret_state,
                                 journal_disk_problem_t *ret_problem)
{
    status_t status = journal_disk_read_committed(self, ret_state, ret_problem);
    self->serial = self->committed.serial;
    if (status == STATUS_OK) {
        status = read_recent(self, ret_state, ret_problem);
    }
    return status;
}

/* LMDB reads by a map of the file. What has been looked at there counts as memory of this process
 * until it is let go; it stays in the kernel's cache of files. Where the map begins follows from
 * anything in it: a page begins with its number. */
static void let_go(const journal_disk_t *self, const MDB_val *inside)
{
    MDB_stat stat;
    MDB_envinfo info;
    uint64_t number;
    mdb_env_stat(self->env, &stat);
    mdb_env_info(self->env, &info);
    char *page = (char *)inside->mv_data - (uintptr_t)inside->mv_data % stat.ms_psize;
    memcpy(&number, page, sizeof number);
    if (number <= info.me_last_pgno) {
        /* It is only memory: what went wrong matters to nothing else. */
        (void)madvise(page - number * stat.ms_psize, (info.me_last_pgno + 1) * stat.ms_psize,
                      MADV_DONTNEED);
    }
}

void journal_disk_let_go(const journal_disk_t *self)
{
    MDB_txn *txn;
    MDB_val key = {.mv_size = sizeof JOURNAL_DISK_STATE_KEY - 1,
                   .mv_data = (void *)(uintptr_t)JOURNAL_DISK_STATE_KEY};
    MDB_val value;
    if (mdb_txn_begin(self->env, NULL, MDB_RDONLY, &txn) == 0) {
        if (mdb_get(txn, self->database, &key, &value) == 0) {
            let_go(self, &value);
        }
        mdb_txn_abort(txn);
    }
}

static bool is_state(const MDB_val *key)
{
    return text_equal((text_t){.data = key->mv_data, .size = key->mv_size},
                      TEXT(JOURNAL_DISK_STATE_KEY));
}

static int each_chunk(const journal_disk_t *self, MDB_cursor *cursor, journal_disk_chunk_fn *each,
                      void *argument)
{
    size_t size = 0; /* since it was last let go */
    MDB_val key;
    MDB_val value;
    int error;
    MDB_cursor_op step = MDB_FIRST;
    while ((error = mdb_cursor_get(cursor, &key, &value, step)) == 0) {
        text_t of_key = {.data = key.mv_data, .size = key.mv_size};
        text_t chunk = {.data = value.mv_data, .size = value.mv_size};
        if (!is_state(&key) && !each(argument, of_key, chunk)) {
            return 0;
        }
        size += value.mv_size;
        if (size >= JOURNAL_DISK_STAGE_SIZE) {
            let_go(self, &value);
            size = 0;
        }
        step = MDB_NEXT;
    }
    return error == MDB_NOTFOUND ? 0 : error;
}

status_t journal_disk_each(journal_disk_t *self, journal_disk_chunk_fn *each, void *argument,
                           journal_disk_problem_t *ret_problem)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    int error = mdb_txn_begin(self->env, NULL, MDB_RDONLY, &txn);
    if (error == 0) {
        error = mdb_cursor_open(txn, self->database, &cursor);
        if (error == 0) {
            error = each_chunk(self, cursor, each, argument);
            mdb_cursor_close(cursor);
        }
        mdb_txn_abort(txn);
    }
    return error == 0 ? STATUS_OK
                      : journal_disk_status(self, error, "read its chunks", ret_problem);
}

typedef struct {
    journal_disk_t *disk;
    journal_recovery_t *recovery;
} recovering_t;

static void note_dead(journal_disk_t *self, text_t key)
{
    if (key.size != JOURNAL_CHUNK_KEY_SIZE) {
        return; /* no writer of ours put it there, and it is in no one's way */
    }
    self->dead = memory_resize(self->dead, (self->dead_count + 1) * JOURNAL_CHUNK_KEY_SIZE);
    memcpy(self->dead + self->dead_count++ * JOURNAL_CHUNK_KEY_SIZE, key.data, key.size);
}

static bool recover_chunk(void *argument, text_t key, text_t chunk)
{
    recovering_t *recovering = argument;
    journal_chunk_name_t name;
    if (journal_recovery_take(recovering->recovery, key, chunk) != STATUS_OK) {
        note_dead(recovering->disk, key);
    } else if (journal_chunk_parse_key(key, &name)) {
        recovering->disk->records += name.count;
        recovering->disk->bytes += chunk.size;
    }
    return true;
}

/* What came behind the state that LMDB has. */
static void recover_recent(recovering_t *recovering)
{
    const journal_recent_t *recent = recovering->disk->recent;
    unsigned char bytes[JOURNAL_CHUNK_KEY_SIZE];
    journal_recent_entry_t entry;
    journal_chunk_name_t name;
    size_t place = 0;
    journal_recovery_unbound(recovering->recovery);
    if (journal_recent_is_damaged(recent)) {
        journal_recovery_damage(recovering->recovery);
    }
    while (journal_recent_next(recent, &place, &entry)) {
        if (journal_chunk_read_name(entry.chunk, &name)) {
            journal_chunk_write_key(&name, bytes);
            text_t key = {.data = (const char *)bytes, .size = sizeof bytes};
            recover_chunk(recovering, key, entry.chunk);
        }
    }
}

status_t journal_disk_recover(journal_disk_t *self, journal_recovery_t *recovery,
                              journal_disk_problem_t *ret_problem)
{
    recovering_t recovering = {.disk = self, .recovery = recovery};
    self->records = self->bytes = 0;
    journal_recovery_bound(recovery, self->committed.tail, self->committed.serial);
    status_t status = journal_disk_each(self, recover_chunk, &recovering, ret_problem);
    if (status == STATUS_OK) {
        recover_recent(&recovering);
    }
    self->committed_records = self->records;
    self->committed_bytes = self->bytes;
    return status;
}

uint64_t journal_disk_records(const journal_disk_t *self)
{
    return self->records;
}

uint64_t journal_disk_size(const journal_disk_t *self)
{
    return file_size(self);
}

uint64_t journal_disk_live_size(const journal_disk_t *self)
{
    return self->bytes;
}
