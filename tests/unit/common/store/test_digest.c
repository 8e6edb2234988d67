/* Sums of hashes that tell two stores apart (common/store/digest.h, common/store/store.h). */
#include "common/store/digest.h"

#include "common/store/store.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdio.h>

static digest_sum_t root_of(const record_t *record)
{
    digest_t *digest = digest_new();
    digest_add(digest, record);
    digest_sum_t root = digest_root(digest);
    digest_destroy(&digest);
    return root;
}

static record_t sample(void)
{
    return record_for_test("kiwi", "1621464827.959498503", "Clark", 1621464828);
}

static void each_field_counts(void **state)
{
    (void)state;
    record_t records[] = {sample(), sample(), sample(), sample(), sample(), sample(), sample()};
    records[1].client = TEXT("kiwj");
    records[2].position = TEXT("+34.068930-118.445128");
    records[3].client_time = TEXT("1621464827.9594985030"); /* the same time, another text */
    records[4].origin = TEXT("Clarl");
    records[5].receipt_time_ns++;
    records[6].order_time_ns--;
    for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(digest_sum_equal(root_of(&records[i]), root_of(&records[j])));
        }
        assert_true(digest_sum_equal(root_of(&records[i]), root_of(&records[i])));
    }
}

/* It travels between machines: if it changes, the digest needs another name in HERD/1. */
static void a_known_record_has_a_known_sum(void **state)
{
    (void)state;
    char text[DIGEST_SUM_SIZE];
    record_t record = sample();
    digest_sum_write(root_of(&record), text);
    assert_memory_equal(text, "4482051354720319f0d909f88cb149cd", DIGEST_SUM_SIZE);
    assert_int_equal(digest_leaf_of(TEXT("kiwi")), 57325);
}

static void what_is_taken_out_leaves_no_trace(void **state)
{
    (void)state;
    digest_t *digest = digest_new();
    record_t record = sample();
    unsigned leaf = digest_leaf_of(record.client);
    digest_add(digest, &record);
    assert_false(digest_sum_equal(digest_root(digest), (digest_sum_t){0}));
    assert_true(digest_sum_equal(digest_root(digest), digest_leaf(digest, leaf)));
    assert_true(
        digest_sum_equal(digest_root(digest), digest_node(digest, leaf / DIGEST_NODE_LEAVES)));
    digest_subtract(digest, &record);
    assert_true(digest_sum_equal(digest_root(digest), (digest_sum_t){0}));
    assert_true(digest_sum_equal(digest_leaf(digest, leaf), (digest_sum_t){0}));
    assert_true(
        digest_sum_equal(digest_node(digest, leaf / DIGEST_NODE_LEAVES), (digest_sum_t){0}));
    digest_destroy(&digest);
    assert_null(digest);
}

static void sums_are_written_and_read(void **state)
{
    (void)state;
    digest_sum_t sum = {.low = UINT64_C(0x0123456789abcdef), .high = UINT64_C(0xfedcba9876543210)};
    digest_sum_t read;
    char text[DIGEST_SUM_SIZE];
    digest_sum_write(sum, text);
    assert_memory_equal(text, "fedcba98765432100123456789abcdef", DIGEST_SUM_SIZE);
    assert_true(digest_sum_parse((text_t){.data = text, .size = sizeof text}, &read));
    assert_true(digest_sum_equal(sum, read));
    assert_false(digest_sum_parse(TEXT("fedcba98765432100123456789abcde"), &read));
    assert_false(digest_sum_parse(TEXT("fedcba98765432100123456789abcdef0"), &read));
    assert_false(digest_sum_parse(TEXT("fedcba98765432100123456789abcdeF"), &read));
    assert_false(digest_sum_parse(TEXT("fedcba98765432100123456789abcde "), &read));
    assert_false(digest_sum_parse(TEXT(""), &read));
}

static void merge(store_t *store, int client, int time)
{
    char name[24];
    char text[24];
    snprintf(name, sizeof name, "client%d", client);
    snprintf(text, sizeof text, "%d", time);
    record_t record = record_for_test(name, text, client % 2 == 0 ? "Clark" : "Lewis", 7);
    (void)store_merge(store, &record, 0);
}

/* However a store came by its records, and whenever it was asked. */
static void stores_with_equal_records_have_equal_digests(void **state)
{
    (void)state;
    store_t *one = store_new(10000, 1);
    store_t *other = store_new(10000, 2);
    for (int i = 0; i < 3000; i++) {
        merge(one, i % 1000, i);
        if (i % 7 == 0) {
            store_digest_step(one, (size_t)i % 30);
        }
    }
    for (int i = 2999; i >= 0; i--) {
        merge(other, i % 1000, i);
    }
    assert_null(store_digest(other));
    assert_false(store_digest_step(other, 999));
    assert_null(store_digest(other));
    assert_true(store_digest_step(other, 1));
    assert_true(store_digest_step(one, SIZE_MAX));
    assert_true(digest_sum_equal(digest_root(store_digest(one)), digest_root(store_digest(other))));
    merge(other, 5, 9999);
    assert_null(store_digest(other));
    assert_true(store_digest_step(other, 1));
    assert_false(
        digest_sum_equal(digest_root(store_digest(one)), digest_root(store_digest(other))));
    merge(one, 5, 9999);
    assert_true(store_digest_step(one, 1));
    assert_true(digest_sum_equal(digest_root(store_digest(one)), digest_root(store_digest(other))));
    store_destroy(&one);
    store_destroy(&other);
}

static void what_is_purged_is_taken_out(void **state)
{
    (void)state;
    store_t *store = store_new(10000, 1);
    for (int i = 0; i < 1000; i++) {
        merge(store, i, i + 1);
    }
    assert_true(store_digest_step(store, SIZE_MAX));
    assert_int_equal(store_purge(store, 2000 * TIMESTAMP_NS_PER_S, 10 * store_slot_count(store)),
                     1000);
    assert_true(store_digest_step(store, SIZE_MAX));
    assert_true(digest_sum_equal(digest_root(store_digest(store)), (digest_sum_t){0}));
    store_destroy(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_counts),
        cmocka_unit_test(a_known_record_has_a_known_sum),
        cmocka_unit_test(what_is_taken_out_leaves_no_trace),
        cmocka_unit_test(sums_are_written_and_read),
        cmocka_unit_test(stores_with_equal_records_have_equal_digests),
        cmocka_unit_test(what_is_purged_is_taken_out),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
