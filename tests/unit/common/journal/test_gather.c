#include "common/journal/gather.h"

#include "common/base/timestamp.h"
#include "tests/support/cmocka_herd.h"

#define MS TIMESTAMP_NS_PER_MS

static void nothing_is_waited_for_at_first(void **state)
{
    (void)state;
    journal_gather_t gather = {0};
    assert_true(journal_gather_left_ns(&gather, 1, 0) == 0);
}

static void it_waits_for_as_many_as_before(void **state)
{
    (void)state;
    journal_gather_t gather = {0};
    journal_gather_begin(&gather, 50, 4 * MS, 100 * MS);
    assert_true(journal_gather_left_ns(&gather, 25, 100 * MS) == 2 * MS);
    assert_true(journal_gather_left_ns(&gather, 49, 101 * MS) == 1 * MS);
    assert_true(journal_gather_left_ns(&gather, 50, 101 * MS) == 0);
    assert_true(journal_gather_left_ns(&gather, 51, 101 * MS) == 0);
}

static void who_is_alone_waits_for_no_one(void **state)
{
    (void)state;
    journal_gather_t gather = {0};
    journal_gather_begin(&gather, 1, 4 * MS, 100 * MS);
    assert_true(journal_gather_left_ns(&gather, 1, 100 * MS) == 0);
}

static void it_waits_for_half_a_commit(void **state)
{
    (void)state;
    journal_gather_t gather = {0};
    journal_gather_begin(&gather, 50, 4 * MS, 100 * MS);
    assert_true(journal_gather_left_ns(&gather, 1, 102 * MS - 1) == 1);
    assert_true(journal_gather_left_ns(&gather, 1, 102 * MS) == 0);
    assert_true(journal_gather_left_ns(&gather, 1, 103 * MS) == 0);
    journal_gather_begin(&gather, 50, 0, 100 * MS);
    assert_true(journal_gather_left_ns(&gather, 1, 100 * MS) == 0);
}

static void a_slow_disk_has_no_one_wait_for_long(void **state)
{
    (void)state;
    journal_gather_t gather = {0};
    journal_gather_begin(&gather, 50, 60 * TIMESTAMP_NS_PER_S, 100 * MS);
    assert_true(journal_gather_left_ns(&gather, 1, 100 * MS) == 5 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_waited_for_at_first),
        cmocka_unit_test(it_waits_for_as_many_as_before),
        cmocka_unit_test(who_is_alone_waits_for_no_one),
        cmocka_unit_test(it_waits_for_half_a_commit),
        cmocka_unit_test(a_slow_disk_has_no_one_wait_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
