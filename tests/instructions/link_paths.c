/* What a link makes of changed records, and what the neighbour does with it. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "tests/instructions/counted.h"
#include "tests/instructions/input.h"
#include "tests/support/link_pair.h"

static void change_all(const input_t *lines)
{
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        record_t record = input_record(lines, i, "One");
        assert_int_equal(store_merge(pair.one.store, &record, 0), STORE_NEWER);
    }
}

static void expect_records(const input_t *lines)
{
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        record_t expected = input_record(lines, i, "One");
        record_t found;
        assert_true(store_find(pair.other.store, expected.client, &found));
        assert_int_equal(record_compare(&found, &expected), 0);
    }
}

/* Carries DATA by DATA; the answers travel between them. */
static void carry(void)
{
    message_t message;
    unsigned carried = 0;
    while (link_counters(pair.one.link)->sent < (uint64_t)2 * INPUT_COUNT) {
        counted_begin();
        bool any = link_next(pair.one.link, pair.now_ns, pair.now_ns, &message);
        link_sent(pair.one.link, pair.now_ns);
        counted_end("link-next", 0, "record");
        assert_true(any);
        assert_int_equal(message.type, MESSAGE_DATA);
        counted_begin();
        link_event_t event = link_take(pair.other.link, &message, pair.now_ns, pair.now_ns);
        counted_end("link-take", 0, "record");
        assert_int_equal(event, LINK_NOTHING);
        (void)pair_carry_answers(&pair.other, &pair.one);
        carried++;
    }
    assert_in_range(carried, 1, 3);
    assert_true(link_is_level(pair.one.link));
}

/* All clients are known on both sides, and all of them change. */
void link_paths(void **state)
{
    input_t lines;
    (void)pair_open(state);
    pair_connect();
    input_iamats(&lines, 0);
    change_all(&lines);
    pair_carry(&pair.one, &pair.other);
    expect_records(&lines);
    input_done(&lines);
    input_iamats(&lines, 1);
    change_all(&lines);
    carry();
    counted_items("link-next", INPUT_COUNT, "record");
    counted_items("link-take", INPUT_COUNT, "record");
    expect_records(&lines);
    assert_int_equal(link_counters(pair.other.link)->newer, 2 * INPUT_COUNT);
    input_done(&lines);
    (void)pair_close(state);
}
