/* Following a node (bus-protocol.md, F rules; replication.md, R20): real nodes, and a program that
 * keeps a copy (follow.c). */
#include "common/sockets/stream.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

enum { MANY = 3000, STALLED = 8, LARGE_ID = 60000 };

/* A follower process, and what it last said. */
typedef struct {
    herd_t *herd;
    const char *member; /* whose digest it is to have */
    process_t *process;
    char *file;       /* path: what it printed */
    const char *part; /* that is waited for */
    char line[512];
} follow_t;

static void start_follow(follow_t *self, herd_t *herd, const char *const *arguments)
{
    const char *argv[12] = {FOLLOW_PROGRAM, "test", "web"};
    size_t count = 3;
    while (*arguments != NULL) {
        argv[count++] = *arguments++;
    }
    *self = (follow_t){.herd = herd,
                       .member = argv[count - 2],
                       .file = workspace_path(herd_folder(herd), "follow.out")};
    (void)remove(self->file);
    self->process = process_start(&(process_options_t){.argv = argv, .output = self->file});
}

static void end_follow(follow_t *self)
{
    process_destroy(&self->process);
    free(self->file);
}

static void read_last_line(follow_t *self)
{
    size_t size;
    char *output = workspace_read(self->file, &size);
    text_t rest = output != NULL ? text_of(output) : (text_t){0};
    text_t line = {0};
    self->line[0] = '\0';
    while (text_take_line(&rest, &line)) {
        snprintf(self->line, sizeof self->line, "%.*s", (int)line.size, line.data);
    }
    free(output);
}

static bool says(void *argument)
{
    follow_t *self = argument;
    read_last_line(self);
    assert_true(process_is_running(self->process));
    return strstr(self->line, self->part) != NULL;
}

static void expect(follow_t *self, const char *part)
{
    self->part = part;
    if (!wait_until(says, self, WAIT_LIMIT_MS)) {
        fail_msg("it says \"%s\", not \"%s\"", self->line, part);
    }
}

/* A figure of its last line. */
static unsigned long figure(const follow_t *self, const char *key)
{
    const char *found = strstr(self->line, key);
    return found != NULL ? strtoul(found + strlen(key), NULL, 10) : 0;
}

static bool is_equal(void *argument)
{
    follow_t *self = argument;
    report_t report;
    report_read_root(herd_requests(self->herd, self->member), &report);
    read_last_line(self);
    bool equal = strstr(self->line, report.root) != NULL && strstr(self->line, "current=1") != NULL;
    report_done(&report);
    return equal;
}

/* At rest it has what the node has, to the byte. */
static void expect_equal(follow_t *self)
{
    if (!wait_until(is_equal, self, WAIT_LIMIT_MS)) {
        fail_msg("the copy differs: %s", self->line);
    }
}

/* `count` clients from `first` on, at a time. */
static void report_clients(herd_t *herd, const char *member, int first, int count, int time)
{
    buffer_t lines;
    buffer_init(&lines, LIMIT_BODY_SIZE);
    for (int i = first; i < first + count; i++) {
        assert_int_equal(
            buffer_format(&lines, "IAMAT client%d +34.%06d-118.445127 %d\n", i, i % 1000000, time),
            STATUS_OK);
    }
    assert_int_equal(buffer_append(&lines, "", 1), STATUS_OK);
    (void)herd_ask(herd, member, lines.data);
    buffer_done(&lines);
}

/* All that may happen to it, in one life of it. */
static void a_copy_follows_its_node(void **state)
{
    follow_t follow;
    herd_t *herd = *state = herd_new(&(herd_options_t){.members = pair, .member_count = 2});
    herd_start_all(herd);
    report_clients(herd, "A", 0, MANY, 100);
    const char *const arguments[] = {"A", herd_requests(herd, "A"), "B", herd_requests(herd, "B"),
                                     NULL};
    start_follow(&follow, herd, arguments);
    follow.member = "A";
    expect(&follow, "current=1 served=3000 ");
    expect_equal(&follow);
    assert_int_equal(figure(&follow, "came="), MANY);

    /* Forgotten. */
    const char *const forget[] = {"forget", "client7", "A", NULL};
    assert_int_equal(herd_control(herd, forget, NULL), 0);
    expect(&follow, "served=2999 ");
    expect_equal(&follow);

    /* The node is killed: it comes back with what its neighbour has; the copy is never empty. */
    herd_kill_node(herd, "A");
    expect(&follow, "up=0 current=0 served=2999 ");
    report_clients(herd, "B", 0, 10, 200);
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    expect(&follow, "up=1 current=1 ");
    expect_equal(&follow);
    assert_int_equal(figure(&follow, "removed="), 1);
    assert_true(figure(&follow, "comparisons=") >= 1);
    assert_true(figure(&follow, "came=") <= MANY + 1);

    /* It moves to the other member, whose list it does not know. */
    process_signal(follow.process, SIGUSR1);
    follow.member = "B";
    report_clients(herd, "A", 5000, 10, 300);
    expect_equal(&follow);
    assert_int_equal(figure(&follow, "came="), figure(&follow, "served=") + 1);

    /* It is stopped for longer than the node waits for it, and goes on where it was. */
    process_signal(follow.process, SIGSTOP);
    report_clients(herd, "B", 0, 20, 400);
    herd_wait_logged(herd, "B", "node", "follower left: nothing heard for 5 s");
    process_signal(follow.process, SIGCONT);
    expect_equal(&follow);

    /* It is killed itself, and begins anew. */
    process_signal(follow.process, SIGKILL);
    end_follow(&follow);
    const char *const again[] = {"A", herd_requests(herd, "A"), NULL};
    start_follow(&follow, herd, again);
    expect_equal(&follow);
    end_follow(&follow);
}

/* R20: what a life of the node has lost is no more in the copy. */
static void what_the_node_has_lost_goes(void **state)
{
    follow_t follow;
    herd_t *herd = *state = herd_new_single();
    herd_start(herd, "Clark");
    report_clients(herd, "Clark", 0, 1000, 100);
    const char *const arguments[] = {"Clark", herd_requests(herd, "Clark"), NULL};
    start_follow(&follow, herd, arguments);
    expect(&follow, "current=1 served=1000 ");
    herd_kill_node(herd, "Clark");
    expect(&follow, "current=0 served=1000 ");
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    report_clients(herd, "Clark", 900, 200, 50); /* some of them older than what was lost */
    expect(&follow, "current=1 served=200 ");
    expect_equal(&follow);
    end_follow(&follow);
}

/* ---- followers that do not read ---- */

typedef struct {
    stream_t *stream;
    message_t message;
    status_t status;
} exchange_t;

static bool has_answer(void *argument)
{
    exchange_t *self = argument;
    status_t greeted = stream_take_greeting(self->stream);
    self->status = greeted == STATUS_OK ? stream_receive(self->stream, &self->message) : greeted;
    return self->status != STATUS_AGAIN;
}

static void receive(exchange_t *self, message_type_t type)
{
    assert_true(wait_until(has_answer, self, WAIT_LIMIT_MS));
    assert_int_equal(self->status, STATUS_OK);
    assert_int_equal(self->message.type, type);
}

/* Asks to follow; the answer is in `exchange`. */
static void ask_to_follow(herd_t *herd, stream_t *stream, message_type_t answer,
                          exchange_t *ret_exchange)
{
    const message_t follow = {
        .type = MESSAGE_FOLLOW,
        .header = TEXT("7"),
        .body = TEXT("versions 1\nherd test\nfollower stalled\nmember Clark\npid 1\n")};
    int file = stream_connect(herd_requests(herd, "Clark") + strlen("ipc://"));
    assert_true(file >= 0);
    stream_init(stream, file);
    assert_int_equal(stream_greet(stream), STATUS_OK);
    assert_int_equal(stream_send(stream, &follow), STATUS_OK);
    *ret_exchange = (exchange_t){.stream = stream};
    receive(ret_exchange, answer);
}

/* Wants the whole list, and does not read it. */
static void stall(herd_t *herd, stream_t *stream)
{
    exchange_t exchange;
    ask_to_follow(herd, stream, MESSAGE_HELLO, &exchange);
    char header[TEXT_NUMBER_SIZE + 1];
    snprintf(header, sizeof header, "%.*s", (int)exchange.message.header.size,
             exchange.message.header.data);
    const message_t want = {.type = MESSAGE_WANT,
                            .header = text_of(header),
                            .body = TEXT("version 1\ngeneration ffffffffffffffffffffffffffffffff\n"
                                         "digest xxh3-128\neras 1\nsince none\n")};
    assert_int_equal(stream_send(stream, &want), STATUS_OK);
}

static bool has_no_stalled(void *argument)
{
    return report_figure(herd_requests(argument, "Clark"), "followers") == 1;
}

/* They cost the node no memory, and no one waits for them; then they are cut off. */
static void stalled_followers_cost_nothing(void **state)
{
    enum { MEMORY_MAX = 4 << 20 };
    static const herd_member_t single[] = {{"Clark", ""}};
    follow_t follow;
    stream_t streams[STALLED];
    herd_t *herd = *state = herd_new(&(herd_options_t){
        .members = single, .member_count = 1, .settings = "max_followers = \"9\"\n"});
    herd_start(herd, "Clark");
    for (int i = 0; i < 5; i++) {
        report_clients(herd, "Clark", i * 10000, 10000, 100);
    }
    const char *const arguments[] = {"Clark", herd_requests(herd, "Clark"), NULL};
    start_follow(&follow, herd, arguments);
    expect(&follow, "current=1 served=50000 ");
    expect_equal(&follow);
    size_t before = process_memory(herd_node(herd, "Clark"));
    for (int i = 0; i < STALLED; i++) {
        stall(herd, &streams[i]);
    }
    assert_int_equal(report_figure(herd_requests(herd, "Clark"), "followers"), STALLED + 1);

    /* One more is told why it cannot follow. */
    stream_t extra;
    exchange_t exchange;
    ask_to_follow(herd, &extra, MESSAGE_REFUSED, &exchange);
    assert_text_equal(exchange.message.body, "there are 9 followers already (max_followers)\n");
    stream_done(&extra);
    assert_int_equal(report_figure(herd_requests(herd, "Clark"), "followers_refused"), 1);

    const char *const status[] = {"status", "--links", NULL};
    const char *said;
    (void)herd_control(herd, status, &said);
    assert_non_null(strstr(said, "stalled/1"));
    assert_non_null(strstr(said, "web/"));

    /* Others are served, and follow, meanwhile. */
    for (int i = 0; i < 5; i++) {
        report_clients(herd, "Clark", i * 10000, 10000, 200);
    }
    expect_equal(&follow);
    size_t after = process_memory(herd_node(herd, "Clark"));
    assert_true(process_is_sanitized() || after < before + MEMORY_MAX);
    assert_true(wait_until(has_no_stalled, herd, WAIT_LIMIT_MS));
    expect_equal(&follow);
    assert_int_equal(figure(&follow, "removed="), 0);
    for (int i = 0; i < STALLED; i++) {
        stream_done(&streams[i]);
    }
    end_follow(&follow);
}

/* K2, K5: over ZeroMQ, with a key of its own. */
static void a_follower_has_a_key(void **state)
{
    follow_t follow;
    herd_t *herd = *state = herd_new(
        &(herd_options_t){.members = pair, .member_count = 2, .keys = true, .tcp_requests = true});
    const char *const keygen[] = {"keygen", "--role", "follower", "web", NULL};
    assert_int_equal(herd_control(herd, keygen, NULL), 0);
    herd_start_all(herd);
    report_clients(herd, "A", 0, 500, 100);
    char *keys = workspace_path(herd_folder(herd), "keys");
    const char *const arguments[] = {
        "--keys", keys, "follower", "A", herd_requests(herd, "A"), "B", herd_requests(herd, "B"),
        NULL};
    start_follow(&follow, herd, arguments);
    follow.member = "A";
    expect(&follow, "current=1 served=500 ");
    herd_kill_node(herd, "A");
    expect(&follow, "up=0 ");
    process_signal(follow.process, SIGUSR1);
    expect(&follow, "up=1 current=1 served=500 ");
    report_clients(herd, "B", 0, 10, 200);
    expect(&follow, "changed=10 ");
    end_follow(&follow);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_copy_follows_its_node),
        HERD_TEST_OWN(what_the_node_has_lost_goes),
        HERD_TEST_OWN(stalled_followers_cost_nothing),
        HERD_TEST_OWN(a_follower_has_a_key),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests_name("follow", tests, NULL, NULL));
}
