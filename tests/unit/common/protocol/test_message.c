/* The frames of HERD/1, their types and bodies (common/protocol/message.h; bus-protocol.md, M
 * rules). */
#include "common/protocol/message.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "tests/support/cmocka_herd.h"

#include <stdlib.h>

/* One frame more than a message has. */
enum { FRAMES_MAX = MESSAGE_FRAMES + 1 };

/* A good message, for its bad neighbours to be made from. */
static void make_good(text_t frames[FRAMES_MAX])
{
    frames[0] = TEXT("HERD/1");
    frames[1] = TEXT("DATA");
    frames[2] = TEXT("7 0123456789abcdef0123456789abcdef 0 1");
    frames[3] = TEXT("AT One +1.000000000 kiwi +1+1 1 =\n");
    frames[4] = TEXT("");
}

static void expect(const text_t *frames, size_t count, status_t expected)
{
    const message_t untouched = {
        .type = MESSAGE_REPORT, .header = TEXT("as"), .body = TEXT("it was")};
    message_t message = untouched;
    assert_int_equal(message_decode(frames, count, &message), expected);
    if (expected != STATUS_OK) {
        assert_int_equal(message.type, untouched.type);
        assert_true(text_equal(message.header, untouched.header));
        assert_true(text_equal(message.body, untouched.body));
    }
}

static void every_type_comes_back(void **state)
{
    (void)state;
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        const message_t message = {
            .type = (message_type_t)type, .header = TEXT("7 8"), .body = TEXT("a\nb\n")};
        text_t frames[MESSAGE_FRAMES];
        message_t back;
        message_encode(&message, frames);
        assert_text_equal(frames[0], "HERD/1");
        assert_text_equal(frames[1], message_type_text(message.type));
        assert_int_equal(message_decode(frames, MESSAGE_FRAMES, &back), STATUS_OK);
        assert_int_equal(back.type, type);
        /* They borrow, both ways. */
        assert_true(back.header.data == message.header.data && back.header.size == 3);
        assert_true(back.body.data == message.body.data && back.body.size == 4);
    }
}

static void header_and_body_may_be_empty(void **state)
{
    (void)state;
    text_t frames[FRAMES_MAX];
    make_good(frames);
    frames[2] = frames[3] = (text_t){0};
    expect(frames, MESSAGE_FRAMES, STATUS_OK);
}

static void a_message_is_four_frames(void **state)
{
    (void)state;
    text_t frames[FRAMES_MAX];
    make_good(frames);
    for (size_t count = 0; count <= FRAMES_MAX; count++) {
        expect(frames, count, count == MESSAGE_FRAMES ? STATUS_OK : STATUS_INVALID);
    }
}

/* M2 */
static void another_version_is_told_from_no_version(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        status_t status;
    } cases[] = {
        {"HERD/1", STATUS_OK},
        {"HERD/0", STATUS_VERSION},
        {"HERD/2", STATUS_VERSION},
        {"HERD/10", STATUS_VERSION},
        {"HERD/01", STATUS_VERSION},
        {"HERD/18446744073709551615", STATUS_VERSION},
        {"HERD/18446744073709551616", STATUS_INVALID},
        {"HERD/-1", STATUS_INVALID},
        {"HERD/1 ", STATUS_INVALID},
        {"HERD/1.0", STATUS_INVALID},
        {"HERD/", STATUS_INVALID},
        {"HERD", STATUS_INVALID},
        {"HERD1", STATUS_INVALID},
        {"herd/1", STATUS_INVALID},
        {" HERD/1", STATUS_INVALID},
        {"", STATUS_INVALID},
    };
    text_t frames[FRAMES_MAX];
    make_good(frames);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        frames[0] = text_of(cases[i].text);
        expect(frames, MESSAGE_FRAMES, cases[i].status);
    }
}

static void unknown_types_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"",     "D",     "DAT",   "DATAS",
                                        "data", "DATA ", " DATA", "HERD/1"};
    text_t frames[FRAMES_MAX];
    make_good(frames);
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        frames[1] = text_of(types[i]);
        expect(frames, MESSAGE_FRAMES, STATUS_INVALID);
    }
    /* A zero behind it is a byte like another. */
    frames[1] = (text_t){.data = "DATA", .size = sizeof "DATA"};
    expect(frames, MESSAGE_FRAMES, STATUS_INVALID);
}

static void header_and_body_have_a_maximum(void **state)
{
    (void)state;
    char *bytes = memory_new(LIMIT_BODY_SIZE + 1);
    text_t frames[FRAMES_MAX];
    make_good(frames);
    frames[2] = (text_t){.data = bytes, .size = LIMIT_HEADER_SIZE};
    frames[3] = (text_t){.data = bytes, .size = LIMIT_BODY_SIZE};
    expect(frames, MESSAGE_FRAMES, STATUS_OK);
    frames[2].size = LIMIT_HEADER_SIZE + 1;
    expect(frames, MESSAGE_FRAMES, STATUS_TOO_LONG);
    frames[2].size = LIMIT_HEADER_SIZE;
    frames[3].size = LIMIT_BODY_SIZE + 1;
    expect(frames, MESSAGE_FRAMES, STATUS_TOO_LONG);
    free(bytes);
}

/* M5 */
static void values_are_found_by_their_keys(void **state)
{
    (void)state;
    const text_t body = TEXT("name Hands\nempty \nbare\ntail 42\nname Other\nclock -5\nlast 1");
    text_t value;
    assert_true(message_value(body, "name", &value)); /* the first of two */
    assert_text_equal(value, "Hands");
    assert_true(message_value(body, "empty", &value));
    assert_int_equal(value.size, 0);
    assert_false(message_value(body, "nam", &value));
    assert_false(message_value(body, "names", &value));
    assert_false(message_value(body, "Name", &value));
    assert_false(message_value(body, "last", &value)); /* no LF: not a line */
    assert_false(message_value(TEXT(""), "name", &value));
}

static void numbers_have_a_maximum(void **state)
{
    (void)state;
    const text_t body = TEXT("tail 42\nclock -5\nname Hands\nlarge 18446744073709551615\n"
                             "larger 18446744073709551616\n");
    uint64_t number = 7;
    assert_true(message_number(body, "tail", 42, &number));
    assert_int_equal(number, 42);
    assert_false(message_number(body, "tail", 41, &number));
    assert_false(message_number(body, "clock", UINT64_MAX, &number));
    assert_false(message_number(body, "name", UINT64_MAX, &number));
    assert_false(message_number(body, "absent", UINT64_MAX, &number));
    assert_false(message_number(body, "larger", UINT64_MAX, &number));
    assert_true(message_number(body, "large", UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
}

static void a_hello_names_the_versions_of_its_sender(void **state)
{
    (void)state;
    assert_true(message_has_version(TEXT("versions 1\n")));
    assert_true(message_has_version(TEXT("herd herd\nversions 3 1 2\n")));
    assert_true(message_has_version(TEXT("versions x 1\n")));
    assert_false(message_has_version(TEXT("versions 2\n")));
    assert_false(message_has_version(TEXT("versions 11\n")));
    assert_false(message_has_version(TEXT("versions -1\n")));
    assert_false(message_has_version(TEXT("versions \n")));
    assert_false(message_has_version(TEXT("version 1\n")));
    assert_false(message_has_version(TEXT("versions 1")));
    assert_false(message_has_version(TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(header_and_body_may_be_empty),
        cmocka_unit_test(a_message_is_four_frames),
        cmocka_unit_test(another_version_is_told_from_no_version),
        cmocka_unit_test(unknown_types_are_refused),
        cmocka_unit_test(header_and_body_have_a_maximum),
        cmocka_unit_test(values_are_found_by_their_keys),
        cmocka_unit_test(numbers_have_a_maximum),
        cmocka_unit_test(a_hello_names_the_versions_of_its_sender),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
