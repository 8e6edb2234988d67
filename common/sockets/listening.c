#include "common/sockets/listening.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

bool listening_is_absent(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

int listening_open(const listening_t *self, const struct addrinfo *address)
{
    int file = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file < 0) {
        return -1;
    }
    int on = 1;
    int shared = self->shares_port ? 1 : 0;
    int v6_only = self->every_family ? 0 : 1;
    bool fine = setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                setsockopt(file, SOL_SOCKET, SO_REUSEPORT, &shared, sizeof shared) == 0 &&
                (address->ai_family != AF_INET6 ||
                 setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) == 0) &&
                bind(file, address->ai_addr, address->ai_addrlen) == 0 &&
                listen(file, self->queue) == 0;
    if (!fine) {
        int error = errno;
        close(file);
        errno = error;
        return -1;
    }
    return file;
}

int listening_open_everywhere(const listening_t *self, uint16_t port)
{
    listening_t settings = *self;
    settings.every_family = true;
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
    struct addrinfo address = {
        .ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&v6, .ai_addrlen = sizeof v6};
    int file = listening_open(&settings, &address);
    if (file >= 0 || !listening_is_absent(errno)) {
        return file;
    }
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_ANY)}};
    address = (struct addrinfo){
        .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&v4, .ai_addrlen = sizeof v4};
    return listening_open(&settings, &address);
}
