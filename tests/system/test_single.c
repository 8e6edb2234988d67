/* A member in one process, herd-single: what it has beside the two programs that it stands for.
 * Others of these tests run in this form too (tests/system/CMakeLists.txt). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    UNDER_WAY = 1000, /* lines that are sent before the end */
    NEWCOMERS = 32,
    FRONTENDS_FIELD = 5, /* of `herdctl status --plain` */
    PATH_SIZE = 512,
};

static size_t count_lines(text_t text, const char *beginning)
{
    size_t count = 0;
    text_t line;
    while (text_take_line(&text, &line)) {
        count += text_equal(text_first(line, strlen(beginning)), text_of(beginning)) ? 1 : 0;
    }
    return count;
}

/* As a pair whose front-end is ended first. */
static void what_is_under_way_is_answered_before_it_ends(void **state)
{
    herd_t *herd = *state;
    buffer_t lines;
    buffer_init(&lines, (size_t)UNDER_WAY * 64);
    for (int i = 0; i < UNDER_WAY; i++) {
        assert_int_equal(buffer_format(&lines, "IAMAT c%d +1+1 %d\n", i, i), STATUS_OK);
    }
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "WHATSAT x 0 0\n");
    client_expect(client, "? WHATSAT x 0 0");
    client_send(client, buffer_text(&lines));
    process_signal(herd_node(herd, "Clark"), SIGTERM);
    client_half_close(client);
    assert_int_equal(count_lines(client_read_all(client), "AT Clark "), UNDER_WAY);
    client_destroy(&client);
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
    herd_wait_logged(herd, "Clark", "frontend", " stopped: ");
    herd_wait_logged(herd, "Clark", "node", " stopped: ");
    herd_wait_logged(herd, "Clark", "node", "stop, by SIGTERM of process");
    herd_wait_logged(herd, "Clark", "node", "it said goodbye");
    buffer_done(&lines);
}

static void put_log_aside(const herd_t *herd, const char *role)
{
    char path[PATH_SIZE];
    char aside[PATH_SIZE];
    snprintf(path, sizeof path, "%s/log/Clark.%s.log", herd_folder(herd), role);
    snprintf(aside, sizeof aside, "%s/log/Clark.%s.log.1", herd_folder(herd), role);
    assert_int_equal(rename(path, aside), 0);
}

static void both_logs_are_opened_anew(void **state)
{
    herd_t *herd = *state;
    put_log_aside(herd, "node");
    put_log_aside(herd, "frontend");
    process_signal(herd_node(herd, "Clark"), SIGHUP);
    herd_wait_logged(herd, "Clark", "node", " reopened: ");
    herd_wait_logged(herd, "Clark", "frontend", " reopened: ");
    assert_non_null(strstr(herd_ask(herd, "Clark", "IAMAT kiwi +1+1 1\n"), "kiwi +1+1 1\n"));
    /* The exchange is logged once, in the front-end's. */
    herd_wait_logged(herd, "Clark", "frontend", "kiwi +1+1 1");
}

static process_t *start_program(const herd_t *herd, const char *name, const char *output)
{
    char *path = herd_program(name);
    process_t *process = process_start(&(process_options_t){
        .argv = (const char *const[]){path, "--config", herd_file(herd), "Clark", NULL},
        .output = output});
    free(path);
    return process;
}

static bool has_two_frontends(void *argument)
{
    herd_t *herd = argument;
    const char *output;
    text_t field = {0};
    const char *const arguments[] = {"status", "--plain", "Clark", NULL};
    assert_int_equal(herd_control(herd, arguments, &output), 0);
    text_t rest = text_of(output);
    bool found = true;
    for (int i = 0; i <= FRONTENDS_FIELD && found; i++) {
        found = text_take_until(&rest, '\t', &field);
    }
    return found && text_equal(field, TEXT("2"));
}

/* By the node's socket, as before. */
static void a_front_end_of_its_own_may_serve_the_same_node(void **state)
{
    herd_t *herd = *state;
    char *output = workspace_path(herd_folder(herd), "second");
    process_t *second = start_program(herd, "herd-frontend", output);
    assert_true(wait_until(has_two_frontends, herd, WAIT_LIMIT_MS));
    for (int i = 0; i < NEWCOMERS; i++) { /* the kernel gives them to either */
        const char *answer = herd_ask(herd, "Clark", "WHATSAT nobody 0 0\n");
        assert_string_equal(answer, "? WHATSAT nobody 0 0\n");
    }
    process_destroy(&second);
    free(output);
}

/* One that cannot serve has not taken a client by then. */
static void a_second_one_ends_and_takes_no_client(void **state)
{
    herd_t *herd = *state;
    char *output = workspace_path(herd_folder(herd), "second");
    static const char *const programs[] = {"herd-single", "herd-node"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        int status;
        process_t *second = start_program(herd, programs[i], output);
        do {
            assert_string_equal(herd_ask(herd, "Clark", "WHATSAT nobody 0 0\n"),
                                "? WHATSAT nobody 0 0\n");
        } while (process_is_running(second));
        assert_true(process_wait(second, WAIT_LIMIT_MS, &status));
        assert_int_equal(status, 1);
        process_destroy(&second);
    }
    free(output);
}

/* A front-end of the same process needs no key, one of its own does. */
static void it_needs_no_key_of_a_front_end(void **state)
{
    static const herd_member_t members[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = members, .member_count = 2, .keys = true});
    *state = herd;
    char *key = workspace_path(herd_folder(herd), "keys/front-end/A.cert_secret");
    assert_int_equal(unlink(key), 0);
    free(key);
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1+1 1\n");
    herd_wait_seen(herd, "B", "kiwi", answer);
}

/* With what its front-end needs: 64 and 15 for the node alone would fit. */
static void a_reload_reckons_files_with_its_front_end(void **state)
{
    static const herd_member_t before[] = {{"Hub", "M1"}, {"M1", "Hub"}};
    static const herd_member_t after[] = {
        {"Hub", "M1 M2 M3"}, {"M1", "Hub"}, {"M2", "Hub"}, {"M3", "Hub"}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = before, .member_count = 2, .node_max_files = 102});
    *state = herd;
    herd_start(herd, "Hub");
    herd_rewrite(herd, &(herd_options_t){.members = after, .member_count = 4});
    const char *output = "";
    (void)herd_control(herd, (const char *const[]){"reload", "Hub", NULL}, &output);
    if (strstr(output, "102 open files are allowed (ulimit -n), and 111 are needed now: 64, 32 for "
                       "the front-end, and 5 for each of 3 neighbours") == NULL) {
        fail_msg("%s", output);
    }
    herd_wait_serving(herd, "Hub");
}

int main(void)
{
    setenv("HERD_FORM", "single", 1);
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(what_is_under_way_is_answered_before_it_ends),
        HERD_TEST_SINGLE(both_logs_are_opened_anew),
        HERD_TEST_SINGLE(a_front_end_of_its_own_may_serve_the_same_node),
        HERD_TEST_SINGLE(a_second_one_ends_and_takes_no_client),
        HERD_TEST_OWN(it_needs_no_key_of_a_front_end),
        HERD_TEST_OWN(a_reload_reckons_files_with_its_front_end),
    };
    return workspace_finish(cmocka_run_group_tests_name("single", tests, NULL, NULL));
}
