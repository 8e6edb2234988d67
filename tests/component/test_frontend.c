/* The front-end against a node that does as the test wants: away, forgetful, silent, wrong, late
 * (bus-protocol.md, Q rules; client-protocol.md, N rules). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "frontend/lines/frontend.h"
#include "tests/support/client.h"
#include "tests/support/port.h"
#include "tests/support/test_node.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LINE_A "IAMAT a +1+1 1"
#define LINE_B "IAMAT b +1+1 1"
#define LINE_C "IAMAT c +1+1 1"

/* A front-end in a thread of its own, and its node. */
typedef struct {
    char *folder;
    char *log_path;
    char *requests;
    char clients[64];
    const char *client_endpoints[1];
    port_pool_t *ports;
    uint16_t port;
    config_member_t member;
    config_t config;
    log_t *log;
    frontend_t *frontend;
    pthread_t thread;
    bool running;
    test_node_t *node;
} fixture_t;

static int setup(void **state)
{
    fixture_t *self = memory_new(sizeof *self);
    *state = self;
    self->folder = workspace_new();
    self->log_path = workspace_path(self->folder, "frontend.log");
    assert_true(asprintf(&self->requests, "ipc://%s/requests", self->folder) > 0);
    self->ports = port_pool_new();
    self->port = port_pool_take(self->ports);
    snprintf(self->clients, sizeof self->clients, "tcp://127.0.0.1:%u", (unsigned)self->port);
    self->client_endpoints[0] = self->clients;
    self->member = (config_member_t){.name = "N",
                                     .clients = self->client_endpoints,
                                     .client_count = 1,
                                     .requests = self->requests};
    self->config = (config_t){.herd_name = "herd",
                              .log_dir = self->folder,
                              .traffic = true,
                              .max_line = 65536,
                              .max_output = 65536,
                              .max_connections = 100,
                              .request_timeout_ms = 20000,
                              .members = &self->member,
                              .member_count = 1};
    return 0;
}

static void *run(void *argument)
{
    frontend_run(argument);
    return NULL;
}

/* Starts the front-end as configured. */
static void start(fixture_t *self)
{
    const log_options_t options = {.path = self->log_path,
                                   .member = "N",
                                   .program = "frontend",
                                   .traffic = self->config.traffic};
    assert_int_equal(log_open(&options, &self->log), STATUS_OK);
    frontend_settings_t settings = {
        .config = &self->config, .member = &self->member, .log = self->log};
    assert_int_equal(frontend_new(&settings, &self->frontend), STATUS_OK);
    assert_int_equal(pthread_create(&self->thread, NULL, run, self->frontend), 0);
    self->running = true;
}

static void open_node(fixture_t *self)
{
    self->node = test_node_new(self->requests);
    test_node_welcome(self->node);
}

static fixture_t *start_both(void **state)
{
    fixture_t *self = *state;
    start(self);
    open_node(self);
    return self;
}

/* Waits until the thread has ended. */
static void join(fixture_t *self)
{
    if (self->running) {
        pthread_join(self->thread, NULL);
        self->running = false;
    }
}

static int teardown(void **state)
{
    fixture_t *self = *state;
    if (self->running) {
        frontend_stop(self->frontend);
        join(self);
    }
    frontend_destroy(&self->frontend);
    test_node_destroy(&self->node);
    log_close(&self->log);
    port_pool_destroy(&self->ports);
    free(self->requests);
    free(self->log_path);
    free(self->folder);
    free(self);
    return 0;
}

typedef struct {
    const fixture_t *fixture;
    const char *text;
} logged_t;

static bool is_logged(void *argument)
{
    const logged_t *logged = argument;
    size_t size;
    char *log = workspace_read(logged->fixture->log_path, &size);
    bool found = log != NULL && strstr(log, logged->text) != NULL;
    free(log);
    return found;
}

static void assert_logged(const fixture_t *self, const char *text)
{
    logged_t logged = {.fixture = self, .text = text};
    if (!wait_until(is_logged, &logged, WAIT_LIMIT_MS)) {
        fail_msg("never logged: %s", text);
    }
}

/* Sends what a test node may answer in one REQUEST, and does. */
static void assert_served(fixture_t *self)
{
    client_t *client = client_new(self->port);
    client_say(client, "IAMAT served +1+1 1\n");
    test_request_t request = test_node_wait_one(self->node);
    assert_text_equal(request.line, "IAMAT served +1+1 1");
    test_node_reply(self->node, "1", &request, "AT N served\n");
    client_expect(client, "AT N served");
    client_destroy(&client);
}

static void hello_says_who_we_are(void **state)
{
    fixture_t *self = *state;
    start(self);
    self->node = test_node_new(self->requests);
    const message_t *hello = test_node_wait(self->node, MESSAGE_HELLO);
    text_t body = hello->body;
    text_t line;
    assert_true(text_take_line(&body, &line));
    assert_text_equal(line, "versions 1");
    assert_true(text_take_line(&body, &line));
    assert_text_equal(line, "herd herd");
    assert_true(text_take_line(&body, &line));
    assert_text_equal(line, "frontend N");
    /* No request before WELCOME (Q1). */
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    assert_false(test_node_sees(self->node, MESSAGE_REQUEST, 300));
    test_node_send(self->node, MESSAGE_WELCOME, NULL, TEXT("version 1\nfuture thing\nname N\n"));
    test_request_t request = test_node_wait_one(self->node);
    assert_text_equal(request.line, LINE_A);
    test_node_reply(self->node, "1", &request, "AT 1\n");
    client_expect(client, "AT 1");
    client_destroy(&client);
    assert_logged(self, "node link up: N");
}

static void receipt_times_increase(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    int64_t before_ns = clock_now_ns();
    client_say(client, LINE_A "\n" LINE_B "\r\n" LINE_C "\n");
    text_t body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    test_request_t request;
    static const char *const lines[] = {LINE_A, LINE_B, LINE_C};
    int64_t last_ns = before_ns - 1;
    for (size_t i = 0; i < 3; i++) {
        assert_true(test_node_take(&body, &request));
        assert_text_equal(request.line, lines[i]);
        assert_int_equal(request.sequence, i + 1);
        assert_true(request.time_ns > last_ns);
        last_ns = request.time_ns;
    }
    assert_true(last_ns <= clock_now_ns());
    client_destroy(&client);
}

/* One that sends without end fills no batch before the others have their lines in it. */
static void each_client_has_its_part_of_a_batch(void **state)
{
    fixture_t *self = *state;
    start(self);
    client_t *greedy = client_new(self->port);
    client_t *polite = client_new(self->port);
    for (size_t i = 0; i < 600; i++) {
        client_say(greedy, LINE_A "\n");
    }
    client_say(polite, LINE_B "\nwhat\n");
    assert_logged(self, " what\n"); /* taken */
    open_node(self);
    text_t body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    test_request_t request;
    size_t before = 0;
    while (test_node_take(&body, &request) && !text_equal(request.line, TEXT(LINE_B))) {
        before++;
    }
    assert_in_range(before, 0, 2 * LIMIT_REQUESTS_PER_TURN); /* a new one's part, an old one's */
    client_destroy(&greedy);
    client_destroy(&polite);
}

static void replies_keep_the_order_of_requests(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, "WHATSAT a 1 1\n");
    test_request_t slow = test_node_wait_one(self->node);
    test_node_send(self->node, MESSAGE_REPLY, "1", (text_t){0});
    client_say(client, "what\n" LINE_B "\n");
    test_request_t quick = test_node_wait_one(self->node);
    test_node_reply(self->node, "1", &quick, "AT b\n");
    client_say(client, "WHATSAT nobody 1 1\n");
    test_request_t unknown = test_node_wait_one(self->node);
    test_node_reply(self->node, "1", &unknown, "?\n");
    /* Another client is not held up. */
    assert_served(self);
    assert_false(client_sees_close(client, 100));
    test_node_reply(self->node, "0", &slow, "AT a\n{\n}\n\n");
    static const char *const lines[] = {
        "AT a", "{", "}", "", "? what", "AT b", "? WHATSAT nobody 1 1"};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        client_expect(client, lines[i]);
    }
    client_destroy(&client);
}

static void requests_wait_for_the_node(void **state)
{
    fixture_t *self = *state;
    start(self);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n" LINE_B "\nwhat\n");
    assert_logged(self, " what\n"); /* taken */
    open_node(self);
    test_node_answer_all(self->node, test_node_wait(self->node, MESSAGE_REQUEST)->body);
    client_expect(client, "AT N " LINE_A);
    client_expect(client, "AT N " LINE_B);
    client_destroy(&client);
}

static void a_node_that_returns_is_asked_again(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n" LINE_B "\n" LINE_C "\n");
    text_t body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    test_request_t first;
    assert_true(test_node_take(&body, &first));
    first.line = (text_t){0};
    test_node_reply(self->node, "0", &first, "AT first\n");
    client_expect(client, "AT first");
    test_node_destroy(&self->node);
    /* Noticed at once, not by silence. */
    assert_logged(self, "node link down: connection lost");
    open_node(self);
    body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    text_t again = body;
    test_request_t request;
    assert_true(test_node_take(&again, &request));
    assert_text_equal(request.line, LINE_B);
    assert_int_equal(request.connection, first.connection);
    assert_int_equal(request.sequence, first.sequence + 1);
    test_node_answer_all(self->node, body);
    client_expect(client, "AT N " LINE_B);
    client_expect(client, "AT N " LINE_C);
    client_destroy(&client);
}

static void reset_opens_anew(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    (void)test_node_wait_one(self->node);
    uint64_t session = test_node_session(self->node);
    test_node_send(self->node, MESSAGE_RESET, NULL, (text_t){0});
    test_node_welcome(self->node);
    assert_true(test_node_session(self->node) != session);
    test_request_t request = test_node_wait_one(self->node);
    assert_text_equal(request.line, LINE_A);
    test_node_reply(self->node, "1", &request, "AT again\n");
    client_expect(client, "AT again");
    client_destroy(&client);
}

static void silence_opens_anew(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    (void)test_node_wait_one(self->node);
    test_node_answer_pings(self->node, false);
    uint64_t session = test_node_session(self->node);
    assert_true(test_node_sees(self->node, MESSAGE_HELLO, WAIT_LIMIT_MS));
    assert_true(test_node_session(self->node) != session);
    assert_logged(self, "node link down: silent");
    test_node_answer_pings(self->node, true);
    test_node_send(self->node, MESSAGE_WELCOME, NULL, TEXT("version 1\n"));
    test_request_t request = test_node_wait_one(self->node);
    assert_text_equal(request.line, LINE_A);
    test_node_reply(self->node, "1", &request, "AT again\n");
    client_expect(client, "AT again");
    client_destroy(&client);
}

static void refusal_is_logged_and_asked_about_again(void **state)
{
    fixture_t *self = *state;
    start(self);
    self->node = test_node_new(self->requests);
    for (int i = 0; i < 2; i++) {
        (void)test_node_wait(self->node, MESSAGE_HELLO);
        test_node_send(self->node, MESSAGE_REFUSED, NULL, TEXT("wrong \x1b herd\n"));
    }
    assert_logged(self, "refuses us: wrong \\x1b herd");
    test_node_welcome(self->node);
    assert_served(self);
}

static void garbage_of_the_node_changes_nothing(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    test_request_t request = test_node_wait_one(self->node);
    static const char *const frames[][8] = {
        {"", NULL},
        {"HERD/1", "REPLY", "1", NULL},
        {"HERD/1", "REPLY", "1", "", "", NULL},
        {"HERD/1", "NONSENSE", "1", "", NULL},
        {"HERD/1", "reply", "1", "", NULL},
        {"HERD/2", "REPLY", "1", "", NULL},
        {"HTTP/1", "REPLY", "1", "", NULL},
        {"HERD/1", "REPLY", "", "", NULL},
        {"HERD/1", "REPLY", "x", "", NULL},
        {"HERD/1", "RESET", "1", "", NULL},
        {"HERD/1", "RESET", "", "", NULL},
        {"HERD/1", "WELCOME", "1", "", NULL},
        {"\xff\0x", "\x80", "\x1b[2J", "\n", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        test_node_send_frames(self->node, frames[i]);
    }
    char body[256];
    static const char *const bodies[] = {
        "%llu %llu 9 AT",   "%llu %llu 2 AT\n",    "%llu %llu -1 AT x\n", "%llu %llu 5 XX x\n",
        "%llu %llu x AT\n", "garbage %llu %llu\n", "%llu 9%llu 5 AT x\n", "1%llu %llu 5 AT x\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(body, sizeof body, bodies[i], (unsigned long long)request.connection,
                 (unsigned long long)request.sequence);
#pragma GCC diagnostic pop
        test_node_send(self->node, MESSAGE_REPLY, "0", text_of(body));
    }
    static const char *const numbers[] = {"2", "", "-1", "1 1", "99999999999999999999", NULL};
    snprintf(body, sizeof body, "%llu %llu 9 AT wrong\n", (unsigned long long)request.connection,
             (unsigned long long)request.sequence);
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        test_node_send(self->node, MESSAGE_REPLY, numbers[i], text_of(body));
    }
    test_node_send(self->node, MESSAGE_WANT, "1", (text_t){0});
    test_node_send(self->node, MESSAGE_WELCOME, NULL, TEXT("version 2\n"));
    test_node_reply(self->node, "1", &request, "AT right\n");
    client_expect(client, "AT right");
    test_node_reply(self->node, "0", &request, "AT twice\n");
    assert_served(self);
    assert_false(client_sees_close(client, 100));
    client_destroy(&client);
    assert_logged(self, "node: dropped a message");
}

static void a_frame_beyond_the_limit_costs_the_link_only(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    (void)test_node_wait_one(self->node);
    const size_t huge_size = (size_t)2 * LIMIT_BODY_SIZE;
    char *huge = memory_new(huge_size + 1);
    memset(huge, 'x', huge_size);
    test_node_send_frames(self->node, (const char *const[]){"HERD/1", "REPLY", "1", huge, NULL});
    free(huge);
    test_node_welcome(self->node);
    assert_logged(self, "node link down: connection lost");
    test_request_t request = test_node_wait_one(self->node);
    test_node_reply(self->node, "1", &request, "AT right\n");
    client_expect(client, "AT right");
    client_destroy(&client);
}

static void late_replies_reach_nobody(void **state)
{
    fixture_t *self = start_both(state);
    client_t *first = client_new(self->port);
    client_say(first, LINE_A "\n");
    test_request_t late = test_node_wait_one(self->node);
    /* Gone with RST, its request at the node. */
    struct linger reset = {.l_onoff = 1};
    setsockopt(client_socket(first), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client_destroy(&first);
    assert_logged(self, "left");
    client_t *second = client_new(self->port);
    client_say(second, LINE_B "\n");
    test_node_reply(self->node, "1", &late, "AT late\n");
    test_request_t request = test_node_wait_one(self->node);
    assert_true(request.connection != late.connection);
    test_node_reply(self->node, "1", &request, "AT right\n");
    client_expect(second, "AT right");
    client_destroy(&second);
}

static void a_request_without_answer_ends_its_connection(void **state)
{
    fixture_t *self = *state;
    self->config.request_timeout_ms = 300;
    (void)start_both(state);
    client_t *client = client_new(self->port);
    client_t *idle = client_new(self->port);
    client_say(client, "x\n" LINE_A "\n" LINE_B "\ny\n");
    text_t body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    test_request_t request;
    assert_true(test_node_take(&body, &request));
    request.line = (text_t){0};
    test_node_reply(self->node, "1", &request, "AT a\n");
    /* What was answered arrives, the rest never; no answer is invented. */
    assert_text_equal(client_read_all(client), "? x\nAT a\n");
    assert_logged(self, "no answer from the node in time");
    client_destroy(&client);
    assert_false(client_sees_close(idle, 100));
    client_destroy(&idle);
}

static void a_half_closed_client_gets_everything(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\nx\nlast\r");
    client_half_close(client);
    test_request_t request = test_node_wait_one(self->node);
    test_node_reply(self->node, "1", &request, "AT a\n");
    assert_text_equal(client_read_all(client), "AT a\n? x\n? last\r\n");
    client_destroy(&client);
}

/* Takes REQUESTs without answering until no more come; returns the count. */
static unsigned count_requests(fixture_t *self)
{
    unsigned count = 0;
    while (test_node_sees(self->node, MESSAGE_REQUEST, 300)) {
        count++;
    }
    return count;
}

/* Q5: of those that are small. */
static void a_window_of_requests_is_unanswered(void **state)
{
    enum { CLIENTS = 60, WINDOW = 2 };
    fixture_t *self = start_both(state);
    client_t *clients[CLIENTS];
    unsigned requests = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_new(self->port);
        client_say(clients[i], LINE_A "\n");
        if (requests < WINDOW) {
            (void)test_node_wait_one(self->node);
            requests++;
        }
    }
    assert_int_equal(count_requests(self), 0);
    /* One answer makes room for one message, which holds all that has gathered. */
    test_node_send(self->node, MESSAGE_REPLY, "1", (text_t){0});
    text_t body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
    test_request_t request;
    size_t lines = 0;
    while (test_node_take(&body, &request)) {
        lines++;
    }
    assert_int_equal(lines, CLIENTS - WINDOW);
    /* A node that starts anew is asked all of it. */
    test_node_send(self->node, MESSAGE_RESET, NULL, (text_t){0});
    test_node_welcome(self->node);
    for (size_t answered = 0; answered < CLIENTS;) {
        body = test_node_wait(self->node, MESSAGE_REQUEST)->body;
        test_node_answer_all(self->node, body);
        while (test_node_take(&body, &request)) {
            answered++;
        }
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        client_expect(clients[i], "AT N " LINE_A);
        client_destroy(&clients[i]);
    }
}

/* Q5: each line fills a message that is not small. */
static void large_requests_have_a_wider_window(void **state)
{
    enum { CLIENTS = 20, WINDOW = 16, ID_SIZE = 16384 };
    static char line[ID_SIZE + 32];
    fixture_t *self = start_both(state);
    client_t *clients[CLIENTS];
    char id[ID_SIZE + 1] = "";
    memset(id, 'x', ID_SIZE);
    snprintf(line, sizeof line, "IAMAT %s +1+1 1\n", id);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_new(self->port);
        client_say(clients[i], line);
        if (i < WINDOW) {
            (void)test_node_wait_one(self->node);
        }
    }
    assert_int_equal(count_requests(self), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        client_destroy(&clients[i]);
    }
}

static void a_client_that_does_not_read_is_not_read_from(void **state)
{
    enum { SIZE = 32 * 1024 * 1024 };
    fixture_t *self = start_both(state);
    client_t *greedy = client_try_small(self->port, 4096);
    assert_non_null(greedy);
    char *lines = memory_new(SIZE);
    memset(lines, 'x', SIZE);
    for (size_t i = 99; i < SIZE; i += 100) {
        lines[i] = '\n';
    }
    size_t sent = client_send_some(greedy, (text_t){.data = lines, .size = SIZE}, 1000);
    free(lines);
    assert_true(sent < SIZE);
    assert_served(self);
    /* It reads on as the client does. */
    size_t whole_lines = sent / 100;
    for (size_t i = 0; i < whole_lines; i++) {
        text_t line = client_read_line(greedy);
        assert_int_equal(line.size, 2 + 99);
    }
    client_destroy(&greedy);
}

static void connections_have_a_limit(void **state)
{
    fixture_t *self = *state;
    self->config.max_connections = 2;
    (void)start_both(state);
    client_t *one = client_new(self->port);
    client_t *two = client_new(self->port);
    client_say(one, "x\n");
    client_expect(one, "? x");
    client_say(two, "x\n");
    client_expect(two, "? x");
    client_t *three = client_new(self->port);
    assert_true(client_sees_close(three, WAIT_LIMIT_MS));
    client_destroy(&three);
    assert_logged(self, "client refused: all 2 connections");
    client_destroy(&one);
    assert_logged(self, "left");
    assert_served(self);
    client_destroy(&two);
}

static void too_long_a_line_ends_after_the_replies_before_it(void **state)
{
    fixture_t *self = *state;
    self->config.max_line = 128;
    (void)start_both(state);
    client_t *client = client_new(self->port);
    char line[300];
    memset(line, 'x', sizeof line);
    client_say(client, LINE_A "\n");
    client_send(client, (text_t){.data = line, .size = sizeof line});
    client_say(client, "\n" LINE_B "\n");
    test_request_t request = test_node_wait_one(self->node);
    test_node_reply(self->node, "1", &request, "AT a\n");
    client_expect(client, "AT a");
    text_t reply = client_read_line(client);
    assert_int_equal(reply.size, 2 + 64);
    assert_memory_equal(reply.data, "? xxx", 5);
    assert_true(client_sees_close(client, WAIT_LIMIT_MS));
    client_destroy(&client);
    assert_served(self);
}

static void a_stop_answers_what_is_under_way(void **state)
{
    fixture_t *self = start_both(state);
    client_t *busy = client_new(self->port);
    client_t *idle = client_new(self->port);
    client_say(busy, LINE_A "\n");
    test_request_t request = test_node_wait_one(self->node);
    int64_t begin_ms = wait_clock_ms();
    frontend_stop(self->frontend);
    assert_true(client_sees_close(idle, WAIT_LIMIT_MS));
    assert_null(client_try(self->port));
    test_node_reply(self->node, "1", &request, "AT a\n");
    assert_text_equal(client_read_all(busy), "AT a\n");
    client_destroy(&busy);
    client_destroy(&idle);
    (void)test_node_wait(self->node, MESSAGE_GOODBYE);
    join(self);
    assert_true(wait_clock_ms() - begin_ms < 2000);
}

static void a_stop_does_not_wait_for_ever(void **state)
{
    fixture_t *self = start_both(state);
    client_t *client = client_new(self->port);
    client_say(client, LINE_A "\n");
    (void)test_node_wait_one(self->node);
    int64_t begin_ms = wait_clock_ms();
    frontend_stop(self->frontend);
    join(self);
    assert_true(wait_clock_ms() - begin_ms < 2000);
    assert_text_equal(client_read_all(client), "");
    client_destroy(&client);
}

static void endpoints_that_cannot_work_are_errors(void **state)
{
    fixture_t *self = *state;
    self->client_endpoints[0] = "tcp://256.0.0.1:1";
    frontend_settings_t settings = {.config = &self->config, .member = &self->member};
    assert_int_equal(frontend_new(&settings, &self->frontend), STATUS_INVALID);
    assert_null(self->frontend);
    self->client_endpoints[0] = self->clients;
    self->member.requests = "nonsense://x";
    assert_int_equal(frontend_new(&settings, &self->frontend), STATUS_SYSTEM);
    assert_null(self->frontend);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hello_says_who_we_are),
        TEST(receipt_times_increase),
        TEST(each_client_has_its_part_of_a_batch),
        TEST(replies_keep_the_order_of_requests),
        TEST(requests_wait_for_the_node),
        TEST(a_node_that_returns_is_asked_again),
        TEST(reset_opens_anew),
        TEST(silence_opens_anew),
        TEST(refusal_is_logged_and_asked_about_again),
        TEST(garbage_of_the_node_changes_nothing),
        TEST(a_frame_beyond_the_limit_costs_the_link_only),
        TEST(late_replies_reach_nobody),
        TEST(a_request_without_answer_ends_its_connection),
        TEST(a_half_closed_client_gets_everything),
        TEST(a_window_of_requests_is_unanswered),
        TEST(large_requests_have_a_wider_window),
        TEST(a_client_that_does_not_read_is_not_read_from),
        TEST(connections_have_a_limit),
        TEST(too_long_a_line_ends_after_the_replies_before_it),
        TEST(a_stop_answers_what_is_under_way),
        TEST(a_stop_does_not_wait_for_ever),
        TEST(endpoints_that_cannot_work_are_errors),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
