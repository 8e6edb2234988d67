/* A folder comes in; what it has, and what of it is damaged, go out.
 *   1. What is no plain file, cannot be read, or is written by a node, ends it.
 *   2. All pages are checked, and the state is taken from them, or the newest one from the file
 *      "recent" (recent.h). One of a later format ends it.
 *   3. All chunks are put into a store as at a start (recovery.h); each that is damaged is a fault.
 *      If pages are damaged, chunks are taken from wherever they lie, as a start takes them.
 *   4. The records in the store are counted.
 *   5. Unless the file is still what it was in 1, all of that says nothing: it is in use. */
#include "common/journal/disk/check.h"

#include "common/base/files.h"
#include "common/journal/disk/disk_parts.h"
#include "common/journal/disk/pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { FAULT_SIZE = 256 };

/* One check under way. */
typedef struct {
    const char *folder;
    char path[JOURNAL_DISK_PATH_SIZE]; /* of data.mdb */
    struct stat before;                /* of it, in step 1 */
    journal_check_fault_fn *fault;
    void *argument;
    journal_check_t check;
    status_t state_status; /* STATUS_NOT_FOUND: there is none */
    store_t *store;
    journal_recovery_t *recovery;
    journal_recent_t *recent;
    uint64_t base;   /* of the state in data.mdb */
    uint64_t tail;   /* of it */
    uint32_t serial; /* of it */
    journal_disk_problem_t *problem;
} checking_t;

__attribute__((format(printf, 2, 3))) static void find_fault(checking_t *self, const char *format,
                                                             ...)
{
    char text[FAULT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->check.faults++;
    self->fault(self->argument, text);
}

bool journal_check_is_in_use(const char *folder)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    struct stat state;
    int lock;
    if (strlen(folder) > JOURNAL_DISK_FOLDER_SIZE_MAX) {
        return false;
    }
    journal_disk_path(folder, "lock", path);
    if (files_open_plain(path, &lock, &state) != STATUS_OK) {
        return false;
    }
    /* A node that starts in this very moment tries it again (disk.c). */
    bool in_use = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(lock);
    return in_use;
}

static status_t say_in_use(const checking_t *self)
{
    journal_disk_say(self->problem, "%s: a node writes it: have a copy of it checked",
                     self->folder);
    return STATUS_IN_USE;
}

static status_t say_unreadable(const checking_t *self)
{
    journal_disk_say(self->problem, "cannot read %s: %s", self->path, strerror(errno));
    return STATUS_SYSTEM;
}

/* 1. */
static status_t look_at_file(checking_t *self)
{
    int file;
    if (strlen(self->folder) > JOURNAL_DISK_FOLDER_SIZE_MAX) {
        journal_disk_say(self->problem, "the path of the folder is too long");
        return STATUS_SYSTEM;
    }
    journal_disk_path(self->folder, "data.mdb", self->path);
    if (access(self->folder, F_OK) != 0) {
        journal_disk_say(self->problem, "cannot read %s: %s", self->folder, strerror(errno));
        return STATUS_SYSTEM;
    }
    status_t status = files_open_plain(self->path, &file, &self->before);
    if (status == STATUS_OK) {
        close(file);
        self->check.size = (uint64_t)self->before.st_size;
    }
    switch (status) {
    case STATUS_OK: return journal_check_is_in_use(self->folder) ? say_in_use(self) : STATUS_OK;
    case STATUS_NOT_FOUND:
        journal_disk_say(self->problem, "%s: there is no journal", self->folder);
        return status;
    case STATUS_INVALID:
        journal_disk_say(self->problem, "%s is %s", self->path, files_kind(self->path));
        return STATUS_SYSTEM;
    default: return say_unreadable(self);
    }
}

static bool take_state(void *argument, text_t key, text_t value)
{
    checking_t *self = argument;
    if (text_equal(key, TEXT(JOURNAL_DISK_STATE_KEY))) {
        self->state_status = journal_state_read(value, &self->check.state);
        self->base = journal_recent_base(value);
        return false;
    }
    return true;
}

/* The newest state, if it is not the one of data.mdb. */
static status_t read_recent(checking_t *self)
{
    journal_recent_entry_t entry;
    size_t place = 0;
    self->tail = self->check.state.tail;
    self->serial = self->check.state.serial;
    if (journal_recent_read(self->recent, self->folder, self->base) != STATUS_OK) {
        journal_disk_say(self->problem, "cannot read %s/%s: %s", self->folder, JOURNAL_RECENT_NAME,
                         strerror(errno));
        return STATUS_SYSTEM;
    }
    while (self->state_status == STATUS_OK && journal_recent_next(self->recent, &place, &entry)) {
        journal_state_done(&self->check.state);
        self->state_status = journal_state_read(entry.state, &self->check.state);
    }
    if (journal_recent_is_damaged(self->recent)) {
        find_fault(self, JOURNAL_RECENT_NAME ": a transaction is missing");
    }
    return STATUS_OK;
}

/* 2. Sets whether the pages are whole. */
static status_t check_pages(checking_t *self, bool *ret_whole)
{
    const char *what = "";
    self->state_status = STATUS_NOT_FOUND;
    status_t status =
        journal_pages_each(self->path, TEXT(JOURNAL_DISK_STATE_KEY), take_state, self, &what);
    *ret_whole = status == STATUS_OK;
    switch (status) {
    case STATUS_OK: break;
    case STATUS_DAMAGED: find_fault(self, "data.mdb: %s", what); break;
    case STATUS_NOT_FOUND:
        journal_disk_say(self->problem, "%s: data.mdb %s", self->folder,
                         self->check.size == 0 ? "is empty" : "was never written to its end");
        return status;
    case STATUS_VERSION:
        journal_disk_say(self->problem, "%s: data.mdb: %s", self->folder, what);
        return status;
    default: return say_unreadable(self);
    }
    if (self->state_status == STATUS_VERSION) {
        journal_disk_say(self->problem, "%s: its state is of a later format", self->folder);
        return STATUS_VERSION;
    }
    if (self->state_status == STATUS_OK && read_recent(self) != STATUS_OK) {
        return STATUS_SYSTEM;
    }
    self->check.has_state = self->state_status == STATUS_OK;
    if (self->state_status == STATUS_DAMAGED) {
        find_fault(self, "state: its checksum or form is wrong");
    }
    return STATUS_OK;
}

static bool take_chunk(void *argument, text_t key, text_t chunk)
{
    checking_t *self = argument;
    journal_chunk_name_t name;
    if (text_equal(key, TEXT(JOURNAL_DISK_STATE_KEY))) {
        return true;
    }
    status_t status = journal_recovery_take(self->recovery, key, chunk);
    if (status == STATUS_NOT_FOUND) {
        self->check.uncommitted++;
    } else if (status != STATUS_OK && journal_chunk_parse_key(key, &name)) {
        find_fault(self,
                   "chunk %" PRIu64 "-%" PRIu64 " (serial %" PRIu32 ", %" PRIu32
                   " records): its checksum, name or form is wrong",
                   name.first, name.last, name.serial, name.count);
    } else if (status != STATUS_OK) {
        find_fault(self, "chunk: its key, of %zu bytes, is none", key.size);
    }
    return true;
}

static void take_recent(checking_t *self)
{
    unsigned char bytes[JOURNAL_CHUNK_KEY_SIZE];
    journal_recent_entry_t entry;
    journal_chunk_name_t name;
    size_t place = 0;
    journal_recovery_unbound(self->recovery);
    while (journal_recent_next(self->recent, &place, &entry)) {
        if (journal_chunk_read_name(entry.chunk, &name)) {
            journal_chunk_write_key(&name, bytes);
            text_t key = {.data = (const char *)bytes, .size = sizeof bytes};
            take_chunk(self, key, entry.chunk);
        }
    }
}

/* As a start does when no state says what counts. */
static status_t salvage_recent(checking_t *self)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    journal_disk_path(self->folder, JOURNAL_RECENT_NAME, path);
    status_t status = journal_pages_salvage(path, self->recovery);
    return status == STATUS_INVALID ? STATUS_OK : status;
}

/* 3. */
static status_t take_chunks(checking_t *self, bool whole)
{
    const char *what = "";
    const journal_state_t *state = whole && self->check.has_state ? &self->check.state : NULL;
    self->recovery = journal_recovery_new(self->store, state, self->check.faults > 0, INT64_MIN);
    journal_recovery_bound(self->recovery, self->tail, self->serial);
    status_t status = whole ? journal_pages_each(self->path, (text_t){0}, take_chunk, self, &what)
                            : journal_pages_salvage(self->path, self->recovery);
    if (status == STATUS_OK && (!whole || self->state_status == STATUS_DAMAGED)) {
        status = salvage_recent(self);
    }
    take_recent(self);
    if (status == STATUS_SYSTEM) {
        status = say_unreadable(self);
    } else if (status != STATUS_OK) {
        find_fault(self, "data.mdb: %s", what); /* it has become so; see 5 */
        status = STATUS_OK;
    }
    self->check.recovery = journal_recovery_end(self->recovery);
    journal_recovery_destroy(&self->recovery);
    if (whole && self->state_status == STATUS_NOT_FOUND && self->check.recovery.chunks > 0) {
        find_fault(self, "state: it is missing");
    }
    return status;
}

/* 4. */
static void count_records(checking_t *self)
{
    store_cursor_t cursor;
    store_entry_t entry;
    store_cursor_open(self->store, &cursor);
    store_cursor_seek(&cursor, 0);
    for (; store_cursor_peek(&cursor, &entry); store_cursor_advance(&cursor)) {
        bool forgotten = record_is_tombstone(&entry.record);
        self->check.tombstones += forgotten ? 1 : 0;
        self->check.clients += forgotten ? 0 : 1;
    }
    store_cursor_close(&cursor);
}

/* 5. */
static status_t look_again(checking_t *self)
{
    struct stat now;
    if (journal_check_is_in_use(self->folder)) {
        return say_in_use(self);
    }
    const struct stat *before = &self->before;
    if (stat(self->path, &now) != 0 || now.st_dev != before->st_dev ||
        now.st_ino != before->st_ino || now.st_size != before->st_size ||
        now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != before->st_mtim.tv_nsec) {
        journal_disk_say(self->problem, "%s: data.mdb was changed while it was read", self->folder);
        return STATUS_IN_USE;
    }
    return STATUS_OK;
}

static status_t run(checking_t *self)
{
    bool whole;
    status_t status = look_at_file(self);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_pages(self, &whole);
    if (status == STATUS_OK) {
        status = take_chunks(self, whole);
    }
    if (status == STATUS_OK) {
        count_records(self);
    }
    status_t again = look_again(self);
    return again != STATUS_OK ? again : status;
}

status_t journal_check_read(const journal_check_reading_t *reading, journal_check_t *ret_check,
                            journal_disk_problem_t *ret_problem)
{
    checking_t self = {.folder = reading->folder,
                       .fault = reading->fault,
                       .argument = reading->argument,
                       .store = reading->store,
                       .problem = ret_problem,
                       .recent = journal_recent_new()};
    journal_state_init(&self.check.state);
    status_t status = run(&self);
    journal_recent_destroy(&self.recent);
    if (status != STATUS_OK) {
        journal_state_done(&self.check.state);
        return status;
    }
    *ret_check = self.check;
    return STATUS_OK;
}

status_t journal_check(const char *folder, journal_check_fault_fn *fault, void *argument,
                       journal_check_t *ret_check, journal_disk_problem_t *ret_problem)
{
    store_t *store = store_new(SIZE_MAX, 0);
    const journal_check_reading_t reading = {
        .folder = folder, .store = store, .fault = fault, .argument = argument};
    status_t status = journal_check_read(&reading, ret_check, ret_problem);
    store_destroy(&store);
    return status;
}
