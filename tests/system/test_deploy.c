/* deploy/herd with the real programs: pairs start, serve, restart and stop; programs that are not
 * its own stay. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SCRIPT_LIMIT_MS = 4 * WAIT_LIMIT_MS, /* it waits up to 30 s for each program */
    RESTARTS = 8,
};

static const herd_member_t pair[] = {{"East", "West"}, {"West", "East"}};

/* Runs `deploy/herd --config FILE --build BUILD command [member]`. Returns its exit status and what
 * it printed; caller frees with free(). */
static int run_script(herd_t *herd, const char *command, const char *member, char **ret_output)
{
    char *script = herd_source("deploy/herd");
    char *build = herd_program("..");
    char *folder = workspace_new();
    char *output = workspace_path(folder, "output");
    const char *argv[] = {script, "--config", herd_file(herd), "--build",
                          build,  command,    member,          NULL};
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, SCRIPT_LIMIT_MS);
    size_t size;
    *ret_output = workspace_read(output, &size);
    free(output);
    free(folder);
    free(build);
    free(script);
    return status;
}

/* Its exit status is `status`, and it says `part`. */
static void expect_script(herd_t *herd, const char *command, const char *member, int status,
                          const char *part)
{
    char *output = NULL;
    int found = run_script(herd, command, member, &output);
    if (found != status || output == NULL || strstr(output, part) == NULL) {
        fail_msg("herd %s %s: status %d, not %d, or no \"%s\" in:\n%s", command,
                 member != NULL ? member : "", found, status, part, output != NULL ? output : "");
    }
    free(output);
}

/* The herd file of a pair, and nothing running. */
static int set_up(void **state)
{
    *state = herd_new(&(herd_options_t){.members = pair, .member_count = 2});
    return 0;
}

/* What the script started does not end with the test by itself. */
static int tear_down(void **state)
{
    herd_t *herd = *state;
    char *output = NULL;
    int status = run_script(herd, "down", NULL, &output);
    free(output);
    herd_destroy(&herd);
    *state = NULL;
    return status;
}

static void a_pair_comes_up_serves_and_goes(void **state)
{
    herd_t *herd = *state;
    expect_script(herd, "status", NULL, 1, "East             down            down ");
    expect_script(herd, "up", "East", 0, "East: front-end serves");
    expect_script(herd, "up", NULL, 0, "East: front-end runs already");
    const char *answer = herd_ask(herd, "East", "IAMAT kiwi +34-118 1\n");
    herd_wait_seen(herd, "West", "kiwi", answer);
    expect_script(herd, "status", NULL, 0, "1/1");
    expect_script(herd, "status", "West", 0, "West             up ");
    expect_script(herd, "logs", NULL, 0, "East.frontend.log");

    /* One after the other: each gets back from the other what it knew. */
    expect_script(herd, "restart", NULL, 0, "West: front-end serves");
    herd_wait_seen(herd, "East", "kiwi", answer);

    expect_script(herd, "down", "East", 0, "East: front-end ended, node ended");
    assert_null(client_try(herd_port(herd, "East")));
    expect_script(herd, "status", NULL, 1, "East             down            down ");
    expect_script(herd, "status", "West", 0, "West             up ");
    expect_script(herd, "down", NULL, 0, "East: does not run");
    expect_script(herd, "down", NULL, 0, "West: does not run");
}

/* Members restart one after the other, as fast as the script goes: each is back with all that it
 * knew before the next one goes. */
static void a_rolling_restart_forgets_nothing(void **state)
{
    herd_t *herd = *state;
    expect_script(herd, "up", NULL, 0, "West: front-end serves");
    const char *answer = herd_ask(herd, "East", "IAMAT kiwi +34-118 1\n");
    herd_wait_seen(herd, "West", "kiwi", answer);
    for (size_t i = 0; i < RESTARTS; i++) {
        expect_script(herd, "restart", NULL, 0, "West: front-end serves");
        const char *east = herd_ask(herd, "East", "WHATSAT kiwi 0 0\n");
        const char *west = herd_ask(herd, "West", "WHATSAT kiwi 0 0\n");
        assert_memory_equal(east, answer, strlen(answer));
        assert_memory_equal(west, answer, strlen(answer));
    }
}

/* West, the last of the file, is one process from now on. */
static void make_west_single(const herd_t *herd)
{
    FILE *file = fopen(herd_file(herd), "ae");
    assert_non_null(file);
    fprintf(file, "        single = \"yes\"\n");
    assert_int_equal(fclose(file), 0);
}

static void a_pair_and_a_single_are_a_herd(void **state)
{
    herd_t *herd = *state;
    expect_script(herd, "up", "West", 0, "West: front-end serves");
    make_west_single(herd);
    expect_script(herd, "up", NULL, 0, "West: the herd file says single = \"yes\" now");
    const char *answer = herd_ask(herd, "West", "IAMAT kiwi +34-118 1\n");
    herd_wait_seen(herd, "East", "kiwi", answer);
    expect_script(herd, "restart", "West", 0,
                  "West: front-end ended, node ended\nWest: herd-single serves");
    herd_wait_seen(herd, "West", "kiwi", answer);
    expect_script(herd, "up", NULL, 0, "West: herd-single runs already");
    expect_script(herd, "status", NULL, 0, "1/1");
    expect_script(herd, "restart", NULL, 0, "West: herd-single ended\nWest: herd-single serves");
    herd_wait_seen(herd, "West", "kiwi", answer);
    expect_script(herd, "down", NULL, 0, "West: herd-single ended");
    assert_null(client_try(herd_port(herd, "West")));

    int taken = port_occupy(herd_port(herd, "West"));
    expect_script(herd, "up", "West", 1, "West: herd-single ended with exit status 1");
    close(taken);
}

static void a_start_that_fails_is_explained(void **state)
{
    herd_t *herd = *state;
    int taken = port_occupy(herd_port(herd, "East"));
    expect_script(herd, "up", "East", 1, "East: front-end ended with exit status 1");
    close(taken);
    expect_script(herd, "up", "East", 0, "East: node runs already");
    expect_script(herd, "up", "South", 1, "no member \"South\"");
}

static void what_it_did_not_start_is_left_alone(void **state)
{
    herd_t *herd = *state;
    herd_start(herd, "East");
    expect_script(herd, "status", "East", 0, "1 elsewhere");
    expect_script(herd, "up", "East", 0, "a node that this script did not start answers already");
    expect_script(herd, "down", "East", 0, "East: front-end ended");
    assert_true(process_is_running(herd_node(herd, "East")));
    assert_true(process_is_running(herd_frontend(herd, "East")));
    herd_wait_serving(herd, "East");
}

static void expect_file(const char *prefix, const char *name)
{
    char *path = workspace_path(prefix, name);
    if (access(path, R_OK) < 0) {
        fail_msg("%s is not installed", path);
    }
    free(path);
}

/* Runs the installed script, which is to find the programs beside it. */
static int run_installed(herd_t *herd, const char *prefix, const char *command)
{
    char *script = workspace_path(prefix, "bin/herd");
    char *output = workspace_path(herd_folder(herd), "installed.out");
    const char *argv[] = {script, "--config", herd_file(herd), command, NULL};
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, SCRIPT_LIMIT_MS);
    free(output);
    free(script);
    return status;
}

static void what_is_installed_runs(void **state)
{
    static const char *const files[] = {"bin/herdctl",
                                        "share/herd/herd.cfg",
                                        "share/herd/places/cities.tsv",
                                        "share/man/man8/herd.8",
                                        "share/man/man8/herd-node.8",
                                        "share/man/man8/herd-frontend.8",
                                        "share/man/man5/herd.cfg.5",
                                        "share/man/man1/herdctl.1"};
    herd_t *herd = *state;
    char *prefix = workspace_path(herd_folder(herd), "installed");
    char *build = herd_program("..");
    char *output = workspace_path(herd_folder(herd), "install.out");
    const char *argv[] = {"/bin/sh", "-c",   "exec cmake --install \"$0\" --prefix \"$1\"",
                          build,     prefix, NULL};
    assert_int_equal(
        process_run(&(process_options_t){.argv = argv, .output = output}, SCRIPT_LIMIT_MS), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        expect_file(prefix, files[i]);
    }
    assert_int_equal(run_installed(herd, prefix, "up"), 0);
    const char *answer = herd_ask(herd, "East", "IAMAT kiwi +34-118 1\n");
    herd_wait_seen(herd, "West", "kiwi", answer);
    assert_int_equal(run_installed(herd, prefix, "status"), 0);
    assert_int_equal(run_installed(herd, prefix, "down"), 0);
    assert_null(client_try(herd_port(herd, "East")));
    free(output);
    free(build);
    free(prefix);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pair_comes_up_serves_and_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rolling_restart_forgets_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pair_and_a_single_are_a_herd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_that_fails_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_installed_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_did_not_start_is_left_alone, set_up, tear_down),
    };
    return workspace_finish(cmocka_run_group_tests_name("deploy", tests, NULL, NULL));
}
