#include "common/sockets/local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    /* For the lock of a folder, which is held while a socket is bound: 200 ms in all. */
    LOCK_TRIES = 10,
    LOCK_PAUSE_MS = 20,
    /* Connections that wait to be accepted, as ZeroMQ has it for the herd's sockets. */
    BACKLOG = 1024,
};

/* Whether a process listens on the Unix socket `path`. The file of a process that has ended refuses
 * connections. */
static bool is_listened_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return false; /* zmq_bind refuses it */
    }
    memcpy(address.sun_path, path, strlen(path));
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return false;
    }
    /* EAGAIN: there is a listener, and its queue is full (unix(7)). */
    bool listened_on =
        connect(probe, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(probe);
    return listened_on;
}

/* Takes the lock of the folder in which a socket is to be: who looks whether a path is taken, and
 * then binds it, does so alone. Returns a descriptor to be closed; -1 if there is no such folder,
 * or someone keeps the lock: others than we may use the folder. */
static int lock_folder(const char *path)
{
    char folder[LIMIT_IPC_PATH_SIZE + 1];
    const char *slash = strrchr(path, '/');
    size_t size = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    memcpy(folder, path, size);
    folder[size] = '\0';
    int file = open(size > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == LOCK_TRIES) {
            close(file);
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    return file;
}

/* The socket gives its mode to the file (unix(7), Linux); ZeroMQ must not wait in accept(2) for one
 * that has left. */
static int open_for_owner(void)
{
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file >= 0 && fchmod(file, S_IRWXU) != 0) {
        close(file);
        file = -1;
    }
    return file;
}

/* What is left of a process that has ended is a socket; any other file is somebody's. */
static bool remove_left(const char *path)
{
    struct stat found;
    if (lstat(path, &found) != 0) {
        return errno == ENOENT;
    }
    if (!S_ISSOCK(found.st_mode)) {
        errno = EEXIST;
        return false;
    }
    return unlink(path) == 0;
}

static bool listen_at(int file, const char *path, local_socket_t *ret_self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat found;
    memcpy(address.sun_path, path, strlen(path));
    if (bind(file, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(file, BACKLOG) != 0 || lstat(path, &found) != 0) {
        return false;
    }
    *ret_self = (local_socket_t){.device = found.st_dev, .inode = found.st_ino};
    memcpy(ret_self->path, path, strlen(path));
    return true;
}

static status_t take_path(const char *path, int *ret_file, local_socket_t *ret_self)
{
    if (is_listened_on(path)) {
        errno = EADDRINUSE;
        return STATUS_IN_USE;
    }
    int file = open_for_owner();
    if (file < 0) {
        return STATUS_SYSTEM;
    }
    if (!remove_left(path) || !listen_at(file, path, ret_self)) {
        int error = errno;
        close(file);
        errno = error;
        return error == EADDRINUSE ? STATUS_IN_USE : STATUS_SYSTEM;
    }
    *ret_file = file;
    return STATUS_OK;
}

status_t local_socket_listen(const char *path, int *ret_file, local_socket_t *ret_self)
{
    if (path[0] == '\0' || strlen(path) > LIMIT_IPC_PATH_SIZE) {
        errno = path[0] == '\0' ? EINVAL : ENAMETOOLONG;
        return STATUS_SYSTEM;
    }
    int lock = lock_folder(path);
    status_t status = take_path(path, ret_file, ret_self);
    int error = errno;
    if (lock >= 0) {
        close(lock);
    }
    errno = error;
    return status;
}

bool local_socket_is_there(const local_socket_t *self)
{
    struct stat found;
    return self->path[0] == '\0' || (lstat(self->path, &found) == 0 && S_ISSOCK(found.st_mode) &&
                                     found.st_dev == self->device && found.st_ino == self->inode);
}

void local_socket_make_folder(const local_socket_t *self)
{
    char folder[LIMIT_IPC_PATH_SIZE + 1];
    const char *slash = strrchr(self->path, '/');
    size_t size = slash != NULL ? (size_t)(slash - self->path) : 0;
    memcpy(folder, self->path, size);
    folder[size] = '\0';
    if (size > 0) {
        (void)mkdir(folder, S_IRWXU);
    }
}

void local_socket_remove(local_socket_t *self)
{
    if (self->path[0] != '\0' && local_socket_is_there(self)) {
        (void)unlink(self->path);
    }
    *self = (local_socket_t){0};
}
