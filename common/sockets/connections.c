#include "common/sockets/connections.h"

#include "common/base/text.h"
#include "common/sockets/address.h"
#include "common/sockets/endpoint.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Any address of a socket. */
typedef union {
    struct sockaddr any;
    struct sockaddr_in6 v6; /* the larger of the families of IP */
    struct sockaddr_un local;
} socket_address_t;

/* Whether the own end of a connection is at `endpoint`; the host "" stands for all addresses. */
static bool is_at(int file, const endpoint_t *endpoint)
{
    socket_address_t own = {0};
    socklen_t size = sizeof own;
    if (getsockname(file, &own.any, &size) != 0) {
        return false;
    }
    if (endpoint->kind == ENDPOINT_IPC) {
        return own.any.sa_family == AF_UNIX && size > offsetof(struct sockaddr_un, sun_path) &&
               strncmp(own.local.sun_path, endpoint->path, sizeof own.local.sun_path) == 0;
    }
    address_t address;
    return address_read(&own.any, &address) && address.port == endpoint->address.port &&
           (endpoint->address.host[0] == '\0' || strcmp(address.host, endpoint->address.host) == 0);
}

static bool is_connection(int file)
{
    socket_address_t peer;
    socklen_t size = sizeof peer;
    return getpeername(file, &peer.any, &size) == 0; /* which fails for a listener */
}

/* Spells the host of an endpoint as the kernel does: "::0:1" is "::1". */
static void spell_host(address_t *self)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(self->port)};
    if (inet_pton(AF_INET6, self->host, &v6.sin6_addr) == 1) {
        (void)address_read((const struct sockaddr *)&v6, self);
    }
}

/* Takes an endpoint apart, with the host spelled as address_read does, or "" for all addresses of
 * the machine. */
static bool parse_own(const char *text, endpoint_t *ret_own)
{
    if (endpoint_parse(text, ret_own) != STATUS_OK) {
        return false;
    }
    address_t *address = &ret_own->address;
    spell_host(address);
    if (strcmp(address->host, "0.0.0.0") == 0 || strcmp(address->host, "::") == 0) {
        address->host[0] = '\0';
    }
    return true;
}

status_t connections_cut(const char *endpoint, size_t *ret_count)
{
    endpoint_t own;
    if (!parse_own(endpoint, &own)) {
        errno = EINVAL;
        return STATUS_INVALID;
    }
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL) {
        return STATUS_SYSTEM;
    }
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        uint64_t file;
        if (text_to_u64(text_of(entry->d_name), INT32_MAX, &file) && is_at((int)file, &own) &&
            is_connection((int)file) && shutdown((int)file, SHUT_RDWR) == 0) {
            count++;
        }
    }
    closedir(directory);
    *ret_count = count;
    return STATUS_OK;
}

bool connections_peer(int file, char out[CONNECTIONS_PEER_SIZE])
{
    socket_address_t peer = {0};
    socklen_t size = sizeof peer;
    if (getpeername(file, &peer.any, &size) != 0) {
        return false;
    }
    if (address_write(&peer.any, out) > 0) {
        return true;
    }
    struct ucred process;
    size = sizeof process;
    if (peer.any.sa_family != AF_UNIX ||
        getsockopt(file, SOL_SOCKET, SO_PEERCRED, &process, &size) != 0) {
        return false;
    }
    snprintf(out, CONNECTIONS_PEER_SIZE, "process %ld of user %ld", (long)process.pid,
             (long)process.uid);
    return true;
}

bool connections_has_received(int file, size_t size)
{
    struct tcp_info info = {0};
    socklen_t info_size = sizeof info;
    return getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0 ||
           info.tcpi_bytes_received >= size;
}

uint64_t connections_cookie(int file)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return getsockopt(file, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

bool connections_read_size(int file, uint64_t cookie, uint64_t *ret_size, bool *ret_waits)
{
    struct tcp_info info = {0};
    socklen_t info_size = sizeof info;
    int waiting = 0;
    if (cookie == 0 || connections_cookie(file) != cookie ||
        getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0 ||
        ioctl(file, FIONREAD, &waiting) != 0) {
        return false;
    }
    uint64_t unread = waiting > 0 ? (uint64_t)waiting : 0;
    *ret_size = info.tcpi_bytes_received > unread ? info.tcpi_bytes_received - unread : 0;
    *ret_waits = unread > 0;
    return true;
}

bool connections_end(int file, uint64_t cookie, int reserve)
{
    /* A descriptor of our own: meanwhile ZeroMQ may close its, and another get the number. */
    if (dup3(file, reserve, O_CLOEXEC) < 0) {
        return false;
    }
    bool ours = cookie != 0 && connections_cookie(reserve) == cookie;
    if (ours) {
        /* Reset rather than closed: a peer that does not read would hold it for half a minute. */
        const struct linger linger = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(reserve, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        (void)shutdown(reserve, SHUT_RDWR);
        /* What waits would still be read, and kept. */
        while (recv(reserve, NULL, INT_MAX, MSG_TRUNC | MSG_DONTWAIT) > 0) {
        }
    }
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        (void)dup3(nothing, reserve, O_CLOEXEC);
        close(nothing);
    }
    return ours;
}
