/* Heads of messages in a stream (common/protocol/frame.h; bus-protocol.md, "Streams"). */
#include "common/protocol/frame.h"

#include "tests/support/cmocka_herd.h"

#include <string.h>

static const message_type_t carried[] = {
    MESSAGE_HELLO,  MESSAGE_WELCOME, MESSAGE_REFUSED,  MESSAGE_REQUEST, MESSAGE_REPLY,
    MESSAGE_PING,   MESSAGE_PONG,    MESSAGE_RESET,    MESSAGE_GOODBYE, MESSAGE_STATUS,
    MESSAGE_FORGET, MESSAGE_WHERE,   MESSAGE_LOGLEVEL, MESSAGE_ECHO,    MESSAGE_RELOAD,
    MESSAGE_REPORT, MESSAGE_FOLLOW,  MESSAGE_WANT,     MESSAGE_DATA,    MESSAGE_ACK,
    MESSAGE_NAK,    MESSAGE_COMPARE, MESSAGE_LEAVES,   MESSAGE_AUDIT,
};

enum { CARRIED = sizeof carried / sizeof carried[0] };

static char letters[LIMIT_BODY_SIZE];

static message_t message_of(message_type_t type, size_t header_size, size_t body_size)
{
    return (message_t){.type = type,
                       .header = {.data = letters, .size = header_size},
                       .body = {.data = letters, .size = body_size}};
}

/* The numbers are those of the document, for ever. */
static void every_type_has_its_kind(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CARRIED; i++) {
        unsigned char head[FRAME_HEAD_SIZE];
        frame_head_t back;
        message_t message = message_of(carried[i], 5, 42);
        assert_true(frame_carries(carried[i]));
        frame_write_head(&message, head);
        const unsigned char expected[FRAME_HEAD_SIZE] = {1, (unsigned char)(i + 1), 0, 5, 0, 0, 0,
                                                         42};
        assert_memory_equal(head, expected, FRAME_HEAD_SIZE);
        assert_int_equal(frame_read_head((const char *)head, &back), STATUS_OK);
        assert_int_equal(back.type, carried[i]);
        assert_int_equal(back.header_size, 5);
        assert_int_equal(back.body_size, 42);
    }
}

static void all_types_are_carried(void **state)
{
    (void)state;
    assert_int_equal(CARRIED, MESSAGE_TYPES);
    assert_false(frame_carries(MESSAGE_TYPES));
}

static void sizes_go_up_to_their_limits(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {
        {0, 0}, {255, 255}, {LIMIT_HEADER_SIZE, 65536}, {1, LIMIT_BODY_SIZE}};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char head[FRAME_HEAD_SIZE];
        frame_head_t back;
        message_t message = message_of(MESSAGE_REQUEST, sizes[i][0], sizes[i][1]);
        frame_write_head(&message, head);
        assert_int_equal(frame_read_head((const char *)head, &back), STATUS_OK);
        assert_int_equal(back.header_size, sizes[i][0]);
        assert_int_equal(back.body_size, sizes[i][1]);
    }
}

static void expect_refused(const char *head, status_t expected)
{
    const frame_head_t untouched = {.type = MESSAGE_REPORT, .header_size = 3, .body_size = 4};
    frame_head_t back = untouched;
    assert_int_equal(frame_read_head(head, &back), expected);
    assert_memory_equal(&back, &untouched, sizeof back);
}

static void what_is_no_head_is_refused(void **state)
{
    (void)state;
    expect_refused("\0\4\0\5\0\0\0\52", STATUS_VERSION);
    expect_refused("\2\4\0\5\0\0\0\52", STATUS_VERSION);
    expect_refused("HERD/1\n\0", STATUS_VERSION);
    expect_refused("\1\0\0\5\0\0\0\52", STATUS_INVALID);
    expect_refused("\1\31\0\5\0\0\0\52", STATUS_INVALID); /* the first kind that there is not */
    expect_refused("\1\377\0\5\0\0\0\52", STATUS_INVALID);
    expect_refused("\1\4\1\1\0\0\0\52", STATUS_TOO_LONG); /* 257 */
    expect_refused("\1\4\377\377\0\0\0\52", STATUS_TOO_LONG);
    expect_refused("\1\4\0\5\0\20\0\1", STATUS_TOO_LONG); /* 1 MiB and 1 */
    expect_refused("\1\4\0\5\377\377\377\377", STATUS_TOO_LONG);
}

/* What ZeroMQ of version 1 would read (rfc.zeromq.org/spec/13): one frame, whole, and no more of
 * the message behind it. */
static void the_preamble_is_one_frame_of_old(void **state)
{
    (void)state;
    static const char preamble[] = FRAME_PREAMBLE;
    assert_int_equal(sizeof preamble - 1, FRAME_PREAMBLE_SIZE);
    assert_int_equal(preamble[0], FRAME_PREAMBLE_SIZE - 1);
    assert_int_equal(preamble[1] & 1, 0);
}

int main(void)
{
    memset(letters, 'x', sizeof letters);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_kind),
        cmocka_unit_test(all_types_are_carried),
        cmocka_unit_test(sizes_go_up_to_their_limits),
        cmocka_unit_test(what_is_no_head_is_refused),
        cmocka_unit_test(the_preamble_is_one_frame_of_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
