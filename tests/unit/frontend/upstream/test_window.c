/* How many messages of requests are under way (frontend/upstream/window.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/upstream/window.h"

/* Sends one message, for which there is no answer for that time, and then one; `count` times. */
static void exchange(window_t *window, unsigned count, uint64_t waited_ns)
{
    for (unsigned i = 0; i < count; i++) {
        window_sent(window, 1000);
        window_looked(window, 1000 + waited_ns);
        window_answered(window, 1);
    }
}

static unsigned fill(window_t *window, uint64_t now_ns)
{
    unsigned count = 0;
    while (window_is_open(window)) {
        window_sent(window, now_ns);
        count++;
    }
    return count;
}

static void at_first_all_are_allowed(void **state)
{
    (void)state;
    window_t window;
    window_init(&window);
    assert_int_equal(fill(&window, 1), LIMIT_REQUEST_WINDOW);
    window_answered(&window, 3);
    assert_int_equal(fill(&window, 3), 3);
}

static void late_answers_make_it_small_and_early_ones_large(void **state)
{
    (void)state;
    window_t window;
    window_init(&window);
    exchange(&window, 3, WINDOW_LATE_NS + 1);
    assert_int_equal(window.max, LIMIT_REQUEST_WINDOW - 3);
    exchange(&window, 100, WINDOW_LATE_NS + 1);
    assert_int_equal(fill(&window, 1), WINDOW_MIN);
    window_looked(&window, 1 + WINDOW_LATE_NS);
    window_answered(&window, WINDOW_MIN);
    assert_int_equal(window.max, WINDOW_MIN);
    exchange(&window, 100, WINDOW_EARLY_NS);
    assert_int_equal(window.max, WINDOW_MIN);
    exchange(&window, 1, WINDOW_EARLY_NS - 1);
    assert_int_equal(window.max, WINDOW_MIN + 1);
    exchange(&window, 100, 0);
    assert_int_equal(fill(&window, 1), LIMIT_REQUEST_WINDOW);
}

/* Each message has its own time. */
static void times_belong_to_messages(void **state)
{
    (void)state;
    window_t window;
    window_init(&window);
    exchange(&window, 10, WINDOW_LATE_NS + 1);
    assert_int_equal(window.max, LIMIT_REQUEST_WINDOW - 10);
    window_sent(&window, 0);
    window_sent(&window, WINDOW_LATE_NS);
    window_looked(&window, WINDOW_LATE_NS + 1);
    window_answered(&window, 2);
    assert_int_equal(window.max, LIMIT_REQUEST_WINDOW - 10);
    assert_int_equal(window.count, 0);
}

/* We looked before they were sent, and then only when they were answered. */
static void how_seldom_we_look_does_not_count(void **state)
{
    (void)state;
    window_t window;
    window_init(&window);
    exchange(&window, 5, WINDOW_LATE_NS + 1);
    window_looked(&window, 1);
    for (unsigned i = 0; i < 5; i++) {
        window_sent(&window, 2 + i * WINDOW_LATE_NS);
        window_answered(&window, 1);
    }
    assert_int_equal(window.max, LIMIT_REQUEST_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_all_are_allowed),
        cmocka_unit_test(late_answers_make_it_small_and_early_ones_large),
        cmocka_unit_test(times_belong_to_messages),
        cmocka_unit_test(how_seldom_we_look_does_not_count),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
