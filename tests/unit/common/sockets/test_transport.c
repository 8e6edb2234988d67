/* HERD/1 messages on real ZeroMQ sockets (common/sockets/transport.h; bus-protocol.md, M rules). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/message.h"
#include "common/sockets/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

/* A DEALER named "Hands" that is connected to a ROUTER. */
typedef struct {
    void *context;
    void *router;
    void *dealer;
    char path[64]; /* of the ipc socket, "" for inproc */
} link_t;

static void set_option(void *socket, int option, int value)
{
    assert_int_equal(zmq_setsockopt(socket, option, &value, sizeof value), 0);
}

static void *new_socket(void *context, int type)
{
    void *socket = zmq_socket(context, type);
    assert_non_null(socket);
    set_option(socket, ZMQ_LINGER, 0);
    if (type == ZMQ_ROUTER) {
        set_option(socket, ZMQ_ROUTER_MANDATORY, 1);
    }
    return socket;
}

static void link_open(link_t *self, const char *endpoint, int high_water_mark)
{
    self->context = zmq_ctx_new();
    self->router = new_socket(self->context, ZMQ_ROUTER);
    self->dealer = new_socket(self->context, ZMQ_DEALER);
    set_option(self->router, ZMQ_SNDHWM, high_water_mark);
    set_option(self->dealer, ZMQ_RCVHWM, high_water_mark);
    assert_int_equal(zmq_setsockopt(self->dealer, ZMQ_ROUTING_ID, "Hands", 5), 0);
    assert_int_equal(zmq_bind(self->router, endpoint), 0);
    assert_int_equal(zmq_connect(self->dealer, endpoint), 0);
}

static int link_setup(void **state)
{
    link_t *self = memory_new(sizeof *self);
    link_open(self, "inproc://link", 1000);
    *state = self;
    return 0;
}

static int ipc_link_setup(void **state)
{
    link_t *self = memory_new(sizeof *self);
    char endpoint[80];
    snprintf(self->path, sizeof self->path, "/tmp/herd-test-message-%d", (int)getpid());
    snprintf(endpoint, sizeof endpoint, "ipc://%s", self->path);
    link_open(self, endpoint, 1000);
    *state = self;
    return 0;
}

static int narrow_link_setup(void **state)
{
    link_t *self = memory_new(sizeof *self);
    link_open(self, "inproc://link", 2);
    *state = self;
    return 0;
}

static int link_teardown(void **state)
{
    link_t *self = *state;
    zmq_close(self->router);
    zmq_close(self->dealer);
    zmq_ctx_term(self->context);
    if (self->path[0] != '\0') {
        unlink(self->path);
    }
    free(self);
    return 0;
}

static void wait_until_ready(void *socket)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_true(transport_ready(socket, ZMQ_POLLIN));
}

/* Sends the frames from the DEALER as they are; NULL ends them. */
static void send_raw(const link_t *link, const char *const *frames)
{
    for (size_t i = 0; frames[i] != NULL; i++) {
        int flags = frames[i + 1] != NULL ? ZMQ_SNDMORE : 0;
        assert_int_equal(zmq_send(link->dealer, frames[i], strlen(frames[i]), flags),
                         strlen(frames[i]));
    }
}

/* Receives one message at the ROUTER, which must be from Hands; the caller ends it. */
static status_t receive_routed(const link_t *link, transport_inbound_t *ret_inbound)
{
    wait_until_ready(link->router);
    status_t status = transport_receive(link->router, true, ret_inbound);
    assert_text_equal(ret_inbound->peer, "Hands");
    return status;
}

/* The bad message was taken off whole, and the link still works: a good one comes after it. */
static void assert_link_works(const link_t *link)
{
    transport_inbound_t inbound;
    assert_int_equal(transport_receive(link->router, true, &inbound), STATUS_AGAIN);
    const message_t ping = {.type = MESSAGE_PING, .header = TEXT("7")};
    assert_int_equal(transport_send(link->dealer, (text_t){0}, &ping), STATUS_OK);
    assert_int_equal(receive_routed(link, &inbound), STATUS_OK);
    assert_int_equal(inbound.message.type, MESSAGE_PING);
    assert_text_equal(inbound.message.header, "7");
    transport_inbound_done(&inbound);
}

static void messages_go_both_ways(void **state)
{
    const link_t *link = *state;
    transport_inbound_t inbound;
    const message_t data = {.type = MESSAGE_DATA,
                            .header = TEXT("1 00ff 0 2"),
                            .body = TEXT("AT one\nAT \0\xff two\n")};
    assert_int_equal(transport_send(link->dealer, (text_t){0}, &data), STATUS_OK);
    assert_int_equal(receive_routed(link, &inbound), STATUS_OK);
    assert_int_equal(inbound.message.type, MESSAGE_DATA);
    assert_text_equal(inbound.message.header, "1 00ff 0 2");
    assert_true(text_equal(inbound.message.body, data.body));
    transport_inbound_done(&inbound);

    const message_t ack = {.type = MESSAGE_ACK, .header = TEXT("1 2")};
    assert_int_equal(transport_send(link->router, TEXT("Hands"), &ack), STATUS_OK);
    wait_until_ready(link->dealer);
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_OK);
    assert_int_equal(inbound.peer.size, 0);
    assert_int_equal(inbound.message.type, MESSAGE_ACK);
    assert_text_equal(inbound.message.header, "1 2");
    assert_int_equal(inbound.message.body.size, 0);
    transport_inbound_done(&inbound);
    transport_inbound_done(&inbound);
    assert_link_works(link);
}

static void every_type_arrives_as_itself(void **state)
{
    const link_t *link = *state;
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        const message_t message = {.type = (message_type_t)type};
        transport_inbound_t inbound;
        assert_int_equal(transport_send(link->dealer, (text_t){0}, &message), STATUS_OK);
        assert_int_equal(receive_routed(link, &inbound), STATUS_OK);
        assert_int_equal(inbound.message.type, type);
        assert_int_equal(inbound.message.header.size, 0);
        transport_inbound_done(&inbound);
    }
    assert_string_equal(message_type_text(MESSAGE_HELLO), "HELLO");
    assert_string_equal(message_type_text(MESSAGE_REPORT), "REPORT");
}

static void the_wire_is_that_of_the_protocol(void **state)
{
    const link_t *link = *state;
    static const char *const expected[] = {"Hands", "HERD/1", "HELLO", "42", "versions 1\n"};
    const message_t hello = {
        .type = MESSAGE_HELLO, .header = TEXT("42"), .body = TEXT("versions 1\n")};
    assert_int_equal(transport_send(link->dealer, (text_t){0}, &hello), STATUS_OK);
    wait_until_ready(link->router);
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        char frame[64];
        int more = -1;
        size_t more_size = sizeof more;
        int size = zmq_recv(link->router, frame, sizeof frame, 0);
        assert_true(size >= 0 && (size_t)size <= sizeof frame);
        text_t text = {.data = frame, .size = (size_t)size};
        assert_text_equal(text, expected[i]);
        assert_int_equal(zmq_getsockopt(link->router, ZMQ_RCVMORE, &more, &more_size), 0);
        assert_int_equal(more, i + 1 < ARRAY_COUNT(expected));
    }
}

/* M1, M2, M3: each malformed form, then a good message behind it. */
static void malformed_messages_are_told_apart(void **state)
{
    const link_t *link = *state;
    static const struct {
        const char *frames[12];
        status_t status;
    } cases[] = {
        {{"HERD/1", "DATA", "", ""}, STATUS_OK},
        {{"HERD/1", "DATA", "h", "b"}, STATUS_OK},
        /* frame counts */
        {{""}, STATUS_INVALID},
        {{"HERD/1"}, STATUS_INVALID},
        {{"HERD/1", "DATA"}, STATUS_INVALID},
        {{"HERD/1", "DATA", ""}, STATUS_INVALID},
        {{"HERD/1", "DATA", "", "", ""}, STATUS_INVALID},
        {{"HERD/1", "DATA", "", "", "", ""}, STATUS_INVALID},
        {{"HERD/1", "DATA", "", "", "", "", "", "", "", "", ""}, STATUS_INVALID},
        {{"Hands", "HERD/1", "DATA", "", ""}, STATUS_INVALID},
        {{"", "HERD/1", "DATA", "", ""}, STATUS_INVALID},
        /* protocol */
        {{"", "DATA", "", ""}, STATUS_INVALID},
        {{"herd/1", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD1", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD/", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD/x", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD/1x", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD/-1", "DATA", "", ""}, STATUS_INVALID},
        {{"HERD/1 ", "DATA", "", ""}, STATUS_INVALID},
        {{" HERD/1", "DATA", "", ""}, STATUS_INVALID},
        {{"ZRE/2", "DATA", "", ""}, STATUS_INVALID},
        {{"DATA", "HERD/1", "", ""}, STATUS_INVALID},
        /* versions */
        {{"HERD/0", "DATA", "", ""}, STATUS_VERSION},
        {{"HERD/2", "DATA", "", ""}, STATUS_VERSION},
        {{"HERD/10", "DATA", "", ""}, STATUS_VERSION},
        {{"HERD/2", "WHATEVER", "", ""}, STATUS_VERSION},
        /* types */
        {{"HERD/1", "", "", ""}, STATUS_INVALID},
        {{"HERD/1", "data", "", ""}, STATUS_INVALID},
        {{"HERD/1", "DAT", "", ""}, STATUS_INVALID},
        {{"HERD/1", "DATAS", "", ""}, STATUS_INVALID},
        {{"HERD/1", "DATA ", "", ""}, STATUS_INVALID},
        {{"HERD/1", "WHATEVER", "", ""}, STATUS_INVALID},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        transport_inbound_t inbound;
        send_raw(link, cases[i].frames);
        assert_int_equal(receive_routed(link, &inbound), cases[i].status);
        transport_inbound_done(&inbound);
        assert_link_works(link);
    }
}

/* A DEALER has no routing id before the frames: five of them are one too many there. */
static void a_dealer_expects_four_frames(void **state)
{
    const link_t *link = *state;
    static const char *const frames[] = {"Hands", "HERD/1", "", "ACK", "", ""};
    static const size_t sizes[] = {5, 6, 0, 3, 0, 0};
    transport_inbound_t inbound;
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        int flags = i + 1 < ARRAY_COUNT(frames) ? ZMQ_SNDMORE : 0;
        assert_int_equal(zmq_send(link->router, frames[i], sizes[i], flags), sizes[i]);
    }
    wait_until_ready(link->dealer);
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_INVALID);
    assert_int_equal(inbound.peer.size, 0);
    transport_inbound_done(&inbound);
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_AGAIN);
}

static void sizes_have_their_limits(void **state)
{
    const link_t *link = *state;
    static const struct {
        size_t header_size;
        size_t body_size;
        status_t status;
    } cases[] = {
        {LIMIT_HEADER_SIZE, LIMIT_BODY_SIZE, STATUS_OK},
        {LIMIT_HEADER_SIZE + 1, 0, STATUS_TOO_LONG},
        {0, LIMIT_BODY_SIZE + 1, STATUS_TOO_LONG},
        {LIMIT_BODY_SIZE, LIMIT_BODY_SIZE + 1, STATUS_TOO_LONG},
    };
    char *bytes = memory_new(LIMIT_BODY_SIZE + 1);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        transport_inbound_t inbound;
        zmq_send(link->dealer, "HERD/1", 6, ZMQ_SNDMORE);
        zmq_send(link->dealer, "DATA", 4, ZMQ_SNDMORE);
        zmq_send(link->dealer, bytes, cases[i].header_size, ZMQ_SNDMORE);
        zmq_send(link->dealer, bytes, cases[i].body_size, 0);
        assert_int_equal(receive_routed(link, &inbound), cases[i].status);
        transport_inbound_done(&inbound);
    }
    const message_t largest = {.type = MESSAGE_REPLY,
                               .header = {bytes, LIMIT_HEADER_SIZE},
                               .body = {bytes, LIMIT_BODY_SIZE}};
    transport_inbound_t inbound;
    assert_int_equal(transport_send(link->dealer, (text_t){0}, &largest), STATUS_OK);
    assert_int_equal(receive_routed(link, &inbound), STATUS_OK);
    assert_int_equal(inbound.message.body.size, LIMIT_BODY_SIZE);
    transport_inbound_done(&inbound);
    free(bytes);
}

static void an_empty_socket_says_again(void **state)
{
    const link_t *link = *state;
    transport_inbound_t inbound;
    assert_false(transport_ready(link->router, ZMQ_POLLIN));
    assert_int_equal(transport_receive(link->router, true, &inbound), STATUS_AGAIN);
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_AGAIN);
    transport_inbound_done(&inbound);
}

static void an_unknown_peer_is_unreachable(void **state)
{
    const link_t *link = *state;
    const message_t ack = {.type = MESSAGE_ACK, .header = TEXT("1 2"), .body = TEXT("x\n")};
    assert_int_equal(transport_send(link->router, TEXT("Welsh"), &ack), STATUS_UNREACHABLE);
    assert_int_equal(transport_send(link->router, TEXT("Hand"), &ack), STATUS_UNREACHABLE);
    assert_link_works(link);
    /* Nothing of the refused message is left over to begin the next one. */
    transport_inbound_t inbound;
    assert_int_equal(transport_send(link->router, TEXT("Hands"), &ack), STATUS_OK);
    wait_until_ready(link->dealer);
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_OK);
    assert_text_equal(inbound.message.header, "1 2");
    transport_inbound_done(&inbound);
}

static void a_dealer_without_peer_says_again(void **state)
{
    const link_t *link = *state;
    const message_t ping = {.type = MESSAGE_PING};
    void *lonely = new_socket(link->context, ZMQ_DEALER);
    assert_int_equal(transport_send(lonely, (text_t){0}, &ping), STATUS_AGAIN);
    set_option(lonely, ZMQ_IMMEDIATE, 1);
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "ipc:///tmp/herd-test-nobody-%d", (int)getpid());
    assert_int_equal(zmq_connect(lonely, endpoint), 0);
    assert_int_equal(transport_send(lonely, (text_t){0}, &ping), STATUS_AGAIN);
    assert_false(transport_ready(lonely, ZMQ_POLLOUT));
    zmq_close(lonely);
}

/* What a full pipe refuses is refused whole: as many messages arrive as were accepted, each
 * complete. */
static void a_full_pipe_says_again(void **state)
{
    const link_t *link = *state;
    transport_inbound_t inbound;
    assert_link_works(link);
    char number[24];
    unsigned accepted = 0;
    for (;;) {
        int size = snprintf(number, sizeof number, "%u", accepted);
        const message_t data = {.type = MESSAGE_DATA, .header = {number, (size_t)size}};
        status_t status = transport_send(link->router, TEXT("Hands"), &data);
        if (status != STATUS_OK) {
            assert_int_equal(status, STATUS_AGAIN);
            break;
        }
        accepted++;
        assert_true(accepted < 100);
    }
    assert_true(accepted > 0);
    for (unsigned i = 0; i < accepted; i++) {
        wait_until_ready(link->dealer);
        assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_OK);
        snprintf(number, sizeof number, "%u", i);
        assert_text_equal(inbound.message.header, number);
        transport_inbound_done(&inbound);
    }
    assert_int_equal(transport_receive(link->dealer, false, &inbound), STATUS_AGAIN);
}

static void a_closed_context_is_a_system_error(void **state)
{
    const link_t *link = *state;
    const message_t ping = {.type = MESSAGE_PING};
    transport_inbound_t inbound;
    zmq_ctx_shutdown(link->context);
    assert_int_equal(transport_send(link->dealer, (text_t){0}, &ping), STATUS_SYSTEM);
    assert_int_equal(errno, ETERM);
    assert_int_equal(transport_receive(link->router, true, &inbound), STATUS_SYSTEM);
    assert_int_equal(errno, ETERM);
    transport_inbound_done(&inbound);
    assert_false(transport_ready(link->router, ZMQ_POLLIN));
}

#define LINK_TEST(test, setup) cmocka_unit_test_setup_teardown(test, setup, link_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(messages_go_both_ways, link_setup),
        {"messages_go_both_ways_between_processes", messages_go_both_ways, ipc_link_setup,
         link_teardown, NULL},
        LINK_TEST(every_type_arrives_as_itself, link_setup),
        LINK_TEST(the_wire_is_that_of_the_protocol, link_setup),
        LINK_TEST(malformed_messages_are_told_apart, link_setup),
        LINK_TEST(a_dealer_expects_four_frames, link_setup),
        LINK_TEST(sizes_have_their_limits, link_setup),
        LINK_TEST(an_empty_socket_says_again, link_setup),
        LINK_TEST(an_unknown_peer_is_unreachable, link_setup),
        LINK_TEST(a_dealer_without_peer_says_again, link_setup),
        LINK_TEST(a_full_pipe_says_again, narrow_link_setup),
        LINK_TEST(a_closed_context_is_a_system_error, link_setup),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
