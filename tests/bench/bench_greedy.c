#include "tests/bench/bench_greedy.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 64,               /* of one turn */
    LINES_SIZE = 128 * 1024,   /* of the lines that are sent again and again */
    REPLIES_SIZE = 256 * 1024, /* of one read */
    ID_SIZE = 24,              /* "greedy.", a number */
};

const char *const bench_greedy_names[] = {"none",    "short", "iamat", "long",
                                          "whatsat", "deaf",  NULL};

/* One connection. */
typedef struct {
    int fd;
    char *lines;    /* what it sends, again and again */
    size_t size;    /* bytes of `lines` */
    size_t at;      /* bytes of them that are sent already */
    uint32_t wants; /* epoll events */
} greedy_t;

/* A run. */
typedef struct {
    bench_greedy_t kind;
    int epoll_fd;
    greedy_t *all;
    size_t count;
    size_t closed;     /* by the peer */
    uint64_t sent;     /* bytes */
    uint64_t received; /* bytes */
    char *replies;     /* REPLIES_SIZE bytes */
} run_t;

static size_t write_line(bench_greedy_t kind, size_t number, char *out, size_t room)
{
    int size = 0;
    switch (kind) {
    case BENCH_GREEDY_NONE: break;
    case BENCH_GREEDY_SHORT: size = snprintf(out, room, "g\n"); break;
    case BENCH_GREEDY_IAMAT:
    case BENCH_GREEDY_DEAF:
        size = snprintf(out, room, "IAMAT greedy.%zu +34.068930-118.445127 1621464827.959498503\n",
                        number);
        break;
    case BENCH_GREEDY_LONG:
        memset(out, 'x', LIMIT_LINE_SIZE);
        out[LIMIT_LINE_SIZE] = '\n';
        size = LIMIT_LINE_SIZE + 1;
        break;
    case BENCH_GREEDY_WHATSAT:
        size = snprintf(out, room, "WHATSAT greedy.%zu 50 20\n", number);
        break;
    }
    return (size_t)size;
}

static void write_lines(greedy_t *self, bench_greedy_t kind, size_t number)
{
    self->lines = memory_new(LINES_SIZE);
    size_t size;
    do {
        size = write_line(kind, number, self->lines + self->size, LINES_SIZE - self->size);
        self->size += size;
    } while (self->size + size < LINES_SIZE);
}

/* A WHATSAT is greedy only if its client is known: waits for the answer to one IAMAT. */
static bool introduce(const greedy_t *self, size_t number)
{
    char line[ID_SIZE + 64];
    int size = snprintf(line, sizeof line, "IAMAT greedy.%zu +34.05-118.24 %lld\n", number,
                        (long long)(clock_now_ns() / TIMESTAMP_NS_PER_S));
    if (send(self->fd, line, (size_t)size, MSG_NOSIGNAL) != size) {
        return false;
    }
    for (char byte = 0; byte != '\n';) {
        if (recv(self->fd, &byte, 1, 0) != 1) {
            return false;
        }
    }
    return true;
}

static bool open_one(run_t *self, size_t number, const struct addrinfo *to)
{
    greedy_t *one = &self->all[number];
    one->fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
    if (one->fd == -1 || connect(one->fd, to->ai_addr, to->ai_addrlen) != 0 ||
        (self->kind == BENCH_GREEDY_WHATSAT && !introduce(one, number))) {
        return false;
    }
    write_lines(one, self->kind, number);
    one->wants = self->kind == BENCH_GREEDY_DEAF ? EPOLLOUT : EPOLLIN | EPOLLOUT;
    struct epoll_event event = {.events = one->wants, .data.ptr = one};
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, one->fd, &event) == 0;
}

static void close_one(run_t *self, greedy_t *one)
{
    self->closed++;
    close(one->fd);
    one->fd = -1;
}

/* Sends and receives once what can be. */
static void move(run_t *self, greedy_t *one, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        ssize_t sent =
            send(one->fd, one->lines + one->at, one->size - one->at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            close_one(self, one);
            return;
        }
        self->sent += sent > 0 ? (size_t)sent : 0;
        one->at = (one->at + (sent > 0 ? (size_t)sent : 0)) % one->size;
    }
    if ((events & ~(uint32_t)EPOLLOUT) != 0) {
        ssize_t received = recv(one->fd, self->replies, REPLIES_SIZE, MSG_DONTWAIT);
        if (received == 0 || (received < 0 && errno != EAGAIN)) {
            close_one(self, one);
            return;
        }
        self->received += received > 0 ? (size_t)received : 0;
    }
}

static bool open_all(run_t *self, const address_t *address)
{
    struct addrinfo *to;
    int error = address_resolve(address, 0, &to);
    if (error != 0) {
        fprintf(stderr, "herd-bench: %s: %s\n", address->host, gai_strerror(error));
        return false;
    }
    bool fine = true;
    for (size_t i = 0; fine && i < self->count; i++) {
        fine = open_one(self, i, to);
        if (!fine) {
            fprintf(stderr, "herd-bench: connection %zu: %s\n", i + 1, strerror(errno));
        }
    }
    freeaddrinfo(to);
    return fine;
}

static void send_for(run_t *self, uint64_t seconds)
{
    int64_t end_ns = clock_steady_ns() + (int64_t)seconds * TIMESTAMP_NS_PER_S;
    while (clock_steady_ns() < end_ns && self->closed < self->count) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(self->epoll_fd, events, EVENTS, 100);
        for (int i = 0; i < count; i++) {
            move(self, events[i].data.ptr, events[i].events);
        }
    }
}

static void close_all(run_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->all[i].fd != -1) {
            close(self->all[i].fd);
        }
        free(self->all[i].lines);
    }
    if (self->epoll_fd != -1) {
        close(self->epoll_fd);
    }
    free(self->all);
    free(self->replies);
}

bool bench_greedy_run(bench_greedy_t kind, const address_t *address, uint64_t connections,
                      uint64_t seconds)
{
    run_t self = {.kind = kind, .count = connections, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    self.all = memory_new_array(connections, sizeof *self.all);
    self.replies = memory_new(REPLIES_SIZE);
    for (size_t i = 0; i < connections; i++) {
        self.all[i].fd = -1;
    }
    bool fine = self.epoll_fd != -1 && open_all(&self, address);
    if (fine) {
        send_for(&self, seconds);
        printf("%s: %llu bytes sent, %llu received, %zu connections closed\n",
               bench_greedy_names[kind], (unsigned long long)self.sent,
               (unsigned long long)self.received, self.closed);
    }
    close_all(&self);
    return fine && self.closed == 0;
}
