#include "frontend/clients/client_socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>

enum {
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 10,
    KEEPALIVE_PROBES = 6,
};

size_t client_socket_peer(const struct sockaddr *address, uint64_t connection,
                          char out[CLIENT_SOCKET_PEER_SIZE])
{
    size_t size = address_write(address, out);
    if (size == 0) {
        size = (size_t)(text_copy(TEXT("?:0"), out) - out);
    }
    int number_size = snprintf(out + size, CLIENT_SOCKET_PEER_SIZE - size, "#%llu",
                               (unsigned long long)connection);
    return size + (size_t)number_size;
}

void client_socket_set_options(int file)
{
    const struct {
        int level;
        int name;
        int value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        /* Best effort: a socket that refuses one is about to break, which the next read finds. */
        (void)setsockopt(file, options[i].level, options[i].name, &options[i].value,
                         sizeof options[i].value);
    }
}

size_t client_socket_unread(const uv_tcp_t *tcp)
{
    int queued = 0;
    uv_os_fd_t file;
    size_t here = uv_stream_get_write_queue_size((const uv_stream_t *)tcp);
    bool known =
        uv_fileno((const uv_handle_t *)tcp, &file) == 0 && ioctl(file, SIOCOUTQ, &queued) == 0;
    return known ? here + (size_t)queued : here;
}
