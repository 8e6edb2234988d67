/* Many WHATSATs with a provider that is slow, silent or failing: shared requests, few at a time,
 * and an answer to each in time. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/report.h"
#include "tests/support/scene.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_SIZE = 64,
    LINES_SIZE = 8192,
    TIMEOUT_MS = 5000, /* request_timeout, unless a test sets another */
};

static const char reply[] = "{\"places\":[{\"id\":\"ChIJ\",\"displayName\":{\"text\":\"UCLA\"}}]}";

static void start_google(void **state, const char *places, const char *herd)
{
    scene_start(state, &(scene_options_t){.provider = "google", .places = places, .herd = herd});
}

static void hang(void)
{
    provider_set_reply(scene_provider(), &(provider_reply_t){.manner = PROVIDER_HANGS});
}

/* Sends `count` WHATSATs in one write, whose radius begins at `first_km` and grows by `step_km`.
 * Returns the connection, from which the answers are read later. */
static client_t *ask_many(size_t count, unsigned first_km, unsigned step_km)
{
    char lines[LINES_SIZE];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size +=
            (size_t)snprintf(lines + size, sizeof lines - size, "WHATSAT " SCENE_CLIENT " %u 5\n",
                             first_km + (unsigned)i * step_km);
        assert_true(size < sizeof lines);
    }
    client_t *client = herd_connect(scene_herd(), "Clark");
    client_send(client, (text_t){.data = lines, .size = size});
    client_half_close(client);
    return client;
}

static size_t occurrences(text_t text, const char *part)
{
    size_t count = 0;
    const char *found;
    while ((found = memmem(text.data, text.size, part, strlen(part))) != NULL) {
        text = text_after(text, (size_t)(found - text.data) + strlen(part));
        count++;
    }
    return count;
}

static void equal_questions_share_a_request(void **state)
{
    start_google(state, NULL, NULL);
    hang();
    client_t *client = ask_many(20, 10, 0);
    provider_wait_requests(scene_provider(), 1);
    provider_set_body(scene_provider(), reply);
    text_t answers = client_read_all(client);
    assert_int_equal(occurrences(answers, "\"place_id\" : \"ChIJ\""), 20);
    assert_int_equal(occurrences(answers, "\nAT Clark +"), 19);
    assert_int_equal(provider_request_count(scene_provider()), 1);
    client_destroy(&client);
    /* Nothing is kept of Google: the next question is a request. */
    assert_non_null(strstr(scene_places("WHATSAT " SCENE_CLIENT " 10 5\n"), "UCLA"));
    assert_int_equal(provider_request_count(scene_provider()), 2);
    report_t report;
    report_read(herd_requests(scene_herd(), "Clark"), &report);
    assert_non_null(strstr(report.body, "\nplaces google closed 2 0 19 0 0\n"));
    report_done(&report);
}

static void few_requests_at_a_time(void **state)
{
    start_google(state, "max_concurrent = \"2\"\n", NULL);
    hang();
    client_t *client = ask_many(12, 1, 1);
    provider_wait_requests(scene_provider(), 2);
    provider_set_body(scene_provider(), reply);
    assert_int_equal(occurrences(client_read_all(client), "\"OK\""), 12);
    assert_int_equal(provider_request_count(scene_provider()), 12);
    assert_int_equal(provider_most_at_once(scene_provider()), 2);
    client_destroy(&client);
}

/* Those that wait for their turn run out of time with those that are asked. */
static void who_waits_in_vain_is_answered(void **state)
{
    start_google(state, "max_concurrent = \"2\"\ntimeout = \"700\"\nbreaker_failures = \"1000\"\n",
                 NULL);
    hang();
    int64_t begin_ms = wait_clock_ms();
    client_t *client = ask_many(40, 1, 1);
    text_t answers = client_read_all(client);
    assert_true(wait_clock_ms() - begin_ms < TIMEOUT_MS);
    assert_int_equal(occurrences(answers, "AT Clark +"), 40);
    assert_int_equal(occurrences(answers, "\"results\" : []"), 40);
    assert_int_equal(occurrences(answers, "\"error_message\" : "), 40);
    assert_true(occurrences(answers, "did not answer in time") >= 2);
    assert_true(occurrences(answers, "OVER_QUERY_LIMIT") > 0);
    client_destroy(&client);
}

/* The front-end would close the connection after request_timeout: the answer comes before. */
static void the_request_timeout_is_kept(void **state)
{
    start_google(state, "timeout = \"600000\"\n", "request_timeout = \"1000\"\n");
    hang();
    scene_expect_trouble("UNKNOWN_ERROR", "did not answer in time");
}

/* What `herdctl status` prints has `part` in it. */
static void expect_status(const char *option, const char *part)
{
    char *program = herd_program("herdctl");
    char *path = workspace_path(herd_folder(scene_herd()), "herdctl.out");
    const char *const argv[] = {program,  "--config", herd_file(scene_herd()),
                                "status", option,     NULL};
    size_t size;
    (void)remove(path);
    assert_int_equal(process_run(&(process_options_t){.argv = argv, .output = path}, WAIT_LIMIT_MS),
                     0);
    char *output = workspace_read(path, &size);
    assert_non_null(output);
    assert_non_null(strstr(output, part));
    free(output);
    free(path);
    free(program);
}

static bool answers_well(void *argument)
{
    (void)argument;
    return strstr(scene_places("WHATSAT " SCENE_CLIENT " 10 5\n"), "\"OK\"") != NULL;
}

static void a_failing_provider_is_left_alone(void **state)
{
    start_google(state, "breaker_failures = \"2\"\nbreaker_pause = \"3000\"\n", NULL);
    expect_status("--plain", "\tclosed\n");
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = 503, .body = "{}"});
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 503");
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 503");
    scene_expect_trouble("UNKNOWN_ERROR", "left alone");
    assert_int_equal(provider_request_count(scene_provider()), 2);
    report_t report;
    report_read(herd_requests(scene_herd(), "Clark"), &report);
    assert_non_null(strstr(report.body, "\nplaces google open 2 2 0 0 1\n"));
    report_done(&report);
    expect_status("--plain", "\topen\n");
    expect_status(NULL, "Clark: the places provider fails");
    provider_set_body(scene_provider(), reply);
    assert_true(wait_until(answers_well, NULL, WAIT_LIMIT_MS));
    assert_int_equal(provider_request_count(scene_provider()), 3);
    herd_wait_logged(scene_herd(), "Clark", "node", "google places-paused: ");
    herd_wait_logged(scene_herd(), "Clark", "node", "google places-tried: ");
    herd_wait_logged(scene_herd(), "Clark", "node", "google places-back: ");
}

static void who_says_retry_after_is_left_alone(void **state)
{
    start_google(state, NULL, NULL);
    provider_set_reply(
        scene_provider(),
        &(provider_reply_t){.status = 429, .headers = "Retry-After: 3600\r\n", .body = "{}"});
    scene_expect_trouble("OVER_QUERY_LIMIT", "HTTP status 429");
    provider_set_body(scene_provider(), reply);
    scene_expect_trouble("OVER_QUERY_LIMIT", "left alone");
    assert_int_equal(provider_request_count(scene_provider()), 1);
}

/* While WHATSATs hang, the node takes and answers positions, and ends when it is asked to. */
static void nobody_else_waits(void **state)
{
    start_google(state, "timeout = \"600000\"\n", "request_timeout = \"600000\"\n");
    hang();
    client_t *client = ask_many(50, 1, 1);
    provider_wait_requests(scene_provider(), 8);
    for (int i = 0; i < 100; i++) {
        char line[LINE_SIZE];
        snprintf(line, sizeof line, "IAMAT other +1-1 %d\n", i);
        assert_memory_equal(herd_ask(scene_herd(), "Clark", line), "AT Clark +",
                            strlen("AT Clark +"));
    }
    assert_int_equal(provider_request_count(scene_provider()), 8);
    assert_int_equal(herd_stop_node(scene_herd(), "Clark"), 0);
    client_destroy(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(equal_questions_share_a_request),
        SCENE_TEST(few_requests_at_a_time),
        SCENE_TEST(who_waits_in_vain_is_answered),
        SCENE_TEST(the_request_timeout_is_kept),
        SCENE_TEST(a_failing_provider_is_left_alone),
        SCENE_TEST(who_says_retry_after_is_left_alone),
        SCENE_TEST(nobody_else_waits),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
