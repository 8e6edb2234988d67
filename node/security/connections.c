#include "node/security/connections.h"

#include "common/base/text.h"
#include "common/sockets/endpoint.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Any address of a socket. */
typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
} address_t;

/* "192.0.2.1" or "fe80::1", and the port; false for other families. An IPv4 peer of an IPv6 socket is written as IPv4. */
static bool read_address(const address_t *address, char host[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
    if (address->any.sa_family == AF_INET) {
        *ret_port = ntohs(address->v4.sin_port);
        return inet_ntop(AF_INET, &address->v4.sin_addr, host, INET6_ADDRSTRLEN) != NULL;
    }
    if (address->any.sa_family != AF_INET6) {
        return false;
    }
    const struct in6_addr *v6 = &address->v6.sin6_addr;
    *ret_port = ntohs(address->v6.sin6_port);
    return IN6_IS_ADDR_V4MAPPED(v6)
               ? inet_ntop(AF_INET, &v6->s6_addr[12], host, INET6_ADDRSTRLEN) != NULL
               : inet_ntop(AF_INET6, v6, host, INET6_ADDRSTRLEN) != NULL;
}

static bool is_at(int file, const endpoint_t *endpoint)
{
    address_t address = {0};
    socklen_t size = sizeof address;
    if (getsockname(file, &address.any, &size) != 0) {
        return false;
    }
    if (endpoint->kind == ENDPOINT_IPC) {
        return address.any.sa_family == AF_UNIX && size > offsetof(struct sockaddr_un, sun_path) &&
               strncmp(address.local.sun_path, endpoint->path, sizeof address.local.sun_path) == 0;
    }
    char host[INET6_ADDRSTRLEN];
    uint16_t port;
    return read_address(&address, host, &port) && port == endpoint->port &&
           (endpoint->host[0] == '\0' || strcmp(host, endpoint->host) == 0);
}

static bool is_connection(int file)
{
    address_t address;
    socklen_t size = sizeof address;
    return getpeername(file, &address.any, &size) == 0; /* which fails for a listener */
}

/* Writes the host as read_address does; "" for all addresses of the machine. */
static bool parse_own(const char *endpoint, endpoint_t *ret_own)
{
    struct in6_addr v6;
    if (endpoint_parse(endpoint, ret_own) != STATUS_OK) {
        return false;
    }
    if (inet_pton(AF_INET6, ret_own->host, &v6) == 1) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
        (void)inet_ntop(mapped ? AF_INET : AF_INET6, &v6.s6_addr[mapped ? 12 : 0], ret_own->host,
                        sizeof ret_own->host);
    }
    if (strcmp(ret_own->host, "0.0.0.0") == 0 || strcmp(ret_own->host, "::") == 0) {
        ret_own->host[0] = '\0';
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
    address_t address = {0};
    socklen_t size = sizeof address;
    if (getpeername(file, &address.any, &size) != 0) {
        return false;
    }
    char host[INET6_ADDRSTRLEN];
    uint16_t port;
    if (read_address(&address, host, &port)) {
        bool v6 = strchr(host, ':') != NULL;
        snprintf(out, CONNECTIONS_PEER_SIZE, v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
        return true;
    }
    struct ucred peer;
    size = sizeof peer;
    if (address.any.sa_family != AF_UNIX ||
        getsockopt(file, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return false;
    }
    snprintf(out, CONNECTIONS_PEER_SIZE, "process %ld of user %ld", (long)peer.pid, (long)peer.uid);
    return true;
}

bool connections_has_received(int file, size_t size)
{
    struct tcp_info info = {0};
    socklen_t info_size = sizeof info;
    return getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0 ||
           info.tcpi_bytes_received >= size;
}
