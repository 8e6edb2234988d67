/* One end of a request link over a Unix socket (common/sockets/stream.h), at the other end of which
 * the test writes and reads bytes. */
#include "common/sockets/stream.h"

#include "tests/support/cmocka_herd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    stream_t stream;
    int peer;
} scene_t;

static scene_t scene_new(bool greeted)
{
    scene_t scene;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    stream_init(&scene.stream, pair[0]);
    scene.peer = pair[1];
    if (greeted) {
        assert_int_equal(send(scene.peer, FRAME_PREAMBLE, FRAME_PREAMBLE_SIZE, 0),
                         FRAME_PREAMBLE_SIZE);
        assert_int_equal(stream_take_greeting(&scene.stream), STATUS_OK);
    }
    return scene;
}

static void scene_end(scene_t *self)
{
    stream_done(&self->stream);
    stream_done(&self->stream); /* which does no harm */
    close(self->peer);
}

static void say(const scene_t *self, const void *bytes, size_t size)
{
    assert_int_equal(send(self->peer, bytes, size, 0), size);
}

static void expect_message(scene_t *self, message_type_t type, const char *header, const char *body)
{
    message_t message;
    assert_int_equal(stream_receive(&self->stream, &message), STATUS_OK);
    assert_int_equal(message.type, type);
    assert_text_equal(message.header, header);
    assert_text_equal(message.body, body);
}

static void expect(scene_t *self, status_t expected)
{
    message_t message;
    assert_int_equal(stream_receive(&self->stream, &message), expected);
}

/* ---- greetings ---- */

static void a_greeting_comes_in_pieces(void **state)
{
    (void)state;
    scene_t scene = scene_new(false);
    for (unsigned i = 0; i < FRAME_PREAMBLE_SIZE; i++) {
        assert_int_equal(stream_take_greeting(&scene.stream), STATUS_AGAIN);
        say(&scene, &FRAME_PREAMBLE[i], 1);
    }
    say(&scene, "\1\6\0\0017\0\0\0", 8); /* is left for what follows */
    assert_int_equal(stream_take_greeting(&scene.stream), STATUS_OK);
    assert_int_equal(stream_take_greeting(&scene.stream), STATUS_OK);
    assert_int_equal(stream_open_size(&scene.stream), 0);
    scene_end(&scene);
}

static void what_is_no_greeting_is_found_at_its_first_wrong_byte(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        status_t expected;
    } cases[] = {
        {"\377", STATUS_UNREACHABLE},           {"\377\0\0\0\0\0\0\0\1\177", STATUS_UNREACHABLE},
        {"\aHERD/2\n", STATUS_INVALID},         {"HERD", STATUS_INVALID},
        {"GET / HTTP/1.1\r\n", STATUS_INVALID}, {"\aH\n", STATUS_INVALID}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_t scene = scene_new(false);
        say(&scene, cases[i].bytes, cases[i].bytes[0] == '\377' ? 1 : strlen(cases[i].bytes));
        assert_int_equal(stream_take_greeting(&scene.stream), cases[i].expected);
        scene_end(&scene);
    }
}

static void our_greeting_is_the_preamble(void **state)
{
    (void)state;
    char bytes[FRAME_PREAMBLE_SIZE + 1];
    scene_t scene = scene_new(false);
    assert_int_equal(stream_greet(&scene.stream), STATUS_OK);
    assert_int_equal(recv(scene.peer, bytes, sizeof bytes, 0), FRAME_PREAMBLE_SIZE);
    assert_memory_equal(bytes, FRAME_PREAMBLE, FRAME_PREAMBLE_SIZE);
    scene_end(&scene);
}

/* ---- what comes ---- */

static void a_message_comes_byte_by_byte(void **state)
{
    (void)state;
    static const char bytes[] = "\1\6\0\2\0\0\0\4"
                                "17"
                                "a 1\n";
    scene_t scene = scene_new(true);
    for (unsigned i = 0; i < sizeof bytes - 1; i++) {
        expect(&scene, STATUS_AGAIN);
        assert_false(stream_is_due(&scene.stream));
        say(&scene, bytes + i, 1);
    }
    expect_message(&scene, MESSAGE_PING, "17", "a 1\n");
    assert_int_equal(stream_open_size(&scene.stream), 0);
    expect(&scene, STATUS_AGAIN);
    scene_end(&scene);
}

static void many_messages_come_at_once(void **state)
{
    (void)state;
    enum { MESSAGES = 3000 };
    char bytes[MESSAGES * 10];
    for (unsigned i = 0; i < MESSAGES; i++) {
        memcpy(bytes + (size_t)i * 10, "\1\16\0\2\0\0\0\00011", 10);
    }
    scene_t scene = scene_new(true);
    say(&scene, bytes, sizeof bytes);
    for (unsigned i = 0; i < MESSAGES; i++) {
        assert_true(i == 0 || stream_is_due(&scene.stream));
        expect_message(&scene, MESSAGE_ECHO, "11", "");
    }
    expect(&scene, STATUS_AGAIN);
    scene_end(&scene);
}

static void what_is_no_message_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char bytes[FRAME_HEAD_SIZE + 1];
        status_t expected;
    } cases[] = {{"\2\6\0\2\0\0\0\4", STATUS_VERSION},
                 {"\1\77\0\2\0\0\0\4", STATUS_INVALID},
                 {"\1\6\377\377\0\0\0\4", STATUS_TOO_LONG},
                 {"\1\6\0\2\377\377\377\377", STATUS_TOO_LONG}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scene_t scene = scene_new(true);
        say(&scene, "\1\16\0\2\0\0\0\00011", 10);
        say(&scene, cases[i].bytes, FRAME_HEAD_SIZE);
        expect_message(&scene, MESSAGE_ECHO, "11", "");
        assert_true(stream_is_due(&scene.stream));
        expect(&scene, cases[i].expected);
        scene_end(&scene);
    }
}

/* A head of the largest message takes no memory; what comes of it takes four times its own size. */
static void an_announced_size_costs_nothing(void **state)
{
    (void)state;
    static char part[30000];
    scene_t scene = scene_new(true);
    say(&scene, "\1\4\0\2\0\20\0\000", FRAME_HEAD_SIZE);
    expect(&scene, STATUS_AGAIN);
    assert_true(scene.stream.input.capacity <= (size_t)2 * LIMIT_BATCH_SIZE);
    size_t sent = FRAME_HEAD_SIZE;
    for (unsigned i = 0; i < 20; i++) {
        say(&scene, part, sizeof part);
        sent += sizeof part;
        expect(&scene, STATUS_AGAIN);
        assert_true(scene.stream.input.capacity <= 4 * sent + (size_t)4 * LIMIT_BATCH_SIZE);
    }
    assert_int_equal(stream_open_size(&scene.stream), sent);
    scene_end(&scene);
}

static void an_end_is_told_once_all_was_taken(void **state)
{
    (void)state;
    scene_t scene = scene_new(true);
    say(&scene, "\1\16\0\2\0\0\0\00011\1\16", 12);
    assert_int_equal(shutdown(scene.peer, SHUT_WR), 0);
    expect_message(&scene, MESSAGE_ECHO, "11", "");
    errno = EINTR;
    expect(&scene, STATUS_SYSTEM);
    assert_int_equal(errno, 0);
    scene_end(&scene);
}

static void an_empty_input_gives_its_memory_back(void **state)
{
    (void)state;
    scene_t scene = scene_new(true);
    say(&scene, "\1\16\0\2\0\0\0\00011", 10);
    expect_message(&scene, MESSAGE_ECHO, "11", "");
    stream_trim(&scene.stream, 0);
    assert_int_equal(scene.stream.input.capacity, 0);
    say(&scene, "\1\16\0\2\0\0\0\00012\1", 11);
    expect_message(&scene, MESSAGE_ECHO, "12", "");
    stream_trim(&scene.stream, 0); /* the beginning of the next one stays */
    say(&scene, "\16\0\2\0\0\0\00013", 9);
    expect_message(&scene, MESSAGE_ECHO, "13", "");
    scene_end(&scene);
}

/* ---- what goes ---- */

/* Takes what the stream sends, and gives it to another that reads it. */
static size_t pass_on(const scene_t *from, const scene_t *to)
{
    static char bytes[65536];
    ssize_t size = recv(from->peer, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size <= 0) {
        return 0;
    }
    size_t said = 0;
    while (said < (size_t)size) {
        ssize_t part = send(to->peer, bytes + said, (size_t)size - said, MSG_DONTWAIT);
        assert_true(part > 0);
        said += (size_t)part;
    }
    return said;
}

/* Until nothing is left; counts the messages, each with a body of `size` bytes. */
static unsigned count_passed(scene_t *from, scene_t *to, size_t size)
{
    unsigned count = 0;
    message_t message;
    do {
        assert_int_equal(stream_flush(&from->stream), STATUS_OK);
        while (stream_receive(&to->stream, &message) == STATUS_OK) {
            assert_int_equal(message.type, MESSAGE_REPLY);
            assert_text_equal(message.header, "7 1");
            assert_int_equal(message.body.size, size);
            assert_true(message.body.data[size - 1] == 'y');
            count++;
        }
    } while (pass_on(from, to) > 0 || stream_unsent(&from->stream) > 0);
    return count;
}

static void what_is_not_read_is_kept_up_to_a_limit(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    char *body = malloc(SIZE);
    memset(body, 'x', SIZE);
    body[SIZE - 1] = 'y';
    message_t reply = {
        .type = MESSAGE_REPLY, .header = TEXT("7 1"), .body = {.data = body, .size = SIZE}};
    scene_t scene = scene_new(true);
    scene_t reader = scene_new(true);
    unsigned sent = 0;
    while (stream_send(&scene.stream, &reply) == STATUS_OK) {
        sent++;
    }
    assert_int_equal(stream_send(&scene.stream, &reply), STATUS_AGAIN);
    assert_true(stream_unsent(&scene.stream) >= LIMIT_STREAM_OUTPUT_SIZE);
    assert_true(stream_unsent(&scene.stream) < LIMIT_STREAM_OUTPUT_SIZE + FRAME_SIZE_MAX);
    assert_int_equal(count_passed(&scene, &reader, SIZE), sent);
    assert_int_equal(scene.stream.output.capacity, 0);
    assert_int_equal(stream_send(&scene.stream, &reply), STATUS_OK);
    assert_int_equal(count_passed(&scene, &reader, SIZE), 1);
    scene_end(&reader);
    scene_end(&scene);
    free(body);
}

static void who_is_gone_is_told_at_once(void **state)
{
    (void)state;
    message_t ping = {.type = MESSAGE_PING, .header = TEXT("7")};
    scene_t scene = scene_new(true);
    close(scene.peer);
    assert_int_equal(stream_send(&scene.stream, &ping), STATUS_SYSTEM);
    stream_done(&scene.stream);
}

static void a_path_without_a_listener_refuses(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/herd-test-stream-%ld", (long)getpid());
    assert_int_equal(stream_connect(path), -1);
    assert_int_equal(errno, ENOENT);
    char longer[LIMIT_IPC_PATH_SIZE + 2];
    memset(longer, 'p', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(stream_connect(longer), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_greeting_comes_in_pieces),
        cmocka_unit_test(what_is_no_greeting_is_found_at_its_first_wrong_byte),
        cmocka_unit_test(our_greeting_is_the_preamble),
        cmocka_unit_test(a_message_comes_byte_by_byte),
        cmocka_unit_test(many_messages_come_at_once),
        cmocka_unit_test(what_is_no_message_cannot_be_read),
        cmocka_unit_test(an_announced_size_costs_nothing),
        cmocka_unit_test(an_end_is_told_once_all_was_taken),
        cmocka_unit_test(an_empty_input_gives_its_memory_back),
        cmocka_unit_test(what_is_not_read_is_kept_up_to_a_limit),
        cmocka_unit_test(who_is_gone_is_told_at_once),
        cmocka_unit_test(a_path_without_a_listener_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
