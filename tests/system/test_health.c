/* What goes wrong without ending anything makes the herd unwell, with its reason: to people, to
 * programs, to the exporter's metrics. */
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

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

static herd_t *start(void **state, const char *settings)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = pair, .member_count = ARRAY_COUNT(pair), .settings = settings});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

typedef struct {
    herd_t *herd;
    int status;
    const char *part;
} awaited_t;

static bool is_so(void *argument)
{
    const awaited_t *awaited = argument;
    herdctl_run_t run = herdctl_run(awaited->herd, "health", NULL);
    return run.status == awaited->status && strstr(run.output, awaited->part) != NULL;
}

/* Waits for that exit status of health, and that part of its line. */
static void wait_health(herd_t *herd, int status, const char *part)
{
    awaited_t awaited = {.herd = herd, .status = status, .part = part};
    if (!wait_until(is_so, &awaited, WAIT_LIMIT_MS)) {
        herdctl_run_t run = herdctl_run(herd, "health", NULL);
        fail_msg("health is not %d, \"%s\", but %d, %s", status, part, run.status, run.output);
    }
}

/* The reason of that word is there for programs: in JSON, and as a metric. */
static void expect_reason(herd_t *herd, const char *member, const char *word)
{
    char sample[128];
    herdctl_run_t run = herdctl_run(herd, "--json", "health", NULL);
    assert_int_equal(run.status, 1);
    json_t *json = json_loads(run.output, 0, NULL);
    size_t index;
    const json_t *reason;
    bool found = false;
    json_array_foreach(json_object_get(json, "reasons"), index, reason)
    {
        found =
            found || (strcmp(json_string_value(json_object_get(reason, "reason")), word) == 0 &&
                      strcmp(json_string_value(json_object_get(reason, "member")), member) == 0 &&
                      strlen(json_string_value(json_object_get(reason, "text"))) > 0);
    }
    json_decref(json);
    assert_true(found);
    snprintf(sample, sizeof sample, "herd_unwell{member=\"%s\",reason=\"%s\"} 1\n", member, word);
    herdctl_expect(herd, 0, sample, "metrics", NULL);
}

static void clients_that_are_turned_away_are_told(void **state)
{
    herd_t *herd = start(state, "max_connections_per_address = \"1\"\n");
    wait_health(herd, 0, "well: 2 members");
    client_t *first = herd_connect(herd, "A");
    client_say(first, "IAMAT kiwi +1-1 1\n");
    text_t line;
    assert_true(client_try_line(first, WAIT_LIMIT_MS, &line));
    client_t *second = herd_connect(herd, "A");
    wait_health(herd, 1, "A: clients are turned away (1 so far, the last ");
    expect_reason(herd, "A", "clients-refused");
    client_destroy(&second);
    client_destroy(&first);
    if (!herd_is_of_singles()) {
        /* The front-end that did it is gone; that it happened is not. */
        assert_int_equal(herd_stop_frontend(herd, "A"), 0);
        herd_start_frontend(herd, "A");
        herd_wait_serving(herd, "A");
        wait_health(herd, 1, "A: clients are turned away (1 so far, the last ");
    }
}

static void a_full_store_is_told(void **state)
{
    herd_t *herd = start(state, "max_clients = \"10\"\nrequest_timeout = \"300\"\n");
    for (int i = 0; i < 8; i++) {
        char text[64];
        snprintf(text, sizeof text, "IAMAT kiwi%d +1-1 1\n", i);
        (void)herd_ask(herd, "A", text);
    }
    wait_health(herd, 0, "well: 2 members");
    (void)herd_ask(herd, "A", "IAMAT kiwi8 +1-1 1\n");
    wait_health(herd, 1, "A: the room for clients is nearly used up (9 of 10)");
    expect_reason(herd, "A", "records-near-limit");
    (void)herd_ask(herd, "A", "IAMAT kiwi9 +1-1 1\n");
    (void)herd_ask(herd, "A", "IAMAT emu +1-1 1\n");
    wait_health(herd, 1, "A: new clients find no room (1 so far, the last ");
    expect_reason(herd, "A", "store-full");
}

static void a_refused_file_is_told_until_one_is_taken(void **state)
{
    herd_t *herd = start(state, NULL);
    wait_health(herd, 0, "well: 2 members");
    char *good = workspace_path(herd_folder(herd), "good.cfg");
    size_t size;
    char *text = workspace_read(herd_file(herd), &size);
    workspace_write(good, (text_t){.data = text, .size = size});
    workspace_write(herd_file(herd), TEXT("herd\n"));
    process_signal(herd_node(herd, "A"), SIGHUP);
    herd_wait_logged(herd, "A", "node", "reload-refused: ");
    herdctl_expect(herd, 1, "A: it has refused the herd file as it is now", "--config", good,
                   "health", NULL);
    workspace_write(herd_file(herd), (text_t){.data = text, .size = size});
    process_signal(herd_node(herd, "A"), SIGHUP);
    herd_wait_logged(herd, "A", "node", " reloaded: ");
    wait_health(herd, 0, "well: 2 members");
    free(text);
    free(good);
}

static void a_refused_key_is_told(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = pair, .member_count = ARRAY_COUNT(pair), .keys = true, .tcp_requests = true});
    *state = herd;
    herd_start_all(herd);
    wait_health(herd, 0, "well: 2 members");
    herdctl_expect(herd, 0, "emil", "keygen", "--role", "operator", "emil", NULL);
    herdctl_expect(herd, 1, "our key is refused", "--key", "emil", "ping", "--count", "1", "A",
                   NULL);
    herdctl_run_t run = herdctl_run(herd, "--key", "anna", "health", NULL);
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "A: keys are refused (1 so far, the last "));
    herdctl_expect(herd, 0, "herd_unwell{member=\"A\",reason=\"keys-refused\"} 1\n", "--key",
                   "anna", "metrics", NULL);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(clients_that_are_turned_away_are_told),
        HERD_TEST_OWN(a_full_store_is_told),
        HERD_TEST_OWN(a_refused_file_is_told_until_one_is_taken),
        HERD_TEST_OWN(a_refused_key_is_told),
    };
    return workspace_finish(cmocka_run_group_tests_name("health", tests, NULL, NULL));
}
