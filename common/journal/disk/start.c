/* One start.
 *   1. The folder is locked, and its file is checked page by page (pages.h).
 *   2. The whole chunks of a file that LMDB could not read safely are taken, and make a new one,
 *      which takes its place (rescue.h); the rest of 3 and 4 is passed over.
 *   3. A state of another herd or member, or of a later format, ends the start. One that is damaged
 *      counts as none, and as damage.
 *   4. All chunks go into the store (recovery.h). The file is written anew if it is much too large.
 *   5. The new life's state is committed: a new generation, whose parent is the list that was
 *      recovered (J7); no parent and no checkpoints if anything was damaged (J6). */
#include "common/journal/disk/start.h"

#include "common/base/files.h"
#include "common/journal/disk/pages.h"
#include "common/journal/disk/recent.h"
#include "common/journal/disk/rescue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

__attribute__((format(printf, 2, 3))) static void say(journal_disk_problem_t *problem,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

/* Takes whatever chunks the newest transactions have: they cannot be told from earlier ones, which
 * change nothing (recovery.h). */
static status_t salvage_recent(const journal_start_t *start, journal_recovery_t *recovery)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", start->folder, JOURNAL_RECENT_NAME);
    status_t status = journal_pages_salvage(path, recovery);
    return status == STATUS_INVALID ? STATUS_OK : status;
}

/* Takes the chunks of a damaged file. */
static status_t salvage(const journal_start_t *start, const char *path, const char *what,
                        journal_started_t *started, journal_disk_problem_t *problem)
{
    journal_recovery_t *recovery =
        journal_recovery_new(start->store, NULL, true, start->kept_from_ns);
    status_t status = journal_pages_salvage(path, recovery);
    if (status == STATUS_OK) {
        status = salvage_recent(start, recovery);
    }
    started->recovery = journal_recovery_end(recovery);
    journal_recovery_destroy(&recovery);
    if (status == STATUS_OK) {
        started->set_aside = true;
        say(&started->damage, "data.mdb is damaged: %s; it is called %s.damaged.%lld now", what,
            path, (long long)start->now_ns);
        return STATUS_OK;
    }
    say(problem, "%s is damaged (%s) and cannot be read: %s", path, what, strerror(errno));
    return STATUS_SYSTEM;
}

/* What LMDB did not finish it would not read. */
static status_t empty_file(const char *path, journal_disk_problem_t *problem)
{
    if (truncate(path, 0) == 0 || errno == ENOENT) {
        return STATUS_OK;
    }
    say(problem, "cannot empty %s, which was never made: %s", path, strerror(errno));
    return STATUS_SYSTEM;
}

/* The rest of 1, and of 2 what is read. */
static status_t check_file(const journal_start_t *start, journal_started_t *started,
                           journal_disk_problem_t *problem)
{
    char path[PATH_SIZE];
    const char *what = NULL;
    snprintf(path, sizeof path, "%s/data.mdb", start->folder);
    status_t status = journal_pages_check(path, &what);
    switch (status) {
    case STATUS_NOT_FOUND: return empty_file(path, problem);
    case STATUS_DAMAGED: return salvage(start, path, what, started, problem);
    case STATUS_VERSION: say(problem, "%s: %s", path, what); return status;
    case STATUS_INVALID:
        say(problem, "%s: not a plain file but %s", path, files_kind(path));
        return STATUS_SYSTEM;
    case STATUS_SYSTEM: say(problem, "cannot read %s: %s", path, strerror(errno)); return status;
    default: return status;
    }
}

/* 3. */
static status_t read_state(const journal_start_t *start, journal_started_t *started,
                           journal_state_t *before, bool *ret_damaged,
                           journal_disk_problem_t *problem)
{
    status_t status = journal_disk_read_state(started->disk, before, problem);
    *ret_damaged = status == STATUS_DAMAGED;
    if (status == STATUS_DAMAGED) {
        started->damage = *problem;
    }
    if (status == STATUS_NOT_FOUND || status == STATUS_DAMAGED) {
        journal_state_init(before);
        return STATUS_OK;
    }
    if (status == STATUS_OK && (!text_equal(text_of(before->herd), start->herd) ||
                                !text_equal(text_of(before->member), start->member))) {
        say(problem, "%s: it is the journal of member %s of herd %s", start->folder, before->member,
            before->herd);
        journal_state_done(before);
        return STATUS_INVALID;
    }
    return status;
}

/* 4. `before`: NULL if there is none. */
static status_t recover(const journal_start_t *start, journal_started_t *started,
                        const journal_state_t *before, bool damaged,
                        journal_disk_problem_t *problem)
{
    journal_recovery_t *recovery =
        journal_recovery_new(start->store, before, damaged, start->kept_from_ns);
    status_t status = journal_disk_recover(started->disk, recovery, problem);
    started->on_disk = store_tail(start->store);
    if (status == STATUS_OK && damaged && salvage_recent(start, recovery) != STATUS_OK) {
        say(problem, "cannot read %s/%s: %s", start->folder, JOURNAL_RECENT_NAME, strerror(errno));
        status = STATUS_SYSTEM;
    }
    started->recovery = journal_recovery_end(recovery);
    started->on_disk = damaged ? started->on_disk : started->recovery.tail;
    journal_recovery_destroy(&recovery);
    if (status == STATUS_OK && started->recovery.damaged > 0 && started->damage.text[0] == '\0') {
        say(&started->damage, "%s: %llu of its chunks are damaged", start->folder,
            (unsigned long long)started->recovery.damaged);
    }
    return status;
}

/* 5. */
static void make_state(const journal_start_t *start, journal_started_t *started,
                       const journal_state_t *before)
{
    journal_state_t *state = &started->state;
    journal_recovery_begin_life(&started->recovery, before, &start->generation, state);
    *text_copy(start->herd, state->herd) = '\0';
    *text_copy(start->member, state->member) = '\0';
    state->tail = started->on_disk;
    state->written_ns = start->now_ns;
}

/* Steps 4 and 5, of a folder that is open. */
static status_t begin_life(const journal_start_t *start, journal_started_t *started,
                           const journal_state_t *before, bool damaged,
                           journal_disk_problem_t *problem)
{
    status_t status = recover(start, started, before, damaged, problem);
    if (status == STATUS_OK) {
        status = journal_disk_shrink(started->disk, &started->shrunk, problem);
    }
    if (status == STATUS_OK) {
        make_state(start, started, before);
        status = journal_disk_commit(started->disk, &(journal_part_t){0}, &started->state, problem);
    }
    return status;
}

/* The rest of 2, and 5: the state of the new file is that of the new life. Takes the lock. */
static status_t rescue(const journal_start_t *start, int lock, journal_started_t *started,
                       journal_disk_problem_t *problem)
{
    char aside[PATH_SIZE];
    snprintf(aside, sizeof aside, "%s/data.mdb.damaged.%lld", start->folder,
             (long long)start->now_ns);
    const journal_rescue_t rescue = {
        .folder = start->folder, .lock = lock, .store = start->store, .aside = aside};
    started->on_disk = started->recovery.tail;
    make_state(start, started, NULL);
    status_t status = journal_rescue(&rescue, &started->state, &started->disk, problem);
    started->recovery.serial = started->state.serial;
    return status;
}

/* Takes the lock. */
static status_t open_and_begin(const journal_start_t *start, int lock, journal_started_t *started,
                               journal_disk_problem_t *problem)
{
    journal_state_t before;
    bool damaged;
    status_t status = journal_disk_open(start->folder, lock, &started->disk, problem);
    if (status == STATUS_OK) {
        status = read_state(start, started, &before, &damaged, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool has_state = before.herd[0] != '\0';
    started->is_new = !has_state && !damaged;
    status = begin_life(start, started, has_state ? &before : NULL, damaged, problem);
    journal_state_done(&before);
    return status;
}

/* All but the lock of step 1; takes that. */
static status_t run(const journal_start_t *start, int lock, journal_started_t *started,
                    journal_disk_problem_t *problem)
{
    status_t status = check_file(start, started, problem);
    if (status != STATUS_OK) {
        close(lock);
        return status;
    }
    return started->set_aside ? rescue(start, lock, started, problem)
                              : open_and_begin(start, lock, started, problem);
}

status_t journal_start(const journal_start_t *start, journal_started_t *ret_started,
                       journal_disk_problem_t *ret_problem)
{
    journal_started_t started = {0};
    int lock;
    status_t status = journal_disk_lock(start->folder, &lock, ret_problem);
    if (status == STATUS_OK) {
        status = run(start, lock, &started, ret_problem);
    }
    if (status != STATUS_OK) {
        journal_disk_close(&started.disk);
        journal_state_done(&started.state);
        return status;
    }
    *ret_started = started;
    return STATUS_OK;
}
