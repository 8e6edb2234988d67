/* Real nodes in one process, each in a thread: what the bus and the request link do between
 * them. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/nodes.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

/* How long an answer that must not come is waited for: less than a node's patience with its
 * neighbours. */
enum { UNSERVED_MS = 1000 };

#define SAMPLE                                                                                     \
    "Goloman=Hands,Holiday,Wilkes Hands=Goloman,Wilkes Holiday=Goloman,Welsh,Wilkes "              \
    "Welsh=Holiday Wilkes=Goloman,Hands,Holiday"

/* What follows an AT line in a herd without places. */
#define NO_PLACES                                                                                  \
    "\n{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : "                  \
    "\"ZERO_RESULTS\"\n}\n\n"

static const char *const names[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};

/* A text as a string that the caller frees. */
static char *string_of(text_t text)
{
    return memory_copy_text(text.data, text.size);
}

/* Asks `line` of a new front-end at `name`; the caller frees the reply. */
static char *ask(nodes_t *nodes, const char *name, const char *line)
{
    asker_t *asker = asker_new(nodes, name);
    char *reply = string_of(asker_ask(asker, line));
    asker_destroy(&asker);
    return reply;
}

/* Waits until WHATSAT at `name` answers with the AT line `at` (with its LF). */
static void assert_known(nodes_t *nodes, const char *name, const char *client, const char *at)
{
    char line[64];
    char expected[512];
    snprintf(line, sizeof line, "WHATSAT %s 10 5", client);
    snprintf(expected, sizeof expected, "%.*s%s", (int)strlen(at) - 1, at, NO_PLACES);
    asker_t *asker = asker_new(nodes, name);
    assert_true(asker_wait_for(asker, line, expected));
    asker_destroy(&asker);
}

static void an_update_at_one_is_known_at_all(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new(SAMPLE);
    nodes_start_all(nodes);
    char *at = ask(nodes, "Goloman", "IAMAT kiwi +34.068930-118.445127 1621464827.959498503");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_known(nodes, names[i], "kiwi", at);
    }
    free(at);
    nodes_destroy(&nodes);
}

static void the_newest_wins_wherever_it_was_taken(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new(SAMPLE);
    nodes_start_all(nodes);
    char *newest = ask(nodes, "Welsh", "IAMAT kiwi +1+1 200");
    char *older = ask(nodes, "Hands", "IAMAT kiwi +2+2 100");
    assert_non_null(strstr(older, "AT Hands +"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_known(nodes, names[i], "kiwi", newest);
    }
    free(newest);
    free(older);
    nodes_destroy(&nodes);
}

static void a_new_node_takes_what_its_neighbours_have_before_it_serves(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A,C C=B");
    nodes_start_all(nodes);
    char *at = ask(nodes, "A", "IAMAT kiwi +1+1 100");
    assert_known(nodes, "C", "kiwi", at);
    nodes_stop(nodes, "C");
    char *later = ask(nodes, "A", "IAMAT later +1+1 100");
    assert_known(nodes, "B", "later", later);
    nodes_start(nodes, "C");
    /* At once: whoever gets an answer of C gets one that knows what B knows. */
    char *reply = ask(nodes, "C", "WHATSAT later 0 0");
    assert_memory_equal(reply, later, strlen(later));
    free(reply);
    reply = ask(nodes, "C", "WHATSAT kiwi 0 0");
    assert_memory_equal(reply, at, strlen(at));
    free(reply);
    free(later);
    free(at);
    nodes_destroy(&nodes);
}

static void a_herd_in_two_parts_becomes_one_again(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A,C C=B");
    nodes_start(nodes, "A");
    nodes_start(nodes, "C");
    char *at_a = ask(nodes, "A", "IAMAT kiwi +1+1 100");
    char *at_c = ask(nodes, "C", "IAMAT kiwi +2+2 101");
    char *other = ask(nodes, "A", "IAMAT emu +2+2 101");
    nodes_start(nodes, "B");
    assert_known(nodes, "A", "kiwi", at_c);
    assert_known(nodes, "B", "kiwi", at_c);
    assert_known(nodes, "C", "emu", other);
    free(at_a);
    free(at_c);
    free(other);
    nodes_destroy(&nodes);
}

static void a_single_member_serves_alone(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    nodes_start(nodes, "A"); /* B never comes */
    char *at = ask(nodes, "A", "IAMAT kiwi +1+1 100");
    assert_known(nodes, "A", "kiwi", at);
    free(at);
    nodes_destroy(&nodes);
}

static void requests_are_parsed_again(void **state)
{
    (void)state;
    static const char *const invalid[] = {
        "",
        "IAMAT",
        "IAMAT kiwi +1+1",
        "iamat kiwi +1+1 1",
        "AT A +1.000000000 kiwi +1+1 1",
        "WHATSAT nobody 10 5",
        "WHATSAT kiwi 51 1",
        "IAMAT kiwi +91+1 1",
    };
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    asker_t *asker = asker_new(nodes, "A");
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        assert_text_equal(asker_ask(asker, invalid[i]), "?\n");
    }
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

static void receipt_times_far_off_are_replaced(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    asker_t *asker = asker_new(nodes, "A");
    int64_t now_ns = clock_now_ns();
    const int64_t stamps_ns[] = {now_ns + 3600 * TIMESTAMP_NS_PER_S,
                                 now_ns - 3600 * TIMESTAMP_NS_PER_S, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof stamps_ns / sizeof stamps_ns[0]; i++) {
        text_t reply = asker_ask_at(asker, "IAMAT kiwi +1+1 0", stamps_ns[i]);
        text_t word;
        text_t difference = {0};
        int64_t difference_ns = 0;
        assert_true(text_take_field(&reply, &word) && text_take_field(&reply, &word) &&
                    text_take_field(&reply, &difference));
        assert_true(timestamp_parse_difference(difference, &difference_ns));
        /* The node reads its clock once a turn, perhaps before we read ours; several in one turn
         * are a nanosecond apart (Q2). */
        assert_true(difference_ns >= now_ns - TIMESTAMP_NS_PER_S &&
                    difference_ns <= clock_now_ns() + 1000);
    }
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

static void a_node_reports_on_itself(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    nodes_start_all(nodes);
    asker_t *asker = asker_new(nodes, "A");
    asker_ask(asker, "IAMAT kiwi +1+1 100");
    text_t report = asker_report(asker);
    text_t name;
    uint64_t value;
    assert_true(message_value(report, "name", &name));
    assert_text_equal(name, "A");
    assert_true(message_number(report, "records", UINT64_MAX, &value) && value == 1);
    assert_true(message_number(report, "frontends", UINT64_MAX, &value) && value == 1);
    assert_true(message_number(report, "links", UINT64_MAX, &value) && value == 1);
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

/* Waits for the next message on a raw socket. */
static void receive(void *socket, transport_inbound_t *ret_inbound)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    assert_int_equal(transport_receive(socket, false, ret_inbound), STATUS_OK);
}

/* The next message of `node` on a pretended bus; answered as a neighbour that is there. */
static void answer_hello(void *bus, const char *node)
{
    zmq_pollitem_t item = {.socket = bus, .events = ZMQ_POLLIN};
    transport_inbound_t inbound;
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    assert_int_equal(transport_receive(bus, true, &inbound), STATUS_OK);
    assert_int_equal(inbound.message.type, MESSAGE_HELLO);
    message_t want = {
        .type = MESSAGE_WANT,
        .header = inbound.message.header,
        .body = TEXT("version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n")};
    assert_int_equal(transport_send(bus, text_of(node), &want), STATUS_OK);
    transport_inbound_done(&inbound);
}

/* The neighbour answers at once, but is slow to open its own session: it may know what clients ask
 * for. */
static void a_new_node_waits_for_a_neighbour_that_answers(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    void *bus = nodes_pretend(nodes, "B");
    nodes_start(nodes, "A");
    answer_hello(bus, "A");
    void *frontend = nodes_connect(nodes, "A", true, "frontend");
    message_t hello = {
        .type = MESSAGE_HELLO, .header = TEXT("1"), .body = TEXT("versions 1\nherd test\n")};
    assert_int_equal(transport_send(frontend, (text_t){0}, &hello), STATUS_OK);
    zmq_pollitem_t item = {.socket = frontend, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, UNSERVED_MS), 0);
    void *neighbour = nodes_connect(nodes, "A", false, "B");
    hello.body = TEXT("versions 1\nherd test\nname B\n"
                      "generation bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\ntail 0\nclock 0\n");
    assert_int_equal(transport_send(neighbour, (text_t){0}, &hello), STATUS_OK);
    transport_inbound_t inbound;
    receive(frontend, &inbound);
    assert_int_equal(inbound.message.type, MESSAGE_WELCOME);
    transport_inbound_done(&inbound);
    zmq_close(neighbour);
    zmq_close(frontend);
    zmq_close(bus);
    nodes_destroy(&nodes);
}

static void an_unknown_session_is_reset(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    asker_t *asker = asker_new(nodes, "A");
    void *socket = nodes_connect(nodes, "A", true, "stranger");
    message_t request = {
        .type = MESSAGE_REQUEST, .header = TEXT("9"), .body = TEXT("1 1 1 IAMAT x +1+1 1\n")};
    transport_inbound_t inbound;
    assert_int_equal(transport_send(socket, (text_t){0}, &request), STATUS_OK);
    receive(socket, &inbound);
    assert_int_equal(inbound.message.type, MESSAGE_RESET);
    assert_text_equal(inbound.message.header, "9");
    transport_inbound_done(&inbound);
    zmq_close(socket);
    assert_text_equal(asker_ask(asker, "WHATSAT x 0 0"), "?\n");
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

/* Sends FORGET with `body`. */
static void send_forget(void *socket, text_t header, text_t body)
{
    message_t forget = {.type = MESSAGE_FORGET, .header = header, .body = body};
    assert_int_equal(transport_send(socket, (text_t){0}, &forget), STATUS_OK);
}

static void expect_report(void *socket, const char *header, const char *body)
{
    transport_inbound_t inbound;
    receive(socket, &inbound);
    assert_int_equal(inbound.message.type, MESSAGE_REPORT);
    assert_text_equal(inbound.message.header, header);
    assert_text_equal(inbound.message.body, body);
    transport_inbound_done(&inbound);
}

/* S2 */
static void a_client_is_forgotten_by_its_whole_id(void **state)
{
    (void)state;
    static const char *const no_ids[] = {"",        "\n",       "kiwi",     "ki wi\n",    " kiwi\n",
                                         "kiwi \n", "kiwi\r\n", "kiwi\n\n", "kiwi\nemu\n"};
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    free(ask(nodes, "A", "IAMAT kiwi +1+1 5"));
    void *socket = nodes_connect(nodes, "A", true, "operator");
    for (size_t i = 0; i < ARRAY_COUNT(no_ids); i++) {
        send_forget(socket, TEXT("7"), text_of(no_ids[i]));
    }
    send_forget(socket, TEXT("8"), TEXT("kiw\n"));
    expect_report(socket, "8", "forgotten 0\nknown 0\n"); /* the first that is answered */
    /* As long as a body may be: longer than any ID. */
    char *id = memory_new(LIMIT_BODY_SIZE);
    memset(id, 'x', LIMIT_BODY_SIZE - 1);
    id[LIMIT_BODY_SIZE - 1] = '\n';
    send_forget(socket, (text_t){0}, (text_t){.data = id, .size = LIMIT_BODY_SIZE});
    expect_report(socket, "", "forgotten 0\nknown 0\n");
    free(id);
    char *known = ask(nodes, "A", "WHATSAT kiwi 0 0");
    assert_memory_equal(known, "AT A +", strlen("AT A +"));
    free(known);
    send_forget(socket, TEXT("any text"), TEXT("kiwi\n"));
    expect_report(socket, "any text", "forgotten 1\n");
    send_forget(socket, TEXT("9"), TEXT("kiwi\n"));
    expect_report(socket, "9", "forgotten 0\nknown 0\n");
    char *unknown = ask(nodes, "A", "WHATSAT kiwi 0 0");
    assert_string_equal(unknown, "?\n");
    free(unknown);
    zmq_close(socket);
    nodes_destroy(&nodes);
}

/* The time of its tombstone is longer than that of its record, and there is room for it. */
static void the_longest_id_is_forgotten(void **state)
{
    (void)state;
    enum { ID_SIZE = LIMIT_LINE_SIZE - sizeof "IAMAT  +1+1 5" + 1 };
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    char *line = memory_new(ID_SIZE + 32);
    memcpy(line, "IAMAT ", 6);
    memset(line + 6, 'x', ID_SIZE);
    memcpy(line + 6 + ID_SIZE, " +1+1 5", 8);
    char *at = ask(nodes, "A", line);
    assert_memory_equal(at, "AT A +", strlen("AT A +"));
    free(at);
    line[6 + ID_SIZE] = '\n';
    void *socket = nodes_connect(nodes, "A", true, "operator");
    send_forget(socket, (text_t){0}, (text_t){.data = line + 6, .size = ID_SIZE + 1});
    expect_report(socket, "", "forgotten 1\n");
    send_forget(socket, (text_t){0}, (text_t){.data = line + 7, .size = ID_SIZE});
    expect_report(socket, "", "forgotten 0\nknown 0\n");
    zmq_close(socket);
    free(line);
    nodes_destroy(&nodes);
}

static void a_front_end_of_another_herd_or_version_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {"versions 1\nherd flock\n", "versions 2\nherd test\n",
                                         "versions 1\n", "herd test\n", ""};
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    void *socket = nodes_connect(nodes, "A", true, "stranger");
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        message_t hello = {.type = MESSAGE_HELLO, .header = TEXT("1"), .body = text_of(bodies[i])};
        transport_inbound_t inbound;
        assert_int_equal(transport_send(socket, (text_t){0}, &hello), STATUS_OK);
        receive(socket, &inbound);
        assert_int_equal(inbound.message.type, MESSAGE_REFUSED);
        transport_inbound_done(&inbound);
    }
    zmq_close(socket);
    nodes_destroy(&nodes);
}

/* A neighbour that belongs elsewhere, and never stops trying. */
static void a_member_of_another_herd_is_refused_and_noted_once(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    nodes_start(nodes, "A");
    void *neighbour = nodes_connect(nodes, "A", false, "B");
    message_t hello = {.type = MESSAGE_HELLO,
                       .header = TEXT("1"),
                       .body = TEXT("versions 1\nherd other\nname B\n"
                                    "generation bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
                                    "tail 0\nclock 0\n")};
    for (int i = 0; i < 3; i++) {
        transport_inbound_t inbound;
        assert_int_equal(transport_send(neighbour, (text_t){0}, &hello), STATUS_OK);
        receive(neighbour, &inbound);
        assert_int_equal(inbound.message.type, MESSAGE_REFUSED);
        transport_inbound_done(&inbound);
    }
    zmq_close(neighbour);
    nodes_stop(nodes, "A");
    char *log = nodes_read_log(nodes, "A");
    assert_int_equal(count_in(log, "another herd"), 1);
    free(log);
    nodes_destroy(&nodes);
}

/* What a neighbour answers is looked at as closely as what it sends (M3). */
static void garbage_for_an_answer_is_noted(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    void *bus = nodes_pretend(nodes, "B");
    nodes_start(nodes, "A");
    answer_hello(bus, "A");
    assert_int_equal(zmq_send(bus, "A", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(bus, "garbage", 7, 0), 7);
    /* Taken when a later message is answered. */
    message_t reset = {.type = MESSAGE_RESET, .header = TEXT("1")};
    assert_int_equal(transport_send(bus, TEXT("A"), &reset), STATUS_OK);
    transport_inbound_t inbound;
    bool again = false;
    while (!again) {
        zmq_pollitem_t item = {.socket = bus, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
        assert_int_equal(transport_receive(bus, true, &inbound), STATUS_OK);
        again = inbound.message.type == MESSAGE_HELLO;
        transport_inbound_done(&inbound);
    }
    zmq_close(bus);
    nodes_stop(nodes, "A");
    char *log = nodes_read_log(nodes, "A");
    assert_int_equal(
        count_in(log, " B message-dropped: link: dropped a message: not in the expected form"), 1);
    free(log);
    nodes_destroy(&nodes);
}

/* Frames of a hostile peer: numbers of frames, protocols, types, sizes, bytes. */
static void send_garbage(void *socket, unsigned seed)
{
    static char bytes[4096];
    static const char *const starts[] = {"HERD/1", "HERD/2", "HERD/", "", "GET / HTTP/1.1"};
    static const char *const types[] = {"HELLO", "DATA",    "REQUEST", "ACK",  "WANT",   "REPLY",
                                        "RESET", "GOODBYE", "STATUS",  "PING", "NOTHING"};
    unsigned random = seed * 1664525 + 1013904223;
    unsigned frames = 1 + random / 65536 % 6;
    for (unsigned i = 0; i < frames; i++) {
        random = random * 1664525 + 1013904223;
        int flags = ZMQ_DONTWAIT | (i + 1 < frames ? ZMQ_SNDMORE : 0);
        const char *text = i == 0 ? starts[random / 65536 % 5] : types[random / 65536 % 11];
        size_t size = random / 1024 % sizeof bytes;
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (char)(random >> (j % 24));
        }
        int sent = i < 2 ? zmq_send(socket, text, strlen(text), flags)
                         : zmq_send(socket, bytes, size, flags);
        if (sent < 0) {
            return; /* the pipe is full: the node has better to do */
        }
    }
}

static void garbage_changes_nothing(void **state)
{
    (void)state;
    nodes_t *nodes = nodes_new("A=B B=A");
    nodes_start(nodes, "A");
    asker_t *asker = asker_new(nodes, "A");
    /* As a stranger on both sockets, and under the name of the neighbour on the bus. */
    void *sockets[] = {nodes_connect(nodes, "A", false, "stranger"),
                       nodes_connect(nodes, "A", true, "stranger"),
                       nodes_connect(nodes, "A", false, "B")};
    char *at = string_of(asker_ask(asker, "IAMAT kiwi +1+1 100"));
    for (unsigned i = 0; i < 3000; i++) {
        send_garbage(sockets[i % 3], i);
        if (i % 100 == 0) {
            asker_ask(asker, "WHATSAT kiwi 0 0");
        }
    }
    assert_known(nodes, "A", "kiwi", at);
    uint64_t records;
    assert_true(message_number(asker_report(asker), "records", UINT64_MAX, &records));
    assert_int_equal(records, 1);
    for (size_t i = 0; i < 3; i++) {
        zmq_close(sockets[i]);
    }
    nodes_start(nodes, "B"); /* takes its name back */
    assert_known(nodes, "B", "kiwi", at);
    free(at);
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

/* Replies that grow far beyond their request come in several messages, each of a bounded size. */
static void short_questions_with_long_answers_are_bounded(void **state)
{
    (void)state;
    enum { QUESTIONS = 200 };
    static char line[LIMIT_LINE_SIZE];
    char body[QUESTIONS * 24];
    size_t used = 0;
    size_t replies = 0;
    bool last = false;
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    asker_t *asker = asker_new(nodes, "A");
    snprintf(line, sizeof line, "IAMAT kiwi +1.%060000d+1 100", 0);
    assert_true(asker_ask(asker, line).size > 60000);
    for (int i = 0; i < QUESTIONS; i++) {
        used +=
            (size_t)snprintf(body + used, sizeof body - used, "1 %d 1 WHATSAT kiwi 0 0\n", i % 10);
    }
    void *socket = nodes_connect(nodes, "A", true, "greedy");
    message_t hello = {
        .type = MESSAGE_HELLO, .header = TEXT("1"), .body = TEXT("versions 1\nherd test\n")};
    message_t request = {
        .type = MESSAGE_REQUEST, .header = TEXT("1"), .body = {.data = body, .size = used}};
    assert_int_equal(transport_send(socket, (text_t){0}, &hello), STATUS_OK);
    assert_int_equal(transport_send(socket, (text_t){0}, &request), STATUS_OK);
    while (!last) {
        transport_inbound_t inbound;
        receive(socket, &inbound);
        assert_true(inbound.message.body.size < LIMIT_BATCH_SIZE + LIMIT_LINE_SIZE + 1024);
        replies += inbound.message.type == MESSAGE_REPLY ? 1 : 0;
        last = text_equal(inbound.message.header, TEXT("1 1"));
        transport_inbound_done(&inbound);
    }
    assert_true(replies >= QUESTIONS / 2);
    zmq_close(socket);
    asker_destroy(&asker);
    nodes_destroy(&nodes);
}

/* Sends it as soon as there is room. */
static void send_patiently(void *socket, const message_t *message)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};
    assert_int_equal(zmq_poll(&item, 1, WAIT_LIMIT_MS), 1);
    assert_int_equal(transport_send(socket, (text_t){0}, message), STATUS_OK);
}

/* A front-end that takes nothing until replies are lost must not wait for these for ever. */
static void a_session_whose_replies_were_lost_is_reset(void **state)
{
    (void)state;
    enum { REQUESTS = 30000 };
    size_t replies = 0;
    message_type_t type = MESSAGE_REPLY;
    nodes_t *nodes = nodes_new("A=");
    nodes_start_all(nodes);
    void *socket = nodes_connect(nodes, "A", true, "sleepy");
    message_t hello = {
        .type = MESSAGE_HELLO, .header = TEXT("1"), .body = TEXT("versions 1\nherd test\n")};
    message_t request = {
        .type = MESSAGE_REQUEST, .header = TEXT("1"), .body = TEXT("1 1 1 WRONG\n")};
    message_t ping = {.type = MESSAGE_PING, .header = TEXT("1"), .body = TEXT("clients 0\n")};
    send_patiently(socket, &hello);
    for (int i = 0; i < REQUESTS; i++) {
        send_patiently(socket, &request);
    }
    send_patiently(socket, &ping);
    while (type != MESSAGE_RESET && type != MESSAGE_PONG) {
        transport_inbound_t inbound;
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, UNSERVED_MS) == 0) {
            send_patiently(socket, &ping); /* its answer found no room either */
        }
        receive(socket, &inbound);
        type = inbound.message.type;
        replies += type == MESSAGE_REPLY ? 1 : 0;
        transport_inbound_done(&inbound);
    }
    assert_true(replies > 0 && replies < REQUESTS);
    assert_int_equal(type, MESSAGE_RESET);
    zmq_close(socket);
    nodes_destroy(&nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_at_one_is_known_at_all),
        cmocka_unit_test(the_newest_wins_wherever_it_was_taken),
        cmocka_unit_test(a_new_node_takes_what_its_neighbours_have_before_it_serves),
        cmocka_unit_test(a_herd_in_two_parts_becomes_one_again),
        cmocka_unit_test(a_single_member_serves_alone),
        cmocka_unit_test(requests_are_parsed_again),
        cmocka_unit_test(receipt_times_far_off_are_replaced),
        cmocka_unit_test(a_node_reports_on_itself),
        cmocka_unit_test(a_new_node_waits_for_a_neighbour_that_answers),
        cmocka_unit_test(an_unknown_session_is_reset),
        cmocka_unit_test(a_client_is_forgotten_by_its_whole_id),
        cmocka_unit_test(the_longest_id_is_forgotten),
        cmocka_unit_test(a_front_end_of_another_herd_or_version_is_refused),
        cmocka_unit_test(a_member_of_another_herd_is_refused_and_noted_once),
        cmocka_unit_test(garbage_for_an_answer_is_noted),
        cmocka_unit_test(garbage_changes_nothing),
        cmocka_unit_test(short_questions_with_long_answers_are_bounded),
        cmocka_unit_test(a_session_whose_replies_were_lost_is_reset),
    };
    return workspace_finish(cmocka_run_group_tests_name("nodes", tests, NULL, NULL));
}
