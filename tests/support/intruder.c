#include "tests/support/intruder.h"

#include "common/base/memory.h"
#include "common/security/certificates.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdlib.h>

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
