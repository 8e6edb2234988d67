/* Any bytes as a bus line: a record that is parsed, printed and parsed again is the same, and its
 * text no longer than before. */
#include "common/base/limits.h"
#include "common/protocol/record.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static text_t print(const record_t *record, buffer_t *out)
{
    buffer_init(out, LIMIT_BODY_SIZE);
    status_t status = record_append_bus_line(record, out);
    assert(status == STATUS_OK && out->data[out->size - 1] == '\n');
    return text_first(buffer_text(out), out->size - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t line = {.data = (const char *)data, .size = size};
    record_t record;
    /* A line has no LF. */
    if ((size > 0 && memchr(data, '\n', size) != NULL) ||
        record_parse_bus_line(line, &record) != STATUS_OK) {
        return 0;
    }
    record_t again;
    buffer_t first;
    buffer_t second;
    text_t printed = print(&record, &first);
    status_t status = record_parse_bus_line(printed, &again);
    assert(status == STATUS_OK && printed.size <= size);
    assert(record_compare(&record, &again) == 0 && text_equal(record.client, again.client));
    assert(text_equal(printed, print(&again, &second)));
    buffer_clear(&first);
    status = record_append_answer(&again, &first);
    assert(status == STATUS_OK && memcmp(first.data, second.data, first.size - 1) == 0);
    buffer_done(&first);
    buffer_done(&second);
    return 0;
}
