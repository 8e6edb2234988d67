/* When a provider is left alone, and for how long (node/places/breaker.h). */
#include "tests/support/cmocka_herd.h"

#include "node/places/breaker.h"

static const int64_t pause_ns = 100;
static const int64_t longest_ns = 350;

static breaker_t opened_at(int64_t now_ns)
{
    breaker_t breaker = breaker_new(2, pause_ns, longest_ns);
    breaker_failed(&breaker, now_ns, 0);
    assert_true(breaker_allows(&breaker, now_ns));
    breaker_failed(&breaker, now_ns, 0);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    return breaker;
}

static void failures_in_a_row_open_it(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(3, pause_ns, longest_ns);
    breaker_failed(&breaker, 1, 0);
    breaker_failed(&breaker, 1, 0);
    breaker_succeeded(&breaker);
    breaker_failed(&breaker, 1, 0);
    breaker_failed(&breaker, 1, 0);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    breaker_failed(&breaker, 1, 0);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    assert_false(breaker_allows(&breaker, 1));
}

static void one_trial_after_the_pause(void **state)
{
    (void)state;
    breaker_t breaker = opened_at(1000);
    assert_false(breaker_allows(&breaker, 1000 + pause_ns - 1));
    assert_true(breaker_allows(&breaker, 1000 + pause_ns));
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    assert_false(breaker_allows(&breaker, 5000));
    breaker_succeeded(&breaker);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(breaker_allows(&breaker, 5000));
}

static void failed_trials_double_the_pause(void **state)
{
    (void)state;
    const int64_t pauses[] = {2 * pause_ns, longest_ns, longest_ns};
    breaker_t breaker = opened_at(0);
    int64_t now_ns = pause_ns;
    for (size_t i = 0; i < ARRAY_COUNT(pauses); i++) {
        assert_true(breaker_allows(&breaker, now_ns));
        breaker_failed(&breaker, now_ns, 0);
        assert_false(breaker_allows(&breaker, now_ns + pauses[i] - 1));
        now_ns += pauses[i];
    }
    assert_true(breaker_allows(&breaker, now_ns));
    breaker_succeeded(&breaker);
    breaker_failed(&breaker, now_ns, 0);
    breaker_failed(&breaker, now_ns, 0);
    assert_true(breaker_allows(&breaker, now_ns + pause_ns));
}

static void who_asks_to_be_left_alone_is(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_failed(&breaker, 0, 2 * pause_ns);
    assert_false(breaker_allows(&breaker, 2 * pause_ns - 1));
    assert_true(breaker_allows(&breaker, 2 * pause_ns));
    breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_failed(&breaker, 0, 1); /* never for less than the pause */
    assert_false(breaker_allows(&breaker, pause_ns - 1));
    breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_failed(&breaker, 0, INT64_MAX); /* nor for more than its maximum */
    assert_true(breaker_allows(&breaker, longest_ns));
}

static void what_was_under_way_changes_little(void **state)
{
    (void)state;
    breaker_t breaker = opened_at(0);
    int64_t until_ns = breaker.open_until_ns;
    breaker_failed(&breaker, 50, 0);
    assert_int_equal(breaker.open_until_ns, until_ns);
    breaker_succeeded(&breaker);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_string_equal(breaker_state_text(BREAKER_HALF_OPEN), "half-open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_in_a_row_open_it),
        cmocka_unit_test(one_trial_after_the_pause),
        cmocka_unit_test(failed_trials_double_the_pause),
        cmocka_unit_test(who_asks_to_be_left_alone_is),
        cmocka_unit_test(what_was_under_way_changes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
