/* Which events pass, and what is kept of the others (common/log/repeats.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/log/repeats.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t second_ns = TIMESTAMP_NS_PER_S;

static int setup(void **state)
{
    *state = log_repeats_new();
    return 0;
}

static int teardown(void **state)
{
    log_repeats_t *self = *state;
    log_repeats_destroy(&self);
    assert_null(self);
    return 0;
}

static void one_a_second_passes(void **state)
{
    log_repeats_t *self = *state;
    log_held_t held;
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("one"), 1));
    assert_false(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("two"), 2));
    assert_false(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("three"), second_ns));
    assert_false(log_repeats_take(self, second_ns, &held));
    assert_true(log_repeats_take(self, second_ns + 1, &held));
    assert_int_equal(held.event, LOG_LINK_GAP);
    assert_string_equal(held.peer, "Hands");
    assert_int_equal(held.repeated, 2);
    assert_true(text_equal(held.message, TEXT("three")));
    assert_false(log_repeats_take(self, INT64_MAX, &held));
    /* What was taken counts as shown. */
    assert_false(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("four"), 2 * second_ns));
    assert_true(log_repeats_take(self, 2 * second_ns + 1, &held));
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("five"), 3 * second_ns + 1));
}

static void peers_and_events_are_apart(void **state)
{
    log_repeats_t *self = *state;
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, "Hands", TEXT("a"), 1));
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, "Holiday", TEXT("a"), 1));
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, "", TEXT("a"), 1));
    assert_true(log_repeats_pass(self, LOG_LINK_GAP, NULL, TEXT("a"), 1));
    assert_true(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("a"), 1));
    assert_false(log_repeats_pass(self, LOG_LINK_GAP, NULL, TEXT("b"), 2));
    log_held_t held;
    assert_true(log_repeats_take(self, INT64_MAX, &held));
    assert_null(held.peer);
    assert_false(log_repeats_take(self, INT64_MAX, &held));
}

static void all_that_is_kept_is_bounded(void **state)
{
    static const size_t peer_size = (size_t)4 * LIMIT_LOG_PEER;
    static const size_t message_size = (size_t)4 * LIMIT_LOG_MESSAGE;
    log_repeats_t *self = *state;
    char *peer = memory_new(peer_size + 1);
    char *message = memory_new(message_size);
    unsigned passed = 0;
    for (unsigned i = 0; i < 10000; i++) {
        int size = snprintf(peer, LIMIT_LOG_PEER, "peer %u", i);
        memset(peer + size, 'x', peer_size - (size_t)size);
        passed += log_repeats_pass(self, LOG_LINK_GAP, peer, (text_t){message, message_size}, 1);
    }
    assert_int_equal(passed, LIMIT_LOG_REPEATS);
    log_held_t held;
    uint64_t repeated = 0;
    while (log_repeats_take(self, INT64_MAX, &held)) {
        assert_int_equal(strlen(held.peer), LIMIT_LOG_PEER);
        assert_int_equal(held.message.size, LIMIT_LOG_MESSAGE);
        repeated += held.repeated;
    }
    assert_int_equal(passed + repeated, 10000);
    /* Another event has one slot for all peers; when the second is over there is room again. */
    assert_true(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("a"), 2));
    assert_false(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("a"), 3));
    assert_true(log_repeats_take(self, INT64_MAX, &held));
    assert_true(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("a"), second_ns + 1));
    assert_false(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("a"), second_ns + 2));
    free(peer);
    free(message);
}

static void none_is_fine(void **state)
{
    (void)state;
    log_repeats_t *none = NULL;
    log_repeats_destroy(&none);
}

/* So many peers of one event cannot have another one flood the log. */
static void an_event_without_a_slot_is_counted_too(void **state)
{
    log_repeats_t *self = *state;
    for (unsigned i = 0; i < LIMIT_LOG_REPEATS; i++) {
        char peer[LIMIT_LOG_PEER];
        snprintf(peer, sizeof peer, "peer %u", i);
        assert_true(log_repeats_pass(self, LOG_LINK_GAP, peer, TEXT("a"), 1));
    }
    assert_true(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("b"), 1));
    assert_false(log_repeats_pass(self, LOG_LINK_DOWN, "Hands", TEXT("c"), 2));
    assert_false(log_repeats_pass(self, LOG_LINK_DOWN, "Welsh", TEXT("d"), 3));
    log_held_t held;
    assert_true(log_repeats_take(self, INT64_MAX, &held));
    assert_int_equal(held.event, LOG_LINK_DOWN);
    assert_int_equal(held.repeated, 2);
    assert_text_equal(held.message, "d");
    assert_false(log_repeats_take(self, INT64_MAX, &held));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_a_second_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(peers_and_events_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(all_that_is_kept_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_without_a_slot_is_counted_too, setup, teardown),
        cmocka_unit_test(none_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
