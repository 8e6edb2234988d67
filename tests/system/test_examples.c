/* The subscribers in docs/examples, as they stand there, at a real herd. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>

static const char iamat[] = "IAMAT kiwi +1-1 5\n";

/* What is waited for: a line of the output, made by updates until it is there. */
typedef struct {
    herd_t *herd;
    const char *output; /* path */
    const char *record; /* a part of the line */
    unsigned time;      /* of the last update */
} search_t;

/* A subscription takes a moment to arrive: the client is sent on its way until it is seen. */
static bool is_shown(void *argument)
{
    search_t *search = argument;
    char line[64];
    size_t size;
    snprintf(line, sizeof line, "IAMAT kiwi +1-1 %u\n", ++search->time);
    (void)herd_ask(search->herd, "A", line);
    char *content = workspace_read(search->output, &size);
    bool shown = content != NULL && strstr(content, search->record) != NULL;
    free(content);
    return shown;
}

/* Starts `argv`, whose last argument is the tap's endpoint, and waits until it prints an update. */
static void expect_shown(herd_t *herd, const char *const *argv)
{
    char *output = workspace_path(herd_folder(herd), "example.out");
    const char *answer = herd_ask(herd, "A", iamat);
    assert_memory_equal(answer, "AT A +", 6);
    search_t search = {.herd = herd, .output = output, .record = "apply/kiwi | A "};
    process_t *example = process_start(&(process_options_t){.argv = argv, .output = output});
    if (!wait_until(is_shown, &search, WAIT_LIMIT_MS)) {
        size_t size;
        fail_msg("%s printed no update, but:\n%s", argv[0], workspace_read(output, &size));
    }
    search.record = " kiwi +1-1 ";
    assert_true(is_shown(&search));
    assert_true(process_is_running(example));
    process_destroy(&example);
    free(output);
}

static void the_subscriber_in_c_shows_updates(void **state)
{
    herd_t *herd = *state;
    expect_shown(herd, (const char *const[]){HERD_EXAMPLE_TAP, herd_tap(herd, "A"), NULL});
}

static void the_subscriber_in_python_shows_updates(void **state)
{
    herd_t *herd = *state;
    char *output = workspace_path(herd_folder(herd), "python.out");
    const char *const probe[] = {"/usr/bin/python3", "-c", "import zmq", NULL};
    int status = process_run(&(process_options_t){.argv = probe, .output = output}, WAIT_LIMIT_MS);
    free(output);
    if (status != 0) {
        fputs("skipped: no Python with python3-zmq\n", stderr);
        skip();
    }
    char *script = herd_source("docs/examples/tap.py");
    expect_shown(herd,
                 (const char *const[]){"/usr/bin/python3", script, herd_tap(herd, "A"), NULL});
    free(script);
}

static int setup(void **state)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = pair, .member_count = ARRAY_COUNT(pair)});
    *state = herd;
    herd_start_all(herd);
    return 0;
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_subscriber_in_c_shows_updates, setup, herd_teardown),
        cmocka_unit_test_setup_teardown(the_subscriber_in_python_shows_updates, setup,
                                        herd_teardown),
    };
    return workspace_finish(cmocka_run_group_tests_name("examples", tests, NULL, NULL));
}
