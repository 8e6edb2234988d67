/* A line of traffic as a binary record (common/log/record.h): its bytes, what is none, what broke
 * off, what clients might forge. */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/log/record.h"

#include <stdlib.h>

#define BYTES(string) ((text_t){.data = (string), .size = sizeof(string) - 1})

static const log_record_t sample = {.kind = LOG_ANSWERED,
                                    .time_ns = INT64_C(1621464827959498503),
                                    .peer = {"127.0.0.1:40112#7", 17},
                                    .line = {"? WHATSAT kiwi 10 5", 19}};

static void append(buffer_t *out, const log_record_t *record)
{
    assert_int_equal(log_record_append(record, out), STATUS_OK);
}

static void expect(text_t bytes, const log_record_t *wanted)
{
    log_record_t found;
    size_t size;
    assert_int_equal(log_record_read(bytes, &found, &size), LOG_RECORD_WHOLE);
    assert_int_equal(found.kind, wanted->kind);
    assert_int_equal(found.cut, wanted->cut);
    assert_true(found.time_ns == wanted->time_ns);
    assert_true(text_equal(found.peer, wanted->peer));
    assert_true(text_equal(found.line, wanted->line));
}

/* As docs/traffic-log.md has it; the checksum was computed by xxhsum -H3. */
static void its_bytes_are_as_documented(void **state)
{
    (void)state;
    static const unsigned char head[] = {'\n', 0x89, 'H', 'T', 64, 0, 0, 0};
    static const unsigned char time_to_peer[] = {0x07, 0xd7, 0x50, 0x8e, 0xab, 0x99,
                                                 0x80, 0x16, 1,    2,    0,    17};
    buffer_t out;
    buffer_init(&out, 4096);
    append(&out, &sample);
    assert_int_equal(out.size, 64);
    assert_memory_equal(out.data, head, sizeof head);
    assert_memory_equal(out.data + 16, time_to_peer, sizeof time_to_peer);
    assert_memory_equal(out.data + 28, "127.0.0.1:40112#7? WHATSAT kiwi 10 5", 36);
    expect(buffer_text(&out), &sample);
    buffer_done(&out);
}

static void any_bytes_but_line_feeds_come_back(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, (size_t)2 * LOG_RECORD_SIZE);
    log_record_t record = sample;
    record.time_ns = -1;
    record.line = BYTES("\0\xff\r\x89HT");
    append(&out, &record);
    expect(buffer_text(&out), &record);
    buffer_clear(&out);
    record.line = (text_t){0};
    record.peer = (text_t){0};
    append(&out, &record);
    assert_int_equal(out.size, LOG_RECORD_HEAD_SIZE);
    expect(buffer_text(&out), &record);
    /* What is longer is cut, and says so. */
    buffer_clear(&out);
    char *line = memory_new(LOG_RECORD_LINE_SIZE + 1);
    memset(line, 'x', LOG_RECORD_LINE_SIZE + 1);
    record.line = (text_t){line, LOG_RECORD_LINE_SIZE};
    append(&out, &record);
    expect(buffer_text(&out), &record);
    buffer_clear(&out);
    record.line.size++;
    append(&out, &record);
    record.line.size--;
    record.cut = true;
    expect(buffer_text(&out), &record);
    buffer_clear(&out);
    record.line = BYTES("first\nsecond");
    append(&out, &record);
    record.line = BYTES("first");
    expect(buffer_text(&out), &record);
    free(line);
    buffer_done(&out);
}

/* Each beginning of a record is the beginning of one; each with a byte changed is none, and no byte
 * of the record behind it is lost. */
static void what_is_changed_is_none(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 4096);
    append(&out, &sample);
    size_t first = out.size;
    append(&out, &sample);
    log_record_t found;
    size_t size;
    for (size_t i = 0; i < first; i++) {
        assert_int_equal(log_record_read(text_first(buffer_text(&out), i), &found, &size),
                         LOG_RECORD_PARTIAL);
    }
    for (size_t i = 0; i < first; i++) {
        out.data[i] ^= 0x10;
        text_t rest = buffer_text(&out);
        while (log_record_read(rest, &found, &size) == LOG_RECORD_NONE) {
            assert_in_range(size, 1, rest.size);
            rest = text_after(rest, size);
        }
        assert_int_equal(rest.size, first);
        expect(rest, &sample);
        out.data[i] ^= 0x10;
    }
    buffer_done(&out);
}

/* One that broke off anywhere costs itself alone. */
static void the_next_one_is_found(void **state)
{
    (void)state;
    buffer_t whole;
    buffer_t out;
    buffer_init(&whole, 4096);
    buffer_init(&out, 4096);
    append(&whole, &sample);
    for (size_t i = 1; i < whole.size; i++) {
        buffer_clear(&out);
        assert_int_equal(buffer_append(&out, whole.data, i), STATUS_OK);
        append(&out, &sample);
        log_record_t found;
        size_t size;
        assert_int_equal(log_record_read(buffer_text(&out), &found, &size), LOG_RECORD_NONE);
        assert_int_equal(size, i);
        expect(text_after(buffer_text(&out), size), &sample);
    }
    buffer_done(&out);
    buffer_done(&whole);
}

/* A client sends a record in its line: it can send no LF, and so no mark. */
static void a_line_holds_no_record(void **state)
{
    (void)state;
    buffer_t forged;
    buffer_t out;
    buffer_init(&forged, 4096);
    buffer_init(&out, 4096);
    append(&forged, &sample);
    log_record_t record = sample;
    record.line = text_after(buffer_text(&forged), 1);
    append(&out, &record);
    out.data[20] ^= 1; /* damage */
    append(&out, &sample);
    log_record_t found;
    size_t size;
    assert_int_equal(log_record_read(buffer_text(&out), &found, &size), LOG_RECORD_NONE);
    assert_int_equal(size, out.size - forged.size);
    buffer_done(&out);
    buffer_done(&forged);
}

/* The count of what a full disk refused. */
static void records_behind_an_offset_are_counted(void **state)
{
    (void)state;
    buffer_t out;
    buffer_init(&out, 4096);
    append(&out, &sample);
    size_t size = out.size;
    append(&out, &sample);
    append(&out, &sample);
    assert_int_equal(log_record_count_after(buffer_text(&out), 0), 3);
    assert_int_equal(log_record_count_after(buffer_text(&out), size - 1), 3);
    assert_int_equal(log_record_count_after(buffer_text(&out), size), 2);
    assert_int_equal(log_record_count_after(buffer_text(&out), size + 1), 2);
    assert_int_equal(log_record_count_after(buffer_text(&out), 3 * size - 1), 1);
    assert_int_equal(log_record_count_after(buffer_text(&out), 3 * size), 0);
    assert_int_equal(log_record_count_after((text_t){0}, 0), 0);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_bytes_are_as_documented),
        cmocka_unit_test(any_bytes_but_line_feeds_come_back),
        cmocka_unit_test(what_is_changed_is_none),
        cmocka_unit_test(the_next_one_is_found),
        cmocka_unit_test(a_line_holds_no_record),
        cmocka_unit_test(records_behind_an_offset_are_counted),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
