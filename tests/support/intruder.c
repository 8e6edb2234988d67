#include "tests/support/intruder.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/security/certificates.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct intruder {
    void *context;
    void *socket;
    certificates_pair_t pair;
};

static void read_pair(const herd_t *herd, roles_role_t role, const char *name, bool secret,
                      certificates_pair_t *ret_pair)
{
    certificates_problem_t problem;
    char *keys = workspace_path(herd_folder(herd), "keys");
    char *path = secret ? certificates_secret_path(keys, role, name)
                        : certificates_public_path(keys, role, name);
    status_t status = secret ? certificates_read_secret(path, ret_pair, &problem)
                             : certificates_read_public(path, ret_pair, &problem);
    if (status != STATUS_OK) {
        fail_msg("%s", problem.text);
    }
    free(path);
    free(keys);
}

static void take_keys(intruder_t *self, const herd_t *herd, const intruder_options_t *options)
{
    certificates_pair_t server = {0};
    if (options->stranger) {
        assert_int_equal(zmq_curve_keypair(self->pair.public_key, self->pair.secret_key), 0);
    } else {
        read_pair(herd, options->role, options->name, true, &self->pair);
    }
    read_pair(herd, ROLES_MEMBER, options->server, false, &server);
    assert_int_equal(
        sockets_secure_client(self->socket, self->pair.public_key, self->pair.secret_key,
                              options->wrong_server ? self->pair.public_key : server.public_key),
        STATUS_OK);
}

intruder_t *intruder_new(const herd_t *herd, const intruder_options_t *options)
{
    intruder_t *self = memory_new(sizeof *self);
    int none = 0;
    self->context = zmq_ctx_new();
    self->socket = zmq_socket(self->context, options->type);
    if (options->type == ZMQ_DEALER) {
        assert_int_equal(sockets_configure(self->socket, SOCKETS_REQUESTS_DEALER, options->endpoint,
                                           options->routing_id),
                         STATUS_OK);
    } else {
        assert_int_equal(zmq_setsockopt(self->socket, ZMQ_SUBSCRIBE, "", 0), 0);
    }
    zmq_setsockopt(self->socket, ZMQ_LINGER, &none, sizeof none);
    if (options->server != NULL) {
        take_keys(self, herd, options);
    }
    assert_int_equal(zmq_connect(self->socket, options->endpoint), 0);
    return self;
}

void intruder_destroy(intruder_t **self_p)
{
    intruder_t *self = *self_p;
    if (self != NULL) {
        zmq_close(self->socket);
        zmq_ctx_term(self->context);
        free(self);
        *self_p = NULL;
    }
}

const char *intruder_key(const intruder_t *self)
{
    return self->pair.public_key;
}

void *intruder_socket(const intruder_t *self)
{
    return self->socket;
}

bool intruder_send(intruder_t *self, message_type_t type, const char *header, const char *body,
                   int64_t limit_ms)
{
    const message_t message = {.type = type, .header = text_of(header), .body = text_of(body)};
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLOUT};
    return zmq_poll(&item, 1, (long)limit_ms) == 1 &&
           transport_send(self->socket, (text_t){0}, &message) == STATUS_OK;
}

void intruder_expect(intruder_t *self, message_type_t type)
{
    transport_inbound_t inbound;
    bool found = false;
    while (!found) {
        zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
        assert_int_equal(transport_receive(self->socket, false, &inbound), STATUS_OK);
        found = inbound.message.type == type;
        transport_inbound_done(&inbound);
    }
}

struct wire {
    int listener;
    client_t *server; /* the port */
    int client;       /* who connected; -1: nobody */
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
