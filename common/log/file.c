#include "common/log/file.h"

#include "common/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A block device is no place for lines; folders and sockets cannot be opened for writing. */
static bool takes_lines(mode_t mode)
{
    return S_ISREG(mode) || S_ISFIFO(mode) || S_ISCHR(mode);
}

int log_file_open(const char *path)
{
    /* Without O_NONBLOCK a pipe that no one reads would hold us here; with it that is ENXIO. */
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    struct stat found;
    if (file < 0) {
        return -1;
    }
    if (fstat(file, &found) != 0 || !takes_lines(found.st_mode)) {
        close(file);
        errno = ENXIO;
        return -1;
    }
    /* From here on the thread may wait: for a disk it does so too. */
    (void)fcntl(file, F_SETFL, O_APPEND);
    return file;
}

bool log_file_is_removed(int file)
{
    struct stat found;
    return fstat(file, &found) == 0 && found.st_nlink == 0;
}

void log_file_make_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t size = slash != NULL ? (size_t)(slash - path) : 0;
    if (size > 0 && size < sizeof folder) {
        memcpy(folder, path, size);
        folder[size] = '\0';
        (void)mkdir(folder, 0750);
    }
}

/* A part that a pipe which is ready takes without waiting (pipe(7)); a socket is told not to. */
static ssize_t write_part(int file, text_t text)
{
    text_t part = text_first(text, PIPE_BUF);
    ssize_t sent = send(file, part.data, part.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent >= 0 || errno != ENOTSOCK ? sent : write(file, part.data, part.size);
}

void log_file_show(int file, text_t text, int patience_ms)
{
    struct stat found;
    struct pollfd item = {.fd = file, .events = POLLOUT};
    if (fstat(file, &found) == 0 && S_ISREG(found.st_mode)) {
        (void)files_write(file, text);
        return;
    }
    ssize_t written = 1;
    while (text.size > 0 && written > 0 && poll(&item, 1, patience_ms) == 1) {
        written = write_part(file, text);
        text = text_after(text, written > 0 ? (size_t)written : 0);
    }
}
