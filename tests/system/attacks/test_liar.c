/* A member in the wrong hands, which herdctl and its exporter ask: messages without end, answers
 * without number, answers that steer terminals. Memory stays, the other members are told as they
 * are, and what is printed is harmless. */
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/flood.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/transport.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FLOODS = 2,                  /* connections that were flooded until they were cut */
    PEAK_MAX = 268435456,        /* bytes that a program may hold during a flood */
    MEMORY_MAX = 67108864,       /* bytes that it may hold more at rest than before */
    ANSWERS = 5000,              /* to one question */
    LISTS_SIZE = LIMIT_BODY_SIZE /* of one answer */
};

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

static herd_t *start_without_a(void **state)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = pair, .member_count = 2, .tcp_requests = true});
    *state = herd;
    herd_start(herd, "B");
    return herd;
}

static bool has_cut_some(void *argument)
{
    flood_t *self = argument;
    return atomic_load(&self->cut) >= FLOODS;
}

static process_t *start_herdctl(herd_t *herd, const char *output, const char *const *arguments)
{
    char *program = herd_program("herdctl");
    const char *argv[16] = {program, "--config", herd_file(herd)};
    for (size_t i = 3; *arguments != NULL; i++) {
        argv[i] = *arguments++;
    }
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    free(program);
    return process;
}

static void expect_peak(const process_t *process, const flood_t *flood)
{
    size_t peak = process_peak(process);
    if (!process_is_sanitized() && peak > PEAK_MAX) {
        fail_msg("%zu MB held; one connection took %llu bytes", peak >> 20,
                 (unsigned long long)atomic_load(&flood->largest));
    }
}

typedef struct {
    uint16_t port;
    const char *path;
    const char *part;
} page_t;

static bool has_page(void *argument)
{
    const page_t *page = argument;
    client_t *client = client_try(page->port);
    if (client == NULL) {
        return false;
    }
    char request[128];
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", page->path);
    client_say(client, request);
    text_t all = client_read_all(client);
    char *text = memory_copy_text(all.data, all.size);
    bool found = strstr(text, page->part) != NULL;
    free(text);
    client_destroy(&client);
    return found;
}

typedef struct {
    const process_t *process;
    size_t most;
} rest_t;

static bool is_at_rest(void *argument)
{
    const rest_t *rest = argument;
    return process_memory(rest->process) <= rest->most;
}

static void an_exporter_cuts_what_does_not_end(void **state)
{
    herd_t *herd = start_without_a(state);
    flood_t flood;
    port_pool_t *ports = port_pool_new();
    page_t page = {.port = port_pool_take(ports), .path = "/metrics", .part = "herd_up{"};
    char listen_at[64];
    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%u", page.port);
    char *log = workspace_path(herd_folder(herd), "exporter.out");
    const char *const arguments[] = {"exporter", "--listen", listen_at, NULL};
    process_t *exporter = start_herdctl(herd, log, arguments);
    assert_true(wait_until(has_page, &page, WAIT_LIMIT_MS));
    rest_t rest = {.process = exporter, .most = process_memory(exporter) + MEMORY_MAX};
    flood_start(&flood, herd_node_ports(herd, "A").requests, "ROUTER");
    page.path = "/healthz";
    page.part = "A cannot be asked: it sends more than any answer has, and was cut off";
    while (!has_cut_some(&flood)) {
        assert_true(wait_until(has_page, &page, WAIT_LIMIT_MS));
    }
    page.path = "/metrics";
    page.part = "herd_up{member=\"A\"} 0\nherd_up{member=\"B\"} 1\n";
    assert_true(wait_until(has_page, &page, WAIT_LIMIT_MS));
    expect_peak(exporter, &flood);
    flood_stop(&flood);
    if (!process_is_sanitized() && !wait_until(is_at_rest, &rest, WAIT_LIMIT_MS)) {
        fail_msg("%zu MB held at rest", process_memory(exporter) >> 20);
    }
    int status;
    process_signal(exporter, SIGTERM);
    assert_true(process_wait(exporter, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&exporter);
    port_pool_destroy(&ports);
    free(log);
}

/* Programs that wait between questions, with connections open. */
static void ping_and_top_cut_it_while_they_wait(void **state)
{
    static const char *const commands[][6] = {
        {"ping", "--count", "1000", "--interval", "0.3", NULL},
        {"top", "--interval", "0.3", NULL},
    };
    herd_t *herd = start_without_a(state);
    char *log = workspace_path(herd_folder(herd), "herdctl.out");
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        flood_t flood;
        flood_start(&flood, herd_node_ports(herd, "A").requests, "ROUTER");
        process_t *process = start_herdctl(herd, log, commands[i]);
        assert_true(wait_until(has_cut_some, &flood, WAIT_LIMIT_MS));
        expect_peak(process, &flood);
        assert_true(process_is_running(process));
        process_destroy(&process);
        flood_stop(&flood);
    }
    free(log);
}

static bool has_left(void *argument)
{
    size_t size;
    char *output = workspace_read(argument, &size);
    bool left = output != NULL &&
                strstr(output, "herdctl: A sends more than can be, and is left\n") != NULL;
    free(output);
    return left;
}

/* The other one is listened to on and on. */
static void a_tap_without_end_is_left(void **state)
{
    herd_t *herd = start_without_a(state);
    flood_t flood;
    char *log = workspace_path(herd_folder(herd), "tap.out");
    flood_start(&flood, herd_node_ports(herd, "A").tap, "XPUB");
    const char *const arguments[] = {"tap", NULL};
    process_t *process = start_herdctl(herd, log, arguments);
    assert_true(wait_until(has_left, log, WAIT_LIMIT_MS));
    expect_peak(process, &flood);
    assert_true(process_is_running(process));
    int status;
    process_signal(process, SIGINT);
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 1);
    process_destroy(&process);
    flood_stop(&flood);
    free(log);
}

/* A node asks its neighbours too: what comes by its own DEALER is answers. */
static void a_neighbour_without_end_is_cut(void **state)
{
    herd_t *herd = start_without_a(state);
    flood_t flood;
    process_t *node = herd_node(herd, "B");
    rest_t rest = {.process = node, .most = process_memory(node) + MEMORY_MAX};
    flood_start(&flood, herd_node_ports(herd, "A").bus, "ROUTER");
    herd_wait_logged(herd, "B", "node", "A connection-cut: bus: the connection to it is cut: ");
    assert_true(wait_until(has_cut_some, &flood, WAIT_LIMIT_MS));
    expect_peak(node, &flood);
    (void)herd_ask(herd, "B", "IAMAT kiwi +1-1 5\n");
    herdctl_expect(herd, 1, "link B-A is down (it sends a message without end)", "health", "B",
                   NULL);
    flood_stop(&flood);
    if (!process_is_sanitized() && !wait_until(is_at_rest, &rest, WAIT_LIMIT_MS)) {
        fail_msg("%zu MB held at rest", process_memory(node) >> 20);
    }
}

/* A ROUTER in the place of A's node that answers each question as a member may not. */
typedef struct {
    void *context;
    void *socket;
    pthread_t thread;
    atomic_bool ended;
    text_t body;    /* of each answer */
    size_t answers; /* to each question: all but the last are to another one */
} liar_t;

static void answer(const liar_t *self, const transport_inbound_t *question)
{
    message_t report = {
        .type = MESSAGE_REPORT, .header = TEXT("18446744073709551615"), .body = self->body};
    for (size_t i = 0; i + 1 < self->answers; i++) {
        /* What finds no room is lost, as with any ROUTER. */
        (void)!transport_send(self->socket, question->peer, &report);
    }
    report.header = question->message.header;
    int64_t end_ms = wait_clock_ms() + 1000;
    while (transport_send(self->socket, question->peer, &report) == STATUS_AGAIN &&
           wait_clock_ms() < end_ms) {
        wait_nap(1);
    }
}

static void *answer_all(void *argument)
{
    liar_t *self = argument;
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
    while (!atomic_load(&self->ended)) {
        transport_inbound_t question;
        if (zmq_poll(&item, 1, 20) <= 0 ||
            transport_receive(self->socket, true, &question) != STATUS_OK) {
            continue;
        }
        answer(self, &question);
        transport_inbound_done(&question);
    }
    zmq_close(self->socket);
    return NULL;
}

static void liar_start(liar_t *self, const char *endpoint)
{
    self->context = zmq_ctx_new();
    self->socket = zmq_socket(self->context, ZMQ_ROUTER);
    zmq_setsockopt(self->socket, ZMQ_LINGER, &(int){0}, sizeof(int));
    zmq_setsockopt(self->socket, ZMQ_SNDHWM, &(int){0}, sizeof(int));
    assert_int_equal(zmq_bind(self->socket, endpoint), 0);
    assert_int_equal(pthread_create(&self->thread, NULL, answer_all, self), 0);
}

static void liar_stop(liar_t *self)
{
    atomic_store(&self->ended, true);
    pthread_join(self->thread, NULL);
    zmq_ctx_term(self->context);
}

#define RED "\x1b[31m\x07\x9b\r"

/* Every key of every REPORT, with what steers terminals in each value. */
static const char steering[] =
    "name " RED "\nversion " RED "\nroot " RED "\nlog_level info" RED "\nsecurity " RED "\n"
    "places google" RED " open 1 2 3 4 5\nlink B" RED " up 1 2 3\nlink B down 1 2 3 sent=" RED "\n"
    "link_error B 5 " RED "\nfrontend A" RED "/1 clients=1\nfrontend A/1 clients=" RED "\n"
    "forgotten 1\nknown 1\nserved 1\nrecord AT A +1.000000000 " RED " +1-1 1 " RED "\n"
    "before " RED "\nreloaded 1\nchanged " RED "\nrestart " RED "\nwarning " RED "\nerror " RED "\n"
    "time 99\nkeys_refused 9223372036854775807\nkeys_refused_last 98\nrecords 1\nrecords_max 1\n";

static void expect_harmless(const char *output)
{
    for (const char *at = output; *at != '\0'; at++) {
        if ((*at < ' ' && *at != '\n' && *at != '\t') || *at == '\x7f' || *at == '\x9b') {
            fail_msg("byte %u in: %s", (unsigned char)*at, output);
        }
    }
}

static const char *const commands[][5] = {
    {"status", "--links", NULL},
    {"--json", "status", NULL},
    {"health", NULL},
    {"--json", "health", NULL},
    {"top", "--count", "1", NULL},
    {"--json", "top", "--count", "1"},
    {"ping", "--count", "1", NULL},
    {"metrics", NULL},
    {"where", "kiwi", NULL},
    {"--json", "where", "kiwi", NULL},
    {"log-level", "info", NULL},
    {"reload", "A", NULL},
    {"--json", "reload", "A", NULL},
    {"forget", "kiwi", "A", NULL},
};

static void what_it_says_is_printed_harmlessly(void **state)
{
    herd_t *herd = start_without_a(state);
    liar_t liar = {.body = text_of(steering), .answers = 1};
    liar_start(&liar, herd_requests(herd, "A"));
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        herdctl_run_t run = herdctl_run(herd, commands[i][0], commands[i][1], commands[i][2],
                                        commands[i][3], commands[i][4], NULL);
        expect_harmless(run.output);
        assert_in_range(run.status, 0, 1);
        assert_true(strlen(run.output) > 0);
    }
    liar_stop(&liar);
}

/* The largest answer, and thousands of answers to one question. */
static void answers_without_number_are_not_kept(void **state)
{
    herd_t *herd = start_without_a(state);
    char *lists = memory_new(LISTS_SIZE + 64);
    /* Under a sanitizer the largest takes longer to read than members have to answer. */
    size_t most = process_is_sanitized() ? LISTS_SIZE / 16 : LISTS_SIZE;
    size_t size = 0;
    for (unsigned i = 0; size < most; i++) {
        size += (size_t)snprintf(lists + size, 64, "link L%u up 1 2 3\nfrontend F/%u\n", i, i);
    }
    liar_t liar = {.body = {.data = lists, .size = most}, .answers = 1};
    liar_start(&liar, herd_requests(herd, "A"));
    herdctl_expect(herd, 0, "B", "status", NULL);
    herdctl_expect(herd, 0, "herd_up{member=\"A\"} 1\n", "metrics", NULL);
    liar_stop(&liar);
    liar = (liar_t){.body = TEXT("name A\n"), .answers = ANSWERS};
    liar_start(&liar, herd_requests(herd, "A"));
    herdctl_expect(herd, 0, "herd_up{member=\"B\"} 1\n", "metrics", "B", NULL);
    char *log = workspace_path(herd_folder(herd), "ping.out");
    const char *const arguments[] = {"ping", "--count", "10", "--interval", "0.01", NULL};
    process_t *process = start_herdctl(herd, log, arguments);
    int status;
    size_t peak = 0;
    while (!process_wait(process, 1, &status)) {
        size_t now = process_peak(process);
        peak = now > peak ? now : peak;
    }
    assert_in_range(status, 0, 1);
    assert_true(process_is_sanitized() || peak < PEAK_MAX);
    process_destroy(&process);
    liar_stop(&liar);
    free(log);
    free(lists);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(an_exporter_cuts_what_does_not_end),
        HERD_TEST_OWN(ping_and_top_cut_it_while_they_wait),
        HERD_TEST_OWN(a_tap_without_end_is_left),
        HERD_TEST_OWN(a_neighbour_without_end_is_cut),
        HERD_TEST_OWN(what_it_says_is_printed_harmlessly),
        HERD_TEST_OWN(answers_without_number_are_not_kept),
    };
    return workspace_finish(cmocka_run_group_tests_name("liar", tests, NULL, NULL));
}
