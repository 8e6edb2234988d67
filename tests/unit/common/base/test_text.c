/* Slices and the bounded cursor (common/base/text.h). */
#include "common/base/digits.h"
#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <stdlib.h>

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

/* What the words of text.c must come to: byte by byte. */
static size_t digits_in_front(text_t text)
{
    size_t count = 0;
    while (count < text.size && text_is_digit(text.data[count])) {
        count++;
    }
    return count;
}

static text_t field_in_front(text_t text)
{
    size_t start = 0;
    while (start < text.size && text_is_space(text.data[start])) {
        start++;
    }
    size_t stop = start;
    while (stop < text.size && !text_is_space(text.data[stop])) {
        stop++;
    }
    return (text_t){.data = text.data + start, .size = stop - start};
}

/* Against digit after digit. */
static void check_number_in_front(text_t text)
{
    const uint64_t maximum = 9000000;
    size_t digits = digits_in_front(text);
    char copy[TEXT_NUMBER_SIZE + 1] = "";
    text_t rest = text;
    uint64_t value = 7;
    uint64_t expected = 0;
    bool valid =
        digits > 0 && digits < text.size && text.data[digits] == ' ' && digits <= TEXT_NUMBER_SIZE;
    if (valid) {
        memcpy(copy, text.data, digits);
        expected = strtoull(copy, NULL, 10);
        valid = expected <= maximum;
    }
    assert_int_equal(text_take_u64(&rest, ' ', maximum, &value), valid);
    assert_true(value == (valid ? expected : 7));
    assert_ptr_equal(rest.data, text.data + (valid ? digits + 1 : 0));
    assert_ptr_equal(rest.data + rest.size, text.data + text.size);
}

/* Against one field after the other. */
static void check_fields(text_t text)
{
    enum { MAXIMUM = 3 };
    text_t fields[MAXIMUM];
    text_t rest = text;
    text_t field;
    size_t count = text_cut_fields(text, MAXIMUM, fields);
    for (size_t i = 0; i < count; i++) {
        assert_true(text_take_field(&rest, &field));
        assert_ptr_equal(fields[i].data, field.data);
        assert_int_equal(fields[i].size, field.size);
    }
    assert_true(count == MAXIMUM || !text_take_field(&rest, &field));
}

static void check_against_bytes(text_t text)
{
    text_t rest = text;
    uint64_t value;
    size_t digits = (size_t)(digits_take(text.data, text.data + text.size, &value) - text.data);
    assert_int_equal(digits, digits_in_front(text));
    if (digits <= DIGITS_MAX) {
        char copy[DIGITS_MAX + 1] = "";
        memcpy(copy, text.data, digits);
        assert_true(value == strtoull(copy, NULL, 10));
    }
    text_t field = {0};
    text_t expected = field_in_front(text);
    assert_int_equal(text_take_field(&rest, &field), expected.size > 0);
    if (expected.size > 0) {
        assert_ptr_equal(field.data, expected.data);
        assert_int_equal(field.size, expected.size);
        assert_ptr_equal(rest.data, field.data + field.size);
    }
    assert_ptr_equal(rest.data + rest.size, text.data + text.size);
}

/* Each text ends where its block of memory ends, so the address sanitizer sees an overread. */
static void words_of_eight_bytes_see_what_bytes_are(void **state)
{
    (void)state;
    static const char bytes[] = "0123456789019 \t\r\v\f\0\x01\x1f/:;!Az\x7f\x80\xa0\xb0\xff";
    unsigned random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        size_t size = 1 + i % 27;
        /* Of digits alone, of digits and fewer others, of all. */
        size_t kinds = i % 3 == 0 ? 10 : i % 3 == 1 ? 14 : sizeof bytes - 1;
        char *block = malloc(size);
        assert_non_null(block);
        for (size_t k = 0; k < size; k++) {
            random = random * 1664525 + 1013904223;
            block[k] = bytes[(random >> 16) % kinds];
        }
        check_against_bytes((text_t){.data = block, .size = size});
        check_number_in_front((text_t){.data = block, .size = size});
        check_fields((text_t){.data = block, .size = size});
        free(block);
    }
}

static void numbers_are_cut_with_their_separator(void **state)
{
    (void)state;
    text_t rest = TEXT("17 18446744073709551615 0,1");
    uint64_t value;
    assert_true(text_take_u64(&rest, ' ', 17, &value));
    assert_int_equal(value, 17);
    assert_true(text_take_u64(&rest, ' ', UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(text_take_u64(&rest, ' ', UINT64_MAX, &value));
    assert_text_equal(rest, "0,1");
    assert_true(text_take_u64(&rest, ',', 0, &value));
    assert_false(text_take_u64(&rest, ',', 1, &value));
    assert_text_equal(rest, "1");
    rest = TEXT("000000000000000000001 ");
    assert_false(text_take_u64(&rest, ' ', UINT64_MAX, &value));
    rest = TEXT(" 1");
    assert_false(text_take_u64(&rest, ' ', UINT64_MAX, &value));
    rest = TEXT("2 ");
    assert_false(text_take_u64(&rest, ' ', 1, &value));
    rest = TEXT("1234567 12345678 ");
    assert_false(text_take_u64(&rest, ' ', 1234566, &value));
    assert_true(text_take_u64(&rest, ' ', 1234567, &value));
    assert_int_equal(value, 1234567);
    assert_true(text_take_u64(&rest, ' ', 12345678, &value));
    assert_int_equal(value, 12345678);
    rest = (text_t){0};
    assert_false(text_take_u64(&rest, ' ', 1, &value));
}

/* Every count of digits, each at its least and greatest number. */
static void numbers_of_every_size_are_written(void **state)
{
    (void)state;
    uint64_t power = 1;
    for (size_t size = 1; size <= TEXT_NUMBER_SIZE; size++) {
        char out[TEXT_NUMBER_SIZE];
        char expected[TEXT_NUMBER_SIZE + 1];
        uint64_t largest = size < TEXT_NUMBER_SIZE ? power * 10 - 1 : UINT64_MAX;
        assert_int_equal(text_write_u64(power, out), size);
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)power);
        assert_memory_equal(out, expected, size);
        assert_int_equal(text_write_u64(largest, out), size);
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)largest);
        assert_memory_equal(out, expected, size);
        power *= 10;
    }
    char digits[5];
    text_write_digits(1234567, sizeof digits, digits);
    assert_memory_equal(digits, "34567", sizeof digits);
    text_write_digits(7, sizeof digits, digits);
    assert_memory_equal(digits, "00007", sizeof digits);
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

static void escaped_text_is_taken_back(void **state)
{
    (void)state;
    const struct {
        const char *escaped;
        text_t text;
    } cases[] = {
        {"", TEXT("")},
        {"plain", TEXT("plain")},
        {"a\\x00b", TEXT("a\0b")},
        {"\\x1B\\x1b", TEXT("\x1b\x1b")},
        {"\\x5cx00", TEXT("\\x00")},
        {"\\x5c\\x5c", TEXT("\\\\")},
        {"\\", TEXT("\\")},
        {"\\x0", TEXT("\\x0")},
        {"\\x0g", TEXT("\\x0g")},
        {"\\xg0", TEXT("\\xg0")},
        {"\\X00", TEXT("\\X00")},
        {"\\n\\x41", TEXT("\\nA")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[32];
        size_t size = text_unescape(text_of(cases[i].escaped), out);
        assert_true(text_equal((text_t){.data = out, .size = size}, cases[i].text));
    }
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte;
        char escaped[8];
        char out[8];
        text_escape((text_t){.data = &one, .size = 1}, escaped, sizeof escaped);
        assert_int_equal(text_unescape(text_of(escaped), out), 1);
        assert_int_equal(out[0], one);
    }
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
        cmocka_unit_test(words_of_eight_bytes_see_what_bytes_are),
        cmocka_unit_test(numbers_are_cut_with_their_separator),
        cmocka_unit_test(numbers_of_every_size_are_written),
        cmocka_unit_test(unsigned_numbers_keep_their_limits),
        cmocka_unit_test(signed_numbers_keep_their_limits),
        cmocka_unit_test(written_numbers_read_back),
        cmocka_unit_test(order_is_that_of_bytes),
        cmocka_unit_test(escaped_text_is_printable_and_bounded),
        cmocka_unit_test(escaped_text_is_taken_back),
        cmocka_unit_test(hex_is_lower_case_and_at_most_16_digits),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
