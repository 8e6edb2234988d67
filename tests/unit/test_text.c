/* Slices and the bounded cursor (common/text.h). */
#include "tests/support/cmocka_herd.h"

static void fields_are_cut_at_white_space(void **state)
{
    (void)state;
    text_t rest = TEXT(" \tone\r two\v\f\xff\0x ");
    text_t field;
    assert_true(text_take_field(&rest, &field));
    assert_text_equal(field, "one");
    assert_true(text_take_field(&rest, &field));
    assert_text_equal(field, "two");
    assert_true(text_take_field(&rest, &field));
    assert_int_equal(field.size, 3);
    assert_memory_equal(field.data, "\xff\0x", 3);
    assert_false(text_take_field(&rest, &field));
    rest = (text_t){0};
    assert_false(text_take_field(&rest, &field));
}

static void lines_need_their_lf(void **state)
{
    (void)state;
    text_t rest = TEXT("a\n\nb");
    text_t line;
    assert_true(text_take_line(&rest, &line));
    assert_text_equal(line, "a");
    assert_true(text_take_line(&rest, &line));
    assert_int_equal(line.size, 0);
    assert_false(text_take_line(&rest, &line));
    assert_text_equal(rest, "b");
    rest = (text_t){0};
    assert_false(text_take_line(&rest, &line));
}

static void parts_end_at_their_separator(void **state)
{
    (void)state;
    text_t rest = TEXT("1 22");
    text_t part;
    assert_true(text_take_until(&rest, ' ', &part));
    assert_text_equal(part, "1");
    assert_true(text_take_until(&rest, ' ', &part));
    assert_text_equal(part, "22");
    assert_false(text_take_until(&rest, ' ', &part));
}

static void unsigned_numbers_keep_their_limits(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(text_to_u64(TEXT("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(text_to_u64(TEXT("18446744073709551616"), UINT64_MAX, &value));
    assert_false(text_to_u64(TEXT("99999999999999999999"), UINT64_MAX, &value));
    assert_true(text_to_u64(TEXT("50"), 50, &value));
    assert_int_equal(value, 50);
    assert_false(text_to_u64(TEXT("51"), 50, &value));
    assert_false(text_to_u64(TEXT("6"), 5, &value));
    assert_true(text_to_u64(TEXT("007"), 7, &value));
    assert_false(text_to_u64(TEXT(""), 50, &value));
    assert_false(text_to_u64(TEXT("+1"), 50, &value));
    assert_false(text_to_u64(TEXT("1 "), 50, &value));
    assert_false(text_to_u64(TEXT("1-"), 50, &value));
    assert_int_equal(value, 7);
}

static void signed_numbers_keep_their_limits(void **state)
{
    (void)state;
    int64_t value;
    assert_true(text_to_i64(TEXT("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_false(text_to_i64(TEXT("-9223372036854775809"), &value));
    assert_true(text_to_i64(TEXT("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_false(text_to_i64(TEXT("9223372036854775808"), &value));
    assert_false(text_to_i64(TEXT("-"), &value));
    assert_false(text_to_i64(TEXT("--1"), &value));
}

static void written_numbers_read_back(void **state)
{
    (void)state;
    const int64_t values[] = {0, 1, -1, 9, 10, -10, 1234567890123, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char out[TEXT_NUMBER_SIZE];
        size_t size = text_write_i64(values[i], out);
        int64_t back;
        assert_true(size <= sizeof out);
        assert_true(text_to_i64((text_t){.data = out, .size = size}, &back));
        assert_true(back == values[i]);
    }
}

static void order_is_that_of_bytes(void **state)
{
    (void)state;
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("a"), TEXT("a\0")) < 0);
    assert_true(text_compare(TEXT("\xff"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT(""), TEXT("")) == 0);
}

static void escaped_text_is_printable_and_bounded(void **state)
{
    (void)state;
    char out[16];
    text_escape(TEXT("a\x1b\\"), out, sizeof out);
    assert_string_equal(out, "a\\x1b\\x5c");
    text_escape(TEXT("0123456789abcdef"), out, sizeof out);
    assert_string_equal(out, "0123456789ab...");
    text_escape(TEXT("\x01\x02\x03\x04\x05"), out, sizeof out);
    assert_string_equal(out, "\\x01\\x02\\x03...");
    /* What fits exactly is not cut. */
    text_escape(TEXT("0123456789abcde"), out, sizeof out);
    assert_string_equal(out, "0123456789abcde");
    text_escape(TEXT("0123456789a\x01"), out, sizeof out);
    assert_string_equal(out, "0123456789a\\x01");
    text_escape(TEXT("0123456789ab\x01"), out, sizeof out);
    assert_string_equal(out, "0123456789ab...");
    text_escape(TEXT("xyz"), out, 4);
    assert_string_equal(out, "xyz");
    text_escape(TEXT("xyz"), out, 3);
    assert_string_equal(out, "..");
    text_escape(TEXT("xyz"), out, 1);
    assert_string_equal(out, "");
    text_escape(TEXT("xyz"), out, 2);
    assert_string_equal(out, ".");
    text_escape(TEXT(""), out, 1);
    assert_string_equal(out, "");
}

static void hex_is_lower_case_and_at_most_16_digits(void **state)
{
    (void)state;
    uint64_t value = 7;
    char out[16];
    assert_true(text_from_hex(TEXT("0"), &value));
    assert_true(value == 0);
    assert_true(text_from_hex(TEXT("fedcba9876543210"), &value));
    assert_true(value == UINT64_C(0xfedcba9876543210));
    assert_false(text_from_hex(TEXT(""), &value));
    assert_false(text_from_hex(TEXT("0fedcba9876543210"), &value));
    assert_false(text_from_hex(TEXT("A"), &value));
    assert_false(text_from_hex(TEXT("g"), &value));
    assert_false(text_from_hex(TEXT("1 "), &value));
    text_write_hex(UINT64_C(0xfedcba9876543210), 16, out);
    assert_memory_equal(out, "fedcba9876543210", 16);
    text_write_hex(0x1a2, 4, out);
    assert_memory_equal(out, "01a2", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_cut_at_white_space),
        cmocka_unit_test(lines_need_their_lf),
        cmocka_unit_test(parts_end_at_their_separator),
        cmocka_unit_test(unsigned_numbers_keep_their_limits),
        cmocka_unit_test(signed_numbers_keep_their_limits),
        cmocka_unit_test(written_numbers_read_back),
        cmocka_unit_test(order_is_that_of_bytes),
        cmocka_unit_test(escaped_text_is_printable_and_bounded),
        cmocka_unit_test(hex_is_lower_case_and_at_most_16_digits),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
