/* The table of front-ends, and what they say of themselves (node/requests/frontends.h). */
#include "tests/support/cmocka_herd.h"

#include "node/requests/frontends.h"

#include <stdio.h>

static void expect_label(const char *hello, const char *label)
{
    char written[FRONTENDS_LABEL_SIZE];
    memset(written, 'x', sizeof written);
    frontends_write_label(text_of(hello), written);
    assert_string_equal(written, label);
}

/* Q1: what is malformed must not reach the log. */
static void a_label_is_a_name_and_a_number(void **state)
{
    (void)state;
    expect_label("frontend Goloman\npid 4711\n", "Goloman/4711");
    expect_label("pid 0\nversions 1\nfrontend a\n", "a/0");
    expect_label("frontend Goloman\npid 2147483647\n", "Goloman/2147483647");
    expect_label("frontend Goloman\npid 2147483648\n", "Goloman/0");
    expect_label("frontend Goloman\npid -1\n", "Goloman/0");
    expect_label("frontend Goloman\n", "Goloman/0");
    expect_label("pid 4711\n", "?/4711");
    expect_label("frontend \npid 4711\n", "?/4711");
    expect_label("frontend Go/lo\npid 4711\n", "?/4711");
    expect_label("frontend Go\x1b[31m\npid 4711\n", "?/4711");
    expect_label("", "?/0");
    char name[LIMIT_NAME_SIZE + 2];
    char hello[sizeof name + 16];
    char label[sizeof name + 2];
    memset(name, 'n', sizeof name);
    for (int size = LIMIT_NAME_SIZE; size <= LIMIT_NAME_SIZE + 1; size++) {
        snprintf(hello, sizeof hello, "frontend %.*s\n", size, name);
        snprintf(label, sizeof label, "%.*s/0", size, name);
        expect_label(hello, size > LIMIT_NAME_SIZE ? "?/0" : label);
    }
}

static void a_new_session_takes_the_place_of_the_old(void **state)
{
    (void)state;
    frontends_t *frontends = frontends_new();
    frontend_link_t *one = frontends_add(frontends, TEXT("a"), 1);
    frontend_link_t *other = frontends_add(frontends, TEXT("a\0"), 2);
    assert_non_null(one);
    assert_non_null(other);
    size_t slot = frontends_slot(frontends, one);
    uint32_t serial = one->serial;
    assert_ptr_equal(frontends_at(frontends, slot, serial), one);
    one = frontends_add(frontends, TEXT("a"), 3);
    assert_int_equal(frontends_count(frontends), 2);
    assert_int_equal(frontends_find(frontends, TEXT("a"))->session, 3);
    assert_ptr_equal(frontends_find(frontends, TEXT("a\0")), other);
    assert_null(frontends_find(frontends, TEXT("")));
    assert_null(frontends_at(frontends, slot, serial));
    assert_ptr_equal(frontends_at(frontends, slot, one->serial), one);
    assert_null(frontends_at(frontends, slot + 2, one->serial));
    frontends_remove(frontends, other);
    assert_null(frontends_find(frontends, TEXT("a\0")));
    assert_int_equal(frontends_count(frontends), 1);
    frontends_destroy(&frontends);
    frontends_destroy(&frontends);
}

static void no_more_than_the_limit_are_served(void **state)
{
    (void)state;
    char id[FRONTENDS_ROUTING_ID_SIZE + 1];
    memset(id, 'x', sizeof id);
    frontends_t *frontends = frontends_new();
    assert_null(frontends_add(frontends, (text_t){.data = id, .size = sizeof id}, 1));
    assert_non_null(
        frontends_add(frontends, (text_t){.data = id, .size = FRONTENDS_ROUTING_ID_SIZE}, 1));
    for (uint16_t i = 1; i < LIMIT_FRONTENDS; i++) {
        assert_non_null(
            frontends_add(frontends, (text_t){.data = (const char *)&i, .size = sizeof i}, 1));
    }
    assert_null(frontends_add(frontends, TEXT("one more"), 1));
    assert_int_equal(frontends_count(frontends), LIMIT_FRONTENDS);
    frontends_remove(frontends,
                     frontends_find(frontends, (text_t){.data = id, .size = sizeof id - 1}));
    assert_non_null(frontends_add(frontends, TEXT("one more"), 1));
    frontends_destroy(&frontends);
}

/* Q8 */
static void figures_are_taken_over(void **state)
{
    (void)state;
    frontends_t *frontends = frontends_new();
    frontend_link_t *one = frontends_add(frontends, TEXT("a"), 1);
    frontend_link_t *other = frontends_add(frontends, TEXT("b"), 1);
    frontends_take_figures(one, TEXT("clients 3\nlines 7\nsent -1\nslow x\nunknown 1\n"));
    frontends_take_figures(other, TEXT("clients 4\n"));
    assert_int_equal(frontends_clients(frontends), 7);
    assert_true(one->given[FRONTENDS_LINES]);
    assert_int_equal(one->figures[FRONTENDS_LINES], 7);
    assert_false(one->given[FRONTENDS_SENT]);
    assert_false(one->given[FRONTENDS_SLOW]);
    assert_false(other->given[FRONTENDS_LINES]);
    frontends_take_figures(one, TEXT("clients 18446744073709551615\nlines 8\n"));
    assert_int_equal(one->figures[FRONTENDS_LINES], 8);
    assert_int_equal(frontends_clients(frontends), 7);
    frontends_destroy(&frontends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_a_name_and_a_number),
        cmocka_unit_test(a_new_session_takes_the_place_of_the_old),
        cmocka_unit_test(no_more_than_the_limit_are_served),
        cmocka_unit_test(figures_are_taken_over),
    };
    return cmocka_run_group_tests_name("frontends", tests, NULL, NULL);
}
