/* The log of traffic of real programs, as lines and as records (docs/traffic-log.md): what was sent
 * and got can be told from either, rotated, removed, torn, and while it is written. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "common/base/text.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES_MAX = 32, LINE_MAX_SIZE = 512 };

static const herd_member_t single[] = {{"Clark", ""}};

static herd_t *start(void **state, const char *settings)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = single, .member_count = 1, .settings = settings});
    *state = herd;
    herd_start(herd, "Clark");
    return herd;
}

static char *log_of(herd_t *herd, const char *ending)
{
    char name[64];
    snprintf(name, sizeof name, "log/Clark.frontend.%s", ending);
    return workspace_path(herd_folder(herd), name);
}

/* Lines, escaped. */
typedef struct {
    char items[LINES_MAX][LINE_MAX_SIZE];
    size_t count;
} lines_t;

static void add(lines_t *lines, text_t line)
{
    assert_true(lines->count < LINES_MAX);
    text_escape(line, lines->items[lines->count++], LINE_MAX_SIZE);
}

static void expect_same(const lines_t *one, const lines_t *other)
{
    for (size_t i = 0; i < one->count && i < other->count; i++) {
        assert_string_equal(one->items[i], other->items[i]);
    }
    assert_int_equal(one->count, other->count);
}

#define LINE(string)                                                                               \
    {                                                                                              \
        (string), sizeof(string) - 1                                                               \
    }

/* A session; each line is a request. */
static const text_t session[] = {
    LINE("IAMAT kiwi +34.068930-118.445127 1621464827.959498503"),
    LINE("IAMAT  emu\t+1-1 5 "),
    LINE("WHATSAT kiwi 10 5"),
    LINE("IAMAT kiwi +34.068930-118.445127 1621464827.959498503"),
    LINE("WHATSAT nobody 1 1"),
    LINE("foo\x01\xff\0bar\\x41"),
    LINE(""),
    LINE("IAMAT \x80\\\0 +1-1 5"),
    LINE("AT Clark +0.000000001 kiwi +1-1 5"),
    LINE("IAMAT kiwi +91-1 5"),
    LINE("WHATSAT emu 0 0"),
    LINE("WHATSAT kiwi 1 1"),
};

enum { SESSION_COUNT = sizeof session / sizeof session[0] };

/* The beginning of what the log says of this client: " 127.0.0.1:40112#" */
static void write_peer(const client_t *client, char *out, size_t size)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(client_socket(client), (struct sockaddr *)&address, &length), 0);
    snprintf(out, size, " 127.0.0.1:%u#", (unsigned)ntohs(address.sin_port));
}

/* Answers as the log has them: of a WHATSAT the AT line, and the size of the rest. */
static void take_answers(text_t all, lines_t *answers)
{
    text_t line = {0};
    while (text_take_line(&all, &line)) {
        const char *json = line.data;
        if (!text_equal(line, TEXT("{"))) {
            add(answers, line);
            continue;
        }
        while (line.size > 0) {
            assert_true(text_take_line(&all, &line));
        }
        char note[64];
        snprintf(note, sizeof note, "(and %zu bytes of JSON)", (size_t)(line.data + 1 - json));
        add(answers, text_of(note));
    }
}

static void hold_session(herd_t *herd, char *peer, size_t peer_size, lines_t *answers)
{
    client_t *client = herd_connect(herd, "Clark");
    write_peer(client, peer, peer_size);
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        client_send(client, session[i]);
        client_say(client, i + 1 < SESSION_COUNT ? (i % 2 == 0 ? "\n" : "\r\n") : "");
    }
    client_half_close(client);
    take_answers(client_read_all(client), answers);
    client_destroy(&client);
}

/* What a log says of one client. */
typedef struct {
    lines_t received;
    lines_t answered;
    size_t came;
    size_t left;
} told_t;

static void take_told(const char *output, const char *peer, told_t *told)
{
    text_t rest = text_of(output);
    text_t line;
    while (text_take_line(&rest, &line)) {
        char whole[2 * LINE_MAX_SIZE];
        snprintf(whole, sizeof whole, "%.*s", (int)line.size, line.data);
        const char *found = strstr(whole, peer);
        if (found == NULL) {
            continue;
        }
        const char *said = strchr(found + 1, ' ') + 1;
        char tag = whole[25];
        lines_t *lines = tag == '<' ? &told->received : &told->answered;
        told->came += strcmp(said, "client-came: client came") == 0;
        told->left += strcmp(said, "client-left: client left: done") == 0;
        if (tag == '<' || tag == '>') {
            assert_true(lines->count < LINES_MAX);
            snprintf(lines->items[lines->count++], LINE_MAX_SIZE, "%s", said);
        }
    }
}

/* The third field of an AT line and all behind it. */
static const char *repeated(const char *answer)
{
    for (int i = 0; i < 3; i++) {
        answer = strchr(answer, ' ') + 1;
    }
    return answer;
}

/* The requests, from what was received and answered: an AT line without JSON is that of an IAMAT,
 * which was received in other words if the log has it. */
static void reconstruct(const told_t *told, lines_t *requests)
{
    size_t next = 0;
    for (size_t i = 0; i < told->answered.count; i++) {
        const char *answer = told->answered.items[i];
        bool has_json = i + 1 < told->answered.count && told->answered.items[i + 1][0] == '(';
        bool is_odd = next < told->received.count &&
                      strncmp(told->received.items[next], "IAMAT  emu", 10) == 0 &&
                      strstr(answer, " emu ") != NULL;
        if (answer[0] == '(') {
            continue;
        }
        char *request = requests->items[requests->count++];
        if (answer[0] == '?' || has_json || is_odd) {
            assert_true(next < told->received.count);
            snprintf(request, LINE_MAX_SIZE, "%s", told->received.items[next++]);
        } else {
            snprintf(request, LINE_MAX_SIZE, "IAMAT %s", repeated(answer));
        }
    }
    assert_int_equal(next, told->received.count);
}

typedef struct {
    herd_t *herd;
    const char *path;
    const char *peer;
    const char *output;
} printed_t;

static bool client_has_left(void *argument)
{
    printed_t *printed = argument;
    assert_int_equal(herd_control(printed->herd,
                                  (const char *const[]){"traffic", printed->path, NULL},
                                  &printed->output),
                     0);
    told_t told = {0};
    take_told(printed->output, printed->peer, &told);
    return told.left == 1;
}

static void expect_session_told(void **state, const char *settings, const char *ending)
{
    herd_t *herd = start(state, settings);
    char peer[64];
    lines_t sent = {0};
    lines_t answers = {0};
    lines_t requests = {0};
    told_t told = {0};
    char *path = log_of(herd, ending);
    hold_session(herd, peer, sizeof peer, &answers);
    printed_t printed = {.herd = herd, .path = path, .peer = peer};
    assert_true(wait_until(client_has_left, &printed, WAIT_LIMIT_MS));
    take_told(printed.output, peer, &told);
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        add(&sent, session[i]);
    }
    expect_same(&told.answered, &answers);
    reconstruct(&told, &requests);
    expect_same(&requests, &sent);
    assert_int_equal(told.came, 1);
    free(path);
}

static void lines_tell_a_session(void **state)
{
    expect_session_told(state, "traffic = \"yes\"\n", "log");
}

static void records_tell_a_session(void **state)
{
    expect_session_told(state, "traffic = \"binary\"\n", "traffic");
}

static void expect_traffic(herd_t *herd, const char *const *arguments, int status, const char *part)
{
    const char *output;
    assert_int_equal(herd_control(herd, arguments, &output), status);
    if (strstr(output, part) == NULL) {
        fail_msg("no \"%s\" in \"%s\"", part, output);
    }
}

typedef struct {
    const char *path;
    const char *part;
} awaited_t;

static bool is_in_file(void *argument)
{
    const awaited_t *awaited = argument;
    size_t size;
    char *content = workspace_read(awaited->path, &size);
    bool found =
        content != NULL && memmem(content, size, awaited->part, strlen(awaited->part)) != NULL;
    free(content);
    return found;
}

static void wait_in_file(const char *path, const char *part)
{
    awaited_t awaited = {path, part};
    if (!wait_until(is_in_file, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("no \"%s\" in %s", part, path);
    }
}

/* A line without an answer stands in the log when its connection ends. */
static void what_is_not_answered_is_told_too(void **state)
{
    herd_needs_pairs(); /* a front-end whose node hangs */
    herd_t *herd = start(state, "traffic = \"binary\"\nrequest_timeout = \"200\"\n");
    char *path = log_of(herd, "traffic");
    process_signal(herd_node(herd, "Clark"), SIGSTOP);
    client_t *client = herd_connect(herd, "Clark");
    client_say(client, "IAMAT kiwi +1-1 5\nIAMAT emu +1-1 5\n");
    (void)client_read_all(client);
    client_destroy(&client);
    process_signal(herd_node(herd, "Clark"), SIGCONT);
    wait_in_file(path, "IAMAT emu +1-1 5");
    expect_traffic(herd, (const char *const[]){"traffic", "--kind", "received", path, NULL}, 0,
                   " IAMAT kiwi +1-1 5\n");
    free(path);
}

/* --follow prints each record once across a rotation, also what was written to the old file after
 * it had another name, and that of a removed file that was made again. */
static void a_follower_goes_along(void **state)
{
    herd_t *herd = start(state, "traffic = \"binary\"\n");
    char *path = log_of(herd, "traffic");
    char *old = log_of(herd, "traffic.1");
    char *output = workspace_path(herd_folder(herd), "followed");
    char *program = herd_program("herdctl");
    const char *argv[] = {program, "traffic", "--follow", "--kind", "answered", path, NULL};
    wait_in_file(path, "herdctl");
    process_t *follower = process_start(&(process_options_t){.argv = argv, .output = output});
    (void)herd_ask(herd, "Clark", "first\n");
    wait_in_file(output, "? first\n");
    assert_int_equal(rename(path, old), 0);
    (void)herd_ask(herd, "Clark", "second\n");
    wait_in_file(old, "? second");
    process_signal(herd_frontend(herd, "Clark"), SIGHUP);
    wait_in_file(path, "herdctl");
    (void)herd_ask(herd, "Clark", "third\n");
    wait_in_file(output, "? third\n");
    assert_int_equal(unlink(path), 0);
    herd_wait_logged(herd, "Clark", "frontend", "the file of traffic had been removed");
    (void)herd_ask(herd, "Clark", "fourth\n");
    wait_in_file(output, "? fourth\n");
    process_signal(follower, SIGINT);
    int status;
    assert_true(process_wait(follower, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    size_t size;
    char *said = workspace_read(output, &size);
    static const char *const each[] = {"? first\n", "? second\n", "? third\n", "? fourth\n"};
    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        assert_int_equal(count_in(said, each[i]), 1);
    }
    assert_null(strstr(said, "herdctl:"));
    free(said);
    process_destroy(&follower);
    free(program);
    free(output);
    free(old);
    free(path);
}

static void append_bytes(const char *path, text_t bytes)
{
    FILE *file = fopen(path, "ae");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

/* kill -9, a record of which a part is there, as after a loss of power, and a start behind it. */
static void a_torn_record_costs_itself_alone(void **state)
{
    herd_t *herd = start(state, "traffic = \"binary\"\n");
    char *path = log_of(herd, "traffic");
    (void)herd_ask(herd, "Clark", "first\n");
    wait_in_file(path, "? first");
    herd_kill_frontend(herd, "Clark");
    size_t size;
    char *content = workspace_read(path, &size);
    assert_true(size > 60);
    append_bytes(path, (text_t){content, 50});
    herd_start_frontend(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    (void)herd_ask(herd, "Clark", "second\n");
    wait_in_file(path, "? second");
    char place[128];
    snprintf(place, sizeof place, "offset %zu: 50 bytes are no record; left out\n", size);
    const char *const arguments[] = {"traffic", path, NULL};
    expect_traffic(herd, arguments, 1, place);
    expect_traffic(herd, arguments, 1, " ? first\n");
    expect_traffic(herd, arguments, 1, " ? second\n");
    expect_traffic(herd, (const char *const[]){"traffic", herd_file(herd), path, NULL}, 1,
                   "is no log of traffic: no record and no line in its ");
    expect_traffic(herd, (const char *const[]){"traffic", "--json", path, NULL}, 1,
                   "\"event\":\"answered\",\"message\":\"? second\"}\n");
    expect_traffic(herd,
                   (const char *const[]){"traffic", "--client", "kiwi", "--until", "1", path, NULL},
                   1, place);
    expect_traffic(herd, (const char *const[]){"traffic", "--since", "yesterday", path, NULL}, 2,
                   "--since takes a time");
    expect_traffic(herd, (const char *const[]){"traffic", "--follow", path, path, NULL}, 2,
                   "traffic --follow takes one file");
    expect_traffic(herd, (const char *const[]){"traffic", NULL}, 2, "traffic takes files");
    expect_traffic(herd, (const char *const[]){"traffic", "/", NULL}, 1, "Is a directory");
    expect_traffic(herd, (const char *const[]){"traffic", "nowhere", NULL}, 1, "No such file");
    free(content);
    free(path);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(lines_tell_a_session),
        HERD_TEST_OWN(records_tell_a_session),
        HERD_TEST_OWN(what_is_not_answered_is_told_too),
        HERD_TEST_OWN(a_follower_goes_along),
        HERD_TEST_OWN(a_torn_record_costs_itself_alone),
    };
    return workspace_finish(cmocka_run_group_tests_name("traffic", tests, NULL, NULL));
}
