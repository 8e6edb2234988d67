/* IAMATs whose answers wait for neighbours: the kept leave in order, the late are dropped. */
#include "node/requests/promises.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1048576 }; /* bytes, more than a test needs */

static bool add(promises_t *promises, uint64_t index, int64_t since_ns)
{
    char reply[32];
    int size = snprintf(reply, sizeof reply, "AT %08llu\n", (unsigned long long)index);
    promise_t promise = {
        .index = index, .connection = 7, .sequence = index + 100, .since_ns = since_ns};
    return promises_add(promises, &promise, (text_t){.data = reply, .size = (size_t)size});
}

static void note_round(promises_t *promises, const uint64_t *held, size_t count)
{
    promises_begin_round(promises);
    for (size_t i = 0; i < count; i++) {
        promises_note_held(promises, held[i]);
    }
    promises_end_round(promises);
}

/* One neighbour holds everything up to `index`. */
static void hold(promises_t *promises, uint64_t index)
{
    note_round(promises, &index, 1);
}

static void expect_kept(promises_t *promises, uint64_t index)
{
    promise_t promise;
    text_t reply;
    char expected[32];
    snprintf(expected, sizeof expected, "AT %08llu\n", (unsigned long long)index);
    assert_true(promises_take_kept(promises, &promise, &reply));
    assert_int_equal(promise.index, index);
    assert_int_equal(promise.connection, 7);
    assert_int_equal(promise.sequence, index + 100);
    assert_text_equal(reply, expected);
}

static void expect_none_kept(promises_t *promises)
{
    promise_t promise;
    text_t reply;
    assert_false(promises_take_kept(promises, &promise, &reply));
}

static void what_is_held_leaves_in_order(void **state)
{
    (void)state;
    promises_t *promises = promises_new(1, ROOM);
    expect_none_kept(promises);
    assert_true(promises_are_kept(promises, 0));
    assert_false(promises_are_kept(promises, 1));
    assert_true(add(promises, 1, 0));
    assert_true(add(promises, 3, 0));
    assert_true(add(promises, 3, 0)); /* one that changed nothing waits for the same index */
    assert_true(add(promises, 4, 0));
    expect_none_kept(promises);
    assert_int_equal(promises_count(promises), 4);
    hold(promises, 2);
    expect_kept(promises, 1);
    expect_none_kept(promises);
    hold(promises, 3);
    assert_true(promises_are_kept(promises, 3));
    assert_false(promises_are_kept(promises, 4));
    expect_kept(promises, 3);
    expect_kept(promises, 3);
    expect_none_kept(promises);
    assert_int_equal(promises_count(promises), 1);
    hold(promises, UINT64_MAX);
    expect_kept(promises, 4);
    expect_none_kept(promises);
    promises_destroy(&promises);
    promises_destroy(&promises);
}

static void as_many_neighbours_as_wanted_must_hold_it(void **state)
{
    (void)state;
    static const uint64_t held[][4] = {{9, 0, 0, 0}, {5, 9, 0, 0}, {9, 5, 7, 0},
                                       {4, 5, 9, 5}, {6, 6, 6, 6}, {0, 0, 0, 0}};
    static const uint64_t kept[][3] = {{9, 0, 0}, {9, 5, 0}, {9, 7, 5},
                                       {9, 5, 5}, {6, 6, 6}, {0, 0, 0}};
    for (size_t i = 0; i < ARRAY_COUNT(held); i++) {
        for (size_t peers = 1; peers <= 3; peers++) {
            promises_t *promises = promises_new(peers, ROOM);
            note_round(promises, held[i], 4);
            assert_true(promises_are_kept(promises, kept[i][peers - 1]));
            assert_false(promises_are_kept(promises, kept[i][peers - 1] + 1));
            promises_destroy(&promises);
        }
    }
    /* Fewer neighbours than that hold nothing. */
    promises_t *promises = promises_new(LIMIT_ACKNOWLEDGING_PEERS, ROOM);
    note_round(promises, held[4], 4);
    assert_true(promises_are_kept(promises, 0));
    assert_false(promises_are_kept(promises, 1));
    promises_destroy(&promises);
}

/* The setting changes while some wait (a reload). */
static void how_many_neighbours_are_wanted_may_change(void **state)
{
    (void)state;
    promises_t *promises = promises_new(1, ROOM);
    assert_true(add(promises, 1, 0));
    assert_true(add(promises, 2, 0));
    hold(promises, 1);
    promises_set_peers(promises, 2);
    assert_false(promises_are_kept(promises, 1));
    expect_none_kept(promises);
    hold(promises, 1);
    expect_none_kept(promises);
    promises_begin_round(promises);
    promises_note_held(promises, 1);
    promises_note_held(promises, 2);
    promises_end_round(promises);
    expect_kept(promises, 1);
    expect_none_kept(promises);
    promises_set_peers(promises, 0);
    assert_true(promises_are_kept(promises, UINT64_MAX));
    expect_kept(promises, 2);
    hold(promises, 0);
    assert_true(promises_are_kept(promises, UINT64_MAX));
    promises_set_peers(promises, 1);
    assert_false(promises_are_kept(promises, 1));
    promises_destroy(&promises);
}

static void what_waits_too_long_is_dropped(void **state)
{
    (void)state;
    promises_t *promises = promises_new(1, ROOM);
    assert_int_equal(promises_drop_late(promises, INT64_MAX), 0);
    assert_true(add(promises, 1, 10));
    assert_true(add(promises, 2, 19));
    assert_true(add(promises, 3, 20));
    assert_int_equal(promises_drop_late(promises, 10), 0);
    assert_int_equal(promises_drop_late(promises, 20), 2);
    assert_int_equal(promises_drop_late(promises, 20), 0);
    hold(promises, 3);
    expect_kept(promises, 3);
    expect_none_kept(promises);
    assert_true(add(promises, 4, 30));
    assert_int_equal(promises_drop_late(promises, INT64_MAX), 1);
    assert_int_equal(promises_count(promises), 0);
    promises_destroy(&promises);
}

/* Many times through its memory, with some always waiting. */
static void they_go_round(void **state)
{
    (void)state;
    enum { ROUNDS = 400000, WAITING = 1000 };
    promises_t *promises = promises_new(1, ROOM);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        assert_true(add(promises, i, (int64_t)i));
        if (i % 100 == 0 && i > WAITING) {
            hold(promises, i - WAITING);
            for (uint64_t j = i - WAITING - 99; j <= i - WAITING; j++) {
                expect_kept(promises, j);
            }
            expect_none_kept(promises);
            assert_int_equal(promises_count(promises), WAITING);
        }
    }
    promises_destroy(&promises);
}

static void there_are_no_more_than_the_maximum(void **state)
{
    (void)state;
    enum { MAXIMUM = 1000000 };
    promises_t *promises = promises_new(1, MAXIMUM);
    uint64_t count = 0;
    while (add(promises, count + 1, 0)) {
        count++;
    }
    assert_true(count > MAXIMUM / 128 && count < MAXIMUM / 16);
    assert_int_equal(promises_count(promises), count);
    assert_false(add(promises, count + 1, 0));
    /* Room for as many as have left, whatever lies in front of those that wait. */
    hold(promises, count / 2);
    for (uint64_t i = 1; i <= count / 2; i++) {
        expect_kept(promises, i);
    }
    uint64_t more = 0;
    while (add(promises, count + more + 1, 0)) {
        more++;
    }
    assert_true(more + 2 >= count / 2 && more <= count / 2 + 2);
    hold(promises, UINT64_MAX);
    for (uint64_t i = count / 2 + 1; i <= count + more; i++) {
        expect_kept(promises, i);
    }
    expect_none_kept(promises);
    /* A reply that is larger than all of it. */
    promise_t promise = {.index = UINT64_MAX};
    char *reply = calloc(1, MAXIMUM);
    assert_non_null(reply);
    assert_false(promises_add(promises, &promise, (text_t){.data = reply, .size = MAXIMUM}));
    free(reply);
    promises_destroy(&promises);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_leaves_in_order),
        cmocka_unit_test(as_many_neighbours_as_wanted_must_hold_it),
        cmocka_unit_test(how_many_neighbours_are_wanted_may_change),
        cmocka_unit_test(what_waits_too_long_is_dropped),
        cmocka_unit_test(they_go_round),
        cmocka_unit_test(there_are_no_more_than_the_maximum),
    };
    return cmocka_run_group_tests_name("promises", tests, NULL, NULL);
}
