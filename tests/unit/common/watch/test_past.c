/* Who departed, and the index of a moment (common/watch/past.h). */
#include "common/watch/past.h"

#include "tests/sim/random.h"
#include "tests/support/cmocka_herd.h"

#include <stdio.h>

static told_client_t client_of(uint32_t number)
{
    return (told_client_t){.handle = number % 7, .serial = number / 7 + 1};
}

static text_t name_of(uint32_t number, char *out, size_t size)
{
    int length = snprintf(out, size, "client%u", number);
    return (text_t){.data = out, .size = (size_t)length};
}

static void add(past_t *past, uint32_t number, uint64_t list)
{
    char name[32];
    past_add(past, client_of(number), list, name_of(number, name, sizeof name));
}

static void the_newest_are_kept_by_name(void **state)
{
    (void)state;
    char expected[32];
    text_t name;
    past_t *past = past_new(3, 1000);
    assert_true(past_reaches(past, 0));
    assert_false(past_name(past, client_of(0), &name));
    for (uint32_t i = 0; i < 20; i++) {
        uint64_t before = past_index(past, 100);
        add(past, i, 100);
        assert_int_equal(past_index(past, 100), before + 1);
        assert_int_equal(past_count(past, before), 1);
        assert_true(past_name(past, client_of(i), &name));
        assert_true(text_equal(name, name_of(i, expected, sizeof expected)));
    }
    uint64_t now = past_index(past, 100);
    assert_true(past_reaches(past, now - 3));
    assert_false(past_reaches(past, now - 4));
    for (uint32_t i = 0; i < 3; i++) {
        past_client_t one = past_at(past, i);
        assert_int_equal(one.client.handle, client_of(19 - i).handle);
        assert_true(text_equal(one.name, name_of(19 - i, expected, sizeof expected)));
    }
    assert_false(past_name(past, client_of(16), &name)); /* it had to go */
    assert_false(past_name(past, client_of(12), &name)); /* another one of its handle is kept */
    assert_false(past_name(past, (told_client_t){.handle = 99999, .serial = 1}, &name));
    past_destroy(&past);
    assert_null(past);
    past_destroy(&past);
}

static void names_have_a_bound_together(void **state)
{
    (void)state;
    past_t *past = past_new(100, 26); /* as three names of eight bytes */
    for (uint32_t i = 10; i < 20; i++) {
        add(past, i, 0);
        assert_in_range(past_count(past, 0), 1, 3);
    }
    assert_int_equal(past_count(past, 0), 3);
    size_t memory = past_memory(past);
    add(past, 20, 0);
    assert_int_equal(past_memory(past), memory);
    past_destroy(&past);
}

/* Changes of the list and departures in any order: an index says where the list was. */
static void an_index_says_where_the_list_was(void **state)
{
    (void)state;
    enum { MOMENTS = 2000, KEPT = 300 };
    static uint64_t lists[MOMENTS];
    static uint64_t indices[MOMENTS];
    random_t random;
    random_init(&random, 7, 1);
    past_t *past = past_new(KEPT, 100000);
    uint64_t list = 0;
    for (uint32_t i = 0; i < MOMENTS; i++) {
        if (random_once_in(&random, 3)) {
            add(past, i, list);
        } else {
            list += 1 + random_below(&random, 3);
        }
        lists[i] = list;
        indices[i] = past_index(past, list);
        assert_true(i == 0 || indices[i] > indices[i - 1]);
    }
    unsigned reached = 0;
    for (uint32_t i = 0; i < MOMENTS; i++) {
        if (past_reaches(past, indices[i])) {
            assert_int_equal(past_list(past, indices[i]), lists[i]);
            reached++;
        }
    }
    assert_in_range(reached, KEPT, MOMENTS - KEPT);
    assert_int_equal(past_list(past, 0), 0); /* one that no moment had */
    past_destroy(&past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept_by_name),
        cmocka_unit_test(names_have_a_bound_together),
        cmocka_unit_test(an_index_says_where_the_list_was),
    };
    return cmocka_run_group_tests_name("past", tests, NULL, NULL);
}
