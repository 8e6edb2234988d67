#include "tests/support/test_node.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct test_node {
    void *context;
    void *router;
    transport_inbound_t inbound; /* the last message received */
    char peer[256];              /* routing id of the front-end that is answered */
    size_t peer_size;            /* bytes */
    char session[32];            /* as in the last HELLO */
    bool answer_pings;
};

test_node_t *test_node_new(const char *endpoint)
{
    test_node_t *self = memory_new(sizeof *self);
    int none = 0;
    self->answer_pings = true;
    self->context = zmq_ctx_new();
    self->router = zmq_socket(self->context, ZMQ_ROUTER);
    assert_int_equal(sockets_configure(self->router, SOCKETS_REQUESTS_ROUTER, endpoint, NULL),
                     STATUS_OK);
    zmq_setsockopt(self->router, ZMQ_LINGER, &none, sizeof none);
    assert_int_equal(zmq_bind(self->router, endpoint), 0);
    return self;
}

void test_node_destroy(test_node_t **self_p)
{
    test_node_t *self = *self_p;
    if (self != NULL) {
        transport_inbound_done(&self->inbound);
        zmq_close(self->router);
        while (zmq_ctx_term(self->context) != 0 && errno == EINTR) {
        }
        free(self);
        *self_p = NULL;
    }
}

void test_node_answer_pings(test_node_t *self, bool answer)
{
    self->answer_pings = answer;
}

uint64_t test_node_session(const test_node_t *self)
{
    uint64_t session = 0;
    assert_true(text_to_u64(text_of(self->session), UINT64_MAX, &session));
    return session;
}

static void send_to(test_node_t *self, const message_t *message)
{
    text_t peer = {.data = self->peer, .size = self->peer_size};
    assert_int_equal(transport_send(self->router, peer, message), STATUS_OK);
}

void test_node_send(test_node_t *self, message_type_t type, const char *number, text_t body)
{
    char header[64];
    int size = snprintf(header, sizeof header, "%s%s%s", self->session, number != NULL ? " " : "",
                        number != NULL ? number : "");
    message_t message = {
        .type = type, .header = {.data = header, .size = (size_t)size}, .body = body};
    send_to(self, &message);
}

void test_node_send_frames(test_node_t *self, const char *const *frames)
{
    assert_int_equal(zmq_send(self->router, self->peer, self->peer_size, ZMQ_SNDMORE),
                     self->peer_size);
    for (size_t i = 0; frames[i] != NULL; i++) {
        int flags = frames[i + 1] != NULL ? ZMQ_SNDMORE : 0;
        assert_int_equal(zmq_send(self->router, frames[i], strlen(frames[i]), flags),
                         strlen(frames[i]));
    }
}

/* The next message, which may be a PING; false at the limit. */
static bool receive(test_node_t *self, int64_t limit_ms)
{
    transport_inbound_done(&self->inbound);
    zmq_pollitem_t item = {.socket = self->router, .events = ZMQ_POLLIN};
    int64_t end_ms = wait_clock_ms() + limit_ms;
    int64_t left_ms = limit_ms;
    while (left_ms > 0) {
        (void)zmq_poll(&item, 1, left_ms);
        status_t status = transport_receive(self->router, true, &self->inbound);
        if (status == STATUS_OK) {
            break;
        }
        assert_int_equal(status, STATUS_AGAIN);
        left_ms = end_ms - wait_clock_ms();
    }
    if (left_ms <= 0) {
        return false;
    }
    const message_t *message = &self->inbound.message;
    self->peer_size = self->inbound.peer.size;
    memcpy(self->peer, self->inbound.peer.data, self->peer_size);
    if (message->type == MESSAGE_HELLO) {
        assert_true(message->header.size < sizeof self->session);
        memcpy(self->session, message->header.data, message->header.size);
        self->session[message->header.size] = '\0';
    } else if (message->type == MESSAGE_PING && self->answer_pings) {
        test_node_send(self, MESSAGE_PONG, NULL, (text_t){0});
    }
    return true;
}

const message_t *test_node_wait(test_node_t *self, message_type_t type)
{
    do {
        if (!receive(self, WAIT_LIMIT_MS)) {
            fail_msg("no %s came", message_type_text(type));
        }
    } while (self->inbound.message.type == MESSAGE_PING && type != MESSAGE_PING);
    if (self->inbound.message.type != type) {
        fail_msg("%s came, not %s", message_type_text(self->inbound.message.type),
                 message_type_text(type));
    }
    return &self->inbound.message;
}

bool test_node_sees(test_node_t *self, message_type_t type, int64_t limit_ms)
{
    int64_t end_ms = wait_clock_ms() + limit_ms;
    for (int64_t left_ms = limit_ms; left_ms > 0; left_ms = end_ms - wait_clock_ms()) {
        if (receive(self, left_ms) && self->inbound.message.type == type) {
            return true;
        }
    }
    return false;
}

void test_node_welcome(test_node_t *self)
{
    (void)test_node_wait(self, MESSAGE_HELLO);
    test_node_send(self, MESSAGE_WELCOME, NULL,
                   TEXT("version 1\nname N\ngeneration 0123456789abcdef0123456789abcdef\n"));
}

bool test_node_take(text_t *body, test_request_t *ret_request)
{
    text_t connection;
    text_t sequence;
    text_t time;
    if (body->size == 0) {
        return false;
    }
    assert_true(text_take_line(body, &ret_request->line));
    assert_true(text_take_until(&ret_request->line, ' ', &connection));
    assert_true(text_take_until(&ret_request->line, ' ', &sequence));
    assert_true(text_take_until(&ret_request->line, ' ', &time));
    assert_true(text_to_u64(connection, UINT64_MAX, &ret_request->connection));
    assert_true(text_to_u64(sequence, UINT64_MAX, &ret_request->sequence));
    assert_true(text_to_i64(time, &ret_request->time_ns));
    return true;
}

test_request_t test_node_wait_one(test_node_t *self)
{
    text_t body = test_node_wait(self, MESSAGE_REQUEST)->body;
    test_request_t request;
    assert_true(test_node_take(&body, &request));
    assert_int_equal(body.size, 0);
    return request;
}

static void append_reply(buffer_t *body, const test_request_t *request, const char *before,
                         text_t text, const char *after)
{
    assert_int_equal(buffer_format(body, "%llu %llu %zu %s",
                                   (unsigned long long)request->connection,
                                   (unsigned long long)request->sequence,
                                   strlen(before) + text.size + strlen(after), before),
                     STATUS_OK);
    assert_int_equal(buffer_append(body, text.data, text.size), STATUS_OK);
    assert_int_equal(buffer_append(body, after, strlen(after)), STATUS_OK);
}

void test_node_reply(test_node_t *self, const char *number, const test_request_t *request,
                     const char *reply)
{
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    append_reply(&body, request, "", text_of(reply), "");
    test_node_send(self, MESSAGE_REPLY, number, buffer_text(&body));
    buffer_done(&body);
}

void test_node_answer_all(test_node_t *self, text_t body)
{
    buffer_t replies;
    buffer_init(&replies, LIMIT_BODY_SIZE);
    test_request_t request;
    while (test_node_take(&body, &request)) {
        append_reply(&replies, &request, "AT N ", request.line, "\n");
    }
    test_node_send(self, MESSAGE_REPLY, "1", buffer_text(&replies));
    buffer_done(&replies);
}
