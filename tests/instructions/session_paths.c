/* One client of a front-end: its lines from a socket, the requests that they become, the replies,
 * and these on the socket. The socket is one of a pair in this process; the link to the node is
 * left out. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "frontend/lines/line_session.h"
#include "tests/instructions/counted.h"
#include "tests/instructions/input.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Lines of a round: they and their replies fit the socket's buffers. */
    LINES = 500,
    ROUNDS = 2,
    REPLIES_SIZE = 1 << 20,
};

/* A front-end with one client. */
typedef struct {
    uv_loop_t loop;
    config_t config;
    session_shared_t shared;
    session_t *session;
    int client; /* its end of the socket */
} scene_t;

static size_t ask_all(session_t *session, buffer_t *out)
{
    pipeline_request_t request;
    size_t count = 0;
    while (session_ask(session, &request) &&
           buffer_append(out, request.line.data, request.line.size) == STATUS_OK &&
           buffer_append(out, "\n", 1) == STATUS_OK) {
        count++;
    }
    return count;
}

/* Any line will do as a reply: a session does not look into it. */
static void answer_all(session_t *session, const input_t *answers, uint64_t first)
{
    for (size_t i = 0; i < LINES; i++) {
        text_t answer = input_line(answers, i);
        answer.size++;
        session_answer(session, first + i, answer);
    }
}

static void ignore(void *argument)
{
    (void)argument;
}

static void begin(scene_t *scene)
{
    int files[2];
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(40112)};
    memset(scene, 0, sizeof *scene);
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    scene->config = (config_t){.max_line = LIMIT_LINE_SIZE, .max_output = REPLIES_SIZE};
    scene->shared = (session_shared_t){.kind = &line_session_kind,
                                       .loop = &scene->loop,
                                       .config = &scene->config,
                                       .table = sessions_new(1),
                                       .addresses = addresses_new(),
                                       .read_buffer = memory_new(LIMIT_READ_SIZE),
                                       /* Valgrind takes longer than a turn may. */
                                       .turn_end_ns = UINT64_MAX,
                                       .closed = ignore};
    list_init(&scene->shared.waiting);
    list_init(&scene->shared.unasked);
    list_init(&scene->shared.unwritten);
    list_init(&scene->shared.newcomers);
    list_init(&scene->shared.idle);
    list_init(&scene->shared.active);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, files), 0);
    assert_int_equal(
        session_open(&scene->shared, files[0], (const struct sockaddr *)(const void *)&address),
        STATUS_OK);
    size_t cursor = 0;
    scene->session = sessions_next(scene->shared.table, &cursor);
    assert_non_null(scene->session);
    scene->client = files[1];
}

static void end(scene_t *scene)
{
    session_close(scene->session);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(scene->shared.handles, 0);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    sessions_destroy(&scene->shared.table);
    addresses_destroy(&scene->shared.addresses);
    free(scene->shared.read_buffer);
    close(scene->client);
}

/* Expects that the client has these bytes to read, and no more. */
static void expect_bytes(int file, text_t expected)
{
    char *bytes = memory_new(expected.size + 1);
    assert_int_equal(read(file, bytes, expected.size + 1), expected.size);
    assert_memory_equal(bytes, expected.data, expected.size);
    free(bytes);
}

/* The first LINES lines, all their LFs with them. */
static text_t beginning(const input_t *lines)
{
    return text_first(buffer_text(&lines->bytes), lines->ends[LINES - 1] + 1);
}

/* The session has its parts of turns, and is asked for its requests after each. */
static void ask_in_parts(scene_t *scene, buffer_t *ret_asked)
{
    size_t count = 0;
    while (count < LINES) {
        assert_false(list_is_empty(&scene->shared.unasked));
        counted_begin();
        size_t part = ask_all(scene->session, ret_asked);
        counted_end("session-ask", part, "line");
        count += part;
        if (list_take_first(&scene->shared.waiting) != NULL) {
            counted_begin();
            session_take_turn(scene->session);
            counted_end("session-read", 0, "line");
        }
    }
    assert_int_equal(count, LINES);
}

static void exchange(scene_t *scene, const input_t *lines, uint64_t first)
{
    buffer_t asked;
    text_t sent = beginning(lines);
    buffer_init(&asked, REPLIES_SIZE);
    assert_int_equal(write(scene->client, sent.data, sent.size), sent.size);
    scene->shared.turn_end_ns = UINT64_MAX; /* the turn is not over, however slow valgrind is */
    counted_begin();
    uv_run(&scene->loop, UV_RUN_NOWAIT);
    counted_end("session-read", LINES, "line");
    ask_in_parts(scene, &asked);
    assert_true(text_equal(buffer_text(&asked), sent));
    counted_begin();
    answer_all(scene->session, lines, first);
    counted_end("session-answer", LINES, "reply");
    assert_non_null(list_take_first(&scene->shared.unwritten));
    counted_begin();
    session_flush(scene->session);
    counted_end("session-flush", 1, "turn");
    assert_true(list_is_empty(&scene->shared.unwritten));
    expect_bytes(scene->client, sent);
    buffer_done(&asked);
}

void session_paths(void **state)
{
    (void)state;
    scene_t scene;
    begin(&scene);
    for (int round = 0; round < ROUNDS; round++) {
        input_t lines;
        input_iamats(&lines, round);
        exchange(&scene, &lines, 1 + (uint64_t)round * LINES);
        input_done(&lines);
    }
    end(&scene);
}
