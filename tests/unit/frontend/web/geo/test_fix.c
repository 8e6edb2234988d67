/* Bodies that say where a client is (frontend/web/geo/fix.h), and what becomes of their numbers. */
#include "tests/support/cmocka_herd.h"

#include "common/protocol/iso6709.h"
#include "frontend/web/geo/fix.h"

#include <stdio.h>
#include <string.h>

static void bodies_become_positions(void **state)
{
    static const struct {
        const char *body;
        const char *position;
        const char *time;
    } cases[] = {
        {"{\"lat\":34.06893,\"lon\":-118.445127,\"time\":1621464827.959498503}",
         "+34.06893-118.445127", "1621464827.959498503"},
        {"{\"lat\":5.0E-4,\"lon\":-5e-4}", "+00.0005-000.0005", ""},
        {"{\"lat\":34.068899999999999,\"lon\":1e2}", "+34.0689+100", ""},
        {"{\"lat\":0.000000004,\"lon\":-0.000000004}", "+00+000", ""},
        {"{\"lat\":0.000000005,\"lon\":-0.000000005}", "+00.00000001-000.00000001", ""},
        {"{\"lat\":-90,\"lon\":180.000000000}", "-90+180", ""},
        {"{\"lat\":-0,\"lon\":-0.0,\"time\":null}", "+00+000", ""},
        {"{\"lat\":9000000000000000000000e-20,\"lon\":0.00000018e9}", "+90+180", ""},
        {"{\"lat\":1,\"lon\":2,\"altitude\":-12.3456,\"x\":[{}]}", "+01+002-12.346CRSWGS_84/", ""},
        {"{\"lat\":1,\"lon\":2,\"time\":\"1621464827.5\"}", "+01+002", "1621464827.5"},
        {"{\"lat\":1,\"lon\":2,\"time\":\"2021-05-19T22:53:47Z\"}", "+01+002", "1621464827"},
        {"{\"lat\":1,\"lon\":2,\"time\":\"2021-05-20T00:53:47.25+02:00\"}", "+01+002",
         "1621464827.25"},
        {"{\"lat\":1,\"lon\":2,\"time\":\"2021-05-19t22:53:47.1234567891z\"}", "+01+002",
         "1621464827.123456789"},
        {"{\"lat\":1,\"lon\":2,\"time\":1.6e9}", "+01+002", "1600000000"},
        {"{\"lat\":1,\"lon\":2,\"time\":0}", "+01+002", "0"},
        {"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[-118.4,34]},"
         "\"properties\":null}",
         "+34-118.4", ""},
        {" {\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2,3.5]},"
         "\"properties\":{\"time\":\"7.25\"}} ",
         "+02+001+3.5CRSWGS_84/", "7.25"},
        {"{\"type\":\"Point\",\"coordinates\":[1,2]}", "+02+001", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        fix_t fix;
        const char *problem = fix_read(text_of(cases[i].body), &fix);
        if (problem != NULL) {
            fail_msg("%s: %s", cases[i].body, problem);
        }
        assert_text_equal(fix_position(&fix), cases[i].position);
        assert_text_equal(fix_time(&fix), cases[i].time);
        assert_true(iso6709_is_valid(fix_position(&fix)));
    }
}

/* What may stand for a number, and around it. */
static const char *const numbers[] = {
    "34.06893",
    "-118.445127",
    "0",
    "-0",
    "-0.0",
    "90",
    "90.1",
    "01",
    "-01",
    "1.",
    ".5",
    "-",
    "+1",
    "",
    "1e1",
    "1 2",
    "0x1",
    "null",
    "true",
    "\"1\"",
    "1.5.5",
    "--1",
    "1,",
    "1,,2",
    "[1]",
    "{}",
    "1}",
    "NaN",
    "1621464827.959498503",
    "999999999999999999",
    "9223372036854775808",
    "18446744073709551616.5",
    "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000001"};

static const struct {
    const char *before;
    const char *behind;
} forms[] = {
    {"\"lat\":", ",\"lon\":2}"},
    {"\"lat\":1,\"lon\":", ",\"time\":7}"},
    {" \"lat\" : 1 , \"lon\" : 2 ,\n\t\"time\":", "\r} "},
    {"\"altitude\":", ",\"lon\":2,\"lat\":3}"},
    {"\"lat\":1,\"lon\":2,\"lat\":", "}"},
    {"\"lat\":1,\"lon\":2,\"times\":", "}"},
    {"\"lat\":1,\"l\\u006fn\":2,\"time\":", "}"},
    {"\"lat\":1,\"lon\":", ""},
    {"\"lat\":1,\"time\":", "}"},
    {"\"lat\":1,\"lon\":2,}", ""},
    {"\"lat\":1,\"lon\":2}", ""},
    {"lat:1,\"lon\":", "}"},
};

static void expect_same(const char *plain, const char *other)
{
    fix_t one = {0};
    fix_t two = {0};
    const char *problem = fix_read(text_of(plain), &one);
    const char *expected = fix_read(text_of(other), &two);
    bool same = (problem == NULL) == (expected == NULL) &&
                (problem == NULL || strcmp(problem, expected) == 0);
    if (!same) {
        fail_msg("%s: %s, not %s", plain, problem, expected);
    }
    assert_true(text_equal(fix_position(&one), fix_position(&two)));
    assert_true(text_equal(fix_time(&one), fix_time(&two)));
}

/* What is found in one pass is what common/json finds: with a further member, which is for that, a
 * body means the same. */
static void plain_bodies_mean_what_others_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(forms) * ARRAY_COUNT(numbers); i++) {
        char plain[300];
        char other[600];
        size_t form = i / ARRAY_COUNT(numbers);
        snprintf(plain, sizeof plain, "{%s%s%s", forms[form].before,
                 numbers[i % ARRAY_COUNT(numbers)], forms[form].behind);
        snprintf(other, sizeof other, "{\"x\":0,%s", plain + 1);
        expect_same(plain, other);
    }
}

static void bad_bodies_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "1",
        "{",
        "{}",
        "{\"lat\":1}",
        "{\"lon\":1}",
        "{\"lat\":1,\"lon\":2} x",
        "{\"lat\":1,\"lat\":1,\"lon\":2}",
        "{\"lat\":\"1\",\"lon\":2}",
        "{\"lat\":null,\"lon\":2}",
        "{\"lat\":90.00000000000000001,\"lon\":2}",
        "{\"lat\":-90.1,\"lon\":2}",
        "{\"lat\":1,\"lon\":180.000000001}",
        "{\"lat\":1,\"lon\":1e9}",
        "{\"lat\":1,\"lon\":1e999}",
        "{\"lat\":01,\"lon\":2}",
        "{\"lat\":+1,\"lon\":2}",
        "{\"lat\":NaN,\"lon\":2}",
        "{\"lat\":1,\"lon\":2,\"altitude\":\"3\"}",
        "{\"lat\":1,\"lon\":2,\"altitude\":1e30}",
        "{\"lat\":1,\"lon\":2,\"time\":-1}",
        "{\"lat\":1,\"lon\":2,\"time\":\"\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"yesterday\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"2021-02-30T00:00:00Z\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"1970-01-01T00:00:00+01:00\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"2021-02-27\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"2021-02-27T22:53:47\"}",
        "{\"lat\":1,\"lon\":2,\"time\":\"2262-02-27T22:53:47Z\"}",
        "{\"lat\":1,\"lon\":2,\"time\":1e20}",
        "{\"lat\":1,\"lon\":2,\"time\":true}",
        "{\"type\":\"Feature\",\"geometry\":null}",
        "{\"type\":\"Feature\",\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[1,2]]}}",
        "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1]}}",
        "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,91]}}",
    };
    fix_t fix;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        if (fix_read(text_of(bad[i]), &fix) == NULL) {
            fail_msg("%s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_become_positions),
        cmocka_unit_test(plain_bodies_mean_what_others_do),
        cmocka_unit_test(bad_bodies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
