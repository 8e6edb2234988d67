/* One event in each form (common/log/line.h). */
#include "tests/support/cmocka_herd.h"

#include "common/log/line.h"

#include <jansson.h>
#include <stdio.h>

enum { OUT_SIZE = 65536 };

/* 2026-03-01T12:00:00.250Z */
static const log_entry_t gap = {.time_ns = INT64_C(1772366400250000000),
                                .member = "Goloman",
                                .program = "node",
                                .event = LOG_LINK_GAP,
                                .peer = "Hands",
                                .message = {"messages were lost; sent again", 30}};

static int setup(void **state)
{
    static buffer_t out;
    buffer_init(&out, OUT_SIZE);
    *state = &out;
    return 0;
}

static int teardown(void **state)
{
    buffer_done(*state);
    return 0;
}

static void expect(buffer_t *out, const char *expected)
{
    assert_int_equal(buffer_append(out, "", 1), STATUS_OK);
    assert_string_equal(out->data, expected);
    buffer_clear(out);
}

static void each_form_is_one_line(void **state)
{
    buffer_t *out = *state;
    assert_int_equal(log_line_text(&gap, out), STATUS_OK);
    expect(out,
           "2026-03-01T12:00:00.250Z warning Goloman/node Hands link-gap: messages were lost; sent "
           "again\n");
    assert_int_equal(log_line_terminal(&gap, out), STATUS_OK);
    expect(out, "Goloman/node: warning: Hands: messages were lost; sent again\n");
    assert_int_equal(log_line_journal(&gap, out), STATUS_OK);
    expect(out, "<4>Goloman/node Hands link-gap: messages were lost; sent again\n");
    assert_int_equal(log_line_json(&gap, out), STATUS_OK);
    expect(out, "{\"time\":\"2026-03-01T12:00:00.250Z\",\"level\":\"warning\",\"program\":\"node\","
                "\"member\":\"Goloman\",\"peer\":\"Hands\",\"event\":\"link-gap\","
                "\"message\":\"messages were lost; sent again\"}\n");
}

static void what_is_absent_is_not_there(void **state)
{
    buffer_t *out = *state;
    log_entry_t entry = gap;
    entry.peer = NULL;
    entry.event = LOG_STARTED;
    entry.message = (text_t){0};
    assert_int_equal(log_line_text(&entry, out), STATUS_OK);
    expect(out, "2026-03-01T12:00:00.250Z info    Goloman/node - started: \n");
    assert_int_equal(log_line_terminal(&entry, out), STATUS_OK);
    expect(out, "Goloman/node: info: \n");
    assert_int_equal(log_line_journal(&entry, out), STATUS_OK);
    expect(out, "<6>Goloman/node - started: \n");
    assert_int_equal(log_line_json(&entry, out), STATUS_OK);
    expect(out, "{\"time\":\"2026-03-01T12:00:00.250Z\",\"level\":\"info\",\"program\":\"node\","
                "\"member\":\"Goloman\",\"event\":\"started\",\"message\":\"\"}\n");
}

static void repeats_and_fields_are_told(void **state)
{
    buffer_t *out = *state;
    const log_field_t fields[] = {
        {.key = "changes", .number = -7}, {.key = "reason", .text = "\"\\"}, {0}};
    log_entry_t entry = gap;
    entry.event = LOG_STORE_FULL;
    entry.repeated = 41;
    entry.fields = fields;
    entry.message = TEXT("full");
    assert_int_equal(log_line_text(&entry, out), STATUS_OK);
    expect(out, "2026-03-01T12:00:00.250Z error   Goloman/node Hands store-full: full (repeated 41 "
                "times)\n");
    assert_int_equal(log_line_journal(&entry, out), STATUS_OK);
    expect(out, "<3>Goloman/node Hands store-full: full (repeated 41 times)\n");
    assert_int_equal(log_line_json(&entry, out), STATUS_OK);
    assert_non_null(memmem(
        out->data, out->size,
        "\"message\":\"full\",\"repeated\":41,\"changes\":-7,\"reason\":\"\\\"\\\\\"}\n", 60));
}

/* Every byte, in every place where foreign text may stand. */
static void hostile_bytes_never_make_a_line_or_break_json(void **state)
{
    buffer_t *out = *state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const char text[] = {(char)byte, (char)0xc3, (char)byte, '\0'};
        const log_field_t fields[] = {{.key = "reason", .text = text}, {0}};
        log_entry_t entry = gap;
        entry.peer = text;
        entry.message = (text_t){text, sizeof text}; /* its zero too */
        entry.fields = fields;
        assert_int_equal(log_line_json(&entry, out), STATUS_OK);
        assert_int_equal(out->data[out->size - 1], '\n');
        assert_ptr_equal(memchr(out->data, '\n', out->size), out->data + out->size - 1);
        json_error_t error;
        json_t *object = json_loadb(out->data, out->size, JSON_REJECT_DUPLICATES, &error);
        if (object == NULL) {
            fail_msg("byte %u: %s", byte, error.text);
        }
        assert_int_equal(json_object_size(object), 8);
        json_decref(object);
        buffer_clear(out);
        assert_int_equal(log_line_text(&entry, out), STATUS_OK);
        assert_int_equal(log_line_terminal(&entry, out), STATUS_OK);
        assert_int_equal(log_line_journal(&entry, out), STATUS_OK);
        unsigned lines = 0;
        for (size_t i = 0; i < out->size; i++) {
            lines += out->data[i] == '\n';
            assert_true(out->data[i] == '\n' || (out->data[i] >= 0x20 && out->data[i] < 0x7f));
        }
        assert_int_equal(lines, 3);
        buffer_clear(out);
    }
}

/* Whatever the room: a whole line or nothing. */
static void a_line_without_room_leaves_nothing(void **state)
{
    (void)state;
    status_t (*const writers[])(const log_entry_t *, buffer_t *) = {
        log_line_text, log_line_json, log_line_terminal, log_line_journal, log_line_journal_json};
    const log_field_t fields[] = {{.key = "reason", .text = "\n"}, {0}};
    log_entry_t entry = gap;
    entry.fields = fields;
    entry.repeated = 1;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        status_t status = STATUS_FULL;
        for (size_t room = 0; room < 1000; room++) {
            buffer_t out;
            buffer_init(&out, room);
            status = writers[i](&entry, &out);
            assert_true(status == STATUS_OK ? out.data[out.size - 1] == '\n' : out.size == 0);
            buffer_done(&out);
        }
        assert_int_equal(status, STATUS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_form_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_absent_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(repeats_and_fields_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_bytes_never_make_a_line_or_break_json, setup,
                                        teardown),
        cmocka_unit_test(a_line_without_room_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
