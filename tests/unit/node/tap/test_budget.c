/* How much of the reactor's time the tap takes (node/tap/budget.h). */
#include "tests/support/cmocka_herd.h"

#include "node/tap/budget.h"

static const int64_t second_ns = 1000000000;

/* Publishes whatever the budget covers, `cost_ns` each, from `*now_ns` for a time, and does
 * something else for `pause_ns` between; returns the time that publishing took. */
static int64_t publish_for(budget_t *budget, int64_t *now_ns, int64_t time_ns, int64_t cost_ns,
                           int64_t pause_ns)
{
    int64_t spent_ns = 0;
    int64_t end_ns = *now_ns + time_ns;
    while (*now_ns < end_ns) {
        if (budget_covers(budget, *now_ns)) {
            *now_ns += cost_ns;
            budget_spend(budget, *now_ns);
            spent_ns += cost_ns;
        }
        *now_ns += pause_ns;
    }
    return spent_ns;
}

static void a_busy_tap_gets_its_share(void **state)
{
    (void)state;
    static const int64_t costs_ns[] = {1000, 300000, 20000000};
    for (size_t i = 0; i < ARRAY_COUNT(costs_ns); i++) {
        budget_t budget = {0};
        int64_t now_ns = 77 * second_ns;
        int64_t spent_ns = publish_for(&budget, &now_ns, 10 * second_ns, costs_ns[i], 1000);
        int64_t share_ns = 10 * second_ns / BUDGET_SHARE;
        assert_true(spent_ns >= share_ns);
        assert_true(spent_ns <= share_ns + BUDGET_SAVED_NS + 2 * costs_ns[i]);
    }
}

/* What a quiet tap has saved, it may spend at once; never more than that. */
static void a_burst_is_covered(void **state)
{
    (void)state;
    budget_t budget = {0};
    int64_t now_ns = second_ns;
    (void)publish_for(&budget, &now_ns, second_ns, 1000, 100);
    now_ns += 3600 * second_ns;
    int64_t begin_ns = now_ns;
    while (budget_covers(&budget, now_ns)) {
        now_ns += 1000;
        budget_spend(&budget, now_ns);
    }
    assert_true(now_ns - begin_ns >= BUDGET_SAVED_NS);
    assert_true(now_ns - begin_ns <= BUDGET_SAVED_NS + BUDGET_SAVED_NS / (BUDGET_SHARE - 1) + 2000);
}

static void a_quiet_tap_leaves_nothing_out(void **state)
{
    (void)state;
    budget_t budget = {0};
    int64_t now_ns = second_ns;
    for (int i = 0; i < 10000; i++) {
        assert_true(budget_covers(&budget, now_ns));
        now_ns += 2000;
        budget_spend(&budget, now_ns);
        now_ns += (int64_t)(BUDGET_SHARE - 1) * 2000;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_busy_tap_gets_its_share),
        cmocka_unit_test(a_burst_is_covered),
        cmocka_unit_test(a_quiet_tap_leaves_nothing_out),
    };
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
