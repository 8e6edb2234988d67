/* The file once more, without its free pages: for others, or in its own place. */
#include "common/journal/disk/disk_parts.h"

#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    /* A file is written anew if it is larger than so many times its chunks, and this. */
    SHRINK_RATIO = 4,
    SHRINK_SIZE_MIN = 4194304,
};

static status_t copy_status(const char *what, int error, journal_disk_problem_t *problem)
{
    if (error == 0) {
        return STATUS_OK;
    }
    journal_disk_say(problem, "cannot write %s: %s", what, mdb_strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_FULL : STATUS_SYSTEM;
}

status_t journal_disk_copy(journal_disk_t *self, int file, journal_disk_problem_t *ret_problem)
{
    int error = mdb_env_copyfd2(self->env, file, MDB_CP_COMPACT);
    /* A page that is damaged led LMDB out of its memory. */
    return copy_status("a copy", error == EFAULT ? MDB_CORRUPTED : error, ret_problem);
}

/* Writes the data to a file of that path, without its free pages, and brings it to the disk. */
static status_t write_copy(const journal_disk_t *self, const char *path,
                           journal_disk_problem_t *problem)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return copy_status(path, errno, problem);
    }
    int error = mdb_env_copyfd2(self->env, file, MDB_CP_COMPACT);
    error = error == 0 && fsync(file) != 0 ? errno : error;
    error = close(file) != 0 && error == 0 ? errno : error;
    if (error != 0) {
        unlink(path);
    }
    return copy_status(path, error, problem);
}

/* Puts the copy in the place of the file. */
static status_t take_copy(journal_disk_t *self, const char *copy, journal_disk_problem_t *problem)
{
    char path[JOURNAL_DISK_PATH_SIZE];
    journal_disk_path(self->folder, "data.mdb", path);
    journal_disk_end_environment(self);
    if (rename(copy, path) != 0 || !journal_disk_sync_folder(self->folder)) {
        return journal_disk_errno(self, "put the smaller data.mdb in its place", problem);
    }
    return journal_disk_begin_environment(self, problem);
}

/* There is always a file of that name: where file systems have no second names, almost always. */
static bool replace(const char *from, const char *path, const char *aside)
{
    return (link(path, aside) == 0 || rename(path, aside) == 0) && rename(from, path) == 0;
}

status_t journal_disk_move(journal_disk_t *self, const char *to, const char *aside,
                           journal_disk_problem_t *problem)
{
    char from[JOURNAL_DISK_PATH_SIZE];
    char path[JOURNAL_DISK_PATH_SIZE];
    journal_disk_path(self->folder, "data.mdb", from);
    journal_disk_path(to, "data.mdb", path);
    journal_disk_end_environment(self);
    if (!replace(from, path, aside) || !journal_disk_sync_folder(to)) {
        return journal_disk_errno(self, "put this data.mdb in the place of the damaged one",
                                  problem);
    }
    free(self->folder);
    self->folder = memory_copy_text(to, strlen(to));
    return journal_disk_begin_environment(self, problem);
}

status_t journal_disk_shrink(journal_disk_t *self, bool *ret_shrunk,
                             journal_disk_problem_t *ret_problem)
{
    char copy[JOURNAL_DISK_PATH_SIZE];
    *ret_shrunk = false;
    if (journal_disk_size(self) <= SHRINK_SIZE_MIN + SHRINK_RATIO * self->bytes) {
        return STATUS_OK;
    }
    journal_disk_path(self->folder, "data.mdb.new", copy);
    (void)unlink(copy); /* of a start that was ended */
    status_t status = write_copy(self, copy, ret_problem);
    if (status != STATUS_OK) {
        return status;
    }
    *ret_shrunk = true;
    return take_copy(self, copy, ret_problem);
}
