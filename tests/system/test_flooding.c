/* Updates at one member, seen at others: links, crashes, catching up. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/workspace.h"

#include <stdio.h>

enum {
    UPDATES = 500, /* missed by a member that is down */
    LINE_SIZE_MAX = 128,
};

static const char *const sample[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};
enum { SAMPLE_COUNT = sizeof sample / sizeof sample[0] };

static void wait_seen_by_all(herd_t *herd, const char *client, const char *at_line)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        herd_wait_seen(herd, sample[i], client, at_line);
    }
}

static void a_neighbour_shows_the_same_bytes(void **state)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = pair, .member_count = 2});
    *state = herd;
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +34.068930-118.445127 1621464827.5\n");
    assert_memory_equal(answer, "AT A +", strlen("AT A +"));
    herd_wait_seen(herd, "B", "kiwi", answer);
    /* What B takes later wins at A, an older one changes nothing anywhere. */
    answer = herd_ask(herd, "B", "IAMAT kiwi +35-119 1621464827.500000001\n");
    assert_memory_equal(answer, "AT B +", strlen("AT B +"));
    herd_wait_seen(herd, "A", "kiwi", answer);
    (void)herd_ask(herd, "A", "IAMAT kiwi +36-120 1621464827.499999999\n");
    herd_wait_seen(herd, "A", "kiwi", answer);
    herd_wait_seen(herd, "B", "kiwi", answer);
}

static void an_update_crosses_a_chain(void **state)
{
    static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B D"}, {"D", "C"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = chain, .member_count = 4});
    *state = herd;
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "D", "kiwi", answer);
    answer = herd_ask(herd, "D", "IAMAT kiwi +2-2 6\n");
    herd_wait_seen(herd, "A", "kiwi", answer);
}

static void an_update_reaches_all_five(void **state)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        char line[LINE_SIZE_MAX];
        snprintf(line, sizeof line, "IAMAT kiwi.%zu +34.068930-118.445127 1621464827.9\n", i);
        const char *answer = herd_ask(*state, sample[i], line);
        snprintf(line, sizeof line, "kiwi.%zu", i);
        wait_seen_by_all(*state, line, answer);
    }
}

static void the_last_of_many_updates_is_what_stays(void **state)
{
    client_t *client = herd_connect(*state, "Goloman");
    char line[LINE_SIZE_MAX];
    for (int i = 1; i <= UPDATES; i++) {
        snprintf(line, sizeof line, "IAMAT runner +%d-%d %d\n", i % 90, i % 180, i);
        client_say(client, line);
    }
    client_half_close(client);
    (void)client_read_lines(client, UPDATES - 1);
    char last[LINE_SIZE_MAX];
    text_t answer = client_read_all(client);
    snprintf(last, sizeof last, "%.*s", (int)answer.size, answer.data);
    client_destroy(&client);
    wait_seen_by_all(*state, "runner", last);
}

static void killed_members_catch_up(void **state)
{
    herd_t *herd = *state;
    const char *before = herd_ask(herd, "Wilkes", "IAMAT before +1-1 5\n");
    wait_seen_by_all(herd, "before", before);
    herd_kill_node(herd, "Hands");
    herd_kill_frontend(herd, "Hands");
    herd_kill_node(herd, "Holiday");
    herd_kill_frontend(herd, "Holiday");
    /* Welsh is cut off with Holiday; Goloman and Wilkes serve on. */
    const char *during = herd_ask(herd, "Goloman", "IAMAT during +2-2 6\n");
    herd_wait_seen(herd, "Wilkes", "during", during);
    const char *alone = herd_ask(herd, "Welsh", "IAMAT alone +3-3 7\n");
    assert_memory_equal(alone, "AT Welsh +", strlen("AT Welsh +"));
    herd_start(herd, "Holiday");
    herd_start(herd, "Hands");
    wait_seen_by_all(herd, "before", before);
    wait_seen_by_all(herd, "during", during);
    wait_seen_by_all(herd, "alone", alone);
}

static void a_member_that_starts_late_gets_everything(void **state)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = pair, .member_count = 2});
    *state = herd;
    herd_start(herd, "A");
    client_t *client = herd_connect(herd, "A");
    char line[LINE_SIZE_MAX];
    for (int i = 0; i < UPDATES; i++) {
        snprintf(line, sizeof line, "IAMAT late.%d +1-1 5\n", i);
        client_say(client, line);
    }
    (void)client_read_lines(client, UPDATES);
    client_destroy(&client);
    herd_start(herd, "B");
    for (int i = 0; i < UPDATES; i += UPDATES / 10) {
        char name[LINE_SIZE_MAX];
        snprintf(name, sizeof name, "late.%d", i);
        snprintf(line, sizeof line, "WHATSAT late.%d 0 0\n", i);
        text_t rest = text_of(herd_ask(herd, "A", line));
        text_t at;
        assert_true(text_take_line(&rest, &at));
        snprintf(line, sizeof line, "%.*s\n", (int)at.size, at.data);
        herd_wait_seen(herd, "B", name, line);
    }
}

/* Both ends of a chain take the same client while its middle is down: one wins, everywhere. */
static void a_split_herd_agrees_afterwards(void **state)
{
    static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = chain, .member_count = 3});
    *state = herd;
    herd_start_all(herd);
    herd_kill_node(herd, "B");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 1000\n");
    const char *newer = herd_ask(herd, "C", "IAMAT kiwi +2-2 1001\n");
    herd_start_node(herd, "B");
    herd_wait_seen(herd, "A", "kiwi", newer);
    herd_wait_seen(herd, "B", "kiwi", newer);
    herd_wait_seen(herd, "C", "kiwi", newer);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_neighbour_shows_the_same_bytes),
        HERD_TEST_OWN(an_update_crosses_a_chain),
        HERD_TEST_SAMPLE(an_update_reaches_all_five),
        HERD_TEST_SAMPLE(the_last_of_many_updates_is_what_stays),
        HERD_TEST_SAMPLE(killed_members_catch_up),
        HERD_TEST_OWN(a_member_that_starts_late_gets_everything),
        HERD_TEST_OWN(a_split_herd_agrees_afterwards),
    };
    return workspace_finish(cmocka_run_group_tests_name("flooding", tests, NULL, NULL));
}
