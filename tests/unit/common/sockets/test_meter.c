/* Which connections take too much (common/sockets/meter.h). */
#include "tests/support/cmocka_herd.h"

#include "common/sockets/meter.h"

static const meter_limits_t limits = {.open_max = 100,
                                      .open_unread_max = 1000,
                                      .open_total = 250,
                                      .stranger_count = 4,
                                      .connection_count = 6};

/* The verdicts as text: "-" stays, "x" goes. */
static void expect(meter_connection_t *connections, size_t count, const char *verdicts)
{
    char found[16] = "";
    size_t cut = 0;
    size_t expected = meter_judge(connections, count, &limits);
    for (size_t i = 0; i < count; i++) {
        found[i] = connections[i].verdict != NULL ? 'x' : '-';
        cut += connections[i].verdict != NULL ? 1 : 0;
    }
    assert_string_equal(found, verdicts);
    assert_int_equal(cut, expected);
}

static void what_is_within_the_limits_stays(void **state)
{
    (void)state;
    meter_connection_t connections[] = {
        {.number = 1, .open_size = 100}, {.number = 2, .open_size = 0}, {.number = 3}};
    expect(connections, 3, "---");
    expect(connections, 0, "");
}

/* A byte that came while the kernel was asked has made the later size the lesser. */
static void a_size_that_falls_is_no_message_without_end(void **state)
{
    (void)state;
    assert_int_equal(meter_open_size(100, 99), 1);
    assert_int_equal(meter_open_size(100, 100), 0);
    assert_int_equal(meter_open_size(99, 100), 0);
    assert_int_equal(meter_open_size(0, UINT64_MAX), 0);
}

static void one_byte_more_goes(void **state)
{
    (void)state;
    meter_connection_t connections[] = {
        {.number = 1, .open_size = 101},
        {.number = 2, .open_size = 100},
        {.number = 3, .open_size = 101, .named = true}, /* a name is no licence */
        {.number = 4, .open_size = 101, .unread = true, .named = true},
        {.number = 5, .open_size = 1001, .unread = true, .named = true},
    };
    expect(connections, 5, "x-x-x");
    assert_string_equal(connections[0].verdict, "it sends a message without end");
}

static void the_largest_strangers_go_until_the_total_holds(void **state)
{
    (void)state;
    meter_connection_t connections[] = {
        {.number = 1, .open_size = 60},
        {.number = 2, .open_size = 99},
        {.number = 3, .open_size = 100, .named = true}, /* not counted, not cut */
        {.number = 4, .open_size = 98},
        {.number = 5, .open_size = 90},
    };
    expect(connections, 5, "-x---");
    connections[3].open_size = 100;
    connections[4].open_size = 100;
    expect(connections, 5, "---xx");
}

static void the_oldest_strangers_go_until_the_counts_hold(void **state)
{
    (void)state;
    meter_connection_t connections[] = {
        {.number = 9}, {.number = 3}, {.number = 1, .named = true}, {.number = 4},
        {.number = 7}, {.number = 5}, {.number = 2, .named = true},
    };
    expect(connections, 7, "-x-----");
    for (size_t i = 0; i < 7; i++) {
        connections[i].named = i < 5;
    }
    expect(connections, 7, "------x");
    for (size_t i = 0; i < 7; i++) {
        connections[i].named = true; /* nobody is left to give way */
    }
    expect(connections, 7, "-------");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_within_the_limits_stays),
        cmocka_unit_test(a_size_that_falls_is_no_message_without_end),
        cmocka_unit_test(one_byte_more_goes),
        cmocka_unit_test(the_largest_strangers_go_until_the_total_holds),
        cmocka_unit_test(the_oldest_strangers_go_until_the_counts_hold),
    };
    return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}
