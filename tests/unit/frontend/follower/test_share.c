/* What part of the time something may take (frontend/follower/share.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/follower/share.h"

static const int64_t ms_ns = 1000000;
static const int64_t begin_ns = 5000000000;

static void what_takes_little_never_rests(void **state)
{
    (void)state;
    share_t share = {0};
    for (int64_t i = 0; i < 10000; i++) {
        int64_t at_ns = begin_ns + i * 10 * ms_ns;
        share_take(&share, at_ns, at_ns + ms_ns);
        assert_int_equal(share_rest_ns(&share), 0);
    }
}

static void a_burst_is_taken_at_once(void **state)
{
    (void)state;
    share_t share = {0};
    share_take(&share, begin_ns, begin_ns + SHARE_BURST_MS * ms_ns);
    assert_int_equal(share_rest_ns(&share), 0);
    /* After that it has a part of the time that has passed. */
    int64_t later_ns = begin_ns + SHARE_BURST_MS * ms_ns + 10 * ms_ns;
    share_take(&share, later_ns - ms_ns, later_ns);
    assert_int_equal(share_rest_ns(&share), 0);
    share_take(&share, later_ns, later_ns + 3 * ms_ns);
    assert_true(share_rest_ns(&share) > 0);
}

static void what_takes_without_end_has_a_part_of_the_time(void **state)
{
    (void)state;
    share_t share = {0};
    int64_t now_ns = begin_ns;
    int64_t taken_ns = 0;
    while (now_ns < begin_ns + 10000 * ms_ns) {
        share_take(&share, now_ns, now_ns + ms_ns);
        taken_ns += ms_ns;
        now_ns += ms_ns + share_rest_ns(&share);
    }
    assert_in_range(taken_ns / ms_ns, 10000 / SHARE_PART, 10000 / SHARE_PART + SHARE_BURST_MS + 1);
}

static void a_rest_has_an_end(void **state)
{
    (void)state;
    share_t share = {0};
    share_take(&share, begin_ns, begin_ns + 60000 * ms_ns); /* held up for a minute */
    int64_t most_ns = (int64_t)SHARE_PART * SHARE_BURST_MS * ms_ns;
    assert_int_equal(share_rest_ns(&share), most_ns);
    share_take(&share, begin_ns + 60000 * ms_ns + most_ns, begin_ns + 60000 * ms_ns + most_ns);
    assert_int_equal(share_rest_ns(&share), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_little_never_rests),
        cmocka_unit_test(a_burst_is_taken_at_once),
        cmocka_unit_test(what_takes_without_end_has_a_part_of_the_time),
        cmocka_unit_test(a_rest_has_an_end),
    };
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
