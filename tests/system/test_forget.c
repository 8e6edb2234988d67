/* herdctl forget: one member is asked, all forget (replication.md, R17; bus-protocol.md, S2). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_SIZE_MAX = 128 };

static const char *const sample[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};

/* Runs `herdctl forget client [member]`: its exit status, and that what it says is `expected`. */
static int forget(herd_t *herd, const char *client, const char *member, const char *expected)
{
    char *program = herd_program("herdctl");
    char *file = workspace_path(herd_folder(herd), "herdctl.out");
    const char *const argv[] = {program, "--config", herd_file(herd), "forget", client,
                                member,  NULL};
    (void)remove(file);
    int status = process_run(&(process_options_t){.argv = argv, .output = file}, WAIT_LIMIT_MS);
    size_t size;
    char *said = workspace_read(file, &size);
    assert_non_null(said);
    assert_string_equal(said, expected);
    free(said);
    free(file);
    free(program);
    return status;
}

/* Where somebody is asked for. */
typedef struct {
    herd_t *herd;
    const char *member;
    const char *client;
} place_t;

static bool is_unknown(void *argument)
{
    const place_t *place = argument;
    char question[LINE_SIZE_MAX];
    char answer[LINE_SIZE_MAX + 2];
    snprintf(question, sizeof question, "WHATSAT %s 0 0\n", place->client);
    snprintf(answer, sizeof answer, "? %s", question);
    return strcmp(herd_ask(place->herd, place->member, question), answer) == 0;
}

static void wait_unknown_to_all(herd_t *herd, const char *client)
{
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        place_t place = {.herd = herd, .member = sample[i], .client = client};
        assert_true(wait_until(is_unknown, &place, WAIT_LIMIT_MS));
    }
}

static void wait_seen_by_all(herd_t *herd, const char *client, const char *at_line)
{
    for (size_t i = 0; i < ARRAY_COUNT(sample); i++) {
        herd_wait_seen(herd, sample[i], client, at_line);
    }
}

static void what_one_forgets_all_forget(void **state)
{
    herd_t *herd = *state;
    wait_seen_by_all(herd, "kiwi", herd_ask(herd, "Welsh", "IAMAT kiwi +1-1 1621464827.5\n"));
    const char *emu = herd_ask(herd, "Welsh", "IAMAT emu +1-1 1621464827.5\n");
    assert_int_equal(
        forget(herd, "kiwi", "Hands", "kiwi is forgotten by Hands, which tells the others\n"), 0);
    wait_unknown_to_all(herd, "kiwi");
    herd_wait_logged(herd, "Hands", "node", "client kiwi forgotten by an operator");
    wait_seen_by_all(herd, "emu", emu);

    /* Who had it and was away does not bring it back, nor does the update that was forgotten. */
    herd_kill_node(herd, "Welsh");
    herd_start_node(herd, "Welsh");
    herd_wait_serving(herd, "Welsh");
    place_t welsh = {.herd = herd, .member = "Welsh", .client = "kiwi"};
    assert_true(is_unknown(&welsh));
    const char *older = herd_ask(herd, "Welsh", "IAMAT kiwi +1-1 1621464827.5\n");
    assert_memory_equal(older, "AT Welsh +", strlen("AT Welsh +"));
    assert_true(is_unknown(&welsh));
    wait_unknown_to_all(herd, "kiwi");

    wait_seen_by_all(herd, "kiwi", herd_ask(herd, "Wilkes", "IAMAT kiwi +2-2 1621464828\n"));
}

/* A member was away when the others forgot: its copy does not win when it is back. */
static void a_copy_that_was_away_does_not_return(void **state)
{
    herd_t *herd = *state;
    wait_seen_by_all(herd, "kiwi", herd_ask(herd, "Welsh", "IAMAT kiwi +1-1 5\n"));
    process_signal(herd_node(herd, "Holiday"), SIGSTOP);
    assert_int_equal(
        forget(herd, "kiwi", "Goloman", "kiwi is forgotten by Goloman, which tells the others\n"),
        0);
    process_signal(herd_node(herd, "Holiday"), SIGCONT);
    wait_unknown_to_all(herd, "kiwi");
}

static void the_first_that_answers_is_told(void **state)
{
    herd_t *herd = *state;
    (void)herd_ask(herd, "Hands", "IAMAT kiwi +1-1 5\n");
    (void)herd_ask(herd, "Hands", "IAMAT emu +1-1 5\n");
    herd_kill_node(herd, "Goloman");
    process_signal(herd_node(herd, "Holiday"), SIGSTOP);
    process_signal(herd_node(herd, "Welsh"), SIGSTOP);
    process_signal(herd_node(herd, "Wilkes"), SIGSTOP);
    assert_int_equal(
        forget(herd, "kiwi", NULL, "kiwi is forgotten by Hands, which tells the others\n"), 0);
    assert_int_equal(forget(herd, "emu", "Wilkes", "herdctl: Wilkes did not answer\n"), 1);
    assert_int_equal(forget(herd, "emu", "Goloman", "herdctl: Goloman did not answer\n"), 1);
    process_signal(herd_node(herd, "Holiday"), SIGCONT);
    process_signal(herd_node(herd, "Welsh"), SIGCONT);
    process_signal(herd_node(herd, "Wilkes"), SIGCONT);
    herd_start_node(herd, "Goloman");
    herd_wait_serving(herd, "Goloman");
    wait_unknown_to_all(herd, "kiwi");
}

/* A client whose clock was years ahead, and is set right; or that fell back by 1024 weeks, as GPS
 * receivers do. After `forget` its next update is taken at once, at any member, by all. */
static void forgetting_holds_whatever_the_clock_of_the_client_says(void **state)
{
    herd_t *herd = *state;
    char line[LINE_SIZE_MAX];
    static const char *const takers[] = {"Goloman", "Welsh"};
    for (size_t i = 0; i < ARRAY_COUNT(takers); i++) {
        snprintf(line, sizeof line, "IAMAT kiwi +1-1 %lld\n", (long long)time(NULL) + 600000000);
        wait_seen_by_all(herd, "kiwi", herd_ask(herd, "Hands", line));
        assert_int_equal(
            forget(herd, "kiwi", "Hands", "kiwi is forgotten by Hands, which tells the others\n"),
            0);
        wait_unknown_to_all(herd, "kiwi");
        snprintf(line, sizeof line, "IAMAT kiwi +2-2 %lld\n",
                 (long long)time(NULL) - (i == 0 ? 0 : 619315200));
        wait_seen_by_all(herd, "kiwi", herd_ask(herd, takers[i], line));
    }
    /* A member that was away still has what was forgotten: it learns better. */
    process_signal(herd_node(herd, "Holiday"), SIGSTOP);
    assert_int_equal(
        forget(herd, "kiwi", "Hands", "kiwi is forgotten by Hands, which tells the others\n"), 0);
    const char *at_line = herd_ask(herd, "Hands", "IAMAT kiwi +3-3 1\n");
    process_signal(herd_node(herd, "Holiday"), SIGCONT);
    wait_seen_by_all(herd, "kiwi", at_line);
}

static void there_may_be_nothing_to_forget(void **state)
{
    herd_t *herd = *state;
    assert_int_equal(forget(herd, "kiwi", NULL, "herdctl: Clark knows no client \"kiwi\"\n"), 1);
    (void)herd_ask(herd, "Clark", "IAMAT \x1b[31m +1-1 5\n");
    assert_int_equal(
        forget(herd, "\x1b[31m", NULL, "\\x1b[31m is forgotten by Clark, which tells the others\n"),
        0);
    assert_int_equal(
        forget(herd, "\x1b[31m", NULL, "herdctl: Clark knows no client \"\\x1b[31m\"\n"), 1);
    herd_wait_logged(herd, "Clark", "node", "client \\x1b[31m forgotten by an operator");
}

/* Any bytes but white space; \xHH is how they are printed, and how they are given. */
static void any_id_can_be_given(void **state)
{
    const struct {
        text_t id;
        const char *given;
        const char *shown;
    } cases[] = {
        {TEXT("a\0b"), "a\\x00b", "a\\x00b"},
        {TEXT("\0"), "\\x00", "\\x00"},
        {TEXT("\xff\xfe"), "\\xFF\\xfe", "\\xff\\xfe"},
        {TEXT("\xff\x80"), "\xff\x80", "\\xff\\x80"},
        {TEXT("q\"'\\"), "q\"'\\", "q\"'\\x5c"},
        {TEXT("\\x00"), "\\x5cx00", "\\x5cx00"},
        {TEXT("\\x0"), "\\x0", "\\x5cx0"},
        {TEXT("\\xg0"), "\\xg0", "\\x5cxg0"},
    };
    herd_t *herd = *state;
    client_t *client = herd_connect(herd, "Clark");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char expected[128];
        client_send(client, TEXT("IAMAT "));
        client_send(client, cases[i].id);
        client_send(client, TEXT(" +1-1 5\n"));
        text_t answer = client_read_line(client);
        assert_true(text_equal(text_first(answer, 3), TEXT("AT ")));
        const char *output = NULL;
        const char *const where[] = {"where", cases[i].given, NULL};
        assert_int_equal(herd_control(herd, where, &output), 0);
        assert_non_null(strstr(output, " same "));
        snprintf(expected, sizeof expected, "%s is forgotten by Clark, which tells the others\n",
                 cases[i].shown);
        assert_int_equal(forget(herd, cases[i].given, NULL, expected), 0);
    }
    client_destroy(&client);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SAMPLE(what_one_forgets_all_forget),
        HERD_TEST_SAMPLE(a_copy_that_was_away_does_not_return),
        HERD_TEST_SAMPLE(the_first_that_answers_is_told),
        HERD_TEST_SAMPLE(forgetting_holds_whatever_the_clock_of_the_client_says),
        HERD_TEST_SINGLE(there_may_be_nothing_to_forget),
        HERD_TEST_SINGLE(any_id_can_be_given),
    };
    return workspace_finish(cmocka_run_group_tests_name("forget", tests, NULL, NULL));
}
