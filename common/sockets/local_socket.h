/* local_socket.h - the file of a Unix socket that we listen on: made for its owner alone, told from
 * another one in its place, and removed only while it is ours.
 *
 * ZeroMQ would do all but that: its file has the mode of the process's mask, which other threads
 * share; it takes a path from whoever listens there, and removes at its end whatever has the path
 * by then. So it is given a socket that listens already (ZMQ_USE_FD).
 *
 * Owner: whoever bound it. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_LOCAL_SOCKET_H
#define HERD_COMMON_SOCKETS_LOCAL_SOCKET_H

#include "common/base/limits.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <sys/types.h>

/* Which file it is (open value struct). All zeros: none. */
typedef struct {
    char path[LIMIT_IPC_PATH_SIZE + 1];
    dev_t device;
    ino_t inode;
} local_socket_t;

/* Listens at `path` (mode 0700). Leaves a path to whoever listens there, and takes over that of a
 * process that has ended. The caller closes `ret_file`.
 * STATUS_IN_USE, STATUS_SYSTEM, with errno set. */
status_t local_socket_listen(const char *path, int *ret_file,
                             local_socket_t *ret_self) STATUS_MUST_USE;

/* Whether its path still leads to it, as long as it is listened on: after that another file may
 * have its number. True of none. */
bool local_socket_is_there(const local_socket_t *self);

/* Makes the folder of its path if it is missing (0700); what is above it must be there. */
void local_socket_make_folder(const local_socket_t *self);

/* Removes its file, unless another is in its place, and forgets it. */
void local_socket_remove(local_socket_t *self);

#endif
