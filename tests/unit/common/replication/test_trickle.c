/* When to audit (common/replication/trickle.h; RFC 6206, section 4.2). */
#include "common/replication/trickle.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

#define SECOND TIMESTAMP_NS_PER_S

/* Seconds from *now_ns until it is next due; moves *now_ns there. */
static int64_t wait_due(trickle_t *trickle, int64_t *now_ns)
{
    int64_t from_ns = *now_ns;
    while (!trickle_is_due(trickle, *now_ns)) {
        *now_ns += SECOND;
    }
    return (*now_ns - from_ns) / SECOND;
}

static void it_does_not_run_before_it_is_started(void **state)
{
    (void)state;
    trickle_t trickle;
    trickle_init(&trickle, 1);
    assert_false(trickle_is_due(&trickle, 0));
    assert_false(trickle_is_due(&trickle, 100000 * SECOND));
}

static void intervals_double_up_to_an_hour(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        trickle_t trickle;
        int64_t now_ns = 1000 * SECOND;
        trickle_init(&trickle, seed);
        trickle_start(&trickle, now_ns);
        int64_t interval_s = 30;
        for (int i = 0; i < 12; i++) {
            /* We look each second: up to a second late, which also delays the next one. */
            int64_t waited_s = wait_due(&trickle, &now_ns);
            assert_in_range(waited_s, i == 0 ? 15 : interval_s / 2, 3 * interval_s / 2 + 2);
            assert_true(trickle.interval_ns == interval_s * SECOND);
            trickle_sent(&trickle);
            assert_false(trickle_is_due(&trickle, now_ns));
            interval_s = 2 * interval_s < 3600 ? 2 * interval_s : 3600;
        }
    }
}

static void what_could_not_be_sent_stays_due(void **state)
{
    (void)state;
    trickle_t trickle;
    trickle_init(&trickle, 6);
    trickle_start(&trickle, 0);
    assert_true(trickle_is_due(&trickle, 30 * SECOND));
    assert_true(trickle_is_due(&trickle, 3000 * SECOND));
    trickle_sent(&trickle);
    assert_false(trickle_is_due(&trickle, 3000 * SECOND));
}

static void who_heard_agreement_keeps_silent_for_the_interval(void **state)
{
    (void)state;
    trickle_t trickle;
    int64_t now_ns = 0;
    trickle_init(&trickle, 3);
    trickle_start(&trickle, now_ns);
    trickle_consistent(&trickle);
    for (; now_ns < 30 * SECOND; now_ns += SECOND) {
        assert_false(trickle_is_due(&trickle, now_ns));
    }
    assert_in_range(wait_due(&trickle, &now_ns), 29, 61);
}

static void a_disagreement_begins_anew(void **state)
{
    (void)state;
    trickle_t trickle;
    int64_t now_ns = 0;
    trickle_init(&trickle, 4);
    trickle_start(&trickle, now_ns);
    for (int i = 0; i < 5; i++) {
        wait_due(&trickle, &now_ns);
        trickle_sent(&trickle);
    }
    trickle_inconsistent(&trickle, now_ns);
    assert_in_range(wait_due(&trickle, &now_ns), 14, 31);
}

static void in_the_shortest_interval_a_disagreement_changes_nothing(void **state)
{
    (void)state;
    trickle_t trickle;
    trickle_init(&trickle, 5);
    trickle_start(&trickle, 0);
    trickle_t before = trickle;
    trickle_inconsistent(&trickle, 10 * SECOND);
    assert_true(trickle.due_ns == before.due_ns && trickle.started_ns == before.started_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_not_run_before_it_is_started),
        cmocka_unit_test(intervals_double_up_to_an_hour),
        cmocka_unit_test(what_could_not_be_sent_stays_due),
        cmocka_unit_test(who_heard_agreement_keeps_silent_for_the_interval),
        cmocka_unit_test(a_disagreement_begins_anew),
        cmocka_unit_test(in_the_shortest_interval_a_disagreement_changes_nothing),
    };
    return cmocka_run_group_tests_name("trickle", tests, NULL, NULL);
}
