/* The node behind a front-end goes away and comes back. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>

enum {
    SILENCE_MS = 200, /* how long an answer that cannot come yet is waited for */
    WAITING = 200,    /* requests under way while the node is away */
    LINE_SIZE_MAX = 128,
    TIMEOUT_MS = 1000, /* request_timeout of short_timeout */
};

static herd_t *start_with_short_timeout(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = 1, .settings = "request_timeout = \"1000\"\n"});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

static void requests_wait_for_a_restarted_node(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    herd_kill_node(*state, "Clark");
    text_t line;
    client_say(client, "IAMAT kiwi +1-1 5\n");
    assert_false(client_try_line(client, SILENCE_MS, &line));
    herd_start_node(*state, "Clark");
    line = client_read_line(client);
    assert_memory_equal(line.data, "AT Clark +", strlen("AT Clark +"));
    client_say(client, "WHATSAT nobody 1 1\n");
    client_expect(client, "? WHATSAT nobody 1 1");
    client_destroy(&client);
}

/* The node is stopped, so that the requests are with it when it is killed. */
static void requests_taken_by_a_killed_node_are_asked_again(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    process_signal(herd_node(*state, "Clark"), SIGSTOP);
    char line[LINE_SIZE_MAX];
    client_say(client, "WRONG\n");
    for (int i = 0; i < WAITING; i++) {
        snprintf(line, sizeof line, "IAMAT again.%d +1-1 5\nWRONG %d\n", i, i);
        client_say(client, line);
    }
    client_half_close(client);
    client_expect(client, "? WRONG");
    text_t early;
    assert_false(client_try_line(client, SILENCE_MS, &early));
    herd_kill_node(*state, "Clark");
    herd_start_node(*state, "Clark");
    for (int i = 0; i < WAITING; i++) {
        snprintf(line, sizeof line, " again.%d +1-1 5", i);
        text_t answer = client_read_line(client);
        assert_true(answer.size > strlen(line));
        assert_text_equal(text_after(answer, answer.size - strlen(line)), line);
        snprintf(line, sizeof line, "? WRONG %d", i);
        client_expect(client, line);
    }
    assert_int_equal(client_read_all(client).size, 0);
    client_destroy(&client);
}

static void malformed_lines_need_no_node(void **state)
{
    herd_kill_node(*state, "Clark");
    client_t *client = herd_connect(*state, "Clark");
    client_say(client, "WRONG\nAT\n");
    client_expect(client, "? WRONG");
    client_expect(client, "? AT");
    client_destroy(&client);
}

static void a_node_away_too_long_closes_the_connection(void **state)
{
    herd_t *herd = start_with_short_timeout(state);
    herd_kill_node(herd, "Clark");
    client_t *client = herd_connect(herd, "Clark");
    client_t *idle = herd_connect(herd, "Clark");
    int64_t asked_ms = wait_clock_ms();
    client_say(client, "IAMAT kiwi +1-1 5\nWRONG\n");
    assert_true(client_sees_close(client, WAIT_LIMIT_MS));
    assert_true(wait_clock_ms() - asked_ms >= TIMEOUT_MS / 2);
    /* A connection without a request under way stays. */
    client_say(idle, "WRONG\n");
    client_expect(idle, "? WRONG");
    client_destroy(&idle);
    client_destroy(&client);
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
}

static void a_node_that_hangs_closes_the_connection(void **state)
{
    herd_t *herd = start_with_short_timeout(state);
    process_signal(herd_node(herd, "Clark"), SIGSTOP);
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "IAMAT kiwi +1-1 5\n");
    assert_true(client_sees_close(client, WAIT_LIMIT_MS));
    client_destroy(&client);
    process_signal(herd_node(herd, "Clark"), SIGCONT);
    herd_wait_serving(herd, "Clark");
}

/* Asks without pause for some seconds, so that the node looks for late questions while some
 * wait. */
static void a_short_timeout_leaves_time_for_places(void **state)
{
    enum { QUESTIONS = 100, ASKING_MS = 1500 };
    static const herd_member_t alone[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd = herd_new(&(herd_options_t){.members = alone,
                                              .member_count = 1,
                                              .settings = "request_timeout = \"500\"\n",
                                              .local_places = true});
    *state = herd;
    herd_start_all(herd);
    (void)herd_ask(herd, "Clark", "IAMAT kiwi +34.068930-118.445127 5\n");
    char lines[QUESTIONS * sizeof "WHATSAT kiwi 50 20\n"] = "";
    for (size_t i = 0; i < QUESTIONS; i++) {
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "WHATSAT kiwi 50 20\n");
    }
    int64_t end_ms = wait_clock_ms() + ASKING_MS;
    while (wait_clock_ms() < end_ms) {
        assert_null(strstr(herd_ask(herd, "Clark", lines), "did not answer in time"));
    }
}

static void a_new_frontend_takes_over(void **state)
{
    const char *answer = herd_ask(*state, "Clark", "IAMAT kiwi +1-1 5\n");
    herd_kill_frontend(*state, "Clark");
    herd_start_frontend(*state, "Clark");
    herd_wait_serving(*state, "Clark");
    herd_wait_seen(*state, "Clark", "kiwi", answer);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(requests_wait_for_a_restarted_node),
        HERD_TEST_SINGLE(requests_taken_by_a_killed_node_are_asked_again),
        HERD_TEST_SINGLE(malformed_lines_need_no_node),
        HERD_TEST_OWN(a_node_away_too_long_closes_the_connection),
        HERD_TEST_OWN(a_node_that_hangs_closes_the_connection),
        HERD_TEST_OWN(a_short_timeout_leaves_time_for_places),
        HERD_TEST_SINGLE(a_new_frontend_takes_over),
    };
    return workspace_finish(cmocka_run_group_tests_name("outage", tests, NULL, NULL));
}
