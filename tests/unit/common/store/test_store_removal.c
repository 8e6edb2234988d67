/* How records go: by expiry, and by being forgotten (common/store/store.h). */
#include "common/store/store.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/store_scene.h"

#include <stdio.h>
#include <stdlib.h>

static void a_forgotten_client_is_not_found(void **state)
{
    (void)state;
    record_t record;
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_NEWER);
    assert_int_equal(merge("emu", "100", "Clark", 200), STORE_NEWER);
    assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 300 * TIMESTAMP_NS_PER_S));
    assert_false(store_find(store, TEXT("kiwi"), &record));
    assert_true(store_find(store, TEXT("emu"), &record));
    assert_true(store_find_any(store, TEXT("kiwi"), &record));
    assert_true(record_is_tombstone(&record));
    assert_text_equal(record.origin, "Bona");
    assert_text_equal(record.client_time, "100.000000001");
    assert_true(record.order_time_ns == 100 * TIMESTAMP_NS_PER_S + 1);
    assert_true(record.receipt_time_ns == 300 * TIMESTAMP_NS_PER_S);
    assert_int_equal(store_count(store), 2);
    assert_int_equal(store_tail(store), 3); /* a change like any other */
    /* Twice; an unknown client; an empty ID. */
    assert_false(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 301 * TIMESTAMP_NS_PER_S));
    assert_false(store_forget(store, TEXT("kiw"), TEXT("Bona"), 300));
    assert_false(store_forget(store, TEXT(""), TEXT("Bona"), 300));
    assert_int_equal(store_tail(store), 3);
    /* What it removed does not come back; a later update does. */
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_OLDER);
    assert_int_equal(merge("kiwi", "100", "Clark", 999), STORE_OLDER);
    assert_false(store_find(store, TEXT("kiwi"), &record));
    assert_int_equal(merge("kiwi", "100.000000002", "Clark", 200), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_text_equal(record.position, "+34.068930-118.445127");
}

/* The texts of a tombstone must fit into a record as others do. */
static void an_id_too_long_for_a_tombstone_is_not_forgotten(void **state)
{
    (void)state;
    static char id[LIMIT_LINE_SIZE];
    memset(id, 'x', sizeof id);
    record_t record = record_for_test("", "5", "Clark", 7);
    record.position = TEXT("+1-1");
    record.client = (text_t){.data = id, .size = LIMIT_LINE_SIZE - 6};
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    assert_false(store_forget(store, record.client, TEXT("Bona"), 300 * TIMESTAMP_NS_PER_S));
    assert_true(store_find(store, record.client, &record));
    record = record_for_test("", "5", "Clark", 7);
    record.client = (text_t){.data = id, .size = LIMIT_LINE_SIZE - 1 - sizeof "5.000000001" + 1};
    record.position = TEXT("+1-1");
    record.client.size -= 4;
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    assert_true(store_forget(store, record.client, TEXT("Bona"), 300 * TIMESTAMP_NS_PER_S));
}

/* Two stores that take a record and its tombstone in either order end as one. */
static void a_tombstone_wins_in_any_order(void **state)
{
    (void)state;
    store_t *other = store_new(10, 7);
    record_t tombstone;
    record_t record;
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_NEWER);
    assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 0));
    assert_true(store_find_any(store, TEXT("kiwi"), &tombstone));
    assert_int_equal(store_merge(other, &tombstone, 0), STORE_NEWER);
    assert_int_equal(store_merge(other, &tombstone, 0), STORE_SAME);
    record = record_for_test("kiwi", "100", "Clark", 200);
    assert_int_equal(store_merge(other, &record, 0), STORE_OLDER);
    assert_false(store_find(other, TEXT("kiwi"), &record));
    /* Two operators: one tombstone remains, the same at both. */
    store_destroy(&other);
    other = store_new(10, 7);
    record = record_for_test("kiwi", "100", "Clark", 200);
    assert_int_equal(store_merge(other, &record, 0), STORE_NEWER);
    assert_true(store_forget(other, TEXT("kiwi"), TEXT("Campbell"), 0));
    assert_int_equal(store_merge(other, &tombstone, 0), STORE_OLDER);
    assert_true(store_find_any(other, TEXT("kiwi"), &record));
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    store_destroy(&other);
}

static void extreme_times_are_forgotten(void **state)
{
    (void)state;
    static const int64_t order_times[] = {INT64_MIN, -5, -1, 0, INT64_MAX - 1};
    record_t record = record_for_test("kiwi", "9223372036.854775807", "Clark", 0);
    for (size_t i = 0; i < ARRAY_COUNT(order_times); i++) {
        store_destroy(&store);
        store = store_new(10, 1);
        record.order_time_ns = order_times[i];
        assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
        assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 300));
        record_t tombstone;
        assert_true(store_find_any(store, TEXT("kiwi"), &tombstone));
        assert_true(tombstone.order_time_ns == order_times[i] + 1);
        /* The bus takes it. */
        buffer_t line;
        record_t back;
        buffer_init(&line, LIMIT_RECORD_LINE_SIZE);
        assert_int_equal(record_append_bus_line(&tombstone, &line), STATUS_OK);
        assert_int_equal(
            record_parse_bus_line(text_first(buffer_text(&line), line.size - 1), &back), STATUS_OK);
        assert_int_equal(record_compare(&back, &tombstone), 0);
        buffer_done(&line);
    }
    /* Nothing can outbid the last possible time. */
    store_destroy(&store);
    store = store_new(10, 1);
    record.order_time_ns = INT64_MAX;
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    assert_false(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 300));
    assert_true(store_find(store, TEXT("kiwi"), &record));
}

static void nothing_is_served_or_taken_from_behind_the_horizon(void **state)
{
    (void)state;
    const int64_t second = TIMESTAMP_NS_PER_S;
    record_t record;
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_NEWER);
    store_set_horizon(store, 100 * second, 90 * second);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    store_set_horizon(store, 100 * second + 1, 90 * second);
    assert_false(store_find(store, TEXT("kiwi"), &record));
    assert_true(store_find_any(store, TEXT("kiwi"), &record)); /* only not served */
    assert_int_equal(merge("emu", "90", "Clark", 200), STORE_NEWER);
    assert_int_equal(merge("emu", "89.999999999", "Clark", 200), STORE_EXPIRED);
    assert_int_equal(merge("owl", "89.999999999", "Clark", 999), STORE_EXPIRED);
    assert_false(store_find_any(store, TEXT("owl"), &record));
    assert_int_equal(store_count(store), 2);
    assert_int_equal(store_tail(store), 2);
    /* The order time decides, not the client's. */
    record = record_for_test("moa", "500", "Clark", 80);
    record.order_time_ns = 90 * second - 1;
    assert_int_equal(store_merge(store, &record, 0), STORE_EXPIRED);
    assert_int_equal(merge("kiwi", "101", "Clark", 200), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    store_set_horizon(store, INT64_MIN, INT64_MIN);
    assert_int_equal(merge("owl", "1", "Clark", 999), STORE_NEWER);
    assert_true(store_find(store, TEXT("owl"), &record));
}

/* Fills the store with `count` clients of the times 1 s, 2 s, ... */
static void fill(size_t count)
{
    char name[24];
    char time[24];
    for (size_t i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "client%zu", i);
        snprintf(time, sizeof time, "%zu", i);
        assert_int_equal(merge(name, time, "A", 1), STORE_NEWER);
    }
}

static bool has(size_t number)
{
    char name[24];
    record_t record;
    snprintf(name, sizeof name, "client%zu", number);
    return store_find_any(store, text_of(name), &record);
}

static void a_round_of_the_table_purges_all_that_is_too_old(void **state)
{
    (void)state;
    enum { CLIENTS = 5000, KEPT_FROM = 3001, STEP = 100 };
    fill(CLIENTS);
    assert_int_equal(store_purge(store, INT64_MIN, 2 * store_slot_count(store)), 0);
    assert_int_equal(store_purge(store, TIMESTAMP_NS_PER_S, 2 * store_slot_count(store)), 0);
    assert_int_equal(store_purge(store, TIMESTAMP_NS_PER_S + 1, 0), 0);
    /* A slot in which something was purged is looked at again, and counts as one more. */
    size_t purged = 0;
    for (size_t slots = 0; slots < store_slot_count(store) + KEPT_FROM; slots += STEP) {
        size_t now = store_purge(store, KEPT_FROM * TIMESTAMP_NS_PER_S, STEP);
        assert_true(now <= STEP);
        purged += now;
    }
    assert_int_equal(purged, KEPT_FROM - 1);
    assert_int_equal(store_count(store), CLIENTS - purged);
    for (size_t i = 1; i <= CLIENTS; i++) {
        assert_int_equal(has(i), i >= KEPT_FROM);
    }
    assert_int_equal(store_tail(store), CLIENTS); /* no change: there is nothing to tell */
    /* Their slots and blocks are free again. */
    size_t memory = store_memory(store);
    fill(KEPT_FROM - 1);
    assert_int_equal(store_count(store), CLIENTS);
    assert_int_equal(store_memory(store), memory);
    assert_true(store_purge(store, INT64_MAX, 3 * store_slot_count(store)) == CLIENTS);
    assert_int_equal(store_count(store), 0);
}

static void a_cursor_survives_what_is_purged_under_it(void **state)
{
    (void)state;
    char seen[64];
    store_cursor_t cursor;
    store_cursor_open(store, &cursor);
    merge("a", "1", "A", 1);
    merge("b", "9", "A", 1);
    merge("c", "1", "A", 1);
    merge("d", "9", "A", 1);
    merge("e", "1", "A", 1);
    store_cursor_seek(&cursor, 0); /* a is next, and goes; so do c and the tail */
    assert_int_equal(store_purge(store, 2 * TIMESTAMP_NS_PER_S, 2 * store_slot_count(store)), 3);
    walk(&cursor, seen);
    assert_string_equal(seen, "b d ");
    assert_int_equal(store_tail(store), 5);
    merge("f", "1", "A", 1);
    walk(&cursor, seen);
    assert_string_equal(seen, "f ");
    /* The rest goes, too: the cursor stands at an empty list, and sees what comes. */
    store_cursor_seek(&cursor, 0);
    assert_int_equal(store_purge(store, INT64_MAX, 2 * store_slot_count(store)), 3);
    walk(&cursor, seen);
    assert_string_equal(seen, "");
    merge("g", "1", "A", 1);
    assert_int_equal(store_tail(store), 7);
    walk(&cursor, seen);
    assert_string_equal(seen, "g ");
    store_cursor_close(&cursor);
}

/* Merges, purges and forgets at random, against a plain array: whatever gaps arise, each client is
 * found. */
static void purging_agrees_with_a_plain_model(void **state)
{
    (void)state;
    enum { CLIENTS = 2000, STEPS = 100000 };
    static int64_t newest[CLIENTS]; /* order time; -1: not there */
    unsigned random = 7;
    int64_t kept_from_ns = 0;
    memset(newest, -1, sizeof newest);
    for (int64_t i = 0; i < STEPS; i++) {
        random = random * 1664525 + 1013904223;
        unsigned client = random / 65536 % CLIENTS;
        char name[24];
        char time[24];
        snprintf(name, sizeof name, "client%u", client);
        snprintf(time, sizeof time, "%lld", (long long)i);
        if (random / 7 % 8 == 0) {
            bool forgotten = store_forget(store, text_of(name), TEXT("B"), 0);
            assert_int_equal(forgotten, newest[client] >= 0 && newest[client] % 2 == 0);
            newest[client] += forgotten ? 1 : 0; /* 1 ns */
        } else {
            assert_int_equal(merge(name, time, "A", 1), STORE_NEWER);
            newest[client] = i * TIMESTAMP_NS_PER_S;
        }
        if (i % 5000 == 4999) {
            kept_from_ns = (i - CLIENTS) * TIMESTAMP_NS_PER_S;
            store_purge(store, kept_from_ns, 3 * store_slot_count(store));
            size_t count = 0;
            for (unsigned j = 0; j < CLIENTS; j++) {
                newest[j] = newest[j] < kept_from_ns ? -1 : newest[j];
                count += newest[j] >= 0 ? 1 : 0;
                assert_int_equal(has(j), newest[j] >= 0);
            }
            assert_int_equal(store_count(store), count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_forgotten_client_is_not_found),
        store_test(an_id_too_long_for_a_tombstone_is_not_forgotten),
        store_test(a_tombstone_wins_in_any_order),
        store_test(extreme_times_are_forgotten),
        store_test(nothing_is_served_or_taken_from_behind_the_horizon),
        store_test(a_round_of_the_table_purges_all_that_is_too_old),
        store_test(a_cursor_survives_what_is_purged_under_it),
        store_test(purging_agrees_with_a_plain_model),
    };
    return cmocka_run_group_tests_name("store_removal", tests, NULL, NULL);
}
