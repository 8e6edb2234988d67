/* When a provider is left alone, and for how long (node/places/breaker.h). */
#include "tests/support/cmocka_herd.h"

#include "node/places/breaker.h"

static const int64_t pause_ns = 100;
static const int64_t longest_ns = 350;

static breaker_t opened_at(int64_t now_ns)
{
    breaker_t breaker = breaker_new(2, pause_ns, longest_ns);
    breaker_failed(&breaker, now_ns);
    assert_true(breaker_allows(&breaker, now_ns));
    breaker_failed(&breaker, now_ns);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    return breaker;
}

static void failures_in_a_row_open_it(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(3, pause_ns, longest_ns);
    breaker_failed(&breaker, 1);
    breaker_failed(&breaker, 1);
    breaker_succeeded(&breaker);
    breaker_failed(&breaker, 1);
    breaker_failed(&breaker, 1);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    breaker_failed(&breaker, 1);
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
        breaker_failed(&breaker, now_ns);
        assert_false(breaker_allows(&breaker, now_ns + pauses[i] - 1));
        now_ns += pauses[i];
    }
    assert_true(breaker_allows(&breaker, now_ns));
    breaker_succeeded(&breaker);
    breaker_failed(&breaker, now_ns);
    breaker_failed(&breaker, now_ns);
    assert_true(breaker_allows(&breaker, now_ns + pause_ns));
}

static void who_asks_to_be_left_alone_is(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_told(&breaker, 0, 2 * pause_ns);
    assert_false(breaker_allows(&breaker, 2 * pause_ns - 1));
    assert_true(breaker_allows(&breaker, 2 * pause_ns));
    breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_told(&breaker, 0, 1); /* for no longer than it asks */
    assert_false(breaker_allows(&breaker, 0));
    assert_true(breaker_allows(&breaker, 1));
    breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_told(&breaker, 0, INT64_MAX / 2); /* nor for more than the maximum */
    assert_true(breaker_allows(&breaker, longest_ns));
}

/* The answers to what was under way when it was told so do not shorten the pause. */
static void a_pause_is_kept(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_told(&breaker, 0, 50);
    breaker_succeeded(&breaker);
    breaker_failed(&breaker, 1);
    breaker_busy(&breaker, 1, 1);
    assert_false(breaker_would_allow(&breaker, 49));
    assert_true(breaker_would_allow(&breaker, 50));
    breaker_told(&breaker, 10, 90);
    breaker_told(&breaker, 11, 1);
    assert_false(breaker_would_allow(&breaker, 99));
    assert_int_equal(breaker_state_at(&breaker, 99), BREAKER_OPEN);
    assert_int_equal(breaker_state_at(&breaker, 100), BREAKER_HALF_OPEN);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    assert_true(breaker_allows(&breaker, 100));
    breaker_succeeded(&breaker);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void the_busy_are_spared(void **state)
{
    (void)state;
    breaker_t breaker = breaker_new(5, pause_ns, longest_ns);
    breaker_busy(&breaker, 0, 150);
    assert_false(breaker_allows(&breaker, 149));
    assert_true(breaker_allows(&breaker, 150));
    breaker_busy(&breaker, 150, 150); /* twice the pause is longer */
    assert_false(breaker_allows(&breaker, 349));
    assert_true(breaker_allows(&breaker, 350));
}

static void what_was_under_way_changes_little(void **state)
{
    (void)state;
    breaker_t breaker = opened_at(0);
    int64_t until_ns = breaker.open_until_ns;
    breaker_failed(&breaker, 50);
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
        cmocka_unit_test(a_pause_is_kept),
        cmocka_unit_test(the_busy_are_spared),
        cmocka_unit_test(what_was_under_way_changes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
