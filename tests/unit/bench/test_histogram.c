/* Latencies to three significant digits (tests/bench/histogram.h). */
#include "tests/bench/histogram.h"

#include "common/base/memory.h"
#include "tests/support/cmocka_herd.h"

#include <stdlib.h>

static const uint64_t beyond = UINT64_C(1) << 41;

static void an_empty_one_has_nothing(void **state)
{
    (void)state;
    histogram_t *histogram = memory_new(sizeof *histogram);
    assert_int_equal(histogram_percentile(histogram, 0), 0);
    assert_int_equal(histogram_percentile(histogram, 100), 0);
    free(histogram);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    histogram_t *histogram = memory_new(sizeof *histogram);
    for (uint64_t value = 1; value <= 1000; value++) {
        histogram_record(histogram, value);
    }
    assert_int_equal(histogram->count, 1000);
    assert_int_equal(histogram->max, 1000);
    assert_int_equal(histogram_percentile(histogram, 0), 1);
    assert_int_equal(histogram_percentile(histogram, 50), 500);
    assert_int_equal(histogram_percentile(histogram, 99), 990);
    assert_int_equal(histogram_percentile(histogram, 99.9), 999);
    assert_int_equal(histogram_percentile(histogram, 100), 1000);
    free(histogram);
}

/* A value below a larger one is reported at most a thousandth too high, never too low. */
static void expect_three_digits(uint64_t value)
{
    histogram_t *histogram = memory_new(sizeof *histogram);
    histogram_record(histogram, value);
    histogram_record(histogram, 4 * beyond);
    uint64_t told = histogram_percentile(histogram, 50);
    assert_true(told >= value);
    assert_true(told - value <= value / 1000);
    free(histogram);
}

static void three_digits_hold_around_each_power_of_two(void **state)
{
    (void)state;
    for (uint64_t power = 1; power < beyond; power *= 2) {
        expect_three_digits(power - 1);
        expect_three_digits(power);
        expect_three_digits(power + 1);
        expect_three_digits(power + power / 3);
    }
    /* The last bucket is 2^30 wide, and takes what is beyond, too. */
    expect_three_digits(beyond - (UINT64_C(1) << 30) - 1);
}

static void what_is_beyond_counts_in_the_last(void **state)
{
    (void)state;
    histogram_t *histogram = memory_new(sizeof *histogram);
    histogram_record(histogram, beyond);
    histogram_record(histogram, UINT64_MAX);
    assert_int_equal(histogram->counts[HISTOGRAM_BUCKETS - 1], 2);
    assert_true(histogram_percentile(histogram, 100) == UINT64_MAX);
    free(histogram);
}

static void merged_ones_count_all(void **state)
{
    (void)state;
    histogram_t *one = memory_new(sizeof *one);
    histogram_t *other = memory_new(sizeof *other);
    histogram_record(one, 7);
    histogram_record(other, 5);
    histogram_record(other, 900);
    histogram_merge(one, other);
    assert_int_equal(one->count, 3);
    assert_int_equal(one->max, 900);
    assert_int_equal(histogram_percentile(one, 50), 7);
    free(one);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_has_nothing),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(three_digits_hold_around_each_power_of_two),
        cmocka_unit_test(what_is_beyond_counts_in_the_last),
        cmocka_unit_test(merged_ones_count_all),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
