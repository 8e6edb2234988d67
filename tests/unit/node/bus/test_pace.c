/* How fast a long list is taken over (node/bus/pace.h), by a clock of the test's. */
#include "node/bus/pace.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

static const int64_t begin_ns = 1000 * TIMESTAMP_NS_PER_S;
static const int64_t ms = TIMESTAMP_NS_PER_MS;

/* Records of a list that leave within a second, by batches, while clients ask all the time or not
 * at all; the pace is asked every 100 us. */
static uint64_t records_of_a_second(uint64_t list, uint64_t batch, bool asked)
{
    pace_t pace = {0};
    uint64_t sent = 0;
    for (int64_t now_ns = begin_ns; now_ns < begin_ns + 1000 * ms; now_ns += ms / 10) {
        if (pace_wait_ns(&pace, asked ? now_ns : 0, now_ns) == 0) {
            sent += batch;
            pace_spend(&pace, batch, list - sent, now_ns);
        }
    }
    return sent;
}

static void a_list_leaves_in_its_time_while_clients_ask(void **state)
{
    (void)state;
    uint64_t sent = records_of_a_second(1000000, 800, true);
    assert_in_range(sent, PACE_RECORDS_PER_MS * 990, PACE_RECORDS_PER_MS * 1010);
    sent = records_of_a_second(1000000, 10, true);
    assert_in_range(sent, 10 * 9990, 10 * 10010); /* as often as it is asked */
    assert_int_equal(records_of_a_second(100000000, 800, false), 800 * 10000);
}

/* Before the newcomer serves without the rest (R11). */
static void a_longer_list_leaves_faster(void **state)
{
    (void)state;
    const uint64_t list = UINT64_C(8) * PACE_LIST_MS * 1000;
    assert_in_range(records_of_a_second(list, 800, true), list * 990 / PACE_LIST_MS,
                    list * 1010 / PACE_LIST_MS);
}

static void it_waits_only_while_clients_ask(void **state)
{
    (void)state;
    pace_t pace = {0};
    assert_int_equal(pace_wait_ns(&pace, begin_ns, begin_ns), 0);
    pace_spend(&pace, UINT64_C(2000) * PACE_RECORDS_PER_MS, 0, begin_ns);
    int64_t later_ns = begin_ns + PACE_ASKED_MS * ms - 1;
    assert_int_equal(pace_wait_ns(&pace, 0, begin_ns), 0);
    assert_int_equal(pace_wait_ns(&pace, begin_ns, begin_ns), 1999 * ms);
    assert_int_equal(pace_wait_ns(&pace, begin_ns, later_ns), begin_ns + 1999 * ms - later_ns);
    assert_int_equal(pace_wait_ns(&pace, begin_ns, later_ns + 1), 0);
    pace_end(&pace);
    assert_int_equal(pace_wait_ns(&pace, begin_ns, begin_ns), 0);
}

/* Time in which it had nothing to do is not made up for. */
static void a_pause_gives_no_credit(void **state)
{
    (void)state;
    pace_t pace = {0};
    pace_spend(&pace, PACE_RECORDS_PER_MS, 1, begin_ns);
    int64_t now_ns = begin_ns + 50 * ms;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pace_wait_ns(&pace, now_ns, now_ns), 0);
        pace_spend(&pace, PACE_RECORDS_PER_MS, 1, now_ns);
    }
    assert_int_equal(pace_wait_ns(&pace, now_ns, now_ns), 1 * ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_leaves_in_its_time_while_clients_ask),
        cmocka_unit_test(a_longer_list_leaves_faster),
        cmocka_unit_test(it_waits_only_while_clients_ask),
        cmocka_unit_test(a_pause_gives_no_credit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
