/* Whether our clock was set, and by which time records expire (common/replication/clocks.h). */
#include "common/replication/clocks.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

#define SECOND TIMESTAMP_NS_PER_S
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define START  (1000000 * SECOND)

enum { OTHERS_MAX = 4 };

static const int64_t tolerance_ns = SECOND / 2;

static void a_clock_that_is_set_is_noticed(void **state)
{
    (void)state;
    clocks_t clocks = {0};
    assert_true(clocks_tick(&clocks, START, 0, tolerance_ns) == 0);
    assert_true(clocks_tick(&clocks, START + SECOND, SECOND, tolerance_ns) == 0);
    /* Slewed, as NTP does: any number of small steps. */
    for (int64_t i = 2; i < 10; i++) {
        assert_true(clocks_tick(&clocks, START + i * SECOND + (i - 1) * SECOND / 2, i * SECOND,
                                tolerance_ns) == 0);
    }
    int64_t now_ns = START + 10 * SECOND + 4 * SECOND;
    assert_true(clocks_tick(&clocks, now_ns + HOUR, 10 * SECOND, tolerance_ns) == HOUR);
    assert_true(clocks_tick(&clocks, now_ns + HOUR + SECOND, 11 * SECOND, tolerance_ns) == 0);
    assert_true(clocks_tick(&clocks, now_ns, 11 * SECOND, tolerance_ns) == -HOUR - SECOND);
    assert_int_equal(clocks.steps, 2);
    assert_true(clocks.step_ns == -HOUR - SECOND);
}

/* What becomes of the herd's time: at `steady_s`, by a clock that is `own_ns` ahead, and by
 * others. */
static int64_t herd_time(clocks_t *clocks, int64_t own_ns, int64_t steady_s,
                         const int64_t *ahead_ns, size_t count)
{
    int64_t copy[OTHERS_MAX];
    for (size_t i = 0; i < count; i++) {
        copy[i] = ahead_ns[i];
    }
    clocks_others_t others = {
        .ahead_ns = copy, .count = count, .tolerance_ns = tolerance_ns, .doubt_ns = 900 * SECOND};
    int64_t steady_ns = steady_s * SECOND;
    return clocks_herd_time(clocks, &others, START + steady_ns + own_ns, steady_ns) - START -
           steady_ns;
}

static void the_middle_clock_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_ns[OTHERS_MAX];
        size_t count;
        int64_t expected_ns;
    } cases[] = {
        {{0}, 0, 0},
        {{DAY}, 1, 0}, /* of two the one that is behind */
        {{-DAY}, 1, -DAY},
        {{-DAY, -DAY}, 2, -DAY}, /* we are ahead */
        {{DAY, DAY}, 2, DAY},    /* we are behind */
        {{DAY, -DAY}, 2, 0},
        {{DAY, 0}, 2, 0},
        {{0, -DAY}, 2, 0},
        {{DAY, HOUR, DAY}, 3, HOUR},
        {{-DAY, 0, DAY, 0}, 4, 0},
        {{-HOUR, -DAY, -HOUR, 0}, 4, -HOUR},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        clocks_t clocks = {0};
        assert_true(herd_time(&clocks, 0, 0, cases[i].ahead_ns, cases[i].count) ==
                    cases[i].expected_ns);
    }
}

static void a_leap_is_followed_when_it_has_lasted(void **state)
{
    (void)state;
    clocks_t clocks = {0};
    assert_true(herd_time(&clocks, 0, 0, NULL, 0) == 0);
    assert_true(herd_time(&clocks, SECOND / 4, 1, NULL, 0) == SECOND / 4); /* tolerated */
    assert_true(herd_time(&clocks, DAY, 2, NULL, 0) == SECOND / 4);
    assert_true(clocks.doubts);
    assert_true(herd_time(&clocks, DAY, 901, NULL, 0) == SECOND / 4);
    assert_true(herd_time(&clocks, DAY, 902, NULL, 0) == DAY);
    assert_false(clocks.doubts);
    assert_false(clocks_take_went_back(&clocks));
    /* Back it is followed at once, and told once. */
    assert_true(herd_time(&clocks, 0, 903, NULL, 0) == 0);
    assert_true(clocks_take_went_back(&clocks));
    assert_false(clocks_take_went_back(&clocks));
}

/* Two minutes, as in the log of a machine whose time server went mad. */
static void a_leap_that_does_not_last_changes_nothing(void **state)
{
    (void)state;
    clocks_t clocks = {0};
    assert_true(herd_time(&clocks, 0, 0, NULL, 0) == 0);
    for (int64_t i = 1; i <= 120; i++) {
        assert_true(herd_time(&clocks, DAY, i, NULL, 0) == 0);
    }
    assert_true(herd_time(&clocks, 0, 121, NULL, 0) == 0);
    assert_false(clocks_take_went_back(&clocks));
    /* The next one is doubted as long. */
    assert_true(herd_time(&clocks, DAY, 122, NULL, 0) == 0);
    assert_true(herd_time(&clocks, DAY, 1021, NULL, 0) == 0);
    assert_true(herd_time(&clocks, DAY, 1022, NULL, 0) == DAY);
}

static void a_further_leap_is_doubted_anew(void **state)
{
    (void)state;
    clocks_t clocks = {0};
    assert_true(herd_time(&clocks, 0, 0, NULL, 0) == 0);
    assert_true(herd_time(&clocks, HOUR, 1, NULL, 0) == 0);
    assert_true(herd_time(&clocks, DAY, 900, NULL, 0) == 0);
    assert_true(herd_time(&clocks, DAY, 1799, NULL, 0) == 0);
    assert_true(herd_time(&clocks, DAY, 1800, NULL, 0) == DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_is_noticed),
        cmocka_unit_test(the_middle_clock_counts),
        cmocka_unit_test(a_leap_is_followed_when_it_has_lasted),
        cmocka_unit_test(a_leap_that_does_not_last_changes_nothing),
        cmocka_unit_test(a_further_leap_is_doubted_anew),
    };
    return cmocka_run_group_tests_name("clocks", tests, NULL, NULL);
}
