/* The table of client connections (frontend/clients/sessions.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/clients/sessions.h"

#include <stdlib.h>

/* Any distinct addresses do: the table never looks behind them. */
static session_t *session(char *of)
{
    return (session_t *)(void *)of;
}

static void a_number_finds_its_session_only(void **state)
{
    (void)state;
    char things[2];
    sessions_t *table = sessions_new(10);
    uint64_t one;
    uint64_t other;
    assert_null(sessions_find(table, 0));
    assert_int_equal(sessions_add(table, session(&things[0]), &one), STATUS_OK);
    assert_int_equal(sessions_add(table, session(&things[1]), &other), STATUS_OK);
    assert_ptr_equal(sessions_find(table, one), session(&things[0]));
    assert_ptr_equal(sessions_find(table, other), session(&things[1]));
    assert_null(sessions_find(table, 0));
    assert_null(sessions_find(table, one + 2));
    assert_null(sessions_find(table, one + (UINT64_C(1) << 20)));
    assert_null(sessions_find(table, UINT64_MAX));
    assert_int_equal(sessions_count(table), 2);
    sessions_destroy(&table);
    assert_null(table);
    sessions_destroy(&table);
}

static void numbers_are_never_used_twice(void **state)
{
    (void)state;
    enum { TIMES = 1000 };
    char thing;
    sessions_t *table = sessions_new(1);
    uint64_t numbers[TIMES];
    for (size_t i = 0; i < TIMES; i++) {
        assert_int_equal(sessions_add(table, session(&thing), &numbers[i]), STATUS_OK);
        for (size_t j = 0; j < i; j++) {
            assert_null(sessions_find(table, numbers[j]));
        }
        sessions_remove(table, numbers[i]);
        sessions_remove(table, numbers[i]);
        assert_int_equal(sessions_count(table), 0);
    }
    sessions_destroy(&table);
}

static void the_maximum_is_kept(void **state)
{
    (void)state;
    char thing;
    sessions_t *table = sessions_new(2);
    uint64_t one;
    uint64_t number;
    assert_int_equal(sessions_add(table, session(&thing), &one), STATUS_OK);
    assert_int_equal(sessions_add(table, session(&thing), &number), STATUS_OK);
    assert_int_equal(sessions_add(table, session(&thing), &number), STATUS_FULL);
    sessions_remove(table, one);
    assert_int_equal(sessions_add(table, session(&thing), &number), STATUS_OK);
    assert_int_equal(sessions_add(table, session(&thing), &number), STATUS_FULL);
    sessions_destroy(&table);
}

static void all_are_gone_through_while_some_leave(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    char things[COUNT];
    uint64_t numbers[COUNT];
    sessions_t *table = sessions_new(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(sessions_add(table, session(&things[i]), &numbers[i]), STATUS_OK);
    }
    size_t cursor = 0;
    size_t seen = 0;
    for (session_t *next = sessions_next(table, &cursor); next != NULL;
         next = sessions_next(table, &cursor)) {
        size_t index = (size_t)((char *)(void *)next - things);
        assert_int_equal(index, seen);
        sessions_remove(table, numbers[index]);
        seen++;
    }
    assert_int_equal(seen, COUNT);
    assert_int_equal(sessions_count(table), 0);
    sessions_destroy(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_finds_its_session_only),
        cmocka_unit_test(numbers_are_never_used_twice),
        cmocka_unit_test(the_maximum_is_kept),
        cmocka_unit_test(all_are_gone_through_while_some_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
