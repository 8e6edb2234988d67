/* Text of POSIX times and of differences, ISO 8601 (common/base/timestamp.h; T and D rules). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

static void good_times_have_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ns;
    } cases[] = {
        {"1621464827.959498503", INT64_C(1621464827959498503)},
        {"1621464827", INT64_C(1621464827000000000)},
        {"0", 0},
        {"0.0", 0},
        {"00", 0},
        {"0.000000001", 1},
        {"0.1", 100000000},
        {"0.12345678", 123456780},
        {"1.5", 1500000000},
        {"001.5", 1500000000},
        {"000000000000000000000000000000000001.5", 1500000000},
        /* T3: decimals after the ninth are not counted, not even to round. */
        {"0.0000000019", 1},
        {"0.9999999999999999999999999999", 999999999},
        {"0.00000000000000000000000000001", 0},
        /* T2: the last nanosecond. */
        {"9223372036.854775807", INT64_MAX},
        {"9223372036.8547758079999", INT64_MAX},
        {"9223372036.854775806", INT64_MAX - 1},
        {"9223372035.999999999", INT64_C(9223372035999999999)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t time_ns = -1;
        if (!timestamp_parse(text_of(cases[i].text), &time_ns)) {
            fail_msg("refused: %s", cases[i].text);
        }
        assert_true(time_ns == cases[i].time_ns);
    }
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        ".",
        ".5",
        "5.",
        "1..5",
        "1.5.5",
        "1.5.",
        "+1",
        "-1",
        "-0",
        "1-",
        "1.-5",
        "1.+5",
        " 1",
        "1 ",
        "1e9",
        "1.0e9",
        "1E9",
        "0x10",
        "nan",
        "NaN",
        "inf",
        "infinity",
        "1,5",
        "1_000",
        "1.5a",
        "a1.5",
        "1.0000000000000000000000a",
        "/",
        ":",
        "1/",
        "1:",
        "1./",
        "1.:",
        "\xb2",
        "1.\xb2",
        /* T2: one nanosecond, one second, ten powers too late. */
        "9223372036.854775808",
        "9223372036.9",
        "9223372037",
        "9223372037.0",
        "18446744073.709551616",
        "18446744074",
        "99999999999",
        "18446744073709551616",
        "18446744073709551617.5",
        "99999999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t time_ns = -7;
        if (timestamp_parse(text_of(cases[i]), &time_ns)) {
            fail_msg("taken: %s", cases[i]);
        }
        assert_true(time_ns == -7);
    }
}

static void a_zero_byte_is_no_digit(void **state)
{
    (void)state;
    int64_t time_ns;
    assert_false(timestamp_parse(TEXT("1\0"), &time_ns));
    assert_false(timestamp_parse(TEXT("\0"), &time_ns));
    assert_false(timestamp_parse(TEXT("1.5\0"), &time_ns));
    assert_false(timestamp_parse((text_t){0}, &time_ns));
}

static void only_the_bytes_of_the_text_are_read(void **state)
{
    (void)state;
    int64_t time_ns;
    assert_true(timestamp_parse(text_first(TEXT("12.75x"), 5), &time_ns));
    assert_true(time_ns == 12750000000);
    assert_true(timestamp_parse(text_first(TEXT("12.75x"), 4), &time_ns));
    assert_true(time_ns == 12700000000);
    assert_false(timestamp_parse(text_first(TEXT("12.75x"), 3), &time_ns));
    assert_true(timestamp_parse(text_first(TEXT("12.75x"), 2), &time_ns));
    assert_true(time_ns == 12000000000);
}

static void very_long_times_are_read(void **state)
{
    (void)state;
    enum { SIZE = 65536 };
    char *digits = memory_new(SIZE);
    text_t text = {.data = digits, .size = SIZE};
    int64_t time_ns;
    memset(digits, '0', SIZE);
    digits[SIZE - 1] = '7';
    assert_true(timestamp_parse(text, &time_ns));
    assert_true(time_ns == 7 * TIMESTAMP_NS_PER_S);
    digits[1] = '.';
    assert_true(timestamp_parse(text, &time_ns));
    assert_true(time_ns == 0);
    digits[SIZE - 1] = 'x';
    assert_false(timestamp_parse(text, &time_ns));
    memset(digits, '9', SIZE);
    assert_false(timestamp_parse(text, &time_ns));
    free(digits);
}

static void differences_have_sign_and_nine_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t difference_ns;
        const char *text;
    } cases[] = {
        {0, "+0.000000000"},
        {1, "+0.000000001"},
        {-1, "-0.000000001"},
        {263873386, "+0.263873386"},
        {-263873386, "-0.263873386"},
        {999999999, "+0.999999999"},
        {1000000000, "+1.000000000"},
        {-1000000001, "-1.000000001"},
        {INT64_C(1621464827959498503), "+1621464827.959498503"},
        {INT64_MAX, "+9223372036.854775807"},
        {-INT64_MAX, "-9223372036.854775807"},
        {INT64_MIN, "-9223372036.854775808"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char out[TIMESTAMP_DIFFERENCE_SIZE];
        size_t size = timestamp_write_difference(cases[i].difference_ns, out);
        text_t text = {.data = out, .size = size};
        assert_true(size <= sizeof out);
        assert_int_equal(timestamp_difference_size(cases[i].difference_ns), size);
        assert_text_equal(text, cases[i].text);
        if (cases[i].difference_ns != INT64_MIN) {
            int64_t back;
            assert_true(timestamp_parse_difference(text, &back));
            assert_true(back == cases[i].difference_ns);
        }
    }
}

static void the_size_of_a_difference_is_known_before(void **state)
{
    (void)state;
    char out[TIMESTAMP_DIFFERENCE_SIZE];
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
        for (int64_t difference = power - 1; difference <= power + 1; difference++) {
            assert_int_equal(timestamp_difference_size(difference),
                             timestamp_write_difference(difference, out));
            assert_int_equal(timestamp_difference_size(-difference),
                             timestamp_write_difference(-difference, out));
        }
    }
}

static void other_forms_of_differences_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "+",
        "-",
        "0.263873386",
        " 0.263873386",
        "+.263873386",
        "+0.26387338",
        "+0.2638733860",
        "+0,263873386",
        "+0263873386",
        "+0.263873386 ",
        " +0.263873386",
        "++0.263873386",
        "+-0.263873386",
        "+0.26387338a",
        "+a.263873386",
        "+0.2.3873386",
        "+1.2.345678901",
        "+1",
        "+1.",
        "+1.5",
        /* D2: one text for each difference. */
        "-0.000000000",
        "+00.263873386",
        "-01.000000000",
        "+0000000000.000000001",
        "+9223372036.854775808",
        "-9223372036.854775809",
        "+92233720368.54775807",
        "+10000000000.000000000",
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t difference_ns = -7;
        if (timestamp_parse_difference(text_of(cases[i]), &difference_ns)) {
            fail_msg("taken: %s", cases[i]);
        }
        assert_true(difference_ns == -7);
    }
}

static void dates_are_those_of_the_calendar(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1970-01-01T00:00:00.000Z"},
        {INT64_MIN, "1970-01-01T00:00:00.000Z"},
        {999999, "1970-01-01T00:00:00.000Z"},
        {1000000, "1970-01-01T00:00:00.001Z"},
        {INT64_C(86399999999999), "1970-01-01T23:59:59.999Z"},
        {INT64_C(86400000000000), "1970-01-02T00:00:00.000Z"},
        {INT64_C(951782400000000000), "2000-02-29T00:00:00.000Z"},
        {INT64_C(951868800000000000), "2000-03-01T00:00:00.000Z"},
        {INT64_C(1621464827959498503), "2021-05-19T22:53:47.959Z"},
        {INT64_C(1709164799999000000), "2024-02-28T23:59:59.999Z"},
        {INT64_C(1709164800000000000), "2024-02-29T00:00:00.000Z"},
        {INT64_C(1735689599999999999), "2024-12-31T23:59:59.999Z"},
        {INT64_C(1772366400250000000), "2026-03-01T12:00:00.250Z"},
        {INT64_C(4107542399000000000), "2100-02-28T23:59:59.000Z"},
        {INT64_C(4107542400000000000), "2100-03-01T00:00:00.000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char out[TIMESTAMP_ISO8601_SIZE + 1];
        out[TIMESTAMP_ISO8601_SIZE] = '#';
        timestamp_write_iso8601(cases[i].time_ns, out);
        assert_int_equal(out[TIMESTAMP_ISO8601_SIZE], '#');
        out[TIMESTAMP_ISO8601_SIZE] = '\0';
        assert_string_equal(out, cases[i].text);
    }
}

static void iso8601_times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-03-01T12:00:00.250Z", INT64_C(1772366400250000000)},
        {"2024-02-29T23:59:59.999999999Z", INT64_C(1709251199999999999)},
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
    };
    static const char *const bad[] = {
        "",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00:00z",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00Z",
        "2026-03-01T12:00:0Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00.0000000001Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T24:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z",
        "2026-03-00T12:00:00Z",
        "1969-12-31T23:59:59Z",
        "2262-04-11T23:47:16.854775808Z",
        "9999-01-01T00:00:00Z",
        "26-03-01T12:00:00Z",
        "2026-03-01T12:00:00ZZ",
        "2026-03-01T-1:00:00Z",
    };
    int64_t time_ns;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(timestamp_parse_iso8601(text_of(cases[i].text), &time_ns));
        assert_true(time_ns == cases[i].time_ns);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(timestamp_parse_iso8601(text_of(bad[i]), &time_ns));
    }
}

/* Usual times are read by a way of their own: it takes what the other one takes, to which the same
 * with a 0 before it goes. */
static void any_byte_anywhere_is_taken_or_not(void **state)
{
    (void)state;
    static const char *const texts[] = {"1621464827.959498503", "9223372036.854775807",
                                        "9223372036.854775808", "9999999999.999999999"};
    unsigned taken = 0;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        for (size_t at = 0; at < strlen(texts[i]); at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[32] = "0";
                size_t size = strlen(texts[i]);
                int64_t usual_ns = -1;
                int64_t other_ns = -1;
                text_copy(text_of(texts[i]), text + 1);
                text[1 + at] = (char)byte;
                bool usual = timestamp_parse((text_t){text + 1, size}, &usual_ns);
                assert_int_equal(timestamp_parse((text_t){text, size + 1}, &other_ns), usual);
                assert_true(usual_ns == other_ns);
                taken += usual;
            }
        }
    }
    assert_in_range(taken, 300, 700); /* of some 20,000 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_times_have_their_value),
        cmocka_unit_test(bad_times_are_refused),
        cmocka_unit_test(any_byte_anywhere_is_taken_or_not),
        cmocka_unit_test(a_zero_byte_is_no_digit),
        cmocka_unit_test(only_the_bytes_of_the_text_are_read),
        cmocka_unit_test(very_long_times_are_read),
        cmocka_unit_test(differences_have_sign_and_nine_decimals),
        cmocka_unit_test(the_size_of_a_difference_is_known_before),
        cmocka_unit_test(other_forms_of_differences_are_refused),
        cmocka_unit_test(dates_are_those_of_the_calendar),
        cmocka_unit_test(iso8601_times_are_read),
    };
    return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
