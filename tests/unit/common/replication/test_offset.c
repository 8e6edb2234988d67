/* How far another clock is from ours (common/replication/offset.h). */
#include "common/replication/offset.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

#define SECOND TIMESTAMP_NS_PER_S
#define MS     TIMESTAMP_NS_PER_MS

/* Our clock is a thousand seconds ahead of the steady one. */
static offset_ours_t at(int64_t steady_ns)
{
    return (offset_ours_t){.now_ns = steady_ns + 1000 * SECOND, .steady_ns = steady_ns};
}

/* The other clock is `ahead_ns` ahead of ours; its answer took `round_trip_ns`, half of it each
 * way. */
static void measure(offset_t *self, int64_t ahead_ns, int64_t steady_ns, int64_t round_trip_ns)
{
    int64_t middle_ns = steady_ns - round_trip_ns / 2;
    offset_take(self, at(middle_ns).now_ns + ahead_ns, steady_ns - round_trip_ns, steady_ns);
}

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    offset_t offset = {0};
    offset_ours_t ours = at(SECOND);
    assert_false(offset.known);
    assert_true(offset_difference(&offset, &ours) == 0);
    assert_true(offset_certain(&offset, &ours) == 0);
}

static void the_middle_is_the_estimate_and_half_the_time_its_error(void **state)
{
    (void)state;
    offset_t offset = {0};
    measure(&offset, 5 * SECOND, 10 * SECOND, 40 * MS);
    offset_ours_t ours = at(10 * SECOND);
    assert_true(offset.known);
    assert_true(offset_difference(&offset, &ours) == 5 * SECOND);
    assert_true(offset_error(&offset, 10 * SECOND) == 20 * MS);
    assert_true(offset_certain(&offset, &ours) == 5 * SECOND - 20 * MS);
    /* The error grows by 200 ppm; never by what lies before. */
    assert_true(offset_error(&offset, 110 * SECOND) == 40 * MS);
    assert_true(offset_error(&offset, 0) == 20 * MS);
    measure(&offset, -5 * SECOND, 11 * SECOND, 40 * MS);
    ours = at(11 * SECOND);
    assert_true(offset_certain(&offset, &ours) == -5 * SECOND + 20 * MS);
    measure(&offset, 20 * MS, 12 * SECOND, 40 * MS);
    ours = at(12 * SECOND);
    assert_true(offset_certain(&offset, &ours) == 0);
}

static void the_best_of_late_counts(void **state)
{
    (void)state;
    offset_t offset = {0};
    measure(&offset, 0, 10 * SECOND, 2 * MS);
    measure(&offset, 300 * MS, 11 * SECOND, SECOND); /* worse, and does not contradict */
    offset_ours_t ours = at(11 * SECOND);
    assert_true(offset_difference(&offset, &ours) == 0);
    measure(&offset, 2 * SECOND, 12 * SECOND, SECOND); /* worse, but contradicts: it was set */
    ours = at(12 * SECOND);
    assert_true(offset_difference(&offset, &ours) == 2 * SECOND);
    measure(&offset, 2 * SECOND + MS, 13 * SECOND, 2 * MS); /* better */
    ours = at(13 * SECOND);
    assert_true(offset_difference(&offset, &ours) == 2 * SECOND + MS);
}

/* No measurement is needed to know what that does. */
static void our_clock_may_be_set_at_any_moment(void **state)
{
    (void)state;
    offset_t offset = {0};
    measure(&offset, 0, 10 * SECOND, 2 * MS);
    offset_ours_t ours = at(11 * SECOND);
    ours.now_ns += 86400 * SECOND;
    assert_true(offset_difference(&offset, &ours) == -86400 * SECOND);
}

static void foreign_times_do_not_overflow(void **state)
{
    (void)state;
    static const int64_t clocks[] = {INT64_MIN, -1, 0, INT64_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(clocks); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(clocks); j++) {
            offset_t offset = {0};
            offset_ours_t ours = at(20 * SECOND);
            offset_take(&offset, clocks[i], 10 * SECOND, 11 * SECOND);
            offset_take(&offset, clocks[j], 19 * SECOND, 20 * SECOND);
            int64_t certain_ns = offset_certain(&offset, &ours);
            assert_true((certain_ns > 0) == (clocks[j] > ours.now_ns));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(the_middle_is_the_estimate_and_half_the_time_its_error),
        cmocka_unit_test(the_best_of_late_counts),
        cmocka_unit_test(our_clock_may_be_set_at_any_moment),
        cmocka_unit_test(foreign_times_do_not_overflow),
    };
    return cmocka_run_group_tests_name("offset", tests, NULL, NULL);
}
