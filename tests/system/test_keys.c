/* A herd with keys (docs/security.md) serves as one without; keys come and go while it runs. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};

static herd_t *make_chain(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = chain, .member_count = ARRAY_COUNT(chain), .keys = true, .tcp_requests = true});
    *state = herd;
    return herd;
}

/* A file of the key folder; caller frees. */
static char *key_path(const herd_t *herd, const char *name)
{
    char relative[128];
    snprintf(relative, sizeof relative, "keys/%s", name);
    return workspace_path(herd_folder(herd), relative);
}

/* Takes a file out of the key folder, or puts it back. */
static void move_key(const herd_t *herd, const char *from, const char *to)
{
    char *from_path = key_path(herd, from);
    char *to_path = key_path(herd, to);
    assert_int_equal(rename(from_path, to_path), 0);
    free(to_path);
    free(from_path);
}

static void hang_up(herd_t *herd, const char *member)
{
    process_signal(herd_node(herd, member), SIGHUP);
}

static void a_herd_with_keys_serves(void **state)
{
    herd_t *herd = make_chain(state);
    herd_start_all(herd);
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "C", "kiwi", answer);
    answer = herd_ask(herd, "C", "IAMAT emu +2-2 5\n");
    herd_wait_seen(herd, "A", "emu", answer);
    const char *output;
    assert_int_equal(herd_control(herd, (const char *const[]){"status", "--plain", NULL}, &output),
                     0);
    assert_non_null(strstr(output, "A\tup\t"));
    assert_non_null(strstr(output, "C\tup\t"));
    assert_int_equal(
        herd_control(herd, (const char *const[]){"--key", "anna", "forget", "kiwi", NULL}, &output),
        0);
    herd_wait_logged(herd, "B", "node", "member/C key-accepted");
}

static void folders_and_sockets_are_for_their_owner(void **state)
{
    herd_t *herd = herd_new(
        &(herd_options_t){.members = chain, .member_count = ARRAY_COUNT(chain), .keys = true});
    *state = herd;
    herd_start(herd, "A");
    static const char *const paths[] = {"run", "run/A.requests", "keys", "keys/member"};
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        struct stat found;
        char *path = workspace_path(herd_folder(herd), paths[i]);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0700);
        free(path);
    }
}

static void a_program_without_its_key_does_not_start(void **state)
{
    herd_t *herd = make_chain(state);
    char *node = herd_program("herd-node");
    char *output = workspace_path(herd_folder(herd), "start.out");
    const char *const argv[] = {node, "--config", herd_file(herd), "A", NULL};
    move_key(herd, "member/A.cert_secret", "gone");
    assert_int_equal(
        process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS), 1);
    size_t size;
    char *said = workspace_read(output, &size);
    assert_non_null(strstr(said, "keys/member/A.cert_secret is missing; `herdctl keygen A`"));
    free(said);
    free(output);
    free(node);
}

/* C's public key is taken away at B: the link ends, and C's updates reach no member until the key
 * is back. */
static void a_revoked_member_is_out_until_it_is_back(void **state)
{
    herd_t *herd = make_chain(state);
    herd_start_all(herd);
    const char *before = herd_ask(herd, "C", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "A", "kiwi", before);

    move_key(herd, "member/C.cert", "C.cert");
    hang_up(herd, "B");
    herd_wait_logged(herd, "B", "node", "0 new, 1 revoked");
    herd_wait_logged(herd, "B", "node", "C link-down: down: its key was revoked");
    const char *during = herd_ask(herd, "C", "IAMAT kiwi +2-2 6\n");
    herd_wait_logged(herd, "B", "node", "key-refused: bus: refused: nobody here has its key");
    const char *other = herd_ask(herd, "A", "IAMAT emu +3-3 6\n");
    herd_wait_seen(herd, "B", "emu", other);   /* A's link has come back */
    herd_wait_seen(herd, "B", "kiwi", before); /* and B is as it was */

    move_key(herd, "C.cert", "member/C.cert");
    hang_up(herd, "B");
    herd_wait_seen(herd, "A", "kiwi", during);
    herd_wait_seen(herd, "C", "emu", other);
}

/* D comes to a herd that runs: with its key the link comes up, the others' stay. */
static void a_new_members_key_is_taken_while_running(void **state)
{
    herd_t *herd = make_chain(state);
    move_key(herd, "member/C.cert", "C.cert");
    herd_start(herd, "A");
    herd_start(herd, "B");
    herd_wait_logged(herd, "B", "node", "C link-key-missing: its key, member/C.cert, is not here");
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    move_key(herd, "C.cert", "member/C.cert");
    herd_start(herd, "C");
    hang_up(herd, "B");
    herd_wait_logged(herd, "B", "node", "1 new, 0 revoked");
    herd_wait_seen(herd, "C", "kiwi", answer);
}

static void a_front_end_is_refused_without_its_key(void **state)
{
    herd_needs_pairs();
    herd_t *herd = make_chain(state);
    herd_start(herd, "A");
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    move_key(herd, "front-end/A.cert", "A.cert");
    hang_up(herd, "A");
    herd_wait_logged(herd, "A", "frontend", "do not come together: it refuses our key");
    move_key(herd, "A.cert", "front-end/A.cert");
    hang_up(herd, "A");
    herd_wait_serving(herd, "A");
    herd_wait_seen(herd, "A", "kiwi", answer);
}

/* If we cannot ask, no member is reported as down; only the reason is. */
static void an_operator_without_a_key_is_told_so(void **state)
{
    static const char missing[] = "herdctl: there is no secret key in ";
    static const char *const commands[][3] = {
        {"status"},
        {"status", "--plain"},
        {"status", "--json"},
        {"metrics"},
        {"ping"},
        {"top"},
        {"where", "kiwi"},
        {"forget", "kiwi", "A"},
        {"reload", "A"},
        {"log-level", "info"},
        {"exporter"},
        {"tap"},
    };
    herd_t *herd = make_chain(state);
    herd_start(herd, "A");
    move_key(herd, "operator/anna.cert_secret", "gone");
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        herdctl_run_t run = herdctl_run(herd, commands[i][0], commands[i][1], commands[i][2], NULL);
        assert_int_equal(run.status, 1);
        assert_int_equal(strncmp(run.output, missing, sizeof missing - 1), 0);
        assert_ptr_equal(strchr(run.output, '\n'), run.output + strlen(run.output) - 1);
    }
    herdctl_run_t run = herdctl_run(herd, "health", NULL);
    assert_int_equal(run.status, 2);
    assert_null(strstr(run.output, "unusable"));
    herdctl_expect(herd, 1, "operator/emil.cert_secret is missing", "--key", "emil", "status",
                   NULL);
    move_key(herd, "gone", "operator/anna.cert_secret");
    herdctl_expect(herd, 0, "A\tup\t", "status", "--plain", "A", NULL);
}

static void a_member_without_public_key_is_named(void **state)
{
    static const char missing[] =
        "herdctl: B cannot be asked: its key, member/B.cert, is not here\n";
    herd_t *herd = make_chain(state);
    herd_start_all(herd);
    move_key(herd, "member/B.cert", "B.cert");
    herdctl_run_t run =
        herdctl_run(herd, "ping", "--count", "3", "--interval", "0.01", "A", "B", NULL);
    assert_int_equal(run.status, 1);
    const char *said = strstr(run.output, missing);
    assert_non_null(said);
    assert_null(strstr(said + 1, missing)); /* once, not for each round */
    herdctl_expect(herd, 0, "A\tup\t", "status", "--plain", "A", NULL);
    herdctl_expect(herd, 1, missing, "tap", "B", NULL);
    herdctl_expect(herd, 1, missing, "tap", "--duration", "0.01", NULL);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_herd_with_keys_serves),
        HERD_TEST_OWN(folders_and_sockets_are_for_their_owner),
        HERD_TEST_OWN(a_program_without_its_key_does_not_start),
        HERD_TEST_OWN(a_revoked_member_is_out_until_it_is_back),
        HERD_TEST_OWN(a_new_members_key_is_taken_while_running),
        HERD_TEST_OWN(a_front_end_is_refused_without_its_key),
        HERD_TEST_OWN(an_operator_without_a_key_is_told_so),
        HERD_TEST_OWN(a_member_without_public_key_is_named),
    };
    return workspace_finish(cmocka_run_group_tests_name("keys", tests, NULL, NULL));
}
