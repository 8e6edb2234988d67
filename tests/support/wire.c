#include "tests/support/wire.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    int listener;
    client_t *server; /* the port */
    int client;       /* the connection of the client; -1: it has not connected */
    char endpoint[64];
    buffer_t sent;
};

wire_t *wire_new(uint16_t port)
{
    wire_t *self = memory_new(sizeof *self);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->client = -1;
    self->server = client_new(port);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(self->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(self->listener, 1), 0);
    assert_int_equal(getsockname(self->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(self->endpoint, sizeof self->endpoint, "tcp://127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    buffer_init(&self->sent, 1048576);
    return self;
}

void wire_destroy(wire_t **self_p)
{
    wire_t *self = *self_p;
    if (self != NULL) {
        client_destroy(&self->server);
        close(self->listener);
        if (self->client >= 0) {
            close(self->client);
        }
        buffer_done(&self->sent);
        free(self);
        *self_p = NULL;
    }
}

const char *wire_endpoint(const wire_t *self)
{
    return self->endpoint;
}

text_t wire_sent(const wire_t *self)
{
    return buffer_text(&self->sent);
}

static void carry_some(wire_t *self)
{
    char data[4096];
    struct pollfd files[] = {
        {.fd = self->client >= 0 ? self->client : self->listener, .events = POLLIN},
        {.fd = client_socket(self->server), .events = POLLIN}};
    if (poll(files, ARRAY_COUNT(files), 10) <= 0) {
        return;
    }
    if (files[0].revents != 0 && self->client < 0) {
        self->client = accept(self->listener, NULL, NULL);
    } else if (files[0].revents != 0) {
        ssize_t size = read(self->client, data, sizeof data);
        assert_true(size > 0);
        assert_int_equal(buffer_append(&self->sent, data, (size_t)size), STATUS_OK);
        client_send(self->server, (text_t){.data = data, .size = (size_t)size});
    }
    if (files[1].revents != 0 && self->client >= 0) {
        ssize_t size = read(client_socket(self->server), data, sizeof data);
        assert_true(size > 0);
        assert_int_equal(write(self->client, data, (size_t)size), size);
    }
}

void wire_carry(wire_t *self, bool (*condition)(void *argument), void *argument)
{
    int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    while (!condition(argument)) {
        assert_true(wait_clock_ms() < end_ms);
        carry_some(self);
    }
}
