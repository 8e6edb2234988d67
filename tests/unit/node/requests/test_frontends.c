/* The table of front-ends, and what they say of themselves (node/requests/frontends.h). */
#include "tests/support/cmocka_herd.h"

#include "node/requests/frontends.h"

#include <stdio.h>

static void expect_label(const char *hello, const char *label)
{
    char written[FRONTENDS_LABEL_SIZE];
    memset(written, 'x', sizeof written);
    frontends_write_label(text_of(hello), "frontend", written);
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
    frontends_take_figures(frontends, one,
                           TEXT("clients 3\nlines 7\nsent -1\nslow x\nunknown 1\n"));
    frontends_take_figures(frontends, other, TEXT("clients 4\n"));
    assert_int_equal(frontends_clients(frontends), 7);
    assert_true(one->given[FRONTENDS_LINES]);
    assert_int_equal(one->figures[FRONTENDS_LINES], 7);
    assert_false(one->given[FRONTENDS_SENT]);
    assert_false(one->given[FRONTENDS_SLOW]);
    assert_false(other->given[FRONTENDS_LINES]);
    frontends_take_figures(frontends, one, TEXT("clients 18446744073709551615\nlines 8\n"));
    assert_int_equal(one->figures[FRONTENDS_LINES], 8);
    assert_int_equal(frontends_clients(frontends), 7);
    frontends_destroy(&frontends);
}

static void expect_refused(const frontends_t *frontends, uint64_t count, uint64_t last_ns)
{
    const frontend_totals_value_t *total =
        &frontends_totals(frontends)[FRONTEND_TOTALS_TURNED_AWAY];
    assert_int_equal(total->count, count);
    assert_int_equal(total->last_ns, last_ns);
}

/* A front-end that says in HELLO what `hello` says, and in PING what `ping` says. */
static void tell(frontends_t *frontends, const char *id, const char *hello, const char *ping)
{
    frontend_link_t *frontend = frontends_find(frontends, text_of(id));
    if (frontend == NULL) {
        frontend = frontends_add(frontends, text_of(id), 1);
        frontends_introduce(frontend, text_of(hello));
    }
    frontends_take_figures(frontends, frontend, text_of(ping));
}

/* S1: each client that was turned away counts once, over all sessions and processes. */
static void what_was_turned_away_is_added_up(void **state)
{
    (void)state;
    static const char one[] = "frontend a\npid 1\nsince 7\n";
    static const char twin[] = "frontend a\npid 1\nsince 8\n";
    static const char old[] = "frontend a\npid 2\n";
    frontends_t *frontends = frontends_new();
    expect_refused(frontends, 0, 0);
    tell(frontends, "one", one, "turned_away 2\nturned_away_last 50\n");
    tell(frontends, "one", one, "turned_away 2\nturned_away_last 50\n");
    expect_refused(frontends, 2, 50);
    tell(frontends, "one", one, "turned_away 1\nturned_away_last 60\n");
    expect_refused(frontends, 2, 50);
    tell(frontends, "one again", one, "turned_away 3\nturned_away_last 70\n");
    expect_refused(frontends, 3, 70);
    tell(frontends, "twin", twin, "turned_away 4\nturned_away_last 20\n");
    expect_refused(frontends, 7, 70);
    tell(frontends, "old", old, "turned_away 1\n");
    expect_refused(frontends, 8, 70);
    frontends_remove(frontends, frontends_find(frontends, TEXT("twin")));
    expect_refused(frontends, 8, 70);
    tell(frontends, "liar", "", "turned_away 9223372036854775807\n");
    expect_refused(frontends, INT64_MAX, 70);
    frontends_destroy(&frontends);
}

static void each_total_is_of_its_own_figure(void **state)
{
    (void)state;
    frontends_t *frontends = frontends_new();
    tell(frontends, "a", "",
         "turned_away 1\nlog_lost 2\ntraffic_cut 3\n"
         "turned_away_last 4\nlog_lost_last 5\ntraffic_cut_last 6\n");
    const frontend_totals_value_t *totals = frontends_totals(frontends);
    expect_refused(frontends, 1, 4);
    assert_int_equal(totals[FRONTEND_TOTALS_LOG_LOST].count, 2);
    assert_int_equal(totals[FRONTEND_TOTALS_LOG_LOST].last_ns, 5);
    assert_int_equal(totals[FRONTEND_TOTALS_TRAFFIC_CUT].count, 3);
    assert_int_equal(totals[FRONTEND_TOTALS_TRAFFIC_CUT].last_ns, 6);
    frontends_destroy(&frontends);
}

/* Processes come and go without end: the table of them does not grow, the newest are known. */
static void the_processes_heard_of_longest_ago_are_forgotten(void **state)
{
    (void)state;
    frontend_totals_t totals = {0};
    frontend_totals_value_t values[FRONTEND_TOTALS] = {{.count = 1}};
    for (uint64_t since = 1; since <= LIMIT_FRONTENDS + 1; since++) {
        frontend_totals_take(&totals, "a/1", since, values);
    }
    assert_int_equal(totals.all[0].count, LIMIT_FRONTENDS + 1);
    frontend_totals_take(&totals, "a/1", LIMIT_FRONTENDS + 1, values);
    frontend_totals_take(&totals, "a/1", 2, values);
    assert_int_equal(totals.all[0].count, LIMIT_FRONTENDS + 1);
    frontend_totals_take(&totals, "a/1", 1, values);
    assert_int_equal(totals.all[0].count, LIMIT_FRONTENDS + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_a_name_and_a_number),
        cmocka_unit_test(a_new_session_takes_the_place_of_the_old),
        cmocka_unit_test(no_more_than_the_limit_are_served),
        cmocka_unit_test(figures_are_taken_over),
        cmocka_unit_test(what_was_turned_away_is_added_up),
        cmocka_unit_test(each_total_is_of_its_own_figure),
        cmocka_unit_test(the_processes_heard_of_longest_ago_are_forgotten),
    };
    return cmocka_run_group_tests_name("frontends", tests, NULL, NULL);
}
