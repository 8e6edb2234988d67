/* WHATSATs that wait for places: tickets, the maximum, those that wait too long. */
#include "node/requests/queries.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"

#include <stdlib.h>

static uint64_t add(waiting_t *waiting, uint64_t sequence, int64_t since_ns)
{
    waiting_query_t query = {.sequence = sequence, .since_ns = since_ns};
    uint64_t ticket;
    assert_true(waiting_add(waiting, &query, TEXT("AT A\n"), &ticket));
    return ticket;
}

static void take(waiting_t *waiting, uint64_t ticket, uint64_t sequence)
{
    waiting_query_t query;
    assert_true(waiting_take(waiting, ticket, &query));
    assert_int_equal(query.sequence, sequence);
    assert_text_equal(((text_t){.data = query.answer, .size = query.answer_size}), "AT A\n");
    free(query.answer);
}

static void a_ticket_is_good_once(void **state)
{
    (void)state;
    waiting_t *waiting = waiting_new();
    waiting_query_t query;
    uint64_t first = add(waiting, 1, 0);
    uint64_t second = add(waiting, 2, 0);
    assert_int_equal(waiting_count(waiting), 2);
    take(waiting, first, 1);
    assert_false(waiting_take(waiting, first, &query));
    /* Its slot serves another, its ticket does not. */
    uint64_t third = add(waiting, 3, 0);
    assert_false(waiting_take(waiting, first, &query));
    assert_false(waiting_take(waiting, UINT64_MAX, &query));
    take(waiting, third, 3);
    take(waiting, second, 2);
    assert_int_equal(waiting_count(waiting), 0);
    waiting_destroy(&waiting);
    waiting_destroy(&waiting);
}

static void the_late_are_found_each_once(void **state)
{
    (void)state;
    waiting_t *waiting = waiting_new();
    size_t slot = 0;
    uint64_t ticket;
    assert_false(waiting_next_late(waiting, INT64_MAX, &slot, &ticket));
    uint64_t early[] = {add(waiting, 1, 10), 0, 0};
    add(waiting, 2, 30);
    early[1] = add(waiting, 3, 19);
    add(waiting, 4, 20);
    early[2] = add(waiting, 5, -5);
    for (size_t i = 0; i < ARRAY_COUNT(early); i++) {
        assert_true(waiting_next_late(waiting, 20, &slot, &ticket));
        assert_int_equal(ticket, early[i]);
        take(waiting, ticket, 2 * i + 1);
    }
    assert_false(waiting_next_late(waiting, 20, &slot, &ticket));
    assert_int_equal(waiting_count(waiting), 2);
    waiting_destroy(&waiting);
}

static void there_are_no_more_than_the_maximum(void **state)
{
    (void)state;
    waiting_t *waiting = waiting_new();
    waiting_query_t query = {.sequence = 1};
    uint64_t ticket = 0;
    for (size_t i = 0; i < LIMIT_WAITING_QUERIES; i++) {
        ticket = add(waiting, 1, 0);
    }
    assert_false(waiting_add(waiting, &query, TEXT("AT A\n"), &ticket));
    assert_int_equal(waiting_count(waiting), LIMIT_WAITING_QUERIES);
    take(waiting, ticket, 1);
    add(waiting, 2, 0);
    waiting_destroy(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_good_once),
        cmocka_unit_test(the_late_are_found_each_once),
        cmocka_unit_test(there_are_no_more_than_the_maximum),
    };
    return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
