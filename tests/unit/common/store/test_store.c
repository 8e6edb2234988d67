/* The newest record of each client, and the list of changes (common/store/store.h). */
#include "common/store/store.h"

#include "common/base/limits.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/store_scene.h"

#include <stdio.h>
#include <stdlib.h>

static void an_empty_store_knows_nobody(void **state)
{
    (void)state;
    record_t record;
    store_cursor_t cursor;
    store_entry_t entry;
    assert_false(store_find(store, TEXT("kiwi"), &record));
    assert_int_equal(store_count(store), 0);
    assert_int_equal(store_tail(store), 0);
    store_cursor_open(store, &cursor);
    assert_false(store_cursor_peek(&cursor, &entry));
    store_cursor_close(&cursor);
}

static void a_record_comes_back_byte_for_byte(void **state)
{
    (void)state;
    record_t record;
    assert_int_equal(merge("kiwi", "1621464827.959498503", "Clark", 1621464828), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_text_equal(record.client, "kiwi");
    assert_text_equal(record.position, "+34.068930-118.445127");
    assert_text_equal(record.client_time, "1621464827.959498503");
    assert_text_equal(record.origin, "Clark");
    assert_true(record.client_time_ns == 1621464827959498503);
    assert_true(record.receipt_time_ns == 1621464828 * TIMESTAMP_NS_PER_S);
    assert_false(store_find(store, TEXT("kiw"), &record));
    assert_false(store_find(store, TEXT("kiwi "), &record));
}

/* R2: a client whose clock is ahead; then the same client, whose clock was set right. */
static void the_client_time_comes_back_capped_or_not(void **state)
{
    (void)state;
    const int64_t second = TIMESTAMP_NS_PER_S;
    record_t record = record_for_test("kiwi", "500.25", "Clark", 100);
    record.order_time_ns = 110 * second;
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_true(record.client_time_ns == 500 * second + second / 4);
    assert_true(record.order_time_ns == 110 * second);
    assert_int_equal(merge("kiwi", "111.5", "Clark", 112), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_true(record.client_time_ns == 111 * second + second / 2);
    assert_true(record.order_time_ns == record.client_time_ns);
    record = record_for_test("kiwi", "112.25", "Clark", 113);
    record.order_time_ns = record.client_time_ns - 1;
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_true(record.client_time_ns == record.order_time_ns + 1);
    assert_text_equal(record.origin, "Clark");
}

static void only_newer_records_win(void **state)
{
    (void)state;
    record_t record;
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_NEWER);
    assert_int_equal(merge("kiwi", "100", "Clark", 200), STORE_SAME);
    assert_int_equal(merge("kiwi", "99.999999999", "Clark", 999), STORE_OLDER);
    assert_int_equal(merge("kiwi", "100", "Clark", 199), STORE_OLDER);
    assert_int_equal(merge("kiwi", "100", "Bona", 200), STORE_OLDER);
    assert_int_equal(merge("kiwi", "100", "Clarkson", 200), STORE_NEWER);
    assert_int_equal(merge("kiwi", "100", "Bona", 201), STORE_NEWER);
    assert_int_equal(merge("kiwi", "100.000000001", "Bona", 1), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_text_equal(record.client_time, "100.000000001");
    assert_int_equal(store_count(store), 1);
    assert_int_equal(store_tail(store), 4);
}

static void two_texts_of_one_time_have_an_order(void **state)
{
    (void)state;
    record_t record;
    assert_int_equal(merge("kiwi", "100.5", "Clark", 200), STORE_NEWER);
    assert_int_equal(merge("kiwi", "100.50", "Clark", 200), STORE_NEWER);
    assert_int_equal(merge("kiwi", "100.5", "Clark", 200), STORE_OLDER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_text_equal(record.client_time, "100.50");
}

static void the_maximum_holds(void **state)
{
    (void)state;
    store_destroy(&store);
    store = store_new(2, 1);
    assert_int_equal(merge("one", "1", "A", 1), STORE_NEWER);
    assert_int_equal(merge("two", "1", "A", 1), STORE_NEWER);
    assert_int_equal(merge("three", "1", "A", 1), STORE_FULL);
    assert_int_equal(merge("two", "2", "A", 1), STORE_NEWER);
    assert_int_equal(store_count(store), 2);
}

/* IDs of any length: a full store refuses new clients, keeps its records, and still takes an
 * update that fits in the block of the old record. */
static void the_memory_has_a_maximum(void **state)
{
    (void)state;
    enum { MEMORY = 8 * 1024 * 1024, ID_SIZE = 30000 };
    static char id[ID_SIZE + 1];
    record_t record = record_for_test("kiwi", "1", "A", 1);
    size_t taken = 0;
    store_limit_memory(store, MEMORY);
    assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    memset(id, 'x', ID_SIZE);
    record.client = text_of(id);
    for (int i = 0; i < 1000; i++) {
        id[i] = 'y';
        store_outcome_t outcome = store_merge(store, &record, 0);
        assert_true(outcome == STORE_NEWER || outcome == STORE_FULL);
        taken += outcome == STORE_NEWER ? 1 : 0;
        assert_true(store_memory(store) <= MEMORY);
    }
    assert_true(taken > MEMORY / ID_SIZE / 2 && taken < MEMORY / ID_SIZE);
    assert_int_equal(store_count(store), taken + 1);
    assert_int_equal(merge("kiwi", "2", "A", 1), STORE_NEWER);
    assert_true(store_find(store, TEXT("kiwi"), &record));
    assert_text_equal(record.client_time, "2");
}

static void the_table_counts_as_memory(void **state)
{
    (void)state;
    enum { MEMORY = 4 * 1024 * 1024 };
    char name[24];
    store_outcome_t outcome = STORE_NEWER;
    store_limit_memory(store, MEMORY);
    for (int i = 0; i < 100000 && outcome == STORE_NEWER; i++) {
        snprintf(name, sizeof name, "%d", i);
        outcome = merge(name, "1", "A", 1);
    }
    assert_int_equal(outcome, STORE_FULL);
    assert_true(store_memory(store) <= MEMORY);
    assert_true(store_count(store) > 10000);
}

static void origins_have_a_maximum(void **state)
{
    (void)state;
    char name[24];
    for (int i = 0; i < LIMIT_ORIGINS; i++) {
        snprintf(name, sizeof name, "member%d", i);
        assert_int_equal(merge(name, "1", name, 1), STORE_NEWER);
    }
    assert_int_equal(merge("kiwi", "1", "one-too-many", 1), STORE_FULL);
    assert_int_equal(merge("kiwi", "1", "member7", 1), STORE_NEWER);
    record_t record;
    assert_true(store_find(store, TEXT("member4000"), &record));
    assert_text_equal(record.origin, "member4000");
}

static void changes_are_listed_once_newest_last(void **state)
{
    (void)state;
    char seen[64];
    store_cursor_t cursor;
    store_cursor_open(store, &cursor);
    merge("a", "1", "A", 1);
    merge("b", "1", "A", 1);
    merge("c", "1", "A", 1);
    merge("a", "2", "A", 1);
    walk(&cursor, seen);
    assert_string_equal(seen, "b c a ");
    merge("c", "0", "A", 1); /* older: no change */
    walk(&cursor, seen);
    assert_string_equal(seen, "");
    store_cursor_seek(&cursor, 0);
    walk(&cursor, seen);
    assert_string_equal(seen, "b c a ");
    store_cursor_seek(&cursor, 2); /* b's index */
    walk(&cursor, seen);
    assert_string_equal(seen, "c a ");
    store_cursor_seek(&cursor, store_tail(store));
    walk(&cursor, seen);
    assert_string_equal(seen, "");
    store_cursor_close(&cursor);
}

static void a_cursor_survives_what_moves_under_it(void **state)
{
    (void)state;
    char seen[64];
    char long_time[300];
    store_cursor_t cursor;
    memset(long_time, '1', sizeof long_time - 1);
    long_time[sizeof long_time - 1] = '\0';
    long_time[9] = '.';
    merge("a", "1", "A", 1);
    merge("b", "1", "A", 1);
    store_cursor_open(store, &cursor);
    store_cursor_seek(&cursor, 0);
    merge("a", "2", "A", 1); /* the very entry that is next */
    walk(&cursor, seen);
    assert_string_equal(seen, "b a ");
    store_cursor_seek(&cursor, 0);
    merge("b", long_time, "A", 1); /* moves to another block, too */
    merge("a", long_time, "A", 1);
    walk(&cursor, seen);
    assert_string_equal(seen, "b a ");
    store_cursor_close(&cursor);
}

static void a_cursor_skips_indices_that_have_no_entry(void **state)
{
    (void)state;
    char seen[64];
    store_cursor_t cursor;
    merge("a", "1", "A", 1);
    merge("b", "1", "A", 1);
    merge("a", "2", "A", 1); /* index 1 has no entry any more */
    store_cursor_open(store, &cursor);
    assert_true(store_cursor_is_at_tail(&cursor) && store_cursor_index(&cursor) == 3);
    store_cursor_skip(&cursor, 3); /* to where it is */
    store_cursor_seek(&cursor, 0);
    assert_false(store_cursor_is_at_tail(&cursor));
    store_cursor_skip(&cursor, 1);
    assert_int_equal(store_cursor_index(&cursor), 1);
    walk(&cursor, seen);
    assert_string_equal(seen, "b a ");
    assert_true(store_cursor_is_at_tail(&cursor));
    /* What stood at the tail is purged: the cursor is at the tail, and may skip to its index. */
    store_cursor_seek(&cursor, 2);
    assert_int_equal(store_purge(store, INT64_MAX, 2 * store_slot_count(store)), 2);
    assert_true(store_cursor_is_at_tail(&cursor));
    assert_int_equal(store_cursor_index(&cursor), 2);
    store_cursor_skip(&cursor, store_tail(store));
    assert_int_equal(store_cursor_index(&cursor), 3);
    merge("c", "1", "A", 1);
    assert_false(store_cursor_is_at_tail(&cursor));
    walk(&cursor, seen);
    assert_string_equal(seen, "c ");
    store_cursor_close(&cursor);
}

/* Known and unknown clients, in a table where their slots lie side by side; and nothing at all. */
static void fetching_changes_nothing(void **state)
{
    (void)state;
    enum { CLIENTS = 700 };
    uint32_t hashes[STORE_FETCH_BATCH] = {0};
    char name[24];
    record_t record;
    store_fetch_end(store, hashes, 0);
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(name, sizeof name, "client%d", i);
        size_t count = (size_t)(i % STORE_FETCH_BATCH);
        hashes[count] = store_fetch_begin(store, text_of(name));
        store_fetch_end(store, hashes, count + 1);
        if (i % 3 > 0) {
            assert_int_equal(merge(name, "1", "A", 1), STORE_NEWER);
        }
        assert_int_equal(store_find(store, text_of(name), &record), i % 3 > 0);
        assert_int_equal(store_serves(store, text_of(name)), i % 3 > 0);
        store_fetch_entry(store, hashes[count]);
    }
    assert_int_equal(store_count(store), CLIENTS - (CLIENTS + 2) / 3);
    assert_int_equal(store_tail(store), store_count(store));
}

static void marks_are_those_of_the_newest_record(void **state)
{
    (void)state;
    store_cursor_t cursor;
    store_entry_t entry;
    record_t record = record_for_test("a", "1", "A", 1);
    store_cursor_open(store, &cursor);
    assert_int_equal(store_merge(store, &record, 1), STORE_NEWER);
    assert_int_equal(store_merge(store, &record, 4), STORE_SAME);
    assert_true(store_cursor_peek(&cursor, &entry));
    assert_int_equal(entry.marks, 5);
    record = record_for_test("a", "0", "A", 1);
    assert_int_equal(store_merge(store, &record, 8), STORE_OLDER);
    assert_true(store_cursor_peek(&cursor, &entry));
    assert_int_equal(entry.marks, 5);
    record = record_for_test("a", "2", "A", 1);
    assert_int_equal(store_merge(store, &record, 2), STORE_NEWER);
    assert_true(store_cursor_peek(&cursor, &entry));
    assert_int_equal(entry.marks, 2);
    uint32_t marks = 0;
    assert_true(store_fetched_marks(store, store_fetch_begin(store, TEXT("a")), &marks));
    assert_int_equal(marks, 2);
    assert_false(store_fetched_marks(store, store_fetch_begin(store, TEXT("b")), &marks));
    store_cursor_close(&cursor);
}

/* Random merges of few clients with texts of all lengths, against a plain array. */
static void it_agrees_with_a_plain_model(void **state)
{
    (void)state;
    enum { CLIENTS = 300, MERGES = 60000 };
    static int64_t newest[CLIENTS];
    static char position[1200];
    unsigned random = 1;
    memset(newest, -1, sizeof newest);
    for (int i = 0; i < MERGES; i++) {
        random = random * 1664525 + 1013904223;
        unsigned client = random / 65536 % CLIENTS;
        int64_t time = (int64_t)(random % 100000);
        char name[16];
        char text[16];
        snprintf(name, sizeof name, "client%u", client);
        snprintf(text, sizeof text, "%lld", (long long)time);
        record_t record = record_for_test(name, text, "A", 1);
        /* A position of 4 to 1,199 bytes, so that records change their size. */
        size_t zeros = random / 7 % 1195;
        memset(position, '0', sizeof position);
        memcpy(position, "+1.", 3);
        memcpy(position + 3 + zeros + 1, "-1", 2);
        record.position = (text_t){.data = position, .size = zeros + 6};
        store_outcome_t expected = time > newest[client]    ? STORE_NEWER
                                   : time == newest[client] ? STORE_SAME
                                                            : STORE_OLDER;
        store_outcome_t outcome = store_merge(store, &record, 0);
        /* Same time, other position: older or newer by its text. */
        assert_true(outcome == expected || expected == STORE_SAME);
        newest[client] = time > newest[client] ? time : newest[client];
    }
    store_cursor_t cursor;
    store_entry_t entry;
    size_t count = 0;
    uint64_t last = 0;
    store_cursor_open(store, &cursor);
    store_cursor_seek(&cursor, 0);
    for (; store_cursor_peek(&cursor, &entry); count++) {
        assert_true(entry.index > last);
        last = entry.index;
        store_cursor_advance(&cursor);
        uint64_t client;
        assert_true(
            text_to_u64(text_after(entry.record.client, strlen("client")), CLIENTS - 1, &client));
        assert_true(newest[client] == entry.record.client_time_ns / TIMESTAMP_NS_PER_S);
    }
    assert_int_equal(count, store_count(store));
    store_cursor_close(&cursor);
}

static void merge_marked(const char *client, const char *time, uint32_t marks)
{
    record_t record = record_for_test(client, time, "A", 1);
    (void)store_merge(store, &record, marks);
}

/* One by one, or all at once where the newest ones came in a run; and no others. */
static void a_cursor_passes_what_bears_its_mark(void **state)
{
    (void)state;
    enum { ONE = 1, OTHER = 2 };
    char seen[64];
    store_cursor_t cursor;
    store_cursor_open(store, &cursor);
    assert_false(store_cursor_pass_run(&cursor, ONE, 0));
    assert_int_equal(store_cursor_pass_marked(&cursor, ONE, 0, 9), 0);
    merge_marked("a", "1", ONE);
    merge_marked("b", "1", ONE);
    merge_marked("c", "1", OTHER);
    merge_marked("d", "1", OTHER | ONE);
    assert_false(store_cursor_pass_run(&cursor, ONE, 0));
    assert_false(store_cursor_pass_run(&cursor, OTHER, 0));
    assert_int_equal(store_cursor_pass_marked(&cursor, ONE, 2, 9), 0); /* void up to 2 (R6) */
    assert_int_equal(store_cursor_pass_marked(&cursor, ONE, 0, 1), 1);
    assert_int_equal(store_cursor_pass_marked(&cursor, ONE, 0, 9), 1);
    assert_int_equal(store_cursor_index(&cursor), 2);
    assert_false(store_cursor_pass_run(&cursor, OTHER, 3));
    assert_true(store_cursor_pass_run(&cursor, OTHER, 2));
    assert_true(store_cursor_is_at_tail(&cursor));
    assert_int_equal(store_cursor_index(&cursor), 4);
    /* What this member took, or another version of what it had, ends a run. */
    merge_marked("e", "1", 0);
    merge_marked("f", "1", OTHER);
    merge_marked("b", "1", OTHER);
    merge_marked("c", "2", OTHER);
    assert_false(store_cursor_pass_run(&cursor, OTHER, 0));
    assert_int_equal(store_cursor_pass_marked(&cursor, OTHER, 0, 9), 0);
    store_cursor_seek(&cursor, 0);
    assert_int_equal(store_cursor_pass_marked(&cursor, ONE | OTHER, 0, 9), 3);
    walk(&cursor, seen);
    assert_string_equal(seen, "e f c ");
    store_cursor_close(&cursor);
}

/* A store that is rebuilt from what an earlier life wrote down: indices with gaps, and the end of
 * the list. */
static void a_restored_list_goes_on_where_it_ended(void **state)
{
    (void)state;
    char seen[64];
    store_cursor_t cursor;
    store_entry_t entry;
    record_t a = record_for_test("a", "5", "A", 1);
    record_t b = record_for_test("b", "5", "A", 1);
    assert_int_equal(store_restore(store, &a, 3), STORE_NEWER);
    assert_int_equal(store_restore(store, &b, 17), STORE_NEWER);
    assert_int_equal(store_tail(store), 17);
    store_restore_tail(store, 20);
    assert_int_equal(store_tail(store), 20);
    store_restore_tail(store, 20);
    store_cursor_open(store, &cursor);
    store_cursor_seek(&cursor, 2);
    assert_true(store_cursor_peek(&cursor, &entry));
    assert_int_equal(entry.index, 3);
    store_cursor_seek(&cursor, 3);
    assert_true(store_cursor_peek(&cursor, &entry));
    assert_int_equal(entry.index, 17);
    store_cursor_seek(&cursor, 17);
    assert_false(store_cursor_peek(&cursor, &entry));
    assert_int_equal(merge("c", "5", "A", 1), STORE_NEWER);
    assert_int_equal(merge("a", "6", "A", 1), STORE_NEWER);
    assert_int_equal(store_tail(store), 22);
    walk(&cursor, seen);
    assert_string_equal(seen, "c a ");
    store_cursor_close(&cursor);
}

/* A record that was purged and is in the journal yet never met the one that came later: it gives it
 * no era, and takes none from it. */
static void what_was_purged_changes_no_restored_record(void **state)
{
    (void)state;
    record_t of_era = record_for_test("a", "5", "A", 5);
    record_t of_none = record_for_test("a", "9", "A", 9);
    record_t found;
    of_era.era_ns = 4 * TIMESTAMP_NS_PER_S;
    assert_int_equal(store_restore(store, &of_era, 3), STORE_NEWER);
    assert_int_equal(store_restore(store, &of_none, 5), STORE_NEWER);
    assert_true(store_find(store, TEXT("a"), &found));
    assert_text_equal(found.client_time, "9");
    assert_true(found.era_ns == 0 && store_tail(store) == 5);
    of_era.order_time_ns = of_era.client_time_ns; /* before "9" */
    of_era.era_ns = 8 * TIMESTAMP_NS_PER_S;
    assert_int_equal(store_restore(store, &of_era, 7), STORE_NEWER);
    assert_true(store_find(store, TEXT("a"), &found));
    assert_text_equal(found.client_time, "5");
    assert_true(found.era_ns == 8 * TIMESTAMP_NS_PER_S);
}

/* What it says of a record is what a merge then does; of other eras and ties it says nothing. */
static void a_later_record_is_known_without_a_merge(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        const char *time;
        int64_t era_ns;
        bool is_later;
    } cases[] = {{"a", "5", 0, false},   {"b", "6", 0, false}, {"a", "5.000000001", 0, true},
                 {"a", "4.9", 0, false}, {"a", "7", 1, false}, {"e", "9", 0, false}};
    record_t of_era = record_for_test("e", "5", "A", 5);
    of_era.era_ns = 4;
    assert_int_equal(merge("a", "5", "A", 5), STORE_NEWER);
    assert_int_equal(store_merge(store, &of_era, 0), STORE_NEWER);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint32_t marks = 7;
        record_t record = record_for_test(cases[i].client, cases[i].time, "A", 9);
        record.era_ns = cases[i].era_ns;
        assert_int_equal(store_is_later(store, &record, &marks), cases[i].is_later);
        assert_int_equal(marks, cases[i].is_later ? 0 : 7);
    }
}

static void what_finds_no_room_is_not_restored(void **state)
{
    (void)state;
    store_destroy(&store);
    store = store_new(1, 1);
    record_t a = record_for_test("a", "5", "A", 1);
    record_t b = record_for_test("b", "5", "A", 1);
    assert_int_equal(store_restore(store, &a, 3), STORE_NEWER);
    assert_int_equal(store_restore(store, &b, 17), STORE_FULL);
    assert_int_equal(store_tail(store), 3);
    assert_int_equal(store_count(store), 1);
    store_restore_tail(store, 17);
    assert_int_equal(merge("a", "6", "A", 1), STORE_NEWER);
    assert_int_equal(store_tail(store), 18);
}

/* The promise of the store (docs/architecture.md): 160 bytes a client, all told. */
static void a_million_clients_take_160_bytes_each(void **state)
{
    (void)state;
    enum { CLIENTS = 1000000 };
    record_t record = record_for_test("x", "1621464827.959498503", "Goloman", 1621464828);
    char name[48];
    for (int i = 0; i < CLIENTS; i++) {
        int size = snprintf(name, sizeof name, "phone%06d.cs.ucla.edu", i);
        record.client = (text_t){.data = name, .size = (size_t)size};
        assert_int_equal(store_merge(store, &record, 0), STORE_NEWER);
    }
    assert_int_equal(store_count(store), CLIENTS);
    assert_true(store_memory(store) <= (size_t)CLIENTS * 160);
    assert_true(store_find(store, TEXT("phone765432.cs.ucla.edu"), &record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(an_empty_store_knows_nobody),
        store_test(a_record_comes_back_byte_for_byte),
        store_test(the_client_time_comes_back_capped_or_not),
        store_test(only_newer_records_win),
        store_test(two_texts_of_one_time_have_an_order),
        store_test(the_maximum_holds),
        store_test(the_memory_has_a_maximum),
        store_test(the_table_counts_as_memory),
        store_test(origins_have_a_maximum),
        store_test(changes_are_listed_once_newest_last),
        store_test(a_cursor_survives_what_moves_under_it),
        store_test(a_cursor_skips_indices_that_have_no_entry),
        store_test(fetching_changes_nothing),
        store_test(marks_are_those_of_the_newest_record),
        store_test(a_cursor_passes_what_bears_its_mark),
        store_test(a_later_record_is_known_without_a_merge),
        store_test(it_agrees_with_a_plain_model),
        store_test(a_restored_list_goes_on_where_it_ended),
        store_test(what_was_purged_changes_no_restored_record),
        store_test(what_finds_no_room_is_not_restored),
        store_test(a_million_clients_take_160_bytes_each),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
