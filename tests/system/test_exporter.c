/* herdctl metrics and exporter: what Prometheus gets to know of a herd, as curl sees it; and
 * visitors with bad intentions. */
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { URL_SIZE = 64, VISITORS = 100 };

static const char curl[] = "/usr/bin/curl";

/* An exporter on a herd (open value struct). */
typedef struct {
    herd_t *herd;
    process_t *process;
    port_pool_t *ports;
    uint16_t port;
    char *log;
} exporter_t;

static bool is_listening(void *argument)
{
    const exporter_t *self = argument;
    client_t *client = client_try(self->port);
    bool listening = client != NULL;
    client_destroy(&client);
    return listening;
}

static exporter_t start_exporter(herd_t *herd)
{
    char listen[URL_SIZE];
    char *program = herd_program("herdctl");
    exporter_t self = {.herd = herd, .ports = port_pool_new()};
    self.port = port_pool_take(self.ports);
    self.log = workspace_path(herd_folder(herd), "exporter.out");
    snprintf(listen, sizeof listen, "127.0.0.1:%u", self.port);
    const char *const argv[] = {program, "--config", herd_file(herd), "exporter", "--listen",
                                listen,  NULL};
    self.process = process_start(&(process_options_t){.argv = argv, .output = self.log});
    assert_true(wait_until(is_listening, &self, WAIT_LIMIT_MS));
    free(program);
    return self;
}

/* By SIGTERM: it ends cleanly. */
static void stop_exporter(exporter_t *self)
{
    int status;
    process_signal(self->process, SIGTERM);
    assert_true(process_wait(self->process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&self->process);
    port_pool_destroy(&self->ports);
    free(self->log);
}

/* What `curl -si URL` prints; caller frees with free(). */
static char *get(const exporter_t *self, const char *path)
{
    char url[URL_SIZE];
    char *file = workspace_path(herd_folder(self->herd), "curl.out");
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", self->port, path);
    const char *const argv[] = {curl, "-si", "--noproxy", "*", url, NULL};
    (void)remove(file);
    assert_int_equal(process_run(&(process_options_t){.argv = argv, .output = file}, WAIT_LIMIT_MS),
                     0);
    size_t size;
    char *answer = workspace_read(file, &size);
    assert_non_null(answer);
    free(file);
    return answer;
}

static void expect(const exporter_t *self, const char *path, const char *status, const char *part)
{
    char *answer = get(self, path);
    if (strncmp(answer, status, strlen(status)) != 0 || strstr(answer, part) == NULL) {
        fail_msg("not \"%s ... %s\" but %s", status, part, answer);
    }
    free(answer);
}

/* What to wait for in an answer. */
typedef struct {
    const exporter_t *exporter;
    const char *path;
    const char *part;
} awaited_t;

static bool has_part(void *argument)
{
    const awaited_t *awaited = argument;
    char *answer = get(awaited->exporter, awaited->path);
    bool found = strstr(answer, awaited->part) != NULL;
    free(answer);
    return found;
}

static void wait_for(const exporter_t *self, const char *path, const char *part)
{
    awaited_t awaited = {.exporter = self, .path = path, .part = part};
    if (!wait_until(has_part, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("no \"%s\" at %s: %s", part, path, get(self, path));
    }
}

static void the_exporter_tells_of_the_whole_herd(void **state)
{
    herd_t *herd = *state;
    (void)herd_ask(herd, "Goloman", "IAMAT kiwi +1-1 5\nWHAT?\n");
    exporter_t exporter = start_exporter(herd);
    wait_for(&exporter, "/healthz", "well: 5 members, 12 link ends up");
    expect(&exporter, "/healthz", "HTTP/1.1 200 ", "well");
    wait_for(&exporter, "/metrics", "herd_positions_total{member=\"Goloman\"} 1\n");
    wait_for(&exporter, "/metrics", "herd_distinct_digests 1\n");
    wait_for(&exporter, "/metrics", "herd_frontend_malformed_lines_total{member=\"Goloman\"");
    expect(&exporter, "/metrics", "HTTP/1.1 200 ", "Content-Type: text/plain; version=0.0.4");
    expect(&exporter, "/", "HTTP/1.1 404 ", "/metrics and /healthz");

    herd_kill_node(herd, "Welsh");
    process_signal(herd_node(herd, "Hands"), SIGSTOP);
    wait_for(&exporter, "/metrics", "herd_up{member=\"Welsh\"} 0\n");
    wait_for(&exporter, "/metrics", "herd_up{member=\"Hands\"} 0\n");
    expect(&exporter, "/metrics", "HTTP/1.1 200 ", "herd_up{member=\"Goloman\"} 1\n");
    expect(&exporter, "/healthz", "HTTP/1.1 503 ",
           "degraded: Hands does not answer; Welsh does not answer");
    process_signal(herd_node(herd, "Hands"), SIGCONT);
    herd_start_node(herd, "Welsh");
    wait_for(&exporter, "/healthz", "well");
    stop_exporter(&exporter);
}

/* # TYPE herd_up gauge */
static bool take_type(text_t line, text_t *ret_name, text_t *ret_type)
{
    text_t mark;
    text_t kind;
    return text_take_field(&line, &mark) && text_equal(mark, TEXT("#")) &&
           text_take_field(&line, &kind) && text_equal(kind, TEXT("TYPE")) &&
           text_take_field(&line, ret_name) && text_take_field(&line, ret_type);
}

static void expect_rows(const char *document, const char *metrics)
{
    char row[URL_SIZE * 2];
    text_t rest = text_of(metrics);
    text_t line;
    while (text_take_line(&rest, &line)) {
        text_t name;
        text_t type;
        if (!take_type(line, &name, &type)) {
            continue;
        }
        snprintf(row, sizeof row, "| `%.*s` | %.*s |", (int)name.size, name.data, (int)type.size,
                 type.data);
        if (strstr(document, row) == NULL) {
            fail_msg("docs/operations.md has no \"%s\"", row);
        }
    }
}

static void expect_metrics(const char *metrics, const char *document)
{
    char head[URL_SIZE * 2];
    text_t rest = text_of(document);
    text_t line;
    while (text_take_line(&rest, &line)) {
        text_t name = text_after(line, line.size < 3 ? line.size : 3);
        /* What herd-web serves itself, system/web compares. */
        if (!text_equal(text_first(line, 8), TEXT("| `herd_")) ||
            !text_take_until(&name, '`', &line) ||
            text_equal(text_first(line, strlen("herd_web_")), TEXT("herd_web_"))) {
            continue;
        }
        snprintf(head, sizeof head, "# TYPE %.*s ", (int)line.size, line.data);
        if (strstr(metrics, head) == NULL) {
            fail_msg("docs/operations.md tells of %.*s, which there is not", (int)line.size,
                     line.data);
        }
    }
}

/* Whether each metric of `metrics` has its row in docs/operations.md, and the other way round. */
static void compare_with_document(const char *metrics)
{
    char *path = herd_source("docs/operations.md");
    size_t size;
    char *document = workspace_read(path, &size);
    assert_non_null(document);
    expect_rows(document, metrics);
    expect_metrics(metrics, document);
    free(document);
    free(path);
}

static void the_document_lists_every_metric(void **state)
{
    herd_t *herd = *state;
    herdctl_run_t run = herdctl_run(herd, "metrics", NULL);
    assert_int_equal(run.status, 0);
    compare_with_document(run.output);
}

/* A header without end, and one that comes a byte at a time. */
static void endless_headers_are_cut_off(void **state)
{
    exporter_t exporter = start_exporter(*state);
    client_t *client = client_new(exporter.port);
    client_say(client, "GET /metrics HTTP/1.1\r\nX-Endless: ");
    char garbage[4096];
    memset(garbage, 'x', sizeof garbage);
    size_t sent = 0;
    for (int i = 0; i < 1024; i++) {
        sent += client_send_some(client, (text_t){.data = garbage, .size = sizeof garbage}, 100);
    }
    assert_true(sent < 1024 * sizeof garbage); /* it was not read to its end */
    client_destroy(&client);
    assert_true(process_memory(exporter.process) < 268435456);
    wait_for(&exporter, "/healthz", "well");
    stop_exporter(&exporter);
}

/* More silent connections than it takes: they are closed after their time, and others have their
 * turn. */
static void idle_connections_do_not_stay(void **state)
{
    exporter_t exporter = start_exporter(*state);
    client_t *idle[VISITORS];
    for (int i = 0; i < VISITORS; i++) {
        idle[i] = client_new(exporter.port);
    }
    wait_for(&exporter, "/healthz", "well");
    assert_true(client_sees_close(idle[0], WAIT_LIMIT_MS));
    for (int i = 0; i < VISITORS; i++) {
        client_destroy(&idle[i]);
    }
    stop_exporter(&exporter);
}

/* One that says a byte now and then is not idle, and goes all the same. */
static void dribbling_connections_do_not_stay(void **state)
{
    exporter_t exporter = start_exporter(*state);
    client_t *client = client_new(exporter.port);
    int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    bool closed = false;
    client_say(client, "GET /healthz HTTP/1.1\r\nX-Slow: ");
    while (!closed && wait_clock_ms() < end_ms) {
        (void)client_send_some(client, TEXT("x"), 100);
        closed = client_sees_close(client, 200);
    }
    assert_true(closed);
    client_destroy(&client);
    wait_for(&exporter, "/healthz", "well");
    stop_exporter(&exporter);
}

/* More than it takes, dripping, and each comes back when it is closed. Who asks is answered between
 * them; before, it stood in the queue behind them all, for five seconds for each 64. */
static void a_crowd_that_drips_keeps_no_one_out(void **state)
{
    enum { CROWD = 300, QUESTIONS = 20 };
    exporter_t exporter = start_exporter(*state);
    client_t *crowd[CROWD] = {0};
    for (int question = 0; question < QUESTIONS; question++) {
        for (int i = 0; i < CROWD; i++) {
            if (crowd[i] == NULL || client_sees_close(crowd[i], 0)) {
                client_destroy(&crowd[i]);
                crowd[i] = client_new(exporter.port);
                (void)client_send_some(crowd[i], TEXT("GET /metrics HTTP/1.1\r\nX-Slow: "), 0);
            }
            (void)client_send_some(crowd[i], TEXT("x"), 0);
        }
        expect(&exporter, "/healthz", "HTTP/1.1 200 ", "well");
    }
    for (int i = 0; i < CROWD; i++) {
        client_destroy(&crowd[i]);
    }
    stop_exporter(&exporter);
}

static void nonsense_is_refused(void **state)
{
    static const char *const requests[] = {
        "GARBAGE\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "PUT /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /metrics HTTP/9.9\r\n\r\n",
    };
    exporter_t exporter = start_exporter(*state);
    for (size_t i = 0; i < ARRAY_COUNT(requests); i++) {
        client_t *client = client_new(exporter.port);
        client_say(client, requests[i]);
        client_half_close(client);
        text_t answer = client_read_all(client);
        assert_true(answer.size < 4096);
        assert_int_not_equal(text_compare(text_first(answer, 13), TEXT("HTTP/1.1 200 ")), 0);
        client_destroy(&client);
    }
    wait_for(&exporter, "/healthz", "well");
    stop_exporter(&exporter);
}

static void a_port_in_use_is_told(void **state)
{
    herd_t *herd = *state;
    char listen[URL_SIZE];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", herd_port(herd, "Clark"));
    client_t *client = client_new(herd_port(herd, "Clark"));
    herdctl_expect(herd, 1, "cannot listen on", "exporter", "--listen", listen, NULL);
    client_destroy(&client);
}

static bool was_told(void *argument)
{
    const exporter_t *self = argument;
    size_t size;
    char *log = workspace_read(self->log, &size);
    bool told = log != NULL && strstr(log, "goes on with the herd file as it was") != NULL;
    free(log);
    return told;
}

/* Read again at a bad moment, the keys are not lost. */
static void keys_that_cannot_be_read_change_nothing(void **state)
{
    static const herd_member_t lone[] = {{"A", ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = lone, .member_count = ARRAY_COUNT(lone), .keys = true, .tcp_requests = true});
    *state = herd;
    herd_start_all(herd);
    exporter_t exporter = start_exporter(herd);
    wait_for(&exporter, "/metrics", "herd_up{member=\"A\"} 1\n");
    char *secret = workspace_path(herd_folder(herd), "keys/operator/anna.cert_secret");
    char *away = workspace_path(herd_folder(herd), "away");
    assert_int_equal(rename(secret, away), 0);
    process_signal(exporter.process, SIGHUP);
    assert_true(wait_until(was_told, &exporter, WAIT_LIMIT_MS));
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    wait_for(&exporter, "/metrics", "herd_positions_total{member=\"A\"} 1\n");
    stop_exporter(&exporter);
    free(away);
    free(secret);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    if (access(curl, X_OK) != 0) {
        fprintf(stderr, "%s is missing\n", curl);
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SAMPLE(the_exporter_tells_of_the_whole_herd),
        HERD_TEST_SAMPLE(the_document_lists_every_metric),
        HERD_TEST_SINGLE(endless_headers_are_cut_off),
        HERD_TEST_SINGLE(idle_connections_do_not_stay),
        HERD_TEST_SINGLE(dribbling_connections_do_not_stay),
        HERD_TEST_SINGLE(a_crowd_that_drips_keeps_no_one_out),
        HERD_TEST_SINGLE(nonsense_is_refused),
        HERD_TEST_SINGLE(a_port_in_use_is_told),
        HERD_TEST_OWN(keys_that_cannot_be_read_change_nothing),
    };
    return workspace_finish(cmocka_run_group_tests_name("exporter", tests, NULL, NULL));
}
