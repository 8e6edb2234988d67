/* What operators do stands in the log with who did it, and what a reload did is told: to the log,
 * and to the operator who asked, also if its own key was revoked by it. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

static const herd_options_t with_keys = {
    .members = pair, .member_count = ARRAY_COUNT(pair), .keys = true, .tcp_requests = true};

static herd_t *start_with_keys(void **state)
{
    herd_t *herd = herd_new(&with_keys);
    *state = herd;
    herd_start_all(herd);
    return herd;
}

/* Takes a file of the key folder away, or puts it back. */
static void move_key(const herd_t *herd, const char *from, const char *to)
{
    char names[2][128];
    snprintf(names[0], sizeof names[0], "keys/%s", from);
    snprintf(names[1], sizeof names[1], "keys/%s", to);
    char *from_path = workspace_path(herd_folder(herd), names[0]);
    char *to_path = workspace_path(herd_folder(herd), names[1]);
    assert_int_equal(rename(from_path, to_path), 0);
    free(to_path);
    free(from_path);
}

static json_int_t number_of(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    assert_true(json_is_integer(number));
    return json_integer_value(number);
}

static void a_reload_tells_which_keys_came_and_went(void **state)
{
    herd_t *herd = start_with_keys(state);
    herdctl_expect(herd, 0, "A: nothing has changed\n", "reload", "A", NULL);
    herdctl_expect(herd, 0, "emil", "keygen", "--role", "operator", "emil", NULL);
    herdctl_expect(herd, 0, "A: operator/emil: its key is accepted from now on\n", "--key", "anna",
                   "reload", "A", NULL);
    herd_wait_logged(herd, "A", "node", " operator/emil reload-changed: its key is accepted");
    move_key(herd, "operator/emil.cert", "gone");
    herdctl_run_t run = herdctl_run(herd, "--key", "anna", "--json", "reload", "A", NULL);
    assert_int_equal(run.status, 0);
    json_t *json = json_loads(run.output, 0, NULL);
    const json_t *member = json_array_get(json, 0);
    assert_int_equal(number_of(member, "keys_new"), 0);
    assert_int_equal(number_of(member, "keys_revoked"), 1);
    assert_non_null(strstr(json_string_value(json_array_get(json_object_get(member, "changed"), 0)),
                           "operator/emil: its key is revoked"));
    json_decref(json);
    /* A key that cannot be used is no key, and that is told too. */
    char *path = workspace_path(herd_folder(herd), "keys/operator/emil.cert");
    workspace_write(path, TEXT("no key"));
    herdctl_expect(herd, 0, "A: warning: ", "--key", "anna", "reload", "A", NULL);
    free(path);
    /* Nor is one whose file has no name that anyone may have. */
    move_key(herd, "operator/emil.cert", "operator/e mil\x1b[31m.cert");
    herdctl_expect(herd, 0, "x1b[31m.cert lets no one in", "--key", "anna", "reload", "A", NULL);
}

static bool all_are_up(void *herd)
{
    return herdctl_run(herd, "status", "--plain", NULL).status == 0;
}

/* The answer leaves before the connection is cut. */
static void who_revokes_its_own_key_is_answered(void **state)
{
    herd_t *herd = start_with_keys(state);
    for (int i = 0; i < 2; i++) {
        move_key(herd, "operator/anna.cert", "gone");
        herdctl_run_t run = herdctl_run(herd, "reload", NULL);
        if (run.status != 0) {
            fail_msg("exit status %d:\n%s", run.status, run.output);
        }
        assert_non_null(strstr(run.output, "A: operator/anna: its key is revoked"));
        assert_non_null(strstr(run.output, "B: operator/anna: its key is revoked"));
        assert_null(strstr(run.output, "did not answer"));
        herdctl_expect(herd, 1,
                       "A did not answer, and whether it has read its files again is not "
                       "known: our key is refused",
                       "reload", "A", NULL);
        move_key(herd, "gone", "operator/anna.cert");
        process_signal(herd_node(herd, "A"), SIGHUP);
        process_signal(herd_node(herd, "B"), SIGHUP);
        herd_wait_serving(herd, "A");
        assert_true(wait_until(all_are_up, herd, WAIT_LIMIT_MS));
    }
    herd_wait_logged(herd, "A", "node", "connections-cut: requests: ");
    /* The herd has gone on. */
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "B", "kiwi", answer);
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *content = workspace_read(from, &size);
    assert_non_null(content);
    FILE *file = fopen(to, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(content);
}

/* The keys are taken, the file is not, and both are said. */
static void a_refused_reload_says_what_the_keys_did(void **state)
{
    herd_t *herd = start_with_keys(state);
    char *good = workspace_path(herd_folder(herd), "good.cfg");
    copy_file(herd_file(herd), good);
    herdctl_expect(herd, 0, "emil", "keygen", "--role", "operator", "emil", NULL);
    herd_options_t broken = with_keys;
    broken.settings = "expire_after = \"never\"\n";
    herd_rewrite(herd, &broken);
    herdctl_run_t run = herdctl_run(herd, "--config", good, "--key", "anna", "reload", "A", NULL);
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "A: operator/emil: its key is accepted from now on\n"));
    assert_non_null(strstr(run.output, "\"expire_after\" must be"));
    assert_non_null(strstr(run.output,
                           "A: nothing of the herd file is in effect; of the keys 1 new "
                           "and 0 revoked are\n"));
    herd_wait_logged(herd, "A", "node",
                     "nothing has changed but the keys, 1 new and 0 revoked, correct it");
    run = herdctl_run(herd, "--config", good, "--key", "anna", "reload", "A", NULL);
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "A: nothing has changed there\n"));
    free(good);
}

/* Whatever the level of the log is. */
static void who_did_it_is_logged(void **state)
{
    herd_t *herd = start_with_keys(state);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\nIAMAT emu +1-1 5\n");
    assert_non_null(answer);
    herdctl_expect(herd, 0, "before: info", "log-level", "error", "A", NULL);
    herdctl_expect(herd, 0, "kiwi is forgotten", "forget", "kiwi", "A", NULL);
    herdctl_expect(herd, 0, "A: nothing has changed", "reload", "A", NULL);
    herdctl_expect(herd, 0, "before: error", "log-level", "info", "A", NULL);
    herd_wait_logged(herd, "A", "node",
                     "operator-command: log-level error, by operator/anna at 127.0.0.1");
    herd_wait_logged(herd, "A", "node",
                     "operator-command: forget kiwi, by operator/anna at 127.0.0.1");
    herd_wait_logged(herd, "A", "node", "operator-command: reload, by operator/anna at 127.0.0.1");
    herd_wait_logged(herd, "A", "node",
                     "operator-command: log-level info, by operator/anna at 127.0.0.1");
}

static void without_keys_the_user_is_logged(void **state)
{
    herd_t *herd = *state;
    char by[64];
    (void)herd_ask(herd, "Clark", "IAMAT \x1b[31m +1-1 5\n");
    herdctl_expect(herd, 0, "is forgotten", "forget", "\x1b[31m", NULL);
    snprintf(by, sizeof by, " of user %u", (unsigned)getuid());
    herd_wait_logged(herd, "Clark", "node", "operator-command: forget \\x1b[31m, by process ");
    herd_wait_logged(herd, "Clark", "node", by);
    /* What changes nothing is no deed. */
    herdctl_expect(herd, 1, "knows no client", "forget", "nobody", NULL);
    herdctl_expect(herd, 0, "Clark: nothing has changed\n", "reload", NULL);
    herd_wait_logged(herd, "Clark", "node", "operator-command: reload, by process ");
    process_signal(herd_node(herd, "Clark"), SIGHUP);
    herd_wait_logged(herd, "Clark", "node", "operator-command: reload, by SIGHUP of process ");
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
    char stop[128];
    snprintf(stop, sizeof stop, "operator-command: stop, by SIGTERM of process %ld of user %u",
             (long)getpid(), (unsigned)getuid());
    herd_wait_logged(herd, "Clark", "node", stop);
    char *path = workspace_path(herd_folder(herd), "log/Clark.node.log");
    size_t size;
    char *log = workspace_read(path, &size);
    assert_null(strstr(log, "forget nobody"));
    free(log);
    free(path);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_reload_tells_which_keys_came_and_went),
        HERD_TEST_OWN(who_revokes_its_own_key_is_answered),
        HERD_TEST_OWN(a_refused_reload_says_what_the_keys_did),
        HERD_TEST_OWN(who_did_it_is_logged),
        HERD_TEST_SINGLE(without_keys_the_user_is_logged),
    };
    return workspace_finish(cmocka_run_group_tests_name("audit", tests, NULL, NULL));
}
