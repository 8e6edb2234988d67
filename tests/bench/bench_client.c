#include "tests/bench/bench_client.h"

#include "common/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 64 * 1024,
    REPLIES_SIZE_MAX = 16 * 1024 * 1024, /* of input: far more than a reply and one read */
};

static int connect_to(const struct addrinfo *addresses)
{
    int fd = -1;
    for (const struct addrinfo *at = addresses; at != NULL && fd == -1; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd != -1 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            int reason = errno;
            close(fd);
            errno = reason;
            fd = -1;
        }
    }
    return fd;
}

bool bench_client_connect(bench_client_t *self, const struct addrinfo *addresses, size_t pipeline)
{
    const int on = 1;
    *self = (bench_client_t){.fd = connect_to(addresses), .pipeline = pipeline};
    buffer_init(&self->in, REPLIES_SIZE_MAX);
    if (self->fd == -1) {
        return false;
    }
    self->out = memory_new_array(pipeline, BENCH_REQUEST_SIZE_MAX);
    self->lines = memory_new_array(pipeline, sizeof *self->lines);
    return setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           fcntl(self->fd, F_SETFL, O_NONBLOCK) == 0;
}

void bench_client_close(bench_client_t *self)
{
    if (self->fd != -1) {
        close(self->fd);
    }
    self->fd = -1;
    self->under_way = 0;
    self->out_begin = self->out_end = 0;
}

void bench_client_done(bench_client_t *self)
{
    bench_client_close(self);
    buffer_done(&self->in);
    free(self->out);
    free(self->lines);
}

void bench_client_add(bench_client_t *self, bench_peer_t peer, const bench_request_t *request)
{
    size_t capacity = self->pipeline * BENCH_REQUEST_SIZE_MAX;
    /* Whatever waits belongs to lines under way, so that there is room for one more. */
    if (capacity - self->out_end < BENCH_REQUEST_SIZE_MAX) {
        self->out_end -= self->out_begin;
        memmove(self->out, self->out + self->out_begin, self->out_end);
        self->out_begin = 0;
    }
    self->out_end += bench_peer_write(peer, request, self->out + self->out_end);
    self->lines[(self->first + self->under_way) % self->pipeline] = *request;
    self->under_way++;
    self->made++;
}

bool bench_client_write(bench_client_t *self)
{
    if (self->out_begin == self->out_end) {
        return true;
    }
    ssize_t size =
        send(self->fd, self->out + self->out_begin, self->out_end - self->out_begin, MSG_NOSIGNAL);
    if (size < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    self->out_begin += (size_t)size;
    if (self->out_begin == self->out_end) {
        self->out_begin = self->out_end = 0;
    }
    return true;
}

bool bench_client_read(bench_client_t *self)
{
    buffer_consume(&self->in, self->in_taken);
    self->in_taken = 0;
    if (buffer_reserve(&self->in, READ_SIZE) != STATUS_OK) {
        return false;
    }
    ssize_t size = recv(self->fd, self->in.data + self->in.size, READ_SIZE, 0);
    if (size < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    buffer_commit(&self->in, (size_t)size);
    return size > 0;
}

bench_reply_t bench_client_take(bench_client_t *self, bench_peer_t peer,
                                bench_request_t *ret_request, text_t *ret_reply)
{
    text_t rest = text_after(buffer_text(&self->in), self->in_taken);
    bench_reply_t result = bench_peer_take(peer, &self->lines[self->first], &rest, ret_reply);
    if (result != BENCH_REPLY_PART) {
        self->in_taken = self->in.size - rest.size;
        *ret_request = self->lines[self->first];
        self->first = (self->first + 1) % self->pipeline;
        self->under_way--;
    }
    return result;
}
