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
    assert_false(store_serves(store, TEXT("kiwi")));
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

static record_t known(text_t client)
{
    record_t record;
    assert_true(store_find_any(store, client, &record));
    return record;
}

static store_outcome_t update(const char *client, const char *time, int64_t receipt_s)
{
    record_t record = record_for_test(client, time, "Eve", receipt_s);
    int64_t latest_ns = record.receipt_time_ns + 10 * TIMESTAMP_NS_PER_S;
    record.order_time_ns = record.client_time_ns < latest_ns ? record.client_time_ns : latest_ns;
    return store_update(store, &record);
}

/* Whatever the clocks say: of the client, which was set right, or fell back by 1024 weeks; of the
 * member that takes the update. What was removed does not come back all the same. */
static void an_update_after_the_tombstone_wins(void **state)
{
    (void)state;
    assert_int_equal(merge("kiwi", "2000000000", "Clark", 2000000000), STORE_NEWER);
    record_t old = record_for_test("kiwi", "2000000000", "Clark", 2000000000);
    assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 0));
    int64_t era_ns = known(TEXT("kiwi")).era_ns;
    assert_true(era_ns == 2000000000 * TIMESTAMP_NS_PER_S + 1);
    /* Not what was forgotten, sent once more. */
    assert_int_equal(update("kiwi", "2000000000", 2000000000), STORE_OLDER);
    assert_int_equal(update("kiwi", "1000", 1000), STORE_NEWER);
    assert_true(known(TEXT("kiwi")).era_ns == era_ns);
    assert_text_equal(known(TEXT("kiwi")).client_time, "1000");
    assert_int_equal(store_merge(store, &old, 0), STORE_OLDER);
    /* From now on its times count again; they are those of this era. */
    assert_int_equal(update("kiwi", "999", 1001), STORE_OLDER);
    assert_int_equal(update("kiwi", "1000.000000001", 1001), STORE_NEWER);
    /* Forgotten again: the next era is beyond this one, though its times were not. */
    assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 0));
    assert_true(known(TEXT("kiwi")).order_time_ns == era_ns + 1);
    assert_int_equal(store_merge(store, &old, 0), STORE_OLDER);
    assert_int_equal(update("kiwi", "1", 1001), STORE_NEWER);
    assert_true(known(TEXT("kiwi")).era_ns == era_ns + 1);
    assert_int_equal(store_count(store), 1);
}

/* An update that was taken by who did not know the tombstone gets its era where the two meet, if it
 * is later than all that was forgotten; and is gone otherwise. Whichever comes first. */
static void an_update_outlives_a_tombstone_that_did_not_know_it(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        store_destroy(&store);
        store = store_new(10, 1);
        record_t tombstone = record_for_test("kiwi", "100", "Bona", 300);
        record_t later = record_for_test("kiwi", "100.000000001", "Clark", 200);
        tombstone.position = (text_t){0};
        tombstone.era_ns = tombstone.order_time_ns;
        assert_int_equal(store_merge(store, order == 0 ? &tombstone : &later, 1), STORE_NEWER);
        assert_int_equal(store_merge(store, order == 0 ? &later : &tombstone, 2), STORE_NEWER);
        assert_text_equal(known(TEXT("kiwi")).client_time, "100.000000001");
        assert_true(known(TEXT("kiwi")).era_ns == 100 * TIMESTAMP_NS_PER_S);
        assert_int_equal(store_tail(store), 2);
        /* Neither neighbour has it of that era. */
        store_cursor_t cursor;
        store_entry_t entry;
        store_cursor_open(store, &cursor);
        store_cursor_seek(&cursor, 0);
        assert_true(store_cursor_peek(&cursor, &entry));
        assert_int_equal(entry.marks, 0);
        store_cursor_close(&cursor);
        assert_int_equal(store_merge(store, &later, 4), STORE_SAME);
        assert_int_equal(store_merge(store, &tombstone, 4), STORE_OLDER);
        record_t equal = record_for_test("kiwi", "100", "Clark", 999);
        assert_int_equal(store_merge(store, &equal, 0), STORE_OLDER);
    }
}

/* R16: what follows a tombstone lives as long as that, so that nothing it removed outlives it. */
static void age_counts_from_the_era(void **state)
{
    (void)state;
    record_t record;
    assert_int_equal(merge("kiwi", "100", "Clark", 100), STORE_NEWER);
    assert_true(store_forget(store, TEXT("kiwi"), TEXT("Bona"), 0));
    store_set_horizon(store, 90 * TIMESTAMP_NS_PER_S, 90 * TIMESTAMP_NS_PER_S);
    assert_int_equal(update("kiwi", "5", 100), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_int_equal(store_purge(store, 100 * TIMESTAMP_NS_PER_S, 2 * store_slot_count(store)), 0);
    assert_int_equal(store_purge(store, 101 * TIMESTAMP_NS_PER_S, 2 * store_slot_count(store)), 1);
    assert_int_equal(update("kiwi", "5", 100), STORE_EXPIRED);
}

/* R2: a member whose clock is an hour behind caps the time of a client whose clock is right. */
static void a_slow_clock_does_not_put_an_update_before_what_it_follows(void **state)
{
    (void)state;
    const int64_t second = TIMESTAMP_NS_PER_S;
    assert_int_equal(merge("kiwi", "10000", "Clark", 10000), STORE_NEWER);
    assert_int_equal(update("kiwi", "10005", 6405), STORE_NEWER);
    assert_true(known(TEXT("kiwi")).order_time_ns == 10000 * second + 1);
    assert_true(known(TEXT("kiwi")).receipt_time_ns == 6405 * second);
    assert_int_equal(update("kiwi", "10006", 6406), STORE_NEWER);
    assert_true(known(TEXT("kiwi")).order_time_ns == 10000 * second + 2);
    /* What the client itself calls earlier stays so. */
    assert_int_equal(update("kiwi", "10004", 6407), STORE_OLDER);
    /* A member whose clock is right goes on. */
    assert_int_equal(update("kiwi", "10007", 10007), STORE_NEWER);
    assert_true(known(TEXT("kiwi")).order_time_ns == 10007 * second);
    /* The time once more, with another position: the later one counts (T5). */
    record_t again = record_for_test("kiwi", "10007", "Eve", 6408);
    again.position = TEXT("+1-1");
    assert_int_equal(store_update(store, &again), STORE_NEWER);
    assert_true(again.receipt_time_ns == 10007 * second + 1);
    assert_text_equal(known(TEXT("kiwi")).position, "+1-1");
    /* Also where the slow clock caps its order time. */
    record_t capped = record_for_test("kiwi", "10007", "Eve", 6408);
    capped.order_time_ns = 6418 * second;
    capped.position = TEXT("+3-3");
    assert_int_equal(store_update(store, &capped), STORE_NEWER);
    assert_true(capped.order_time_ns == 10007 * second);
    assert_text_equal(known(TEXT("kiwi")).position, "+3-3");
    /* A request that was asked again is not a later one. */
    record_t late = record_for_test("kiwi", "10007", "Clark", 9990);
    late.position = TEXT("+2-2");
    assert_int_equal(store_update(store, &late), STORE_OLDER);
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
    assert_false(store_serves(store, TEXT("kiwi")));
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
        store_test(an_update_after_the_tombstone_wins),
        store_test(an_update_outlives_a_tombstone_that_did_not_know_it),
        store_test(age_counts_from_the_era),
        store_test(a_slow_clock_does_not_put_an_update_before_what_it_follows),
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
