/* A folder comes in, of a node that runs, was killed, or has stopped. If the file "recent" has
 * something that counts with the state in data.mdb, it is of no use to who reads that alone.
 *   - A node that runs commits it within a second: that is waited for, as a change of the state.
 *   - Where no node runs, it is done here, as the next start would do it. */
#include "common/journal/disk/check.h"
#include "common/journal/disk/disk_parts.h"
#include "common/journal/disk/pages.h"

#include <time.h>
#include <unistd.h>

enum {
    TRIES = 1000,
    PAUSE_NS = 10000000, /* between two of them */
};

/* Whether the entries of `recent` that count with the state in LMDB are any. */
static status_t has_entries(journal_disk_t *reader, bool *ret_has, uint64_t *ret_base,
                            journal_disk_problem_t *problem)
{
    status_t status = journal_disk_read_committed(reader, NULL, problem);
    *ret_has = false;
    if (status == STATUS_NOT_FOUND || status == STATUS_VERSION || status == STATUS_DAMAGED) {
        return STATUS_OK; /* whoever reads data.mdb says so */
    }
    *ret_base = reader->committed.base;
    if (status == STATUS_OK &&
        journal_recent_read(reader->recent, reader->folder, *ret_base) != STATUS_OK) {
        return journal_disk_errno(reader, "read its newest records", problem);
    }
    *ret_has = status == STATUS_OK && !journal_recent_is_empty(reader->recent);
    return status;
}

static status_t settle_here(const char *folder, journal_disk_problem_t *problem)
{
    int lock;
    journal_disk_t *disk;
    journal_state_t state;
    const char *what;
    char path[JOURNAL_DISK_PATH_SIZE];
    status_t status = journal_disk_lock(folder, &lock, problem);
    if (status != STATUS_OK) {
        return status;
    }
    journal_disk_path(folder, "data.mdb", path);
    if (journal_pages_check(path, &what) != STATUS_OK) {
        close(lock); /* LMDB must not write it; whoever reads it says so */
        return STATUS_OK;
    }
    status = journal_disk_open(folder, lock, &disk, problem);
    if (status != STATUS_OK) {
        return status;
    }
    status = journal_disk_read_state(disk, &state, problem);
    if (status == STATUS_OK) {
        journal_state_done(&state);
        status = journal_disk_settle(disk, problem);
    }
    journal_disk_close(&disk);
    return status;
}

/* Once; STATUS_AGAIN: whoever writes it has not done it yet. */
static status_t try_settle(journal_disk_t *reader, uint64_t *first_base,
                           journal_disk_problem_t *problem)
{
    bool has;
    uint64_t base = 0;
    status_t status = has_entries(reader, &has, &base, problem);
    if (status != STATUS_OK || !has || (*first_base != 0 && base != *first_base)) {
        return status;
    }
    *first_base = base;
    if (!journal_check_is_in_use(reader->folder)) {
        status = settle_here(reader->folder, problem);
        return status == STATUS_IN_USE ? STATUS_AGAIN : status;
    }
    return STATUS_AGAIN;
}

status_t journal_disk_settle_folder(const char *folder, journal_disk_problem_t *ret_problem)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    journal_disk_t *reader;
    uint64_t first_base = 0;
    status_t status = journal_disk_open(folder, -1, &reader, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    for (int i = 0; i < TRIES; i++) {
        status = try_settle(reader, &first_base, ret_problem);
        if (status != STATUS_AGAIN) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    if (status == STATUS_AGAIN) {
        journal_disk_say(ret_problem, "%s: its newest records do not come into data.mdb", folder);
        status = STATUS_IN_USE;
    }
    journal_disk_close(&reader);
    return status;
}
