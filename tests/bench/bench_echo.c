#include "tests/bench/bench_echo.h"

#include "common/base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER_SIZE = 64 * 1024 };

/* A connection; the listening socket is NULL to epoll. */
typedef struct {
    int fd;                 /* the socket */
    size_t begin;           /* bytes of `data` that were written */
    size_t end;             /* bytes of `data` that were read */
    char data[BUFFER_SIZE]; /* bytes on their way back */
} echo_t;

static int listen_at(uint16_t port)
{
    const int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return -1;
    }
    printf("echo on 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_one(int epoll_fd, int listener)
{
    const int on = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1) {
        return;
    }
    echo_t *echo = memory_new(sizeof *echo);
    echo->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = echo};
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(fd);
        free(echo);
    }
}

/* Reads if nothing waits to be written, and writes; false at the end of the connection. */
static bool move(echo_t *self)
{
    if (self->begin == self->end) {
        ssize_t got = recv(self->fd, self->data, sizeof self->data, 0);
        if (got <= 0) {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
        self->begin = 0;
        self->end = (size_t)got;
    }
    ssize_t sent = send(self->fd, self->data + self->begin, self->end - self->begin, MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    self->begin += (size_t)sent;
    return true;
}

static void serve(int epoll_fd, echo_t *echo)
{
    bool waited = echo->begin < echo->end;
    if (!move(echo)) {
        close(echo->fd);
        free(echo);
        return;
    }
    bool waits = echo->begin < echo->end;
    if (waits != waited) {
        struct epoll_event event = {.events = waits ? EPOLLOUT : EPOLLIN, .data.ptr = echo};
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_MOD, echo->fd, &event);
    }
}

void bench_echo_serve(uint16_t port)
{
    struct epoll_event events[EVENTS] = {{.events = EPOLLIN, .data.ptr = NULL}};
    int listener = listen_at(port);
    int epoll_fd = listener != -1 ? epoll_create1(EPOLL_CLOEXEC) : -1;
    if (epoll_fd == -1 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &events[0]) != 0) {
        return; /* the process ends */
    }
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_one(epoll_fd, listener);
            } else {
                serve(epoll_fd, events[i].data.ptr);
            }
        }
    }
}
