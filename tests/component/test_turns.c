/* What one turn of a front-end's loop gives to each client, counted: sessions on sockets of this
 * process, and no node (docs/security.md). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "frontend/lines/line_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CLIENTS = 80,
    SENT_SIZE = 60000, /* bytes: fits the socket's buffer */
    LOOKUPS = 50,
    MOST_IN_TURN = LIMIT_TURN_COST / 64 + 1, /* lines: each costs 64 at least */
};

typedef struct {
    uv_loop_t loop;
    config_t config;
    session_shared_t shared;
    int clients[CLIENTS]; /* their ends of the sockets */
    session_t *sessions[CLIENTS];
    size_t count;
} scene_t;

static void ignore(void *argument)
{
    (void)argument;
}

static int setup(void **state)
{
    scene_t *self = memory_new(sizeof *self);
    *state = self;
    assert_int_equal(uv_loop_init(&self->loop), 0);
    self->config = (config_t){.max_line = LIMIT_LINE_SIZE,
                              .max_output = 1048576,
                              .request_timeout_ms = LIMIT_REQUEST_TIMEOUT_MS};
    session_shared_t *shared = &self->shared;
    *shared = (session_shared_t){.kind = &line_session_kind,
                                 .loop = &self->loop,
                                 .config = &self->config,
                                 .table = sessions_new(CLIENTS),
                                 .addresses = addresses_new(),
                                 .read_buffer = memory_new(LIMIT_READ_SIZE),
                                 .closed = ignore};
    list_init(&shared->waiting);
    list_init(&shared->newcomers);
    list_init(&shared->idle);
    list_init(&shared->unasked);
    list_init(&shared->unwritten);
    list_init(&shared->active);
    return 0;
}

static int teardown(void **state)
{
    scene_t *self = *state;
    for (size_t i = 0; i < self->count; i++) {
        session_close(self->sessions[i]);
        close(self->clients[i]);
    }
    uv_run(&self->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&self->loop), 0);
    assert_int_equal(self->shared.lookups, 0);
    assert_int_equal(self->shared.memory, 0);
    sessions_destroy(&self->shared.table);
    addresses_destroy(&self->shared.addresses);
    free(self->shared.read_buffer);
    free(self);
    return 0;
}

/* A client more; its number in the scene. */
static size_t join(scene_t *self)
{
    int files[2];
    size_t cursor = 0;
    size_t number = self->count++;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, files), 0);
    assert_int_equal(
        session_open(&self->shared, files[1], &(struct sockaddr){.sa_family = AF_UNIX}), STATUS_OK);
    self->clients[number] = files[0];
    for (size_t i = 0; i <= number; i++) {
        self->sessions[number] = sessions_next(self->shared.table, &cursor);
    }
    return number;
}

static void say(const scene_t *self, size_t client, text_t text)
{
    assert_int_equal(send(self->clients[client], text.data, text.size, 0), (ssize_t)text.size);
}

/* Says `line` again and again. */
static void flood(const scene_t *self, size_t client, const char *line)
{
    char *bytes = memory_new(SENT_SIZE);
    size_t size = strlen(line);
    size_t end = 0;
    for (; end + size <= SENT_SIZE; end += size) {
        memcpy(bytes + end, line, size);
    }
    say(self, client, (text_t){.data = bytes, .size = end});
    free(bytes);
}

/* Reads what has come, once of each; returns how many lines were taken. */
static size_t read_all(scene_t *self)
{
    uint64_t before = self->shared.figures.lines;
    uv_run(&self->loop, UV_RUN_NOWAIT);
    return (size_t)(self->shared.figures.lines - before);
}

static size_t waiting(scene_t *self)
{
    size_t count = 0;
    const list_link_t *head = &self->shared.waiting;
    for (const list_link_t *link = head->next; link != head; link = link->next) {
        count++;
    }
    return count;
}

/* The one that waits first has its part; returns how many lines were taken. */
static size_t give_turn(scene_t *self)
{
    uint64_t before = self->shared.figures.lines;
    session_take_turn(session_of_waiting(list_take_first(&self->shared.waiting)));
    return (size_t)(self->shared.figures.lines - before);
}

static void a_part_of_a_turn_is_so_many_lines(void **state)
{
    scene_t *self = *state;
    flood(self, join(self), "g\n");
    assert_in_range(read_all(self), 1, MOST_IN_TURN);
    size_t parts = 0;
    while (waiting(self) > 0) {
        assert_in_range(give_turn(self), 0, MOST_IN_TURN);
        parts++;
    }
    assert_int_equal(self->shared.figures.lines, SENT_SIZE / 2);
    assert_true(parts >= SENT_SIZE / 2 / MOST_IN_TURN - 1);
}

/* Those who wait have their parts in turn: after each round all have had the same. */
static void parts_are_given_in_turn(void **state)
{
    scene_t *self = *state;
    for (size_t i = 0; i < CLIENTS; i++) {
        flood(self, join(self), "g\n");
    }
    (void)read_all(self);
    size_t first = give_turn(self);
    for (size_t i = 1; i < CLIENTS; i++) {
        assert_int_equal(waiting(self), CLIENTS);
        assert_int_equal(give_turn(self), first);
    }
}

/* Once a turn has taken as much as one may, what is short is still taken at once. */
static void who_sends_little_does_not_wait(void **state)
{
    scene_t *self = *state;
    for (size_t i = 0; i + 1 < CLIENTS; i++) {
        flood(self, join(self), "greedy\n");
    }
    size_t polite = join(self);
    say(self, polite, TEXT("polite\n"));
    self->shared.turn_end_ns = 1; /* it is over */
    assert_int_equal(read_all(self), 1);
    assert_int_equal(waiting(self), CLIENTS - 1);
    while (!list_is_empty(&self->shared.unwritten)) {
        session_flush(session_of_unwritten(list_take_first(&self->shared.unwritten)));
    }
    char answer[16];
    assert_int_equal(recv(self->clients[polite], answer, sizeof answer, 0), 9);
    assert_memory_equal(answer, "? polite\n", 9);
}

/* What was put off is all there. */
static void what_waits_is_not_lost(void **state)
{
    scene_t *self = *state;
    flood(self, join(self), "greedy\n");
    while (self->shared.figures.lines < SENT_SIZE / 7) {
        self->shared.turn_end_ns = 1;
        (void)read_all(self);
        while (waiting(self) > 0) {
            (void)give_turn(self);
        }
    }
    assert_int_equal(self->shared.figures.lines, SENT_SIZE / 7);
    assert_int_equal(self->shared.figures.received, SENT_SIZE / 7 * 7);
}

static size_t ask(scene_t *self, pipeline_request_t *ret_last)
{
    size_t count = 0;
    while (!list_is_empty(&self->shared.unasked)) {
        count += session_ask(session_of_unasked(self->shared.unasked.next), ret_last) ? 1 : 0;
    }
    return count;
}

static void ask_for_places(scene_t *self, size_t client)
{
    for (size_t i = 0; i < LOOKUPS; i++) {
        say(self, client, TEXT("WHATSAT a 50 20\n"));
    }
    say(self, client, TEXT("IAMAT a +1-1 1\n"));
    (void)read_all(self);
}

/* The others wait in the client's order: also what stands behind them. */
static void lookups_under_way_are_bounded(void **state)
{
    scene_t *self = *state;
    size_t client = join(self);
    pipeline_request_t last;
    ask_for_places(self, client);
    assert_int_equal(ask(self, &last), LIMIT_LOOKUPS);
    assert_int_equal(self->shared.lookups, LIMIT_LOOKUPS);
    uint64_t sequence = 1;
    for (; sequence < LOOKUPS - LIMIT_LOOKUPS; sequence++) {
        session_answer(self->sessions[client], sequence, TEXT("AT\n"));
        assert_int_equal(ask(self, &last), 1);
        assert_int_equal(last.sequence, sequence + LIMIT_LOOKUPS);
        assert_true(last.is_lookup);
    }
    session_answer(self->sessions[client], sequence, TEXT("AT\n"));
    assert_int_equal(ask(self, &last), 2);
    assert_false(last.is_lookup);
}

/* When many ask, each has fewer; a node that has forgotten them is asked again. */
static void many_have_fewer_lookups_each(void **state)
{
    scene_t *self = *state;
    pipeline_request_t last;
    for (size_t i = 0; i < CLIENTS; i++) {
        ask_for_places(self, join(self));
        (void)ask(self, &last);
    }
    size_t most = LIMIT_LOOKUPS_ALL + CLIENTS * LIMIT_LOOKUPS_CROWDED;
    assert_in_range(self->shared.lookups, LIMIT_LOOKUPS_ALL, most);
    for (size_t i = 0; i < CLIENTS; i++) {
        session_ask_again(self->sessions[i]);
    }
    assert_int_equal(self->shared.lookups, 0);
    assert_in_range(ask(self, &last), LIMIT_LOOKUPS_ALL, most);
}

/* A node that answers with more than all clients together may hold costs the client its answer, not
 * the machine its memory. What was not asked costs nothing. */
static void answers_of_all_clients_are_bounded(void **state)
{
    scene_t *self = *state;
    size_t client = join(self);
    pipeline_request_t last;
    char byte;
    say(self, client, TEXT("IAMAT a +1-1 1\nIAMAT b +1-1 1\n"));
    (void)read_all(self);
    assert_int_equal(ask(self, &last), 2);
    self->shared.memory += LIMIT_ANSWERS_MEMORY;
    session_answer(self->sessions[client], 3, TEXT("AT\n"));
    assert_int_equal(sessions_count(self->shared.table), 1);
    session_answer(self->sessions[client], 2, TEXT("AT\n"));
    assert_int_equal(sessions_count(self->shared.table), 0);
    assert_int_equal(self->shared.memory, LIMIT_ANSWERS_MEMORY);
    assert_int_equal(recv(self->clients[client], &byte, 1, 0), 0);
    self->shared.memory = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_part_of_a_turn_is_so_many_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_are_given_in_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(who_sends_little_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_is_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(lookups_under_way_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(many_have_fewer_lookups_each, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_of_all_clients_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
