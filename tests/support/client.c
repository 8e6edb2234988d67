#include "tests/support/client.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 65536,
    INPUT_MAX = 256 * 1024 * 1024, /* bytes that one read of a test may gather */
};

struct client {
    int socket;     /* non-blocking */
    buffer_t input; /* received, perhaps handed out */
    size_t taken;   /* bytes in front of `input` that the last read handed out */
    bool ended;     /* end-of-file or an error was read */
};

typedef enum { RECEIVED, CLOSED, TIMED_OUT } receive_t;

/* NULL if no program listens at `address`. */
static client_t *connect_to(const struct sockaddr *address, socklen_t size, int receive_size)
{
    int socket_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
        fail_msg("socket: %s", strerror(errno));
    }
    if (receive_size > 0) {
        setsockopt(socket_fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
    }
    /* A test that dribbles wants each byte on its way at once. */
    int on = 1;
    setsockopt(socket_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_fd, address, size) < 0) {
        close(socket_fd);
        return NULL;
    }
    client_t *self = memory_new(sizeof *self);
    self->socket = socket_fd;
    buffer_init(&self->input, INPUT_MAX);
    return self;
}

client_t *client_try_small(uint16_t port, int receive_size)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect_to((const struct sockaddr *)&address, sizeof address, receive_size);
}

client_t *client_try_ipv6(uint16_t port)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return connect_to((const struct sockaddr *)&address, sizeof address, 0);
}

client_t *client_try(uint16_t port)
{
    return client_try_small(port, 0);
}

client_t *client_new(uint16_t port)
{
    client_t *self = client_try(port);
    if (self == NULL) {
        fail_msg("port %u: %s", (unsigned)port, strerror(errno));
    }
    return self;
}

void client_destroy(client_t **self_p)
{
    client_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    close(self->socket);
    buffer_done(&self->input);
    free(self);
    *self_p = NULL;
}

int client_socket(const client_t *self)
{
    return self->socket;
}

/* Whether `events` came before `deadline_ms`. */
static bool await(const client_t *self, short events, int64_t deadline_ms)
{
    for (;;) {
        int64_t left_ms = deadline_ms - wait_clock_ms();
        struct pollfd item = {.fd = self->socket, .events = events};
        int ready = poll(&item, 1, left_ms > 0 ? (int)left_ms : 0);
        if (ready > 0) {
            return true;
        }
        if (ready == 0 || errno != EINTR) {
            return false;
        }
    }
}

size_t client_send_some(client_t *self, text_t text, int64_t limit_ms)
{
    int64_t deadline_ms = wait_clock_ms() + limit_ms;
    size_t sent = 0;
    while (sent < text.size && await(self, POLLOUT, deadline_ms)) {
        ssize_t count =
            send(self->socket, text.data + sent, text.size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            sent += (size_t)count;
        } else if (errno != EAGAIN && errno != EINTR) {
            break;
        }
    }
    return sent;
}

void client_send(client_t *self, text_t text)
{
    size_t sent = client_send_some(self, text, WAIT_LIMIT_MS);
    if (sent != text.size) {
        fail_msg("only %zu of %zu bytes were taken", sent, text.size);
    }
}

void client_say(client_t *self, const char *string)
{
    client_send(self, text_of(string));
}

void client_dribble(client_t *self, text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        client_send(self, (text_t){.data = text.data + i, .size = 1});
    }
}

void client_half_close(client_t *self)
{
    shutdown(self->socket, SHUT_WR);
}

/* Forgets what the last read handed out. */
static void forget_taken(client_t *self)
{
    buffer_consume(&self->input, self->taken);
    self->taken = 0;
}

/* One read(2) into the input. */
static receive_t receive(client_t *self, int64_t deadline_ms)
{
    if (self->ended) {
        return CLOSED;
    }
    if (!await(self, POLLIN, deadline_ms)) {
        return TIMED_OUT;
    }
    if (buffer_reserve(&self->input, READ_SIZE) != STATUS_OK) {
        fail_msg("more than %d bytes to read", INPUT_MAX);
    }
    ssize_t count = recv(self->socket, self->input.data + self->input.size, READ_SIZE, 0);
    if (count <= 0) {
        self->ended = true;
        return CLOSED;
    }
    buffer_commit(&self->input, (size_t)count);
    return RECEIVED;
}

static text_t take(client_t *self, size_t size)
{
    self->taken = size;
    return text_first(buffer_text(&self->input), size);
}

/* Receives until there are `count` lines; returns their size with the LFs. 0 if the input or the
 * time ended before; `*ret_why` says which. */
static size_t receive_lines(client_t *self, size_t count, int64_t limit_ms, receive_t *ret_why)
{
    int64_t deadline_ms = wait_clock_ms() + limit_ms;
    forget_taken(self);
    size_t found = 0;
    size_t looked = 0;
    for (;;) {
        for (; looked < self->input.size; looked++) {
            found += self->input.data[looked] == '\n';
            if (found == count) {
                return looked + 1;
            }
        }
        *ret_why = receive(self, deadline_ms);
        if (*ret_why != RECEIVED) {
            return 0;
        }
    }
}

text_t client_read_lines(client_t *self, size_t count)
{
    receive_t why = RECEIVED;
    size_t size = receive_lines(self, count, WAIT_LIMIT_MS, &why);
    if (size == 0) {
        char sample[200];
        text_escape(buffer_text(&self->input), sample, sizeof sample);
        fail_msg("%s before %zu lines came; so far: \"%s\"",
                 why == CLOSED ? "the server closed" : "the limit was reached", count, sample);
    }
    return take(self, size);
}

text_t client_read_line(client_t *self)
{
    text_t line = client_read_lines(self, 1);
    return text_first(line, line.size - 1);
}

bool client_try_line(client_t *self, int64_t limit_ms, text_t *ret_line)
{
    receive_t why = RECEIVED;
    size_t size = receive_lines(self, 1, limit_ms, &why);
    if (size == 0) {
        return false;
    }
    *ret_line = text_first(take(self, size), size - 1);
    return true;
}

text_t client_read_all(client_t *self)
{
    int64_t deadline_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    forget_taken(self);
    receive_t result;
    do {
        result = receive(self, deadline_ms);
    } while (result == RECEIVED);
    if (result == TIMED_OUT) {
        fail_msg("the server did not close; %zu bytes so far", self->input.size);
    }
    return take(self, self->input.size);
}

text_t client_read_once(client_t *self)
{
    forget_taken(self);
    if (self->input.size == 0 && receive(self, wait_clock_ms() + WAIT_LIMIT_MS) != RECEIVED) {
        fail_msg("nothing came");
    }
    return take(self, self->input.size);
}

bool client_sees_close(client_t *self, int64_t limit_ms)
{
    forget_taken(self);
    return self->input.size == 0 && receive(self, wait_clock_ms() + limit_ms) == CLOSED;
}

void client_expect(client_t *self, const char *expected)
{
    text_t line = client_read_line(self);
    if (!text_equal(line, text_of(expected))) {
        char sample[400];
        text_escape(line, sample, sizeof sample);
        fail_msg("expected \"%s\", came \"%s\"", expected, sample);
    }
}
