/* Paths in a journal's folder, and its names on the disk. */
#include "common/journal/disk/disk_parts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void journal_disk_path(const char *folder, const char *name, char out[JOURNAL_DISK_PATH_SIZE])
{
    int size = snprintf(out, JOURNAL_DISK_PATH_SIZE, "%s/%s", folder, name);
    assert(size > 0 && size < JOURNAL_DISK_PATH_SIZE); /* JOURNAL_DISK_FOLDER_SIZE_MAX */
}

/* fsync(2) of a folder: its new names are on the disk then. */
bool journal_disk_sync_folder(const char *folder)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool synced = fsync(file) == 0;
    int error = errno;
    close(file);
    errno = error;
    return synced;
}
