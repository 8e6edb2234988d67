/* Who may come in at a front-end: while its node is away, and while it has no descriptor left. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/flood.h"
#include "tests/support/herd.h"
#include "tests/support/port.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FILES_MAX = 96,        /* RLIMIT_NOFILE of a front-end that has few */
    CROWD = 150,           /* clients, more than that */
    WATCH_MS = 1000,       /* of processor time */
    IDLE_CPU_MS = 200,     /* in that, at most */
    SMALL_FILE = 4096,     /* bytes: the log of a front-end is full */
    LINES = 100,           /* that fill it */
    MEMORY_MAX = 67108864, /* bytes that may stay after an attack */
    PEAK_MAX = 268435456,  /* bytes that may be held in it */
};

static const herd_member_t alone[] = {{.name = "Clark", .neighbours = ""}};

static herd_t *new_herd(void **state, herd_options_t options)
{
    options.members = alone;
    options.member_count = 1;
    herd_t *herd = herd_new(&options);
    *state = herd;
    return herd;
}

static herd_t *start_impatient(void **state)
{
    herd_t *herd = new_herd(state, (herd_options_t){.settings = "request_timeout = \"1000\"\n"});
    herd_start_all(herd);
    return herd;
}

static void expect_logged(const herd_t *herd, const char *part, size_t count)
{
    herd_expect_logged(herd, "Clark", "frontend", part, count);
}

static bool is_refused(void *argument)
{
    client_t *client = client_try(herd_port(argument, "Clark"));
    bool refused = client == NULL;
    client_destroy(&client);
    return refused;
}

static void wait_refused(herd_t *herd)
{
    assert_true(wait_until(is_refused, herd, WAIT_LIMIT_MS));
}

static void expect_answer(client_t *client)
{
    client_say(client, "IAMAT kiwi +1-1 5\n");
    text_t answer = client_read_line(client);
    assert_true(answer.size > 10);
    assert_memory_equal(answer.data, "AT Clark +", 10);
}

/* Those who are connected stay, those who come are refused at once: they can go elsewhere. */
static void doors_are_shut_while_the_node_is_away(void **state)
{
    herd_t *herd = start_impatient(state);
    client_t *client = herd_connect(herd, "Clark");
    expect_answer(client);
    for (size_t round = 1; round <= 2; round++) {
        herd_kill_node(herd, "Clark");
        wait_refused(herd);
        client_say(client, "WRONG\n");
        client_expect(client, "? WRONG");
        assert_true(is_refused(herd));
        herd_start_node(herd, "Clark");
        herd_wait_serving(herd, "Clark");
        expect_answer(client);
        expect_logged(herd, "doors-shut: ", round);
        expect_logged(herd, " listening: ", round + 1);
    }
    client_destroy(&client);
}

/* A node that hangs is away as well. */
static void doors_are_shut_while_the_node_hangs(void **state)
{
    herd_t *herd = start_impatient(state);
    process_signal(herd_node(herd, "Clark"), SIGSTOP);
    wait_refused(herd);
    process_signal(herd_node(herd, "Clark"), SIGCONT);
    herd_wait_serving(herd, "Clark");
}

/* The order of the start does not matter, and who comes while both start is served. */
static void a_front_end_without_node_opens_when_it_comes(void **state)
{
    herd_t *herd = new_herd(state, (herd_options_t){.settings = "request_timeout = \"1000\"\n"});
    herd_start_frontend(herd, "Clark");
    herd_wait_logged(herd, "Clark", "frontend", " listening: ");
    herd_wait_logged(herd, "Clark", "frontend", "doors-shut: ");
    wait_refused(herd);
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
}

static void a_node_that_restarts_costs_no_client(void **state)
{
    herd_t *herd = *state;
    herd_kill_node(herd, "Clark");
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "IAMAT kiwi +1-1 5\n");
    herd_start_node(herd, "Clark");
    text_t answer = client_read_line(client);
    assert_memory_equal(answer.data, "AT Clark +", 10);
    client_destroy(&client);
    herd_wait_logged(herd, "Clark", "frontend", " kiwi +1-1 5"); /* written behind it */
    assert_int_equal(herd_count_logged(herd, "Clark", "frontend", "doors-shut: "), 0);
}

/* The port may be another program's when the node comes back: it is tried again for ever. */
static void a_port_that_was_taken_is_taken_back(void **state)
{
    herd_t *herd = start_impatient(state);
    herd_kill_node(herd, "Clark");
    wait_refused(herd);
    int taken = port_occupy(herd_port(herd, "Clark"));
    herd_start_node(herd, "Clark");
    herd_wait_logged(herd, "Clark", "frontend", "Address already in use");
    herd_wait_logged(herd, "Clark", "frontend", "trying again each second");
    wait_nap(WATCH_MS + WATCH_MS / 2); /* an attempt or two more, which must not be logged */
    expect_logged(herd, "listen-failed: ", 1);
    assert_true(process_is_running(herd_frontend(herd, "Clark")));
    close(taken);
    herd_wait_serving(herd, "Clark");
}

/* A front-end that ends while its doors are shut ends as always. */
static void a_front_end_with_shut_doors_stops(void **state)
{
    herd_t *herd = start_impatient(state);
    herd_kill_node(herd, "Clark");
    wait_refused(herd);
    assert_int_equal(herd_stop_frontend(herd, "Clark"), 0);
}

static size_t figure(herd_t *herd, const char *key)
{
    report_t report;
    report_read(herd_requests(herd, "Clark"), &report);
    const char *found = strstr(report.body, key);
    size_t value = found != NULL ? (size_t)strtoull(found + strlen(key), NULL, 10) : 0;
    report_done(&report);
    return value;
}

static bool tells_pauses(void *argument)
{
    return figure(argument, "\nfrontend_accept_pauses ") > 0;
}

static void fill(herd_t *herd, client_t *crowd[CROWD])
{
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = client_try(herd_port(herd, "Clark"));
        assert_non_null(crowd[i]);
        client_say(crowd[i], "WRONG\n"); /* so that it keeps its place for a while */
    }
}

/* A restarted node is found though clients have taken all that there was for them; nothing spins,
 * and who waits comes in when there is room. */
static void a_full_front_end_finds_its_node_again(void **state)
{
    herd_t *herd =
        new_herd(state, (herd_options_t){.frontend_max_files = FILES_MAX, .tcp_requests = true});
    client_t *crowd[CROWD];
    herd_start_all(herd);
    expect_logged(herd, "files-few: ", 1);
    expect_logged(herd, "max_connections is 10000, but 96 open files", 1);
    fill(herd, crowd);
    herd_wait_logged(herd, "Clark", "frontend", "cannot accept clients: Too many open files");
    client_expect(crowd[0], "? WRONG");
    process_t *frontend = herd_frontend(herd, "Clark");
    int64_t before_ms = process_cpu_ms(frontend);
    wait_nap(WATCH_MS); /* what is measured is the processor time of an interval */
    assert_in_range(process_cpu_ms(frontend) - before_ms, 0, IDLE_CPU_MS);
    herd_kill_node(herd, "Clark");
    herd_start_node(herd, "Clark");
    expect_answer(crowd[0]);
    assert_true(wait_until(tells_pauses, herd, WAIT_LIMIT_MS));
    process_signal(frontend, SIGHUP);
    herd_wait_logged(herd, "Clark", "frontend", "reopened: ");
    for (size_t i = 0; i < CROWD; i++) {
        client_destroy(&crowd[i]);
    }
    herd_wait_serving(herd, "Clark");
}

/* The same if the limit is lowered while it runs. */
static void a_lower_limit_is_heeded_while_it_runs(void **state)
{
    herd_t *herd = *state;
    client_t *crowd[CROWD];
    struct rlimit few = {.rlim_cur = FILES_MAX, .rlim_max = FILES_MAX};
    pid_t pid = process_pid(herd_frontend(herd, "Clark"));
    assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
    fill(herd, crowd);
    client_expect(crowd[0], "? WRONG");
    herd_wait_logged(herd, "Clark", "frontend", "cannot accept clients: Too many open files");
    herd_kill_node(herd, "Clark");
    herd_start_node(herd, "Clark");
    expect_answer(crowd[0]);
    for (size_t i = 0; i < CROWD; i++) {
        client_destroy(&crowd[i]);
    }
    herd_wait_serving(herd, "Clark");
}

static bool tells_lost_lines(void *argument)
{
    return figure(argument, "\nfrontend_log_lost ") > 0;
}

/* The log of a front-end is full, as a disk is: its node tells who asks. */
static void lines_that_a_front_end_loses_are_told(void **state)
{
    herd_t *herd = *state;
    struct rlimit small = {.rlim_cur = SMALL_FILE, .rlim_max = SMALL_FILE};
    pid_t pid = process_pid(herd_frontend(herd, "Clark"));
    assert_int_equal(figure(herd, "\nfrontend_log_lost "), 0);
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &small, NULL), 0);
    client_t *client = herd_connect(herd, "Clark");
    for (size_t i = 0; i < LINES; i++) {
        client_say(client, "WRONG\n");
        client_expect(client, "? WRONG");
    }
    assert_true(wait_until(tells_lost_lines, herd, WAIT_LIMIT_MS));
    assert_true(figure(herd, "\nfrontend_log_lost_last ") > 0);
    client_destroy(&client);
}

static void move_key(herd_t *herd, const char *from, const char *to)
{
    char *source = workspace_path(herd_folder(herd), from);
    char *target = workspace_path(herd_folder(herd), to);
    assert_int_equal(rename(source, target), 0);
    free(source);
    free(target);
}

/* Which file is missing is said, and it is looked for until it is there. */
static void the_nodes_key_is_waited_for(void **state)
{
    static const char path[] = "keys/member/Clark.cert";
    herd_t *herd = new_herd(state, (herd_options_t){.keys = true});
    herd_start_node(herd, "Clark");
    herd_wait_logged(herd, "Clark", "node", "serving: ");
    move_key(herd, path, "away");
    herd_start_frontend(herd, "Clark");
    herd_wait_logged(herd, "Clark", "frontend", path);
    herd_wait_logged(herd, "Clark", "frontend", "looking for it each second");
    assert_true(process_is_running(herd_frontend(herd, "Clark")));
    move_key(herd, "away", path);
    herd_wait_serving(herd, "Clark");
    expect_logged(herd, "node-connect-failed: ", 1);
}

/* Our own secret: without it there is no start; one that goes while it runs is told, and missed by
 * no one. */
static void an_own_key_that_is_missing_is_named(void **state)
{
    static const char path[] = "keys/front-end/Clark.cert_secret";
    herd_t *herd = new_herd(state, (herd_options_t){.keys = true});
    herd_start_all(herd);
    move_key(herd, path, "away");
    process_signal(herd_frontend(herd, "Clark"), SIGHUP);
    herd_wait_logged(herd, "Clark", "frontend", path);
    herd_wait_logged(herd, "Clark", "frontend", "those of before stay in use");
    herd_wait_serving(herd, "Clark");
    herd_kill_node(herd, "Clark");
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    herd_kill_frontend(herd, "Clark");
    herd_start_frontend(herd, "Clark");
    int status;
    assert_true(process_wait(herd_frontend(herd, "Clark"), WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 1);
    expect_logged(herd, path, 2);
    herd_kill_frontend(herd, "Clark");
}

typedef struct {
    flood_t flood;
    unsigned wanted;
} flooded_t;

static bool was_cut(void *argument)
{
    flooded_t *flooded = argument;
    return atomic_load(&flooded->flood.cut) >= flooded->wanted;
}

/* A node that lies: a message without end. Its front-end cuts it off, and is as it was. */
static void a_node_that_sends_without_end_is_cut(void **state)
{
    herd_t *herd = new_herd(state, (herd_options_t){.tcp_requests = true});
    flooded_t flooded = {.wanted = 2};
    flood_start(&flooded.flood, herd_node_ports(herd, "Clark").requests, "ROUTER");
    herd_start_frontend(herd, "Clark");
    herd_wait_logged(herd, "Clark", "frontend", "started: ");
    size_t before = process_memory(herd_frontend(herd, "Clark"));
    assert_true(wait_until(was_cut, &flooded, WAIT_LIMIT_MS));
    herd_wait_logged(herd, "Clark", "frontend", "it sends a message that does not end");
    if (!process_is_sanitized()) {
        assert_in_range(process_peak(herd_frontend(herd, "Clark")), 0, PEAK_MAX);
    }
    flood_stop(&flooded.flood);
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    size_t after = process_memory(herd_frontend(herd, "Clark"));
    if (!process_is_sanitized() && after > before + MEMORY_MAX) {
        fail_msg("%zu bytes held, %zu before", after, before);
    }
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(doors_are_shut_while_the_node_is_away),
        HERD_TEST_OWN(doors_are_shut_while_the_node_hangs),
        HERD_TEST_OWN(a_front_end_without_node_opens_when_it_comes),
        HERD_TEST_SINGLE(a_node_that_restarts_costs_no_client),
        HERD_TEST_OWN(a_port_that_was_taken_is_taken_back),
        HERD_TEST_OWN(a_front_end_with_shut_doors_stops),
        HERD_TEST_OWN(a_full_front_end_finds_its_node_again),
        HERD_TEST_SINGLE(a_lower_limit_is_heeded_while_it_runs),
        HERD_TEST_SINGLE(lines_that_a_front_end_loses_are_told),
        HERD_TEST_OWN(a_node_that_sends_without_end_is_cut),
        HERD_TEST_OWN(the_nodes_key_is_waited_for),
        HERD_TEST_OWN(an_own_key_that_is_missing_is_named),
    };
    return workspace_finish(cmocka_run_group_tests_name("doors", tests, NULL, NULL));
}
