/* herd-bench against a member: every reply is right in a closed and in an open loop, and a wrong
 * one is noticed. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARGUMENTS_MAX = 16, CONNECT_SIZE = 32 };

/* Runs herd-bench with `arguments`, which end with NULL. Returns its exit status and the path of
 * its output; caller frees with free(). */
static int run_bench(herd_t *herd, const char *name, const char *const *arguments,
                     char **ret_output)
{
    const char *argv[ARGUMENTS_MAX];
    char connect[CONNECT_SIZE];
    char *program = herd_program("herd-bench");
    size_t count = 0;
    snprintf(connect, sizeof connect, "127.0.0.1:%u", herd_port(herd, "Clark"));
    argv[count++] = program;
    argv[count++] = "--connect";
    argv[count++] = connect;
    argv[count++] = "--duration";
    argv[count++] = "1";
    for (size_t i = 0; arguments[i] != NULL; i++) {
        argv[count++] = arguments[i];
    }
    argv[count] = NULL;
    *ret_output = workspace_path(herd_folder(herd), name);
    int status =
        process_run(&(process_options_t){.argv = argv, .output = *ret_output}, WAIT_LIMIT_MS);
    free(program);
    return status;
}

static json_int_t number_of(json_t *report, const char *name)
{
    json_t *number = json_object_get(report, name);
    assert_true(json_is_integer(number));
    return json_integer_value(number);
}

static json_int_t count_of(json_t *report, const char *kind)
{
    json_t *latencies = json_object_get(report, "latency_us");
    return number_of(json_object_get(latencies, kind), "count");
}

static void expect_right(herd_t *herd, const char *name, const char *const *arguments)
{
    char *output;
    json_error_t error;
    int status = run_bench(herd, name, arguments, &output);
    json_t *report = json_load_file(output, 0, &error);
    assert_int_equal(status, 0);
    assert_non_null(report);
    assert_true(number_of(report, "right") > 0);
    assert_true(count_of(report, "iamat") > 0);
    assert_true(count_of(report, "whatsat") > 0);
    assert_int_equal(count_of(report, "all"), number_of(report, "right"));
    assert_int_equal(number_of(report, "wrong"), 0);
    assert_int_equal(number_of(report, "lost"), 0);
    assert_int_equal(number_of(report, "connections_closed"), 0);
    json_decref(report);
    free(output);
}

static void a_closed_loop_gets_right_replies(void **state)
{
    static const char *const arguments[] = {
        "--json",     "--clients", "5",
        "--pipeline", "8",         "--ids",
        "100",        "--mix",     "iamat:1,whatsat:1,position:1",
        NULL};
    expect_right(*state, "closed.json", arguments);
}

static void an_open_loop_gets_right_replies(void **state)
{
    static const char *const arguments[] = {"--json", "--clients", "5",      "--pipeline", "8",
                                            "--ids",  "100",       "--rate", "500",        NULL};
    expect_right(*state, "open.json", arguments);
}

/* Of the client that each run asks about; caller frees with free(). */
static char *position_of(herd_t *herd)
{
    const char *answer = herd_ask(herd, "Clark", "WHATSAT bench.0 1 1\n");
    const char *begin = strstr(answer, " bench.0 ");
    assert_non_null(begin);
    begin += strlen(" bench.0 ");
    char *position = strndup(begin, strcspn(begin, " \n"));
    assert_non_null(position);
    return position;
}

/* The first run has the herd know the clients, the second leaves that out. */
static void clients_may_be_near_places(void **state)
{
    static const char *const fill[] = {"--json", "--ids", "50", "--duration", "0", NULL};
    char *places = herd_source("tests/support/places.tsv");
    const char *const known[] = {"--json",    "--ids",    "50",   "--mix", "iamat:1,whatsat:1",
                                 "--no-fill", "--around", places, NULL};
    char *output;
    json_error_t error;
    assert_int_equal(run_bench(*state, "fill.json", fill, &output), 0);
    json_t *report = json_load_file(output, 0, &error);
    assert_int_equal(number_of(report, "right"), 0);
    json_decref(report);
    free(output);
    expect_right(*state, "known.json", known);
    free(places);
}

/* One member is the server that is told, and the one that shows. */
static void updates_are_visible(void **state)
{
    char at[CONNECT_SIZE];
    snprintf(at, sizeof at, "127.0.0.1:%u", herd_port(*state, "Clark"));
    const char *const arguments[] = {"--json", "--ids", "10", "--visible-at", at, NULL};
    char *output;
    json_error_t error;
    assert_int_equal(run_bench(*state, "visible.json", arguments, &output), 0);
    json_t *report = json_load_file(output, 0, &error);
    assert_non_null(report);
    assert_true(count_of(report, "position") > 0);
    assert_int_equal(count_of(report, "all"), count_of(report, "position"));
    double share = json_number_value(json_object_get(report, "generator_share"));
    assert_true(share > 0 && share < 1);
    json_decref(report);
    free(output);
}

/* A run that sends what one before has sent changes nothing at the peer. */
static void no_two_runs_send_the_same(void **state)
{
    static const char *const arguments[] = {"--ids", "1", "--duration", "0", NULL};
    char *output;
    assert_int_equal(run_bench(*state, "one", arguments, &output), 0);
    free(output);
    char *one = position_of(*state);
    assert_int_equal(run_bench(*state, "two", arguments, &output), 0);
    free(output);
    char *two = position_of(*state);
    assert_string_not_equal(one, two);
    free(one);
    free(two);
}

/* A herd answers Redis's requests with refusals. */
static void expect_wrong(herd_t *herd)
{
    static const char *const arguments[] = {"--peer", "redis", "--clients", "1",
                                            "--ids",  "1",     NULL};
    char *output;
    size_t size;
    assert_int_equal(run_bench(herd, "wrong", arguments, &output), 1);
    char *said = workspace_read(output, &size);
    assert_non_null(strstr(said, "herd-bench: wrong reply to "));
    free(said);
    free(output);
}

static void expect_usage_errors(herd_t *herd)
{
    static const char *const senseless[][3] = {
        {"--clients", "0", NULL},       {"--rate", "-1", NULL},
        {"--mix", "position:0", NULL},  {"--mix", "hereiam:1", NULL},
        {"--peer", "memcached", NULL},  {"--connect", "Clark", NULL},
        {"--connect", "Clark:0", NULL}, {"--serve-echo", "x", NULL},
        {"--duration", "", NULL},       {"more", NULL},
        {"--no-fill", "x", NULL},       {"--around", NULL},
        {"--peer", "redis-set", NULL},  {"--visible-at", "Clark", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(senseless); i++) {
        char *output;
        assert_int_equal(run_bench(herd, "senseless", senseless[i], &output), 2);
        free(output);
    }
}

static void what_is_wrong_is_the_exit_status(void **state)
{
    expect_wrong(*state);
    expect_usage_errors(*state);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(a_closed_loop_gets_right_replies),
        HERD_TEST_SINGLE(an_open_loop_gets_right_replies),
        HERD_TEST_SINGLE(clients_may_be_near_places),
        HERD_TEST_SINGLE(updates_are_visible),
        HERD_TEST_SINGLE(no_two_runs_send_the_same),
        HERD_TEST_SINGLE(what_is_wrong_is_the_exit_status),
    };
    return workspace_finish(cmocka_run_group_tests_name("bench", tests, NULL, NULL));
}
