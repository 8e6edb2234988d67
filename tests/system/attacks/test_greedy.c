/* Clients that ask without end: the others are answered as before, and the log keeps what it says
 * of them (docs/security.md). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/intruder.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum {
    GREEDY_LINES = 40000,
    POLITE_LINES = 20,
    PLACES = 12,
    SILENT_MAX = 200, /* some of them come while no one has been idle for long enough */
    RECORDS = 1000,   /* of a message of a neighbour: 32 KB */
    PART = 500,       /* lines of the greedy one for each of the polite one */
};

/* The greedy one sends `line` GREEDY_LINES times and reads all answers; the polite one sends its
 * own meanwhile, each of which has its answer. Returns how many of them it sent. */
static size_t exchange(herd_t *herd, const char *line, const char *polite_line)
{
    client_t *greedy = herd_connect(herd, "Clark");
    client_t *polite = herd_connect(herd, "Clark");
    size_t line_size = strlen(line);
    char *lines = memory_new(PART * line_size + 1);
    size_t asked = 0;
    for (size_t i = 0; i < PART; i++) {
        memcpy(lines + i * line_size, line, line_size + 1);
    }
    for (size_t i = 0; i < GREEDY_LINES / PART; i++) {
        client_say(greedy, lines);
        (void)client_read_lines(greedy, PART);
        if (i % (GREEDY_LINES / PART / POLITE_LINES) == 0) {
            client_say(polite, polite_line);
            (void)client_read_lines(polite, 1);
            asked++;
        }
    }
    free(lines);
    client_destroy(&greedy);
    client_destroy(&polite);
    return asked;
}

/* Two-byte lines cost a log a hundred bytes each; of one client it takes some thousand a second. */
static void log_of_one_client_is_bounded(void **state)
{
    herd_t *herd = *state;
    int64_t start_ms = wait_clock_ms();
    size_t asked = exchange(herd, "g\n", "polite\n");
    size_t seconds = (size_t)(wait_clock_ms() - start_ms) / 1000 + 2;
    herd_wait_logged(herd, "Clark", "frontend", "traffic-cut: ");
    herd_wait_logged(herd, "Clark", "frontend", "client left: done");
    assert_int_equal(herd_stop_frontend(herd, "Clark"), 0);
    size_t logged = herd_count_logged(herd, "Clark", "frontend", " ? g\n");
    assert_in_range(logged, 1, seconds * LIMIT_TRAFFIC_LINES);
    assert_true(logged < GREEDY_LINES);
    assert_int_equal(herd_count_logged(herd, "Clark", "frontend", "? polite\n"), asked);
}

/* All places are taken by clients that say nothing: who comes then takes the place of the first. */
static void silent_clients_give_up_their_places(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "max_connections = \"10\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *silent[SILENT_MAX] = {NULL};
    size_t count = 0;
    while (count < SILENT_MAX && herd_count_logged(herd, "Clark", "frontend",
                                                   " without a line, and its place is ") == 0) {
        silent[count++] = herd_connect(herd, "Clark");
        wait_nap(50);
    }
    herd_wait_logged(herd, "Clark", "frontend", " without a line, and its place is needed");
    assert_true(client_sees_close(silent[0], WAIT_LIMIT_MS));
    herd_wait_serving(herd, "Clark");
    while (count > 0) {
        client_destroy(&silent[--count]);
    }
}

static void a_client_that_reads_nothing_gives_up_its_place(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){.members = members,
                                              .member_count = 1,
                                              .settings = "max_connections = \"1\"\n"
                                                          "traffic = \"no\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *deaf = NULL;
    while (deaf == NULL || client_send_some(deaf, TEXT("deaf\n"), 100) == 0 ||
           !client_try_line(deaf, WAIT_LIMIT_MS, &(text_t){0})) {
        client_destroy(&deaf); /* the probe of herd_start_all may still have the place */
        deaf = client_try_small(herd_port(herd, "Clark"), 4096);
    }
    size_t size = 16 << 20;
    char *lines = memory_new(size);
    memset(lines, '\n', size);
    assert_true(client_send_some(deaf, (text_t){.data = lines, .size = size}, 1000) < size);
    free(lines);
    herd_wait_serving(herd, "Clark");
    herd_wait_logged(herd, "Clark", "frontend", "and its place is needed");
    client_destroy(&deaf);
}

/* It sends as long as it can, but what it is told it does not read. */
static void an_idle_timeout_ends_a_client_that_only_sends(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){.members = members,
                                              .member_count = 1,
                                              .settings = "idle_timeout = \"1\"\n"
                                                          "traffic = \"no\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *deaf = client_try_small(herd_port(herd, "Clark"), 4096);
    assert_non_null(deaf);
    size_t size = 1 << 20;
    char *lines = memory_new(size);
    memset(lines, '\n', size);
    while (herd_count_logged(herd, "Clark", "frontend", "idle_timeout has passed") == 0) {
        (void)client_send_some(deaf, (text_t){.data = lines, .size = size}, 100);
    }
    free(lines);
    client_destroy(&deaf);
}

static void an_idle_timeout_ends_idle_clients_only(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "idle_timeout = \"1\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *silent = herd_connect(herd, "Clark");
    client_t *dripping = herd_connect(herd, "Clark");
    client_t *polite = herd_connect(herd, "Clark");
    bool gone = false;
    while (!gone) {
        client_say(polite, "polite\n");
        client_expect(polite, "? polite");
        (void)client_send_some(dripping, TEXT("x"), 10);
        gone = client_sees_close(silent, 50);
    }
    assert_true(client_sees_close(dripping, WAIT_LIMIT_MS));
    herd_wait_logged(herd, "Clark", "frontend", "idle_timeout has passed");
    client_destroy(&silent);
    client_destroy(&dripping);
    client_destroy(&polite);
}

static void an_address_has_its_share_of_places(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){.members = members,
                                              .member_count = 1,
                                              .settings = "max_connections_per_address = \"2\"\n"});
    *state = herd;
    herd_start_all(herd);
    client_t *all[PLACES];
    for (size_t i = 0; i < PLACES; i++) {
        all[i] = herd_connect(herd, "Clark");
    }
    assert_true(client_sees_close(all[PLACES - 1], WAIT_LIMIT_MS));
    herd_wait_logged(herd, "Clark", "frontend", "(max_connections_per_address)");
    for (size_t i = 0; i < PLACES; i++) {
        client_destroy(&all[i]);
    }
    herd_wait_serving(herd, "Clark");
}

#define BYTES(string)                                                                              \
    {                                                                                              \
        .data = (string), .size = sizeof(string) - 1                                               \
    }

/* A web page on the client's machine can send this. What stands behind the head moves no client. */
static void other_protocols_move_no_client(void **state)
{
    static const struct {
        text_t sent;
        const char *answer;
    } cases[] = {
        {BYTES("POST / HTTP/1.1\r\nHost: a\r\n\r\nIAMAT mole +1-1 5\n"), "? POST / HTTP/1.1\n"},
        {BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nIAMAT mole +1-1 5\n"),
         "? PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"},
        {BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0cIAMAT mole +1-1 5\n"), "? \n"},
        {BYTES("OPTIONS * HTTP/1.1\r\n\r\nIAMAT mole +1-1 5\n"), "? OPTIONS * HTTP/1.1\n"},
        {BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nIAMAT mole +1-1 5\n"), "? PRI * HTTP/2.0\n"},
        {BYTES("CONNECT a:1 HTTP/1.1\r\n\r\nIAMAT mole +1-1 5\n"), "? CONNECT a:1 HTTP/1.1\n"},
        {BYTES("\r\nGET / HTTP/1.1\r\n\r\nIAMAT mole +1-1 5\n"), "? \n? GET / HTTP/1.1\n"},
        {BYTES("SSH-2.0-OpenSSH_9.2\r\nIAMAT mole +1-1 5\n"), "? SSH-2.0-OpenSSH_9.2\n"},
        {BYTES("\x16\x03\x01\nIAMAT mole +1-1 5\n"), "? \x16\x03\x01\n"},
    };
    herd_t *herd = *state;
    for (size_t i = 0; i < 2 * ARRAY_COUNT(cases); i++) {
        client_t *client = herd_connect(herd, "Clark");
        text_t sent = cases[i / 2].sent;
        if (i % 2 == 0) {
            client_send(client, sent);
        } else {
            client_dribble(client, text_first(sent, 3)); /* each byte by itself */
            client_send(client, text_after(sent, 3));
        }
        text_t answer = client_read_all(client);
        assert_true(text_equal(answer, text_of(cases[i / 2].answer)));
        client_destroy(&client);
    }
    herd_wait_logged(herd, "Clark", "frontend", "it speaks HTTP, which is not served here");
    herd_wait_logged(herd, "Clark", "frontend", "it speaks the PROXY protocol");
    assert_string_equal(herd_ask(herd, "Clark", "WHATSAT mole 1 1\n"), "? WHATSAT mole 1 1\n");
}

/* From the word of its end on, a front-end goes on with those who are there. */
static void requests_after_the_stop_are_answered(void **state)
{
    herd_t *herd = *state;
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "before\n");
    client_expect(client, "? before");
    process_signal(herd_frontend(herd, "Clark"), SIGTERM);
    herd_wait_logged(herd, "Clark", "frontend", "stopping: ");
    for (size_t i = 0; i < 3; i++) {
        client_say(client, "after\n");
        client_expect(client, "? after");
    }
    (void)client_read_all(client);
    client_destroy(&client);
}

/* A neighbour, or who says that it is one, sends records without end. Before each line of the
 * client it has sent until no more is taken: the node always has some of it to read. Its log takes
 * some thousand records of one client a second. */
static void a_flood_of_one_neighbour_holds_up_no_client(void **state)
{
    static const herd_member_t members[] = {{"Clark", "Lois"}, {"Lois", "Clark"}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 2, .settings = "bus_traffic = \"yes\"\n"});
    *state = herd;
    int64_t start_ms = wait_clock_ms();
    herd_start(herd, "Clark");
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u",
             (unsigned)herd_node_ports(herd, "Clark").bus);
    intruder_t *lois = intruder_new(
        herd,
        &(intruder_options_t){.type = ZMQ_DEALER, .endpoint = endpoint, .routing_id = "Lois"});
    const char *record = "AT Lois +0.000000001 a +1-1 1 =\n";
    size_t record_size = strlen(record);
    char *records = memory_new(RECORDS * record_size + 1);
    for (size_t i = 0; i < RECORDS; i++) {
        memcpy(records + i * record_size, record, record_size + 1);
    }
    assert_true(intruder_send(lois, MESSAGE_DATA, "1 2 3 4", records, WAIT_LIMIT_MS));
    client_t *polite = herd_connect(herd, "Clark");
    for (size_t i = 0; i < POLITE_LINES; i++) {
        while (intruder_send(lois, MESSAGE_DATA, "1 2 3 4", records, 0)) {
            /* the node reads, but not as fast as this */
        }
        client_say(polite, "IAMAT polite +1-1 1\n");
        (void)client_read_lines(polite, 1);
    }
    client_destroy(&polite);
    intruder_destroy(&lois);
    free(records);
    herd_wait_logged(herd, "Clark", "node", "traffic-cut: ");
    size_t seconds = (size_t)(wait_clock_ms() - start_ms) / 1000 + 2;
    size_t logged =
        herd_count_logged(herd, "Clark", "node", " Lois AT Lois +0.000000001 a +1-1 1 =\n");
    assert_in_range(logged, 1, seconds * LIMIT_TRAFFIC_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(log_of_one_client_is_bounded),
        HERD_TEST_SINGLE(other_protocols_move_no_client),
        HERD_TEST_SINGLE(requests_after_the_stop_are_answered),
        HERD_TEST_OWN(a_flood_of_one_neighbour_holds_up_no_client),
        HERD_TEST_OWN(silent_clients_give_up_their_places),
        HERD_TEST_OWN(a_client_that_reads_nothing_gives_up_its_place),
        HERD_TEST_OWN(an_idle_timeout_ends_idle_clients_only),
        HERD_TEST_OWN(an_idle_timeout_ends_a_client_that_only_sends),
        HERD_TEST_OWN(an_address_has_its_share_of_places),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests_name("greedy", tests, NULL, NULL));
}
