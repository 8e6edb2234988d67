/* One client, one member: order, half-close, dribble, differences. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <time.h>

enum {
    LINES = 2000,     /* of one client, pipelined */
    PLAUSIBLE_S = 60, /* between asking and answering, on the slowest machine */
    AHEAD_S = 3600,   /* a client's clock that is ahead */
    ASIDE_MS = 100,   /* pause of a client that stalls */
    LINE_SIZE_MAX = 128,
};

static void half_close_gets_every_reply(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    client_say(client, "WRONG\nIAMAT half.close +1-1 5\nWHATSAT half.close 0 0");
    client_half_close(client);
    client_expect(client, "? WRONG");
    text_t answer = client_read_line(client);
    assert_memory_equal(answer.data, "AT Clark +", strlen("AT Clark +"));
    answer = client_read_all(client);
    assert_memory_equal(answer.data, "AT Clark +", strlen("AT Clark +"));
    assert_memory_equal(answer.data + answer.size - 3, "}\n\n", 3);
    client_destroy(&client);
}

static void dribbled_lines_are_lines(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    client_dribble(client, TEXT("WRONG one\r\nIAMAT dribble +1-1 5\n"));
    client_expect(client, "? WRONG one");
    text_t answer = client_read_line(client);
    assert_memory_equal(answer.data, "AT Clark +", strlen("AT Clark +"));
    client_dribble(client, TEXT("WRONG two\n"));
    client_expect(client, "? WRONG two");
    client_destroy(&client);
}

static void nothing_is_sent_unasked(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    text_t line;
    assert_false(client_try_line(client, ASIDE_MS, &line));
    client_half_close(client);
    assert_int_equal(client_read_all(client).size, 0);
    client_destroy(&client);
}

static void a_stalled_client_delays_nobody(void **state)
{
    client_t *stalled = herd_connect(*state, "Clark");
    client_say(stalled, "IAMAT stalled +1-1");
    client_t *other = herd_connect(*state, "Clark");
    client_say(other, "WHATSAT stalled 0 0\n");
    client_expect(other, "? WHATSAT stalled 0 0");
    client_say(stalled, " 5\n");
    text_t answer = client_read_line(stalled);
    assert_memory_equal(answer.data, "AT Clark +", strlen("AT Clark +"));
    client_destroy(&other);
    client_destroy(&stalled);
}

/* Replies of three kinds, whose costs differ, all asked at once. */
static void replies_keep_the_order_of_requests(void **state)
{
    client_t *client = herd_connect(*state, "Clark");
    char line[LINE_SIZE_MAX];
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "WRONG %d\nIAMAT order.%d +1-1 %d\nWHATSAT nobody.%d 1 1\n", i,
                 i, i, i);
        client_say(client, line);
    }
    client_half_close(client);
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "? WRONG %d", i);
        client_expect(client, line);
        snprintf(line, sizeof line, " order.%d +1-1 %d", i, i);
        text_t answer = client_read_line(client);
        assert_true(answer.size > strlen(line));
        assert_text_equal(text_after(answer, answer.size - strlen(line)), line);
        snprintf(line, sizeof line, "? WHATSAT nobody.%d 1 1", i);
        client_expect(client, line);
    }
    assert_int_equal(client_read_all(client).size, 0);
    client_destroy(&client);
}

/* The whole seconds of the difference in the answer to an IAMAT at `time_s`, and its sign. */
static uint64_t difference_s(herd_t *herd, int64_t time_s, char *ret_sign)
{
    char line[LINE_SIZE_MAX];
    snprintf(line, sizeof line, "IAMAT difference +1-1 %lld\n", (long long)time_s);
    text_t rest = text_of(herd_ask(herd, "Clark", line));
    text_t field = {0};
    for (int i = 0; i < 3; i++) {
        assert_true(text_take_field(&rest, &field));
    }
    assert_true(field.size > 1);
    *ret_sign = field.data[0];
    text_t number = text_after(field, 1);
    text_t seconds = {0};
    uint64_t value = 0;
    assert_true(text_take_until(&number, '.', &seconds));
    assert_true(text_to_u64(seconds, UINT64_MAX, &value));
    return value;
}

static void differences_are_receipt_less_client_time(void **state)
{
    char sign = '?';
    assert_in_range(difference_s(*state, time(NULL), &sign), 0, PLAUSIBLE_S);
    assert_int_equal(sign, '+');
    assert_in_range(difference_s(*state, time(NULL) - AHEAD_S, &sign), AHEAD_S,
                    AHEAD_S + PLAUSIBLE_S);
    assert_int_equal(sign, '+');
    assert_in_range(difference_s(*state, time(NULL) + AHEAD_S, &sign), AHEAD_S - PLAUSIBLE_S,
                    AHEAD_S);
    assert_int_equal(sign, '-');
}

static void a_client_that_leaves_harms_nobody(void **state)
{
    for (int i = 0; i < 50; i++) {
        client_t *client = herd_connect(*state, "Clark");
        client_say(client, "IAMAT leaver +1-1 5\nWHATSAT leaver 0 0\nIAMAT lea");
        client_destroy(&client);
    }
    herd_wait_serving(*state, "Clark");
    assert_true(process_is_running(herd_frontend(*state, "Clark")));
    assert_true(process_is_running(herd_node(*state, "Clark")));
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(half_close_gets_every_reply),
        HERD_TEST_SINGLE(dribbled_lines_are_lines),
        HERD_TEST_SINGLE(nothing_is_sent_unasked),
        HERD_TEST_SINGLE(a_stalled_client_delays_nobody),
        HERD_TEST_SINGLE(replies_keep_the_order_of_requests),
        HERD_TEST_SINGLE(differences_are_receipt_less_client_time),
        HERD_TEST_SINGLE(a_client_that_leaves_harms_nobody),
    };
    return workspace_finish(cmocka_run_group_tests_name("session", tests, NULL, NULL));
}
