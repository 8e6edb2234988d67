#include "node/requests/stream_access.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { GROUPS_MAX = 256 };

/* Whether the peer belongs to `group`, by one of its other groups; more than GROUPS_MAX: no. */
static bool is_in_group(int file, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof groups;
    if (getsockopt(file, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
        return false;
    }
    for (size_t i = 0; i < size / sizeof groups[0]; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return false;
}

static bool may_write(int file, const char *path, const struct ucred *peer)
{
    struct stat found;
    if (stat(path, &found) != 0) {
        return false;
    }
    if ((found.st_mode & S_IWOTH) != 0 || getxattr(path, "system.posix_acl_access", NULL, 0) > 0) {
        return true;
    }
    if (peer->uid == found.st_uid) {
        return (found.st_mode & S_IWUSR) != 0;
    }
    return (found.st_mode & S_IWGRP) != 0 &&
           (peer->gid == found.st_gid || is_in_group(file, found.st_gid));
}

bool stream_access_allows(int file, const char *path, char ret_address[STREAM_ACCESS_ADDRESS_SIZE])
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    ret_address[0] = '\0';
    if (getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return false;
    }
    snprintf(ret_address, STREAM_ACCESS_ADDRESS_SIZE, "localhost:%lu:%lu:%ld",
             (unsigned long)peer.uid, (unsigned long)peer.gid, (long)peer.pid);
    return peer.uid == 0 || peer.uid == geteuid() || may_write(file, path, &peer);
}
