/* Answers that wait for neighbours (`acknowledge`; replication.md, R18). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LIVES = 20,       /* of the member that is killed behind its answers */
    PIPELINED = 500,  /* updates in each of them */
    LINES = 3000,     /* of one connection, in one go */
    SILENCE_MS = 200, /* how long an answer that cannot come yet is waited for */
    TIMEOUT_MS = 1000,
    LINE_SIZE_MAX = 128,
};

static herd_t *start_pair(void **state, const char *settings)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = pair, .member_count = 2, .settings = settings});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

/* Asks at B for what A has answered: `answers`, a line each. A dead member sends no more. */
static void expect_survived(herd_t *herd, text_t answers)
{
    char questions[PIPELINED * LINE_SIZE_MAX] = "";
    char *end = questions;
    text_t rest = answers;
    text_t answer;
    while (text_take_line(&rest, &answer)) {
        text_t client = {0};
        for (int field = 0; field < 4; field++) { /* AT A difference client */
            assert_true(text_take_field(&answer, &client));
        }
        end += snprintf(end, LINE_SIZE_MAX, "WHATSAT %.*s 0 0\n", (int)client.size, client.data);
    }
    text_t seen = text_of(herd_ask(herd, "B", questions));
    while (text_take_line(&answers, &answer)) {
        text_t line;
        assert_true(text_take_line(&seen, &line));
        assert_true(text_equal(line, answer));
        while (text_take_line(&seen, &line) && line.size > 0) { /* JSON */
        }
    }
}

/* It is killed in the middle of a stream of updates, each time behind a few answers more. */
static void answered_updates_survive_their_member(void **state)
{
    herd_t *herd = start_pair(state, "acknowledge = \"peers 1\"\n");
    for (size_t life = 1; life <= LIVES; life++) {
        char lines[PIPELINED * LINE_SIZE_MAX] = "";
        char *end = lines;
        for (int i = 0; i < PIPELINED; i++) {
            end += snprintf(end, LINE_SIZE_MAX, "IAMAT kiwi.%zu.%d +1-1 5\n", life, i);
        }
        client_t *client = herd_connect(herd, "A");
        client_say(client, lines);
        text_t answers = client_read_lines(client, life * PIPELINED / LIVES);
        herd_kill_node(herd, "A");
        expect_survived(herd, answers);
        client_destroy(&client);
        herd_start_node(herd, "A");
        herd_wait_serving(herd, "A");
    }
}

static void without_its_neighbour_a_member_promises_nothing(void **state)
{
    herd_t *herd = start_pair(state, "acknowledge = \"peers 1\"\nrequest_timeout = \"1000\"\n");
    process_signal(herd_node(herd, "B"), SIGSTOP);
    client_t *client = herd_connect(herd, "A");
    int64_t asked_ms = wait_clock_ms();
    client_say(client, "IAMAT kiwi +1-1 5\nWHATSAT kiwi 0 0\n");
    /* All else is answered on: the update is there, it is only not promised. */
    const char *seen = herd_ask(herd, "A", "WRONG\nWHATSAT kiwi 0 0\nWHATSAT nobody 0 0\n");
    assert_memory_equal(seen, "? WRONG\nAT A +", strlen("? WRONG\nAT A +"));
    assert_non_null(strstr(seen, "ZERO_RESULTS"));
    assert_non_null(strstr(seen, "? WHATSAT nobody 0 0\n"));
    assert_true(client_sees_close(client, WAIT_LIMIT_MS));
    assert_true(wait_clock_ms() - asked_ms >= TIMEOUT_MS / 2);
    client_destroy(&client);
    herd_wait_logged(herd, "A", "node", "promise-unkept: neighbours did not take IAMATs in time");
    process_signal(herd_node(herd, "B"), SIGCONT);
    /* The link may have to be made anew first, which takes longer than the time-out. */
    text_t line;
    bool answered = false;
    for (int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS; !answered && wait_clock_ms() < end_ms;) {
        client = herd_connect(herd, "A");
        client_say(client, "IAMAT kiwi +1-1 6\n");
        answered = client_try_line(client, WAIT_LIMIT_MS, &line);
        client_destroy(&client);
    }
    assert_true(answered);
    seen = herd_ask(herd, "B", "WHATSAT kiwi 0 0\n");
    assert_non_null(strstr(seen, " kiwi +1-1 6\n"));
}

static void two_neighbours_must_have_it(void **state)
{
    static const herd_member_t ring[] = {{"A", "B C"}, {"B", "A C"}, {"C", "A B"}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = ring, .member_count = 3, .settings = "acknowledge = \"peers 2\"\n"});
    *state = herd;
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    assert_memory_equal(answer, "AT A +", strlen("AT A +"));
    herd_kill_node(herd, "C");
    client_t *client = herd_connect(herd, "A");
    text_t line;
    client_say(client, "IAMAT kiwi +2-2 6\n");
    /* B has it, and that is not enough. */
    assert_false(client_try_line(client, SILENCE_MS, &line));
    herd_start_node(herd, "C");
    line = client_read_line(client);
    assert_memory_equal(line.data, "AT A +", strlen("AT A +"));
    /* One that changes nothing says as much. */
    const char *older = herd_ask(herd, "B", "IAMAT kiwi +1-1 5\n");
    assert_memory_equal(older, "AT B +", strlen("AT B +"));
    client_destroy(&client);
}

static void answers_come_in_the_order_of_the_lines(void **state)
{
    herd_t *herd = start_pair(state, "acknowledge = \"peers 1\"\n");
    char line[LINE_SIZE_MAX];
    char *all = calloc(LINES, LINE_SIZE_MAX);
    assert_non_null(all);
    char *end = all;
    for (int i = 0; i < LINES; i++) {
        end += snprintf(end, LINE_SIZE_MAX, "IAMAT runner +1-1 %d\nWRONG %d\nWHATSAT nobody 0 %d\n",
                        i, i, i % 21);
    }
    const char *replies = herd_ask(herd, "A", all);
    text_t rest = text_of(replies);
    text_t reply;
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, " runner +1-1 %d", i);
        assert_true(text_take_line(&rest, &reply) && reply.size > strlen(line));
        assert_text_equal(text_after(reply, reply.size - strlen(line)), line);
        snprintf(line, sizeof line, "? WRONG %d", i);
        assert_true(text_take_line(&rest, &reply));
        assert_text_equal(reply, line);
        snprintf(line, sizeof line, "? WHATSAT nobody 0 %d", i % 21);
        assert_true(text_take_line(&rest, &reply));
        assert_text_equal(reply, line);
    }
    assert_int_equal(rest.size, 0);
    free(all);
}

/* A request sees the effect of earlier ones on its connection, even before these are answered. */
static void an_update_that_waits_is_seen_behind_it(void **state)
{
    herd_t *herd = start_pair(state, "acknowledge = \"peers 1\"\n");
    const char *replies = herd_ask(
        herd, "A", "IAMAT kiwi +1-1 5\nWHATSAT kiwi 0 0\nIAMAT kiwi +2-2 6\nWHATSAT kiwi 0 0\n");
    text_t rest = text_of(replies);
    for (int i = 0; i < 2; i++) {
        text_t answer = {0};
        text_t seen = {0};
        assert_true(text_take_line(&rest, &answer) && text_take_line(&rest, &seen));
        assert_true(text_equal(answer, seen));
        while (text_take_line(&rest, &seen) && seen.size > 0) {
        }
    }
    assert_int_equal(rest.size, 0);
}

static void a_node_that_stops_answers_what_waits(void **state)
{
    herd_t *herd = start_pair(state, "acknowledge = \"peers 1\"\n");
    process_signal(herd_node(herd, "B"), SIGSTOP);
    client_t *client = herd_connect(herd, "A");
    text_t line;
    client_say(client, "IAMAT kiwi +1-1 5\n");
    assert_false(client_try_line(client, SILENCE_MS, &line));
    process_signal(herd_node(herd, "A"), SIGTERM);
    process_signal(herd_node(herd, "B"), SIGCONT);
    line = client_read_line(client);
    assert_memory_equal(line.data, "AT A +", strlen("AT A +"));
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    client_destroy(&client);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(answered_updates_survive_their_member),
        HERD_TEST_OWN(without_its_neighbour_a_member_promises_nothing),
        HERD_TEST_OWN(two_neighbours_must_have_it),
        HERD_TEST_OWN(answers_come_in_the_order_of_the_lines),
        HERD_TEST_OWN(an_update_that_waits_is_seen_behind_it),
        HERD_TEST_OWN(a_node_that_stops_answers_what_waits),
    };
    return workspace_finish(cmocka_run_group_tests_name("promises", tests, NULL, NULL));
}
