/* Times that readers ask for (frontend/web/geo/moment.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/geo/moment.h"

#define S    INT64_C(1000000000)
#define DAY  (86400 * S)
#define HOUR (3600 * S)
#define AT   (INT64_C(1621464827) * S) /* 2021-05-19T22:53:47Z */

typedef struct {
    const char *text;
    int64_t from_ns;
    int64_t to_ns;
} case_t;

static void times_are_spans_of_their_last_digit(void **state)
{
    static const case_t cases[] = {
        {"2021-05-19T22:53:47Z", AT, AT + S - 1},
        {"2021-05-20t00:53:47+02:00", AT, AT + S - 1},
        {"2021-05-19T17:23:47-05:30", AT, AT + S - 1},
        {"2021-05-19T22:53:47.25z", AT + S / 4, AT + S / 4 + S / 100 - 1},
        {"2021-05-19T22:53:47.959498503Z", AT + 959498503, AT + 959498503},
        {"2021-05-19T22:53:47.9594985031234Z", AT + 959498503, AT + 959498503},
        {"1970-01-01", 0, 86400 * S - 1},
        {"2024-02-29", 19782 * DAY, 19783 * DAY - 1},
        {"1970-01-01T00:00:00+00:01", -1, -1},
        {"1969-12-31T23:59:59Z", -1, -1},
        {"0000-02-29", -1, -1},
        {"9999-12-31T00:00:00Z", INT64_MAX, INT64_MAX},
        {"9999-12-31T23:59:59-23:59", INT64_MAX, INT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        moment_span_t span;
        moment_span_t brief;
        if (!moment_read(text_of(cases[i].text), &span)) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(span.from_ns, cases[i].from_ns);
        assert_int_equal(span.to_ns, cases[i].to_ns);
        assert_true(moment_read_short(text_of(cases[i].text), &brief));
        assert_memory_equal(&brief, &span, sizeof span);
        assert_true(moment_has(&span, cases[i].to_ns));
        assert_false(cases[i].to_ns < INT64_MAX && moment_has(&span, cases[i].to_ns + 1));
    }
}

static void short_times_are_longer_spans(void **state)
{
    static const case_t cases[] = {
        {"2021-05-19T22:53:47", AT, AT + S - 1},
        {"2021-05-19T22:53", AT - 47 * S, AT + 13 * S - 1},
        {"2021-05-20T00:53+02:00", AT - 47 * S, AT + 13 * S - 1},
        {"1970-01-02T03", 27 * HOUR, 28 * HOUR - 1},
        {"1970-02", 31 * DAY, 59 * DAY - 1},
        {"1970-12", 334 * DAY, 365 * DAY - 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        moment_span_t span;
        if (!moment_read_short(text_of(cases[i].text), &span)) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(span.from_ns, cases[i].from_ns);
        assert_int_equal(span.to_ns, cases[i].to_ns);
        assert_false(moment_read(text_of(cases[i].text), &span));
    }
}

static void intervals_may_be_open(void **state)
{
    static const case_t cases[] = {
        {"2021-05-19T22:53:47Z", AT, AT + S - 1},
        {"2021-05-19T22:53:47Z/2021-05-19T22:53:47Z", AT, AT + S - 1},
        {"1970-01-01/1970-01-02", 0, 2 * DAY - 1},
        {"../1970-01-01", INT64_MIN, 86400 * S - 1},
        {"/1970-01-01", INT64_MIN, 86400 * S - 1},
        {"1970-01-01/..", 0, INT64_MAX},
        {"1970-01-01/", 0, INT64_MAX},
        {"0001-01-01T00:00:00Z/9999-12-31T00:00:00Z", -1, INT64_MAX},
        {"../..", INT64_MIN, INT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        moment_span_t span;
        if (!moment_read_interval(text_of(cases[i].text), &span)) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(span.from_ns, cases[i].from_ns);
        assert_int_equal(span.to_ns, cases[i].to_ns);
    }
}

static void others_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "Z",
        "..",
        "now",
        "2021",
        "2021-",
        "2021-5-19",
        "2021-02-29",
        "2021-02-30",
        "1900-02-29",
        "9999-02-30",
        "2021-13-01",
        "2021-00",
        "2021-05-00",
        "2021-05-19Z",
        "2021-05-19T",
        "2021-05-19T24:00:00Z",
        "2021-05-19T22:60:00Z",
        "2021-05-19T22:53:60Z",
        "2021-05-19T22:53:47.Z",
        "2021-05-19T22:53:47.5",
        "2021-05-19T22:53:47ZZ",
        "2021-05-19T22:53:47+2:00",
        "2021-05-19T22:53:47+02",
        "2021-05-19T22:53:47+24:00",
        "2021-05-19T22:53:47+02:60",
        "2021-05-19 22:53:47Z",
        "+2021-05-19",
        "20210519",
        "2021-05-19T22:53:47Z ",
        "2021-05-19/2021-05-18",
        "2021-05-19/x",
        "x/2021-05-19",
        "2021-05-19/2021-05-20/2021-05-21",
        "2021-05-19/../..",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        moment_span_t span;
        if (moment_read_interval(text_of(bad[i]), &span) || moment_read(text_of(bad[i]), &span)) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_spans_of_their_last_digit),
        cmocka_unit_test(short_times_are_longer_spans),
        cmocka_unit_test(intervals_may_be_open),
        cmocka_unit_test(others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
