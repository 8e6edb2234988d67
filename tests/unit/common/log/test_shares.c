/* How much of each peer's traffic the log takes (common/log/shares.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/log/shares.h"

enum { MANY = 200000, LINE_SIZE = 60, PEERS = 100 };

static const int64_t now_ns = 1700000000 * TIMESTAMP_NS_PER_S;

static int setup(void **state)
{
    *state = log_shares_new();
    return 0;
}

static int teardown(void **state)
{
    log_shares_destroy((log_shares_t **)state);
    return 0;
}

/* Lines of a peer that are taken of that many. */
static size_t take(log_shares_t *shares, uint64_t peer, int64_t at_ns, size_t count, size_t size)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        taken += log_shares_take(shares, peer, at_ns, size) ? 1 : 0;
    }
    return taken;
}

static void one_peer_has_lines_and_bytes_a_second(void **state)
{
    assert_int_equal(take(*state, 1, now_ns, MANY, 0), LIMIT_TRAFFIC_LINES);
    assert_int_equal(take(*state, 1, now_ns + TIMESTAMP_NS_PER_S - 1, MANY, 0), 0);
    assert_int_equal(take(*state, 2, now_ns, 1, 0), 1);
    assert_int_equal(take(*state, 1, now_ns + TIMESTAMP_NS_PER_S, MANY, 0), LIMIT_TRAFFIC_LINES);
    size_t large = take(*state, 3, now_ns + TIMESTAMP_NS_PER_S, MANY, LIMIT_LINE_SIZE);
    assert_in_range(large, 1, LIMIT_TRAFFIC_SIZE / LIMIT_LINE_SIZE);
}

/* A clock that is set back begins another second. */
static void a_clock_may_be_set(void **state)
{
    assert_int_equal(take(*state, 1, now_ns, MANY, 0), LIMIT_TRAFFIC_LINES);
    assert_int_equal(take(*state, 1, now_ns - TIMESTAMP_NS_PER_S, 1, 0), 1);
}

/* The greedy ones have their total; what the polite have is taken all the same. */
static void many_greedy_cost_no_one_else(void **state)
{
    size_t lines = 0;
    for (uint64_t peer = 0; peer < PEERS; peer++) {
        lines += take(*state, peer, now_ns, LIMIT_TRAFFIC_LINES, LINE_SIZE);
    }
    assert_true(lines < (size_t)PEERS * LIMIT_TRAFFIC_LINES);
    assert_true(lines * LINE_SIZE <= LIMIT_TRAFFIC_TOTAL + PEERS * LIMIT_TRAFFIC_SURE_SIZE);
    size_t sure = take(*state, PEERS, now_ns, MANY, LINE_SIZE);
    assert_int_equal(sure, LIMIT_TRAFFIC_SURE_LINES);
    assert_false(log_shares_take(*state, PEERS + 1, now_ns, LIMIT_TRAFFIC_SURE_SIZE + 1));
}

/* More peers than the table holds: each still has something, and none has all. */
static void more_peers_than_places(void **state)
{
    size_t taken = 0;
    for (uint64_t peer = 0; peer < MANY; peer++) {
        taken += take(*state, peer, now_ns, 1, LINE_SIZE);
    }
    assert_int_equal(taken, MANY);
    assert_in_range(take(*state, 7, now_ns, MANY, LINE_SIZE), 0, LIMIT_TRAFFIC_LINES);
}

static void names_are_numbers(void **state)
{
    (void)state;
    assert_true(log_shares_peer(1, TEXT("a")) == log_shares_peer(1, TEXT("a")));
    assert_true(log_shares_peer(1, TEXT("a")) != log_shares_peer(1, TEXT("b")));
    assert_true(log_shares_peer(1, TEXT("a")) != log_shares_peer(2, TEXT("a")));
    assert_true(log_shares_peer(1, (text_t){0}) != log_shares_peer(2, (text_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_peer_has_lines_and_bytes_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_may_be_set, setup, teardown),
        cmocka_unit_test_setup_teardown(many_greedy_cost_no_one_else, setup, teardown),
        cmocka_unit_test_setup_teardown(more_peers_than_places, setup, teardown),
        cmocka_unit_test(names_are_numbers),
    };
    return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
