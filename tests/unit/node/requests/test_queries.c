/* WHATSATs that wait for places: tickets, the maximum, those that wait too long. */
#include "node/requests/queries.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"

#include <stdlib.h>

static uint64_t add(queries_t *queries, uint64_t sequence, int64_t since_ns)
{
    query_t query = {.sequence = sequence, .since_ns = since_ns};
    uint64_t ticket;
    assert_true(queries_add(queries, &query, TEXT("AT A\n"), &ticket));
    return ticket;
}

static void take(queries_t *queries, uint64_t ticket, uint64_t sequence)
{
    query_t query;
    assert_true(queries_take(queries, ticket, &query));
    assert_int_equal(query.sequence, sequence);
    assert_text_equal(((text_t){.data = query.answer, .size = query.answer_size}), "AT A\n");
    free(query.answer);
}

static void a_ticket_is_good_once(void **state)
{
    (void)state;
    queries_t *queries = queries_new();
    query_t query;
    uint64_t first = add(queries, 1, 0);
    uint64_t second = add(queries, 2, 0);
    assert_int_equal(queries_count(queries), 2);
    take(queries, first, 1);
    assert_false(queries_take(queries, first, &query));
    /* Its slot serves another, its ticket does not. */
    uint64_t third = add(queries, 3, 0);
    assert_false(queries_take(queries, first, &query));
    assert_false(queries_take(queries, UINT64_MAX, &query));
    take(queries, third, 3);
    take(queries, second, 2);
    assert_int_equal(queries_count(queries), 0);
    queries_destroy(&queries);
    queries_destroy(&queries);
}

static void the_late_are_found_each_once(void **state)
{
    (void)state;
    queries_t *queries = queries_new();
    size_t slot = 0;
    uint64_t ticket;
    assert_false(queries_next_late(queries, INT64_MAX, &slot, &ticket));
    uint64_t early[] = {add(queries, 1, 10), 0, 0};
    add(queries, 2, 30);
    early[1] = add(queries, 3, 19);
    add(queries, 4, 20);
    early[2] = add(queries, 5, -5);
    for (size_t i = 0; i < ARRAY_COUNT(early); i++) {
        assert_true(queries_next_late(queries, 20, &slot, &ticket));
        assert_int_equal(ticket, early[i]);
        take(queries, ticket, 2 * i + 1);
    }
    assert_false(queries_next_late(queries, 20, &slot, &ticket));
    assert_int_equal(queries_count(queries), 2);
    queries_destroy(&queries);
}

static void there_are_no_more_than_the_maximum(void **state)
{
    (void)state;
    queries_t *queries = queries_new();
    query_t query = {.sequence = 1};
    uint64_t ticket = 0;
    for (size_t i = 0; i < LIMIT_WAITING_QUERIES; i++) {
        ticket = add(queries, 1, 0);
    }
    assert_false(queries_add(queries, &query, TEXT("AT A\n"), &ticket));
    assert_int_equal(queries_count(queries), LIMIT_WAITING_QUERIES);
    take(queries, ticket, 1);
    add(queries, 2, 0);
    queries_destroy(&queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_good_once),
        cmocka_unit_test(the_late_are_found_each_once),
        cmocka_unit_test(there_are_no_more_than_the_maximum),
    };
    return cmocka_run_group_tests_name("queries", tests, NULL, NULL);
}
