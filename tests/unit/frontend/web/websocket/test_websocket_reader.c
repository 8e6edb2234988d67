/* Frames of a client (frontend/web/websocket/websocket_reader.h): samples of RFC 6455, section 5.7,
 * lengths at their bounds, and when a reader may be let go. What may not come is in
 * tests/system/web_socket.py; pieces are in tests/fuzz/fuzz_websocket.c. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "frontend/web/websocket/websocket_reader.h"
#include "frontend/web/websocket/websocket_writer.h"

static websocket_event_t read_one(websocket_reader_t *reader, text_t bytes)
{
    websocket_reader_give(reader, bytes);
    return websocket_reader_next(reader);
}

static void samples_are_read(void **state)
{
    (void)state;
    websocket_reader_t *reader = websocket_reader_new();
    websocket_event_t event =
        read_one(reader, TEXT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
    assert_int_equal(event.kind, WEBSOCKET_TEXT);
    assert_true(text_equal(event.content, TEXT("Hello")));
    assert_int_equal(websocket_reader_next(reader).kind, WEBSOCKET_MORE);
    assert_true(websocket_reader_is_between(reader));
    event = read_one(reader, TEXT("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
    assert_int_equal(event.kind, WEBSOCKET_PING);
    assert_true(text_equal(event.content, TEXT("Hello")));
    event = read_one(reader, TEXT("\x81\x05Hello"));
    assert_int_equal(event.kind, WEBSOCKET_REFUSED);
    assert_int_equal(event.code, WEBSOCKET_PROTOCOL_ERROR);
    websocket_reader_destroy(&reader);
}

/* A text of so many spaces, its mask all zeros. */
static websocket_event_t read_spaces(websocket_reader_t *reader, size_t size)
{
    char bytes[8 + LIMIT_WEBSOCKET_MESSAGE_SIZE + 1] = {(char)0x81, (char)(0x80 | 126)};
    size_t head = size < 126 ? 6 : 8;
    if (size < 126) {
        bytes[1] = (char)(0x80 | size);
    } else {
        bytes[2] = (char)(size >> 8);
        bytes[3] = (char)(size & 0xff);
    }
    memset(bytes + head, ' ', size);
    return read_one(reader, (text_t){.data = bytes, .size = head + size});
}

static void lengths_have_bounds(void **state)
{
    static const size_t sizes[] = {0, 1, 125, 126, 4095, 4096};
    (void)state;
    websocket_reader_t *reader = websocket_reader_new();
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        websocket_event_t event = read_spaces(reader, sizes[i]);
        assert_int_equal(event.kind, WEBSOCKET_TEXT);
        assert_int_equal(event.content.size, sizes[i]);
        assert_int_equal(websocket_reader_next(reader).kind, WEBSOCKET_MORE);
        assert_true(websocket_reader_is_between(reader));
    }
    websocket_event_t event = read_spaces(reader, LIMIT_WEBSOCKET_MESSAGE_SIZE + 1);
    assert_int_equal(event.kind, WEBSOCKET_REFUSED);
    assert_int_equal(event.code, WEBSOCKET_TOO_BIG);
    websocket_reader_destroy(&reader);
}

static void a_reader_is_needed_until_a_message_ends(void **state)
{
    static const char frames[] = "\x01\x82\0\0\0\0{\"\x89\x80\0\0\0\0\x80\x82\0\0\0\0\"}";
    (void)state;
    websocket_reader_t *reader = websocket_reader_new();
    assert_true(websocket_reader_is_between(reader));
    for (size_t i = 0; i < sizeof frames - 1; i++) {
        websocket_event_t event = read_one(reader, (text_t){.data = &frames[i], .size = 1});
        bool ends = i == sizeof frames - 2;
        if (event.kind != WEBSOCKET_MORE) {
            assert_int_equal(event.kind, ends ? WEBSOCKET_TEXT : WEBSOCKET_PING);
            assert_int_equal(websocket_reader_next(reader).kind, WEBSOCKET_MORE);
        }
        assert_int_equal(websocket_reader_is_between(reader), ends);
    }
    websocket_reader_destroy(&reader);
}

static void frames_are_written(void **state)
{
    buffer_t out;
    char many[70000] = {0};
    (void)state;
    buffer_init(&out, 100000);
    websocket_writer_t *writer = websocket_writer_new();
    assert_int_equal(websocket_writer_put(writer, WEBSOCKET_TEXT, TEXT("Hello"), &out), STATUS_OK);
    assert_int_equal(websocket_writer_close(writer, 0, TEXT("unsaid"), &out), STATUS_OK);
    assert_int_equal(websocket_writer_close(writer, 1000, TEXT("bye"), &out), STATUS_OK);
    assert_true(text_equal(buffer_text(&out), TEXT("\x81\x05Hello\x88\0\x88\x05\x03\xe8"
                                                   "bye")));
    buffer_clear(&out);
    text_t long_text = {.data = many, .size = sizeof many};
    assert_int_equal(websocket_writer_put(writer, WEBSOCKET_TEXT, long_text, &out), STATUS_OK);
    assert_int_equal(out.size, sizeof many + 10);
    assert_int_equal(websocket_writer_put(writer, WEBSOCKET_TEXT, long_text, &out), STATUS_FULL);
    assert_int_equal(out.size, sizeof many + 10);
    buffer_clear(&out);
    assert_int_equal(websocket_writer_close(writer, 1008, text_first(long_text, 200), &out),
                     STATUS_OK);
    assert_int_equal(out.size, 2 + 125);
    websocket_writer_destroy(&writer);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read),
        cmocka_unit_test(lengths_have_bounds),
        cmocka_unit_test(a_reader_is_needed_until_a_message_ends),
        cmocka_unit_test(frames_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
