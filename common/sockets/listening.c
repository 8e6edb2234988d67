/* A port that processes share belongs to one tenant, and this is how that holds:
 *
 * The first process binds and listens as if the port were its alone, which the kernel grants to one
 * process only, whatever the addresses are (0.0.0.0, 127.0.0.1, ::). Then it makes its claim, and
 * only then it lets others in (SO_REUSEPORT).
 * A further process finds the port taken. If it sees a claim of its tenant on this very address, it
 * joins, makes its claim, and looks again: in the meantime the first may have ended and another
 * tenant have come, whose claim is there since before it let anyone in. Who sees a claim of another
 * tenant gives up.
 * Who sees no claim waits for a moment: the first may be between its listen and its claim. */
#include "common/sockets/listening.h"

#include "common/sockets/claim.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIES = 25, /* to join, with the pauses half a second */
    PAUSE_MS = 20,
};

bool listening_is_absent(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

void listening_close(listening_socket_t *socket)
{
    int error = errno;
    if (socket->file >= 0) {
        close(socket->file);
    }
    if (socket->claim >= 0) {
        close(socket->claim);
    }
    *socket = (listening_socket_t){.file = -1, .claim = -1};
    errno = error;
}

static bool set_shared(int file)
{
    int on = 1;
    return setsockopt(file, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

/* An IPv6 socket takes IPv4 if its address is one of IPv4, ::ffff:127.0.0.1. */
static bool takes_ipv4(const listening_t *self, const struct addrinfo *address)
{
    address_point_t point;
    return self->every_family ||
           (address_point(address->ai_addr, &point) && IN6_IS_ADDR_V4MAPPED(&point.number));
}

/* Returns a descriptor, or -1 and errno. `joins`: others share the port already. */
static int open_socket(const listening_t *self, const struct addrinfo *address, bool joins)
{
    int file = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file < 0) {
        return -1;
    }
    int on = 1;
    int v6_only = takes_ipv4(self, address) ? 0 : 1;
    bool fine = setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                (!joins || set_shared(file)) &&
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

/* The point that it is bound to: with port 0 the kernel has chosen one. */
static bool find_point(int file, address_point_t *ret_point)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    return getsockname(file, (struct sockaddr *)&address, &size) == 0 &&
           address_point((struct sockaddr *)&address, ret_point);
}

/* As the only one, so far. */
static bool open_first(const listening_t *self, const struct addrinfo *address,
                       listening_socket_t *ret_socket)
{
    address_point_t point;
    listening_socket_t opened = {.file = open_socket(self, address, false), .claim = -1};
    bool fine = opened.file >= 0;
    if (fine && self->tenant != 0) {
        fine = find_point(opened.file, &point);
        opened.claim = fine ? claim_make(&point, self->tenant) : -1;
        fine = opened.claim >= 0 && set_shared(opened.file);
    }
    if (!fine) {
        listening_close(&opened);
        return false;
    }
    *ret_socket = opened;
    return true;
}

static bool join(const listening_t *self, const struct addrinfo *address,
                 const address_point_t *point, listening_socket_t *ret_socket)
{
    listening_socket_t opened = {.file = open_socket(self, address, true), .claim = -1};
    bool fine = opened.file >= 0;
    if (fine) {
        opened.claim = claim_make(point, self->tenant);
        fine = opened.claim >= 0;
    }
    if (fine && claim_look(point, self->tenant, opened.claim) == CLAIM_THEIRS) {
        errno = EADDRINUSE;
        fine = false;
    }
    if (!fine) {
        listening_close(&opened);
        return false;
    }
    *ret_socket = opened;
    return true;
}

bool listening_open(const listening_t *self, const struct addrinfo *address,
                    listening_socket_t *ret_socket)
{
    address_point_t point;
    for (int i = 0; i < (self->at_once ? 1 : TRIES); i++) {
        if (open_first(self, address, ret_socket)) {
            return true;
        }
        if (errno != EADDRINUSE || self->tenant == 0 || !address_point(address->ai_addr, &point)) {
            return false;
        }
        claim_verdict_t verdict = claim_look(&point, self->tenant, -1);
        if (verdict == CLAIM_OURS && join(self, address, &point, ret_socket)) {
            return true;
        }
        if (verdict == CLAIM_THEIRS) {
            break;
        }
        if (verdict == CLAIM_OURS && errno != EADDRINUSE) {
            return false;
        }
        if (!self->at_once) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        }
    }
    errno = EADDRINUSE;
    return false;
}

bool listening_open_everywhere(const listening_t *self, uint16_t port,
                               listening_socket_t *ret_socket)
{
    listening_t settings = *self;
    settings.every_family = true;
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
    struct addrinfo address = {
        .ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&v6, .ai_addrlen = sizeof v6};
    if (listening_open(&settings, &address, ret_socket)) {
        return true;
    }
    if (!listening_is_absent(errno)) {
        return false;
    }
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_ANY)}};
    address = (struct addrinfo){
        .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&v4, .ai_addrlen = sizeof v4};
    return listening_open(&settings, &address, ret_socket);
}
