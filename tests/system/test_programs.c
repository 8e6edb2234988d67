/* The programs as processes: start, refusal to start, signals, several front-ends. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"

#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TERM_LIMIT_MS = 2000, /* a front-end's time to end */
    ARGUMENTS_MAX = 6,
    SHARED_CLIENTS = 64,
    PATH_SIZE = 512,
};

/* Runs a program until it ends: its exit status, and what it printed (caller frees with free()). */
static int run(const char *program, const char *const arguments[], char **ret_output)
{
    char *path = herd_program(program);
    char *folder = workspace_new();
    char *output = workspace_path(folder, "output");
    const char *argv[ARGUMENTS_MAX + 2] = {path};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert_true(i < ARGUMENTS_MAX);
        argv[i + 1] = arguments[i];
    }
    int status = process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS);
    size_t size;
    *ret_output = workspace_read(output, &size);
    free(output);
    free(folder);
    free(path);
    return status;
}

/* Each program ends by itself, not with 0, and says something that has `reason` in it. */
static void assert_refused(const char *program, const char *const arguments[], const char *reason)
{
    char *output = NULL;
    int status = run(program, arguments, &output);
    if (status == 0 || status >= 127 || output == NULL || strstr(output, reason) == NULL) {
        fail_msg("%s: status %d, no \"%s\" in \"%s\"", program, status, reason,
                 output != NULL ? output : "");
    }
    free(output);
}

static void assert_all_refused(const char *const arguments[], const char *reason)
{
    assert_refused("herd-node", arguments, reason);
    assert_refused("herd-frontend", arguments, reason);
    assert_refused("herd-single", arguments, reason);
}

static void a_start_that_cannot_work_says_why(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    assert_all_refused((const char *const[]){"--config", "/no/such/herd.cfg", "Clark", NULL},
                       "/no/such/herd.cfg");
    assert_all_refused((const char *const[]){"--config", herd_file(herd), "Nobody", NULL},
                       "Nobody");
    assert_all_refused((const char *const[]){"--config", herd_file(herd), NULL}, "");
    assert_all_refused((const char *const[]){"--config", NULL}, "");
    assert_all_refused((const char *const[]){"--no-such-option", NULL}, "--no-such-option");
    assert_all_refused((const char *const[]){NULL}, "");
}

static void a_bad_herd_file_is_refused_with_its_line(void **state)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = "Nobody"}};
    herd_t *herd = herd_new(&(herd_options_t){.members = members, .member_count = 1});
    *state = herd;
    assert_all_refused((const char *const[]){"--config", herd_file(herd), "Clark", NULL},
                       "herd.cfg:");
    assert_all_refused((const char *const[]){"--config", herd_file(herd), "Clark", NULL}, "Nobody");
}

static void a_port_in_use_is_refused(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    char port[16];
    snprintf(port, sizeof port, "%u", (unsigned)herd_port(herd, "Clark"));
    int listener = port_occupy(herd_port(herd, "Clark"));
    assert_refused("herd-frontend",
                   (const char *const[]){"--config", herd_file(herd), "Clark", NULL}, port);
    close(listener);
    herd_start(herd, "Clark");
    /* A second node finds the bus port taken by the first, which goes on. */
    assert_refused("herd-node", (const char *const[]){"--config", herd_file(herd), "Clark", NULL},
                   "");
    herd_wait_serving(herd, "Clark");
}

static void assert_too_few_files_refused(herd_t *herd, const char *program)
{
    char *path = herd_program(program);
    char *output = workspace_path(herd_folder(herd), program);
    const char *const argv[] = {path, "--config", herd_file(herd), "Clark", NULL};
    int status = process_run(
        &(process_options_t){.argv = argv, .output = output, .max_files = LIMIT_FILES_MIN - 1},
        WAIT_LIMIT_MS);
    size_t size;
    char *said = workspace_read(output, &size);
    assert_non_null(said);
    assert_non_null(strstr(said, "only 63 open files are allowed"));
    assert_int_equal(status, 1);
    free(said);
    free(output);
    free(path);
}

static void too_few_open_files_are_refused(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    assert_too_few_files_refused(herd, "herd-node");
    assert_too_few_files_refused(herd, "herd-frontend");
}

/* Another herd file in the same folder, with bus ports of its own: both share only the path of
 * `requests`. */
static void a_request_socket_in_use_is_refused(void **state)
{
    static const char other_file[] = "herd\n"
                                     "    name = \"other\"\n"
                                     "    log_dir = \"log.other\"\n"
                                     "    places\n"
                                     "        provider = \"none\"\n"
                                     "members\n"
                                     "    Clark\n"
                                     "        clients = \"tcp://127.0.0.1:%u\"\n"
                                     "        bus = \"tcp://127.0.0.1:%u\"\n";
    port_pool_t *ports = port_pool_new();
    char text[sizeof other_file + 16];
    int size = snprintf(text, sizeof text, other_file, (unsigned)port_pool_take(ports),
                        (unsigned)port_pool_take(ports));
    char *file = workspace_path(herd_folder(*state), "other.cfg");
    workspace_write(file, (text_t){.data = text, .size = (size_t)size});
    assert_refused("herd-node", (const char *const[]){"--config", file, "Clark", NULL},
                   "Clark.requests: Address already in use");
    /* Those who come now still find the first one. */
    herd_kill_frontend(*state, "Clark");
    herd_start_frontend(*state, "Clark");
    herd_wait_serving(*state, "Clark");
    free(file);
    port_pool_destroy(&ports);
}

static void help_and_version_are_told(void **state)
{
    (void)state;
    static const char *const programs[] = {"herd-node", "herd-frontend"};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        char *output = NULL;
        assert_int_equal(run(programs[i], (const char *const[]){"--help", NULL}, &output), 0);
        assert_non_null(strstr(output, "--config"));
        free(output);
        assert_int_equal(run(programs[i], (const char *const[]){"-h", NULL}, &output), 0);
        assert_non_null(strstr(output, "--config"));
        free(output);
        assert_int_equal(run(programs[i], (const char *const[]){"--version", NULL}, &output), 0);
        assert_non_null(strstr(output, HERD_VERSION));
        free(output);
    }
}

static void an_idle_frontend_ends_at_once(void **state)
{
    client_t *idle = herd_connect(*state, "Clark");
    client_say(idle, "WRONG\n");
    client_expect(idle, "? WRONG");
    int64_t start_ms = wait_clock_ms();
    assert_int_equal(herd_stop_frontend(*state, "Clark"), 0);
    assert_in_range(wait_clock_ms() - start_ms, 0, TERM_LIMIT_MS);
    assert_true(client_sees_close(idle, WAIT_LIMIT_MS));
    assert_null(client_try(herd_port(*state, "Clark")));
    client_destroy(&idle);
}

/* The node is halted when SIGTERM comes, so requests are under way for certain: the answer to
 * WRONG, which came in the same write, shows that the front-end has read them. */
static void a_frontend_that_ends_answers_what_is_under_way(void **state)
{
    herd_needs_pairs(); /* system/single has its own */
    client_t *client = herd_connect(*state, "Clark");
    process_t *node = herd_node(*state, "Clark");
    process_t *frontend = herd_frontend(*state, "Clark");
    process_signal(node, SIGSTOP);
    client_say(client, "WRONG\nIAMAT kiwi +1-1 5\nWHATSAT nobody 1 1\n");
    client_expect(client, "? WRONG");
    int64_t start_ms = wait_clock_ms();
    process_signal(frontend, SIGTERM);
    process_signal(node, SIGCONT);
    text_t line = client_read_line(client);
    assert_memory_equal(line.data, "AT Clark +", strlen("AT Clark +"));
    client_expect(client, "? WHATSAT nobody 1 1");
    int status = -1;
    assert_true(process_wait(frontend, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    assert_in_range(wait_clock_ms() - start_ms, 0, TERM_LIMIT_MS);
    client_destroy(&client);
}

static void a_frontend_ends_though_its_node_hangs(void **state)
{
    herd_needs_pairs();
    client_t *client = herd_connect(*state, "Clark");
    process_signal(herd_node(*state, "Clark"), SIGSTOP);
    client_say(client, "WRONG\nIAMAT kiwi +1-1 5\n");
    client_expect(client, "? WRONG");
    int64_t start_ms = wait_clock_ms();
    assert_int_equal(herd_stop_frontend(*state, "Clark"), 0);
    assert_in_range(wait_clock_ms() - start_ms, 0, TERM_LIMIT_MS);
    assert_true(client_sees_close(client, WAIT_LIMIT_MS));
    client_destroy(&client);
}

static void a_node_ends_on_sigterm(void **state)
{
    assert_int_equal(herd_stop_node(*state, "Clark"), 0);
    herd_start_node(*state, "Clark");
    herd_wait_serving(*state, "Clark");
}

static void signal_until_it_ends(process_t *process)
{
    int status = -1;
    int64_t limit_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    while (process_is_running(process) && wait_clock_ms() < limit_ms) {
        process_signal(process, SIGTERM);
        process_signal(process, SIGHUP);
    }
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
}

/* Whoever stops a program may say so again, also in the moment in which it has closed everything
 * and only its log is still to be written: it ends well all the same. */
static void no_second_signal_cuts_an_end_short(void **state)
{
    herd_t *herd = *state;
    for (size_t i = 0; i < 5; i++) {
        signal_until_it_ends(herd_frontend(herd, "Clark"));
        herd_kill_frontend(herd, "Clark");
        herd_start_frontend(herd, "Clark");
        herd_wait_serving(herd, "Clark");
    }
    signal_until_it_ends(herd_node(herd, "Clark"));
}

typedef struct {
    char folder[PATH_SIZE]; /* the logs */
    size_t count;           /* files wanted */
} logs_t;

static size_t count_logs(const logs_t *logs)
{
    DIR *folder = opendir(logs->folder);
    size_t count = 0;
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.' && strstr(entry->d_name, ".rotated") == NULL;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static bool logs_exist(void *argument)
{
    const logs_t *logs = argument;
    return count_logs(logs) == logs->count;
}

/* As logrotate does: renames each file. */
static void rotate_logs(const logs_t *logs)
{
    struct dirent **entries = NULL;
    int count = scandir(logs->folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            char *old = workspace_path(logs->folder, entries[i]->d_name);
            char *rotated = NULL;
            assert_true(asprintf(&rotated, "%s.rotated", old) > 0);
            assert_int_equal(rename(old, rotated), 0);
            free(rotated);
            free(old);
        }
        free(entries[i]);
    }
    free(entries);
}

static void sighup_opens_the_logs_anew(void **state)
{
    logs_t logs = {.count = 2};
    snprintf(logs.folder, sizeof logs.folder, "%s/log", herd_folder(*state));
    assert_true(wait_until(logs_exist, &logs, WAIT_LIMIT_MS));
    rotate_logs(&logs);
    assert_int_equal(count_logs(&logs), 0);
    process_signal(herd_node(*state, "Clark"), SIGHUP);
    process_signal(herd_frontend(*state, "Clark"), SIGHUP);
    assert_true(wait_until(logs_exist, &logs, WAIT_LIMIT_MS));
    herd_wait_serving(*state, "Clark");
}

/* Every line of the file is a JSON object; one of them is about `event`. */
static void assert_json_lines(const char *content, const char *event)
{
    text_t rest = text_of(content);
    text_t line;
    bool found = false;
    while (text_take_line(&rest, &line)) {
        json_error_t error;
        json_t *object = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &error);
        if (object == NULL) {
            fail_msg("%s: %.*s", error.text, (int)line.size, line.data);
        }
        assert_string_equal(json_string_value(json_object_get(object, "member")), "Clark");
        found = found || strcmp(json_string_value(json_object_get(object, "event")), event) == 0;
        json_decref(object);
    }
    assert_int_equal(rest.size, 0);
    assert_true(found);
}

/* Runs a program with --log-format json until it has logged `event`. */
static void expect_json(herd_t *herd, const char *program, const char *event)
{
    int status = -1;
    char *path = herd_program(program);
    char *output = workspace_path(herd_folder(herd), "json.out");
    const char *const argv[] = {path,    "--config", herd_file(herd), "--log-format", "json",
                                "Clark", NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    herd_wait_logged(herd, "Clark", strchr(program, '-') + 1, event);
    process_signal(process, SIGTERM);
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&process);
    char name[PATH_SIZE];
    size_t size;
    snprintf(name, sizeof name, "log/Clark.%s.log", strchr(program, '-') + 1);
    char *log_path = workspace_path(herd_folder(herd), name);
    char *content = workspace_read(log_path, &size);
    assert_non_null(content);
    assert_json_lines(content, event);
    free(content);
    free(log_path);
    free(output);
    free(path);
}

static void logs_are_json_on_request(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    expect_json(herd, "herd-node", "serving");
    expect_json(herd, "herd-frontend", "listening");
    assert_all_refused(
        (const char *const[]){"--config", herd_file(herd), "--log-format", "yaml", "Clark", NULL},
        "--log-format is text or json");
}

static bool has_started(void *argument)
{
    size_t size;
    char *said = workspace_read(argument, &size);
    bool started = said != NULL && strstr(said, "started") != NULL;
    free(said);
    return started;
}

/* Starts one more front-end of Clark beside the herd's own, and waits until it listens. Caller ends
 * it with process_destroy. */
static process_t *start_second_frontend(herd_t *herd)
{
    char *path = herd_program("herd-frontend");
    char *output = workspace_path(herd_folder(herd), "second.out");
    const char *const argv[] = {path, "--config", herd_file(herd), "Clark", NULL};
    process_t *second = process_start(&(process_options_t){.argv = argv, .output = output});
    assert_true(wait_until(has_started, output, WAIT_LIMIT_MS));
    free(output);
    free(path);
    return second;
}

static void several_frontends_serve_one_port(void **state)
{
    herd_t *herd = *state;
    herd_needs_pairs(); /* the first of two front-ends ends, their node does not */
    process_t *second = start_second_frontend(herd);
    for (int i = 0; i < 50; i++) {
        const char *answer = herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\n");
        assert_memory_equal(answer, "AT Clark +", strlen("AT Clark +"));
    }
    assert_true(process_is_running(second));
    assert_int_equal(herd_stop_frontend(herd, "Clark"), 0);
    herd_wait_serving(herd, "Clark");
    process_destroy(&second);
}

static void status_is_told_to_all_who_ask(void **state)
{
    char *output = NULL;
    const char *const twice[] = {"--config", herd_file(*state), "status", "Clark", "Clark", NULL};
    if (run("herdctl", twice, &output) != 0) {
        fail_msg("a member that runs is not up: %s", output);
    }
    free(output);
    (void)herd_stop_node(*state, "Clark");
    assert_int_equal(run("herdctl", twice, &output), 1);
    free(output);
}

/* Whether the client gets an answer from the node; else its connection is lost. */
static bool is_answered(client_t *client)
{
    text_t line;
    return client_send_some(client, TEXT("WHATSAT nobody 1 1\n"), WAIT_LIMIT_MS) > 0 &&
           client_try_line(client, WAIT_LIMIT_MS, &line) &&
           text_equal(line, TEXT("? WHATSAT nobody 1 1"));
}

static void a_killed_frontend_costs_its_own_clients_only(void **state)
{
    herd_t *herd = *state;
    process_t *second = start_second_frontend(herd);
    client_t *clients[SHARED_CLIENTS];
    for (size_t i = 0; i < SHARED_CLIENTS; i++) {
        clients[i] = herd_connect(herd, "Clark");
        assert_true(is_answered(clients[i]));
    }
    process_destroy(&second);
    size_t answered = 0;
    for (size_t i = 0; i < SHARED_CLIENTS; i++) {
        answered += is_answered(clients[i]);
        client_destroy(&clients[i]);
    }
    /* The kernel shares them out by a hash: that all go to one has a chance of 2 in 2^64. */
    assert_in_range(answered, 1, SHARED_CLIENTS - 1);
    for (size_t i = 0; i < SHARED_CLIENTS; i++) {
        client_t *next = herd_connect(herd, "Clark");
        assert_true(is_answered(next));
        client_destroy(&next);
    }
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_start_that_cannot_work_says_why),
        HERD_TEST_OWN(a_bad_herd_file_is_refused_with_its_line),
        HERD_TEST_OWN(a_port_in_use_is_refused),
        HERD_TEST_OWN(too_few_open_files_are_refused),
        HERD_TEST_SINGLE(a_request_socket_in_use_is_refused),
        HERD_TEST_OWN(help_and_version_are_told),
        HERD_TEST_SINGLE(an_idle_frontend_ends_at_once),
        HERD_TEST_SINGLE(a_frontend_that_ends_answers_what_is_under_way),
        HERD_TEST_SINGLE(a_frontend_ends_though_its_node_hangs),
        HERD_TEST_SINGLE(a_node_ends_on_sigterm),
        HERD_TEST_SINGLE(no_second_signal_cuts_an_end_short),
        HERD_TEST_SINGLE(sighup_opens_the_logs_anew),
        HERD_TEST_OWN(logs_are_json_on_request),
        HERD_TEST_SINGLE(several_frontends_serve_one_port),
        HERD_TEST_SINGLE(status_is_told_to_all_who_ask),
        HERD_TEST_SINGLE(a_killed_frontend_costs_its_own_clients_only),
    };
    return workspace_finish(cmocka_run_group_tests_name("programs", tests, NULL, NULL));
}
