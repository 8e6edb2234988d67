#include "common/journal/disk/rescue.h"

#include "common/base/memory.h"
#include "common/journal/disk/disk_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* In the folder of the journal. */
static const char own_folder[] = "rescue";

/* What a start that was ended has left. */
static void clear(const char *folder)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", JOURNAL_RECENT_NAME};
    char path[JOURNAL_DISK_PATH_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        journal_disk_path(folder, names[i], path);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static status_t put_all(journal_disk_t *disk, journal_t *journal, char *chunk,
                        journal_part_t *ret_end, journal_disk_problem_t *problem)
{
    while (journal_step(journal, 0, chunk, ret_end) == JOURNAL_CHUNK) {
        status_t status = journal_disk_put(disk, ret_end, chunk, problem);
        if (status != STATUS_OK) {
            return status;
        }
        journal_taken(journal, ret_end->transaction);
    }
    return STATUS_OK;
}

static status_t try_fill(journal_disk_t *disk, journal_t *journal, char *chunk,
                         journal_state_t *state, journal_disk_problem_t *problem)
{
    journal_part_t part = {0};
    status_t status = put_all(disk, journal, chunk, &part, problem);
    if (status == STATUS_OK) {
        state->tail = part.tail;
        state->serial = part.serial;
        status = journal_disk_commit(disk, &part, state, problem);
    }
    if (status != STATUS_OK) {
        journal_failed(journal, part.transaction, true, 0);
    }
    return status;
}

/* As a member does when its disk has nothing yet. */
static status_t fill(journal_disk_t *disk, store_t *store, journal_state_t *state,
                     journal_disk_problem_t *problem)
{
    journal_t *journal = journal_new(&(journal_settings_t){.store = store});
    char *chunk = memory_new(JOURNAL_CHUNK_SIZE);
    status_t status;
    journal_touch(journal);
    do {
        status = try_fill(disk, journal, chunk, state, problem);
    } while (status == STATUS_AGAIN); /* the map is larger now */
    free(chunk);
    journal_destroy(&journal);
    return status;
}

static status_t open_own(const journal_rescue_t *rescue, const char *folder,
                         journal_disk_t **ret_disk, journal_disk_problem_t *problem)
{
    clear(folder);
    status_t status = journal_disk_make_folder(folder, problem);
    if (status != STATUS_OK) {
        close(rescue->lock);
        return status;
    }
    return journal_disk_open(folder, rescue->lock, ret_disk, problem);
}

status_t journal_rescue(const journal_rescue_t *rescue, journal_state_t *state,
                        journal_disk_t **ret_disk, journal_disk_problem_t *ret_problem)
{
    char folder[JOURNAL_DISK_PATH_SIZE];
    journal_disk_t *disk = NULL;
    journal_disk_path(rescue->folder, own_folder, folder);
    status_t status = open_own(rescue, folder, &disk, ret_problem);
    if (status == STATUS_OK) {
        status = fill(disk, rescue->store, state, ret_problem);
    }
    if (status == STATUS_OK) {
        status = journal_disk_move(disk, rescue->folder, rescue->aside, ret_problem);
    }
    clear(folder);
    if (status != STATUS_OK) {
        journal_disk_close(&disk);
        return status;
    }
    *ret_disk = disk;
    return STATUS_OK;
}
