#include "common/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

status_t files_open_plain(const char *path, int *ret_file, struct stat *ret_state)
{
    /* Without O_NONBLOCK a pipe that has no writer would hold us here. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_SYSTEM;
    }
    struct stat state;
    status_t status = fstat(file, &state) == 0 ? STATUS_OK : STATUS_SYSTEM;
    if (status == STATUS_OK && !S_ISREG(state.st_mode)) {
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK) {
        int error = errno;
        close(file);
        errno = error;
        return status;
    }
    *ret_file = file;
    *ret_state = state;
    return STATUS_OK;
}

const char *files_kind(const char *path)
{
    struct stat state;
    if (stat(path, &state) != 0) {
        return "nothing";
    }
    switch (state.st_mode & S_IFMT) {
    case S_IFIFO: return "a pipe";
    case S_IFDIR: return "a folder";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    default: return "a plain file";
    }
}

status_t files_read(int file, void *out, size_t size, size_t *ret_size)
{
    size_t taken = 0;
    ssize_t got = 1;
    while (got != 0 && taken < size) {
        got = read(file, (char *)out + taken, size - taken);
        if (got < 0 && errno != EINTR) {
            return STATUS_SYSTEM;
        }
        taken += got > 0 ? (size_t)got : 0;
    }
    *ret_size = taken;
    return STATUS_OK;
}

text_t files_write(int file, text_t text)
{
    while (text.size > 0) {
        ssize_t written = write(file, text.data, text.size);
        if (written > 0) {
            text = text_after(text, (size_t)written);
        } else if (written == 0 || errno != EINTR) {
            break;
        }
    }
    return text;
}
