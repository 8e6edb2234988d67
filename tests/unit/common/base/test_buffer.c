/* Growing bytes with a maximum (common/base/buffer.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/buffer.h"

#include <stdio.h>

static void content_is_what_was_appended(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 64);
    assert_int_equal(buffer_text(&buffer).size, 0);
    assert_int_equal(buffer_append(&buffer, "one ", 4), STATUS_OK);
    assert_int_equal(buffer_append(&buffer, NULL, 0), STATUS_OK);
    assert_int_equal(buffer_format(&buffer, "%s %d", "two", 3), STATUS_OK);
    assert_text_equal(buffer_text(&buffer), "one two 3");
    buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer_append(&buffer, "x\0y", 3), STATUS_OK);
    assert_int_equal(buffer.size, 3);
    assert_memory_equal(buffer.data, "x\0y", 3);
    buffer_done(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
    assert_int_equal(buffer.maximum, 64);
    buffer_done(&buffer);
}

static void appends_stop_exactly_at_the_maximum(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 10);
    assert_int_equal(buffer_append(&buffer, "0123456789a", 11), STATUS_FULL);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(buffer_append(&buffer, "012345678", 9), STATUS_OK);
    assert_int_equal(buffer_append(&buffer, "9a", 2), STATUS_FULL);
    assert_text_equal(buffer_text(&buffer), "012345678");
    assert_int_equal(buffer_format(&buffer, "%d", 99), STATUS_FULL);
    assert_text_equal(buffer_text(&buffer), "012345678");
    assert_int_equal(buffer_format(&buffer, "%d", 9), STATUS_OK);
    assert_text_equal(buffer_text(&buffer), "0123456789");
    assert_int_equal(buffer_append(&buffer, "", 0), STATUS_OK);
    assert_int_equal(buffer_reserve(&buffer, 1), STATUS_FULL);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), STATUS_FULL);
    assert_true(buffer.capacity <= buffer.maximum);
    buffer_done(&buffer);
}

static void a_maximum_of_zero_holds_nothing(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 0);
    assert_int_equal(buffer_append(&buffer, "", 0), STATUS_OK);
    assert_int_equal(buffer_append(&buffer, "a", 1), STATUS_FULL);
    buffer_consume(&buffer, 0);
    buffer_done(&buffer);
}

static void reserved_bytes_count_once_committed(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 100000);
    assert_int_equal(buffer_reserve(&buffer, 90000), STATUS_OK);
    assert_int_equal(buffer.size, 0);
    assert_true(buffer.capacity >= 90000 && buffer.capacity <= 100000);
    memset(buffer.data, 'x', 90000);
    buffer_commit(&buffer, 90000);
    assert_int_equal(buffer.size, 90000);
    assert_int_equal(buffer_reserve(&buffer, 10000), STATUS_OK);
    assert_int_equal(buffer.capacity, 100000);
    assert_int_equal(buffer_reserve(&buffer, 10001), STATUS_FULL);
    buffer_done(&buffer);
}

static void consumed_bytes_leave_the_rest_in_front(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 100);
    buffer_consume(&buffer, 0);
    assert_int_equal(buffer_append(&buffer, "abcdef", 6), STATUS_OK);
    buffer_consume(&buffer, 0);
    assert_text_equal(buffer_text(&buffer), "abcdef");
    buffer_consume(&buffer, 2);
    assert_text_equal(buffer_text(&buffer), "cdef");
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer.size, 0);
    buffer_done(&buffer);
}

static void growth_keeps_the_content(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, 100000);
    for (unsigned i = 0; i < 25000; i++) {
        assert_int_equal(buffer_format(&buffer, "%04u", i % 10000), STATUS_OK);
    }
    assert_int_equal(buffer_format(&buffer, "x"), STATUS_FULL);
    for (unsigned i = 0; i < 25000; i++) {
        char expected[12];
        snprintf(expected, sizeof expected, "%04u", i % 10000);
        assert_memory_equal(buffer.data + (size_t)4 * i, expected, 4);
    }
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_what_was_appended),
        cmocka_unit_test(appends_stop_exactly_at_the_maximum),
        cmocka_unit_test(a_maximum_of_zero_holds_nothing),
        cmocka_unit_test(reserved_bytes_count_once_committed),
        cmocka_unit_test(consumed_bytes_leave_the_rest_in_front),
        cmocka_unit_test(growth_keeps_the_content),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
