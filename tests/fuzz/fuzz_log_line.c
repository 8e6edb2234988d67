/* Any bytes as message and peer of an event, and as a field of it: each form is one line of
 * printable ASCII, JSON is valid and says the same, and what does not fit leaves nothing. The peer
 * is what stands before the first LF. */
#include "common/base/memory.h"
#include "common/log/line.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_SIZE_MAX = 65536, SMALL_SIZE_MAX = 300 };

typedef status_t write_fn(const log_entry_t *entry, buffer_t *out);

static void check_line(text_t line)
{
    assert(line.size > 0 && line.data[line.size - 1] == '\n');
    for (size_t i = 0; i + 1 < line.size; i++) {
        assert(line.data[i] >= ' ' && line.data[i] <= '~');
    }
}

/* The message, escaped as it is in the line of text. */
static void check_json(text_t line, const log_entry_t *entry)
{
    char *escaped = memory_new(4 * entry->message.size + 1);
    json_t *json = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
    const char *message = json_string_value(json_object_get(json, "message"));
    bool plain =
        entry->message.size == 0 || memchr(entry->message.data, '\\', entry->message.size) == NULL;
    text_escape(entry->message, escaped, 4 * entry->message.size + 1);
    assert(message != NULL && (!plain || strcmp(message, escaped) == 0));
    assert((json_object_get(json, "peer") != NULL) == (entry->peer != NULL));
    assert(json_is_string(json_object_get(json, "reason")));
    json_decref(json);
    free(escaped);
}

static void check(const log_entry_t *entry, write_fn *form)
{
    buffer_t out;
    buffer_t small;
    buffer_init(&out, OUT_SIZE_MAX);
    buffer_init(&small, SMALL_SIZE_MAX);
    if (form(entry, &out) == STATUS_OK) {
        check_line(buffer_text(&out));
        if (form == log_line_json) {
            check_json(buffer_text(&out), entry);
        }
    }
    bool fits = form(entry, &small) == STATUS_OK;
    assert(fits ? text_equal(buffer_text(&small), buffer_text(&out)) : small.size == 0);
    buffer_done(&small);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static write_fn *const forms[] = {log_line_text, log_line_json, log_line_terminal,
                                      log_line_journal};
    text_t rest = {.data = (const char *)data, .size = size};
    text_t line = {0};
    bool has_peer = text_take_line(&rest, &line);
    char *peer = memory_copy_text(line.data, line.size);
    const log_field_t fields[] = {
        {.key = "reason", .text = peer}, {.key = "count", .number = -1}, {0}};
    const log_entry_t entry = {.time_ns = INT64_C(1772366400250000000),
                               .member = "Goloman",
                               .program = "node",
                               .event = LOG_LINK_GAP,
                               .peer = has_peer ? peer : NULL,
                               .message = rest,
                               .repeated = size % 3,
                               .fields = fields};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        check(&entry, forms[i]);
    }
    free(peer);
    return 0;
}
