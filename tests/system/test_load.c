/* Many clients, slow clients, too many clients. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    CLIENTS = 1000,
    ROUNDS = 20, /* of three lines, by each client */
    LINE_SIZE_MAX = 128,
    ROUND_SIZE_MAX = 3 * LINE_SIZE_MAX,
    FLOOD_SIZE = 64 * 1024 * 1024, /* far more than sockets and the front-end may hold */
    FLOOD_LINE = 1024,
    SMALL_BUFFER = 4096,
    STALL_MS = 1000,        /* without progress: the server has stopped reading */
    CONNECTIONS_MAX = 10,   /* the setting of limited */
    FILES_MAX = 80,         /* descriptors of a starved front-end */
    STARVING_CLIENTS = 130, /* more than it can hold, fewer than a listen queue */
    WATCH_MS = 1000,
    HOSTILE_CLIENTS = 500,
    UNFINISHED_SIZE = 60000,
    SLOW_CLIENTS = 50,
    SHORT_STALL_MS = 50,
    SLOW_CLIENT_MAX = 3 * 65536, /* max_output, one read put off, the same being written */
    MEMORY_SLACK = 16 * 1024 * 1024,
    IDLE_CPU_MS = 400, /* of WATCH_MS; one that spins takes all of it */
};

/* The lines of client `number` in round `i`. */
static void make_round(int number, int i, char lines[ROUND_SIZE_MAX])
{
    snprintf(lines, ROUND_SIZE_MAX,
             "IAMAT load.%d.%d +1-1 5\nWRONG %d.%d\nWHATSAT nobody.%d.%d 1 1\n", number, i, number,
             i, number, i);
}

static void check_round(client_t *client, int number, int i)
{
    char expected[LINE_SIZE_MAX];
    snprintf(expected, sizeof expected, " load.%d.%d +1-1 5", number, i);
    text_t answer = client_read_line(client);
    assert_true(answer.size > strlen(expected));
    assert_text_equal(text_after(answer, answer.size - strlen(expected)), expected);
    snprintf(expected, sizeof expected, "? WRONG %d.%d", number, i);
    client_expect(client, expected);
    snprintf(expected, sizeof expected, "? WHATSAT nobody.%d.%d 1 1", number, i);
    client_expect(client, expected);
}

static void a_thousand_clients_get_their_answers_in_order(void **state)
{
    client_t **clients = memory_new_array(CLIENTS, sizeof(client_t *));
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = herd_connect(*state, "Clark");
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++) {
            char lines[ROUND_SIZE_MAX];
            make_round(i, round, lines);
            client_say(clients[i], lines);
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        client_half_close(clients[i]);
        for (int round = 0; round < ROUNDS; round++) {
            check_round(clients[i], i, round);
        }
        assert_int_equal(client_read_all(clients[i]).size, 0);
        client_destroy(&clients[i]);
    }
    free(clients);
}

/* Numbered invalid lines of FLOOD_LINE bytes each; caller frees with free(). */
static char *make_flood(void)
{
    char *flood = memory_new(FLOOD_SIZE);
    memset(flood, 'x', FLOOD_SIZE);
    for (size_t at = 0; at < FLOOD_SIZE; at += FLOOD_LINE) {
        char number[16];
        int size = snprintf(number, sizeof number, "%08zu", at / FLOOD_LINE);
        memcpy(flood + at, number, (size_t)size);
        flood[at + FLOOD_LINE - 1] = '\n';
    }
    return flood;
}

static void one_that_never_reads_is_not_read_from(void **state)
{
    char *flood = make_flood();
    client_t *slow = client_try_small(herd_port(*state, "Clark"), SMALL_BUFFER);
    assert_non_null(slow);
    size_t sent = 0;
    size_t more;
    do {
        text_t rest = {.data = flood + sent, .size = FLOOD_SIZE - sent};
        more = client_send_some(slow, rest, STALL_MS);
        sent += more;
    } while (more > 0 && sent < FLOOD_SIZE);
    assert_true(sent < FLOOD_SIZE);
    /* Others are served meanwhile. */
    const char *answer = herd_ask(*state, "Clark", "IAMAT kiwi +1-1 5\n");
    assert_memory_equal(answer, "AT Clark +", strlen("AT Clark +"));
    /* And once it reads, it gets every answer, the last for a line that was cut short. */
    client_half_close(slow);
    for (size_t at = 0; at < sent; at += FLOOD_LINE) {
        size_t size = sent - at < FLOOD_LINE - 1 ? sent - at : FLOOD_LINE - 1;
        text_t line = client_read_line(slow);
        assert_int_equal(line.size, size + 2);
        assert_memory_equal(line.data + 2, flood + at, size);
    }
    assert_int_equal(client_read_all(slow).size, 0);
    client_destroy(&slow);
    free(flood);
}

typedef struct {
    herd_t *herd;
    client_t *client; /* connected and served, once is_admitted holds */
} admission_t;

static bool is_admitted(void *argument)
{
    admission_t *self = argument;
    self->client = client_try(herd_port(self->herd, "Clark"));
    text_t line;
    if (self->client != NULL && client_send_some(self->client, TEXT("WRONG\n"), STALL_MS) > 0 &&
        client_try_line(self->client, STALL_MS, &line)) {
        return true;
    }
    client_destroy(&self->client);
    return false;
}

static void wait_served_again(herd_t *herd)
{
    admission_t admission = {.herd = herd};
    assert_true(wait_until(is_admitted, &admission, WAIT_LIMIT_MS));
    client_destroy(&admission.client);
}

static void connections_have_a_limit(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "max_connections = \"10\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *clients[CONNECTIONS_MAX];
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        /* The connections of herd_start_all may still be counted for a moment. */
        admission_t admission = {.herd = herd};
        assert_true(wait_until(is_admitted, &admission, WAIT_LIMIT_MS));
        clients[i] = admission.client;
    }
    client_t *refused = client_new(herd_port(herd, "Clark"));
    assert_true(client_sees_close(refused, WAIT_LIMIT_MS));
    client_destroy(&refused);
    herd_wait_logged(herd, "Clark", "frontend",
                     "client refused: all 10 connections (max_connections) are in use");
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        client_say(clients[i], "WRONG\n");
        client_expect(clients[i], "? WRONG");
    }
    client_destroy(&clients[0]);
    wait_served_again(herd);
    for (size_t i = 1; i < CONNECTIONS_MAX; i++) {
        client_destroy(&clients[i]);
    }
}

static void a_starved_frontend_does_not_spin(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(
        &(herd_options_t){.members = members, .member_count = 1, .frontend_max_files = FILES_MAX});
    *state = herd;
    herd_start_all(herd);
    client_t *first = herd_connect(herd, "Clark");
    client_say(first, "WRONG\n");
    client_expect(first, "? WRONG");
    client_t *clients[STARVING_CLIENTS] = {NULL};
    for (size_t i = 0; i < STARVING_CLIENTS; i++) {
        clients[i] = client_try(herd_port(herd, "Clark"));
    }
    process_t *frontend = herd_frontend(herd, "Clark");
    int64_t before_ms = process_cpu_ms(frontend);
    wait_nap(WATCH_MS); /* what is measured is the processor time of an interval */
    assert_true(process_is_running(frontend));
    assert_in_range(process_cpu_ms(frontend) - before_ms, 0, IDLE_CPU_MS);
    herd_wait_logged(herd, "Clark", "frontend", "cannot accept clients: Too many open files");
    /* Those it has are served on, and new ones once there is room. */
    client_say(first, "IAMAT kiwi +1-1 5\n");
    text_t answer = client_read_line(first);
    assert_memory_equal(answer.data, "AT Clark +", strlen("AT Clark +"));
    client_destroy(&first);
    for (size_t i = 0; i < STARVING_CLIENTS; i++) {
        client_destroy(&clients[i]);
    }
    wait_served_again(herd);
}

typedef struct {
    const process_t *process;
    size_t memory; /* bytes wanted at least */
} growth_t;

static bool has_grown(void *argument)
{
    const growth_t *growth = argument;
    return process_memory(growth->process) >= growth->memory;
}

/* Long lines that never end take as much memory as was sent of them, rounded up, and go with their
 * clients. */
static void unfinished_lines_cost_no_more_than_they_have(void **state)
{
    if (process_is_sanitized()) {
        skip();
    }
    process_t *frontend = herd_frontend(*state, "Clark");
    size_t before = process_memory(frontend);
    char *line = memory_new(UNFINISHED_SIZE);
    memset(line, 'x', UNFINISHED_SIZE);
    client_t *clients[HOSTILE_CLIENTS];
    for (size_t i = 0; i < HOSTILE_CLIENTS; i++) {
        clients[i] = herd_connect(*state, "Clark");
        client_send(clients[i], (text_t){.data = line, .size = UNFINISHED_SIZE});
    }
    /* It has read all of them when it holds that much. */
    growth_t growth = {.process = frontend,
                       .memory = before + HOSTILE_CLIENTS * (size_t)UNFINISHED_SIZE};
    assert_true(wait_until(has_grown, &growth, WAIT_LIMIT_MS));
    assert_in_range(process_memory(frontend) - before, 0,
                    HOSTILE_CLIENTS * (size_t)LIMIT_LINE_SIZE + MEMORY_SLACK);
    client_say(clients[0], "\n");
    assert_int_equal(client_read_line(clients[0]).size, UNFINISHED_SIZE + 2);
    for (size_t i = 0; i < HOSTILE_CLIENTS; i++) {
        client_destroy(&clients[i]);
    }
    free(line);
    herd_wait_serving(*state, "Clark");
}

/* Each sends until no more is taken, and reads nothing. */
static void a_crowd_that_never_reads_is_bounded(void **state)
{
    if (process_is_sanitized()) {
        skip();
    }
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "max_output = \"16384\"\n"});
    *state = herd;
    herd_start_all(herd);
    size_t before = process_memory(herd_frontend(herd, "Clark"));
    char *flood = make_flood();
    client_t *clients[SLOW_CLIENTS];
    for (size_t i = 0; i < SLOW_CLIENTS; i++) {
        clients[i] = client_try_small(herd_port(herd, "Clark"), SMALL_BUFFER);
        assert_non_null(clients[i]);
        size_t sent = client_send_some(clients[i], (text_t){.data = flood, .size = FLOOD_SIZE},
                                       SHORT_STALL_MS);
        assert_true(sent < FLOOD_SIZE);
    }
    assert_in_range(process_memory(herd_frontend(herd, "Clark")) - before, 0,
                    SLOW_CLIENTS * SLOW_CLIENT_MAX + MEMORY_SLACK);
    herd_wait_serving(herd, "Clark");
    for (size_t i = 0; i < SLOW_CLIENTS; i++) {
        client_destroy(&clients[i]);
    }
    free(flood);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(a_thousand_clients_get_their_answers_in_order),
        HERD_TEST_SINGLE(one_that_never_reads_is_not_read_from),
        HERD_TEST_OWN(connections_have_a_limit),
        HERD_TEST_OWN(a_starved_frontend_does_not_spin),
        HERD_TEST_SINGLE(unfinished_lines_cost_no_more_than_they_have),
        HERD_TEST_OWN(a_crowd_that_never_reads_is_bounded),
    };
    return workspace_finish(cmocka_run_group_tests_name("load", tests, NULL, NULL));
}
