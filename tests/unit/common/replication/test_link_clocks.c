/* What a link does about clocks: eras, in which what was forgotten is over whatever the times say
 * (common/replication/link.h; replication.md, R17). */
#include "common/replication/link.h"

#include "tests/support/cmocka_herd.h"
#include "tests/support/link_pair.h"
#include "tests/support/records.h"

static record_t known(const pair_end_t *end)
{
    record_t record;
    assert_true(store_find_any(end->store, TEXT("kiwi"), &record));
    return record;
}

static void update(pair_end_t *end, const char *time)
{
    record_t record = record_for_test("kiwi", time, end->name, 1);
    assert_int_equal(store_update(end->store, &record), STORE_NEWER);
}

/* `other` forgets what `one` has, and takes an earlier update; `one` misses the tombstone. */
static void an_update_after_a_tombstone_wins_at_the_neighbour(void **state)
{
    (void)state;
    pair_put(&pair.one, "kiwi", "1000");
    pair_connect();
    assert_true(store_forget(pair.other.store, TEXT("kiwi"), TEXT("Other"), 1));
    update(&pair.other, "5");
    pair_carry(&pair.other, &pair.one);
    assert_true(pair_has(&pair.one, "kiwi", "5"));
    assert_true(known(&pair.one).era_ns == 1000 * SECOND + 1);
    /* Both now have the same bytes, and take them for the same. */
    pair_carry(&pair.one, &pair.other);
    assert_true(link_is_level(pair.one.link) && link_is_level(pair.other.link));
    assert_int_equal(link_counters(pair.other.link)->newer, 1);
}

/* `one` took an update before the tombstone came: it outlives that, and goes back with the era. */
static void an_update_that_a_tombstone_did_not_know_comes_back_in_its_era(void **state)
{
    (void)state;
    pair_put(&pair.one, "kiwi", "1000");
    pair_connect();
    assert_true(store_forget(pair.other.store, TEXT("kiwi"), TEXT("Other"), 1));
    update(&pair.one, "1001");
    pair_carry(&pair.other, &pair.one);
    pair_carry(&pair.one, &pair.other);
    assert_true(pair_has(&pair.one, "kiwi", "1001") && pair_has(&pair.other, "kiwi", "1001"));
    assert_true(known(&pair.one).era_ns == 1000 * SECOND + 1);
    assert_true(known(&pair.other).era_ns == 1000 * SECOND + 1);
}

/* A member of version 0.1.0 would refuse a record with an era: it gets the record without. */
static void who_does_not_know_eras_is_told_none(void **state)
{
    (void)state;
    message_t message;
    pair_put(&pair.one, "kiwi", "1000");
    assert_true(store_forget(pair.one.store, TEXT("kiwi"), TEXT("One"), 1));
    update(&pair.one, "2000");
    pair_say_hello(&pair.one, &pair.other);
    assert_true(link_next_answer(pair.other.link, pair.now_ns, pair.now_ns, &message));
    assert_int_equal(message.type, MESSAGE_WANT);
    message.body = TEXT("version 1\ngeneration bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\nsince none\n");
    assert_int_equal(link_take_answer(pair.one.link, &message, pair.now_ns), LINK_UP);
    assert_true(link_next(pair.one.link, pair.now_ns, pair.now_ns, &message));
    assert_text_equal(message.body, "AT One -1999.000000000 kiwi +34.068930-118.445127 2000 =\n");
    /* What it sends back is the same to us. */
    record_t record = record_for_test("kiwi", "2000", "One", 1);
    assert_int_equal(store_merge(pair.one.store, &record, 0), STORE_SAME);
    assert_true(known(&pair.one).era_ns == 1000 * SECOND + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_update_after_a_tombstone_wins_at_the_neighbour,
                                        pair_open, pair_close),
        cmocka_unit_test_setup_teardown(
            an_update_that_a_tombstone_did_not_know_comes_back_in_its_era, pair_open, pair_close),
        cmocka_unit_test_setup_teardown(who_does_not_know_eras_is_told_none, pair_open, pair_close),
    };
    return cmocka_run_group_tests_name("link_clocks", tests, NULL, NULL);
}
