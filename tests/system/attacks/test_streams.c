/* Whoever can connect to a node's Unix socket, and what it sends there (docs/bus-protocol.md, U1 to
 * U4): the node goes on, its front-end keeps its place, and each connection ends that is of no
 * use. */
#include "common/sockets/local_socket.h"
#include "common/sockets/stream.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CROWD = 1400, /* more than strangers may be (LIMIT_STRANGERS) */
    FILES = 2 * CROWD,
    HALVES = 16,
    HALF_SIZE = 900000, /* of 1 MiB: all together are more than LIMIT_OPEN_TOTAL */
    NOBODY = 65534,
};

static const char *socket_path(herd_t *herd)
{
    return herd_requests(herd, "Clark") + strlen("ipc://");
}

static int connect_to(herd_t *herd)
{
    int file = stream_connect(socket_path(herd));
    assert_true(file >= 0);
    return file;
}

/* As many of the bytes as the kernel takes. */
static size_t say(int file, const char *bytes, size_t size)
{
    ssize_t sent = send(file, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? (size_t)sent : 0;
}

/* ---- peers that speak as they should ---- */

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

static void greet(stream_t *stream, herd_t *herd)
{
    stream_init(stream, connect_to(herd));
    assert_int_equal(stream_greet(stream), STATUS_OK);
}

/* A new connection is answered. */
static status_t try_to_ask(herd_t *herd)
{
    stream_t stream;
    message_t echo = {.type = MESSAGE_ECHO, .header = TEXT("7")};
    exchange_t exchange = {.stream = &stream};
    greet(&stream, herd);
    assert_int_equal(stream_send(&stream, &echo), STATUS_OK);
    assert_true(wait_until(has_answer, &exchange, WAIT_LIMIT_MS));
    if (exchange.status == STATUS_OK) {
        assert_int_equal(exchange.message.type, MESSAGE_REPORT);
        assert_text_equal(exchange.message.header, "7");
        assert_text_equal(exchange.message.body, "name Clark\n");
    }
    stream_done(&stream);
    return exchange.status;
}

static void expect_service(herd_t *herd)
{
    assert_int_equal(try_to_ask(herd), STATUS_OK);
    const char *kiwi = herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\n");
    assert_memory_equal(kiwi, "AT Clark ", 9);
    assert_true(process_is_running(herd_node(herd, "Clark")));
}

/* Streams and ZeroMQ at one path; only who uses the old one is named. */
static void both_transports_are_served_at_one_path(void **state)
{
    herd_t *herd = *state;
    expect_service(herd);
    report_t report;
    report_read(herd_requests(herd, "Clark"), &report); /* by a DEALER */
    report_done(&report);
    herd_wait_logged(herd, "Clark", "node", "zeromq-came: process ");
    expect_service(herd);
    /* It ends without a word about that socket. */
    assert_int_equal(herd_stop_node(herd, "Clark"), 0);
    assert_int_equal(herd_count_logged(herd, "Clark", "node", "accept-failed"), 0);
    /* The front-end, and we before, did not use it. */
    assert_int_equal(herd_count_logged(herd, "Clark", "node", "zeromq-came: "), 1);
}

/* ---- bytes that are nothing ---- */

static bool is_over(void *argument)
{
    const int *file = argument;
    char bytes[4096];
    ssize_t got;
    do {
        got = recv(*file, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (got > 0);
    return got == 0 || errno == ECONNRESET;
}

static void expect_end(int file)
{
    assert_true(wait_until(is_over, &file, WAIT_LIMIT_MS));
    close(file);
}

static void garbage_ends_its_connection(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *logged;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 18, "handshake-failed"},
        {"\aHERD/2\n", 8, "handshake-failed"},
        {"\0", 1, "handshake-failed"},
        {FRAME_PREAMBLE "\2\16\0\2\0\0\0\00011", 18, "message-dropped"},
        {FRAME_PREAMBLE "\1\0\0\2\0\0\0\00011", 18, "message-dropped"},
        {FRAME_PREAMBLE "\1\377\0\2\0\0\0\00011", 18, "message-dropped"},
        {FRAME_PREAMBLE "\1\16\377\377\0\0\0\00011", 18, "message-dropped"},
        {FRAME_PREAMBLE "\1\16\0\2\377\377\377\37711", 18, "message-dropped"},
        {FRAME_PREAMBLE FRAME_PREAMBLE, 16, "message-dropped"},
    };
    herd_t *herd = *state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int file = connect_to(herd);
        assert_int_equal(say(file, cases[i].bytes, cases[i].size), cases[i].size);
        expect_end(file);
        herd_wait_logged(herd, "Clark", "node", cases[i].logged);
    }
    /* Messages that are whole and of no use are dropped, and no more. */
    int file = connect_to(herd);
    static const char useless[] = FRAME_PREAMBLE "\1\5\0\1\0\0\0\0"
                                                 "7" /* REPLY */
                                                 "\1\4\0\1\0\0\0\1"
                                                 "x\n" /* REQUEST, no session */
                                                 "\1\16\0\1\0\0\0\0"
                                                 "9"; /* ECHO */
    say(file, useless, sizeof useless - 1);
    stream_t stream;
    exchange_t exchange = {.stream = &stream};
    stream_init(&stream, file);
    assert_true(wait_until(has_answer, &exchange, WAIT_LIMIT_MS));
    assert_int_equal(exchange.message.type, MESSAGE_RESET);
    assert_true(wait_until(has_answer, &exchange, WAIT_LIMIT_MS));
    assert_int_equal(exchange.message.type, MESSAGE_REPORT);
    stream_done(&stream);
    expect_service(herd);
}

/* ---- halves ---- */

static void what_does_not_come_to_an_end_is_ended(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"", 0},
                 {FRAME_PREAMBLE, 3},
                 {FRAME_PREAMBLE "\1\4", FRAME_PREAMBLE_SIZE + 2},
                 {FRAME_PREAMBLE "\1\4\0\5\0\20\0\00012", FRAME_PREAMBLE_SIZE + 10}};
    enum { CASES = sizeof cases / sizeof cases[0] };
    herd_t *herd = *state;
    int files[CASES];
    for (unsigned i = 0; i < CASES; i++) {
        files[i] = connect_to(herd);
        say(files[i], cases[i].bytes, cases[i].size);
    }
    int idle = connect_to(herd); /* greets, and waits: it may */
    say(idle, FRAME_PREAMBLE, FRAME_PREAMBLE_SIZE);
    for (unsigned i = 0; i < CASES; i++) {
        expect_end(files[i]);
    }
    herd_wait_logged(herd, "Clark", "node",
                     "connection-cut: requests: the connection from process ");
    herd_wait_logged(herd, "Clark", "node", "its message does not come to an end");
    assert_false(is_over(&idle));
    close(idle);
    expect_service(herd);
}

/* What can be said to `count` peers before the node takes no more of any. */
static void fill_halves(const int *files, size_t *said)
{
    static char part[65536];
    bool more = true;
    while (more) {
        more = false;
        for (unsigned i = 0; i < HALVES; i++) {
            size_t left = HALF_SIZE - said[i];
            size_t sent = say(files[i], part, left < sizeof part ? left : sizeof part);
            said[i] += sent;
            struct pollfd item = {.fd = files[i], .events = POLLOUT};
            bool gone = poll(&item, 1, 0) == 1 && (item.revents & (POLLHUP | POLLERR)) != 0;
            more = more || (!gone && said[i] < HALF_SIZE);
        }
    }
}

static void halves_of_many_take_no_more_than_a_limit(void **state)
{
    herd_t *herd = *state;
    int files[HALVES];
    size_t said[HALVES] = {0};
    for (unsigned i = 0; i < HALVES; i++) {
        files[i] = connect_to(herd);
        say(files[i], FRAME_PREAMBLE "\1\4\0\1\0\20\0\0007", FRAME_PREAMBLE_SIZE + 9);
    }
    fill_halves(files, said);
    herd_wait_logged(herd, "Clark", "node", "are too large together");
    expect_service(herd);
    for (unsigned i = 0; i < HALVES; i++) {
        close(files[i]);
    }
}

/* ---- who does not read ---- */

static bool is_stuck(void *argument)
{
    int *file = argument;
    struct pollfd item = {.fd = *file, .events = POLLOUT};
    return poll(&item, 1, 200) == 0; /* a condition that has to last, not a pause */
}

/* It is not read from any more; when it reads, all its questions are answered after all. */
static void who_does_not_read_is_not_read_from(void **state)
{
    herd_t *herd = *state;
    stream_t stream;
    exchange_t exchange = {.stream = &stream};
    message_t echo = {.type = MESSAGE_ECHO, .header = TEXT("7")};
    unsigned asked = 0;
    greet(&stream, herd);
    do {
        while (stream_unsent(&stream) == 0) {
            assert_int_equal(stream_send(&stream, &echo), STATUS_OK);
            asked++;
        }
        assert_int_equal(stream_flush(&stream), STATUS_OK);
    } while (stream_unsent(&stream) == 0 || !is_stuck(&stream.file));
    assert_true(asked > 1000);
    expect_service(herd);
    for (unsigned answered = 0; answered < asked; answered++) {
        assert_int_equal(stream_flush(&stream), STATUS_OK);
        assert_true(wait_until(has_answer, &exchange, WAIT_LIMIT_MS));
        assert_int_equal(exchange.status, STATUS_OK);
        assert_int_equal(exchange.message.type, MESSAGE_REPORT);
    }
    stream_done(&stream);
}

/* ---- many ---- */

static bool may_have_files(size_t count)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

static void a_crowd_finds_its_places_in_turn(void **state)
{
    static int files[CROWD];
    static const herd_member_t clark[] = {{"Clark", ""}};
    if (!may_have_files(FILES)) {
        skip();
    }
    herd_t *herd =
        herd_new(&(herd_options_t){.members = clark, .member_count = 1, .node_max_files = FILES});
    *state = herd;
    herd_start(herd, "Clark");
    for (unsigned i = 0; i < CROWD; i++) {
        files[i] = stream_connect(socket_path(herd));
        if (files[i] >= 0) {
            say(files[i], FRAME_PREAMBLE, FRAME_PREAMBLE_SIZE);
        } else {
            assert_int_equal(errno, EAGAIN); /* as many wait as may */
            i--;
        }
    }
    assert_true(wait_until(is_over, &files[0], WAIT_LIMIT_MS)); /* the first came first */
    expect_service(herd);
    assert_false(is_over(&files[CROWD - 1]));
    for (unsigned i = 0; i < CROWD; i++) {
        close(files[i]);
    }
    expect_service(herd);
    assert_int_equal(herd_stop_node(herd, "Clark"), 0); /* the log is complete then */
    /* But for that of the same process. */
    assert_int_equal(herd_count_logged(herd, "Clark", "node", "front-end left"),
                     herd_is_of_singles() ? 1 : 0);
}

/* ---- users ---- */

/* Of the socket, in a folder that lets all through. */
static void set_mode(herd_t *herd, mode_t mode)
{
    char *run = workspace_path(herd_folder(herd), "run");
    assert_int_equal(chmod(run, 0755), 0);
    assert_int_equal(chmod(socket_path(herd), mode), 0);
    free(run);
}

/* Another user's connection: 0 it was answered, 1 ended, 2 could not be made. Says so in `pipe`
 * once it is connected. */
static int ask_as_nobody(const char *folder, int pipe)
{
    static const char question[] = FRAME_PREAMBLE "\1\16\0\1\0\0\0\0"
                                                  "7";
    char answer[256];
    int file = -1;
    if (chdir(folder) == 0 && setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 &&
        setuid(NOBODY) == 0) {
        file = stream_connect("Clark.requests");
    }
    (void)!write(pipe, file >= 0 ? "y" : "n", 1);
    if (file < 0) {
        return 2;
    }
    say(file, question, sizeof question - 1);
    struct pollfd item = {.fd = file, .events = POLLIN};
    return poll(&item, 1, WAIT_LIMIT_MS) == 1 && recv(file, answer, sizeof answer, 0) > 0 ? 0 : 1;
}

/* A connection of another user, made while `before` is the socket's mode, accepted by when it is
 * `after`. */
static int outcome_of(herd_t *herd, mode_t before, mode_t after)
{
    int pipes[2];
    char connected;
    int status;
    pid_t node = process_pid(herd_node(herd, "Clark"));
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(kill(node, SIGSTOP), 0);
    set_mode(herd, before);
    char *folder = workspace_path(herd_folder(herd), "run");
    pid_t child = fork();
    if (child == 0) {
        _exit(ask_as_nobody(folder, pipes[1]));
    }
    free(folder);
    assert_int_equal(read(pipes[0], &connected, 1), 1);
    set_mode(herd, after);
    assert_int_equal(kill(node, SIGCONT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(pipes[0]);
    close(pipes[1]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void another_user_is_let_in_by_the_files_mode(void **state)
{
    herd_t *herd = *state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(outcome_of(herd, 0700, 0700), 2);
    assert_int_equal(outcome_of(herd, 0777, 0777), 0);
    assert_int_equal(outcome_of(herd, 0777, 0700), 1);
    herd_wait_logged(herd, "Clark", "node", "its user may not write to the socket's file");
    expect_service(herd);
}

/* ---- a node that lies ---- */

/* The front-end's next connection. */
static int accept_from(int listener)
{
    struct pollfd item = {.fd = listener, .events = POLLIN};
    assert_int_equal(poll(&item, 1, WAIT_LIMIT_MS), 1);
    int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(file >= 0);
    return file;
}

/* Whatever stands where the node should be, its front-end asks anew, and serves when the node is
 * there. */
static void a_front_end_outlives_what_is_no_node(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *logged; /* by the front-end */
    } cases[] = {
        {"220 smtp ready\r\n", 16, "it does not speak as we do"},
        {FRAME_PREAMBLE "\2\5\0\1\0\0\0\0007", 17, "message-dropped"},
        {FRAME_PREAMBLE "\1\77\0\1\0\0\0\0007", 17, "message-dropped"},
        {FRAME_PREAMBLE "\1\5\0\1\377\377\377\3777", 17, "message-dropped"},
        {FRAME_PREAMBLE "\1\5\377\377\0\0\0\0007", 17, "message-dropped"},
    };
    static const herd_member_t clark[] = {{"Clark", ""}};
    herd_needs_pairs();
    herd_t *herd = herd_new(&(herd_options_t){.members = clark, .member_count = 1});
    int listener;
    local_socket_t local;
    *state = herd;
    herd_start(herd, "Clark"); /* which makes the folder */
    herd_kill_node(herd, "Clark");
    assert_int_equal(local_socket_listen(socket_path(herd), &listener, &local), STATUS_OK);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int file = accept_from(listener);
        assert_int_equal(say(file, cases[i].bytes, cases[i].size), cases[i].size);
        expect_end(file);
        herd_wait_logged(herd, "Clark", "frontend", cases[i].logged);
    }
    /* Ends without a word, then in the middle of a message. */
    close(accept_from(listener));
    int file = accept_from(listener);
    say(file,
        FRAME_PREAMBLE "\1\5\0\1\0\0\0\77"
                       "12",
        FRAME_PREAMBLE_SIZE + 10);
    close(file);
    close(listener);
    local_socket_remove(&local);
    herd_start_node(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    expect_service(herd);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(both_transports_are_served_at_one_path),
        HERD_TEST_SINGLE(garbage_ends_its_connection),
        HERD_TEST_SINGLE(what_does_not_come_to_an_end_is_ended),
        HERD_TEST_SINGLE(halves_of_many_take_no_more_than_a_limit),
        HERD_TEST_SINGLE(who_does_not_read_is_not_read_from),
        HERD_TEST_OWN(a_crowd_finds_its_places_in_turn),
        HERD_TEST_SINGLE(another_user_is_let_in_by_the_files_mode),
        HERD_TEST_OWN(a_front_end_outlives_what_is_no_node),
    };
    return workspace_finish(cmocka_run_group_tests_name("streams", tests, NULL, NULL));
}
