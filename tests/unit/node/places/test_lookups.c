/* Which questions are one, and which come next (node/places/lookups.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "node/places/lookups.h"

static places_query_t query_of(uint64_t ticket, double latitude_deg, double longitude_deg)
{
    return (places_query_t){.ticket = ticket,
                            .latitude_deg = latitude_deg,
                            .longitude_deg = longitude_deg,
                            .radius_km = 10,
                            .result_count = 5};
}

static bool add(places_lookups_t *lookups, const places_query_t *query, int64_t deadline_ns)
{
    bool joined = false;
    assert_int_equal(places_lookups_add(lookups, query, deadline_ns, &joined), STATUS_OK);
    return joined;
}

static void equal_questions_are_one(void **state)
{
    (void)state;
    places_lookups_t *lookups = places_lookups_new();
    places_query_t query = query_of(1, 34.06893, -118.445127);
    assert_false(add(lookups, &query, 1));
    query = query_of(2, 34.06888, -118.44514);
    assert_true(add(lookups, &query, 2));
    query = query_of(3, 34.06903, -118.445127);
    assert_false(add(lookups, &query, 3));
    query = query_of(4, 34.06893, -118.445127);
    query.radius_km = 11;
    assert_false(add(lookups, &query, 3));
    query.radius_km = 10;
    query.result_count = 6;
    assert_false(add(lookups, &query, 3));
    query = query_of(5, -34.06893, 118.445127);
    assert_false(add(lookups, &query, 3));
    assert_int_equal(places_lookups_count(lookups), 5);
    places_lookup_t *first = places_lookups_next(lookups);
    assert_int_equal(first->ticket_count, 2);
    assert_int_equal(first->tickets[0], 1);
    assert_int_equal(first->tickets[1], 2);
    assert_int_equal(first->deadline_ns, 1);
    assert_true(first->query.latitude_deg == 34.06893);
    places_lookups_destroy(&lookups);
    assert_null(lookups);
    places_lookups_destroy(&lookups);
}

static void the_oldest_comes_first(void **state)
{
    (void)state;
    places_lookups_t *lookups = places_lookups_new();
    for (uint64_t i = 0; i < 3; i++) {
        places_query_t query = query_of(i, (double)i, 0);
        add(lookups, &query, 10 + (int64_t)i);
    }
    places_lookup_t *first = places_lookups_next(lookups);
    first->under_way = true;
    assert_int_equal(places_lookups_next(lookups)->tickets[0], 1);
    assert_int_equal(places_lookups_deadline(lookups), 11);
    assert_null(places_lookups_late(lookups, 10)); /* the first is under way */
    assert_int_equal(places_lookups_late(lookups, 11)->tickets[0], 1);
    places_lookups_remove(lookups, places_lookups_next(lookups));
    assert_int_equal(places_lookups_next(lookups)->tickets[0], 2);
    places_lookups_remove(lookups, first);
    places_lookups_remove(lookups, places_lookups_next(lookups));
    assert_null(places_lookups_next(lookups));
    assert_true(places_lookups_deadline(lookups) == INT64_MAX);
    assert_int_equal(places_lookups_count(lookups), 0);
    places_lookups_destroy(&lookups);
}

static void both_numbers_are_bounded(void **state)
{
    (void)state;
    places_lookups_t *lookups = places_lookups_new();
    bool joined;
    for (size_t i = 0; i < LIMIT_PLACES_LOOKUPS; i++) {
        places_query_t query = query_of(i, 0, (double)i / 100);
        assert_false(add(lookups, &query, 1));
    }
    places_query_t query = query_of(0, 1, 0);
    assert_int_equal(places_lookups_add(lookups, &query, 1, &joined), STATUS_FULL);
    query = query_of(0, 0, 0);
    for (size_t i = LIMIT_PLACES_LOOKUPS; i < LIMIT_WAITING_QUERIES; i++) {
        assert_true(add(lookups, &query, 1));
    }
    assert_int_equal(places_lookups_add(lookups, &query, 1, &joined), STATUS_FULL);
    places_lookups_remove(lookups, places_lookups_next(lookups));
    query = query_of(0, 1, 0);
    assert_false(add(lookups, &query, 1));
    places_lookups_destroy(&lookups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_questions_are_one),
        cmocka_unit_test(the_oldest_comes_first),
        cmocka_unit_test(both_numbers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
