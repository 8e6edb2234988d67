/* Any bytes as a log of traffic, in parts of any size: the reader ends, says of each byte once at
 * most that it is no record, and what it shows is a line of printable ASCII that is read to the
 * same record again. The first byte is the size of the parts. */
#include "deploy/herdctl/traffic/traffic.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_SIZE = 4 * 1024 * 1024 };

/* What is read again has the time in ms. */
static void check_again(text_t line, const herdctl_traffic_item_t *item)
{
    herdctl_traffic_item_t again;
    buffer_t plain;
    buffer_init(&plain, OUT_SIZE);
    assert(herdctl_traffic_lines_parse(line, &plain, &again) == HERDCTL_TRAFFIC_LINE);
    assert(again.record.kind == item->record.kind);
    assert(text_equal(again.record.peer, item->record.peer));
    bool is_line = item->record.kind == LOG_RECEIVED || item->record.kind == LOG_ANSWERED;
    if (is_line && !item->record.cut) {
        assert(text_equal(again.record.line, item->record.line));
    }
    buffer_done(&plain);
}

static void check_item(const herdctl_traffic_item_t *item)
{
    log_traffic_text_t text;
    buffer_t out;
    buffer_init(&out, OUT_SIZE);
    log_traffic_text_init(&text, item->member, item->program, 0);
    assert(log_traffic_text_append(&text, &item->record, &out) == STATUS_OK);
    assert(out.size > 0 && out.data[out.size - 1] == '\n');
    for (size_t i = 0; i + 1 < out.size; i++) {
        assert(out.data[i] >= ' ' && out.data[i] <= '~');
    }
    bool short_names =
        item->member.size <= LIMIT_NAME_SIZE && item->program.size <= LOG_PROGRAM_SIZE;
    if (item->record.time_ns >= 0 && short_names) {
        check_again(text_first(buffer_text(&out), out.size - 1), item);
    }
    buffer_clear(&out);
    assert(log_traffic_text_append_json(&text, &item->record, &out) == STATUS_OK);
    log_traffic_text_done(&text);
    buffer_done(&out);
}

/* Returns the end of the bytes that were told of. */
static uint64_t take_all(herdctl_traffic_reader_t *reader, bool at_end, uint64_t told)
{
    herdctl_traffic_item_t item;
    herdctl_traffic_place_t place;
    herdctl_traffic_step_t step;
    while ((step = herdctl_traffic_reader_take(reader, at_end, &item, &place)) !=
               HERDCTL_TRAFFIC_MORE &&
           step != HERDCTL_TRAFFIC_JSON) {
        if (step == HERDCTL_TRAFFIC_ITEM) {
            check_item(&item);
        } else {
            assert(place.size > 0 && place.offset >= told);
            told = place.offset + place.size;
            assert(told <= reader->offset + reader->bytes.size);
        }
    }
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    herdctl_traffic_reader_t reader;
    herdctl_traffic_reader_init(&reader);
    text_t rest = {.data = (const char *)data + 1, .size = size - 1};
    uint64_t told = 0;
    while (rest.size > 0) {
        text_t part = text_first(rest, (size_t)data[0] * 16 + 1);
        text_copy(part, herdctl_traffic_reader_room(&reader));
        buffer_commit(&reader.bytes, part.size);
        rest = text_after(rest, part.size);
        told = take_all(&reader, false, told);
    }
    told = take_all(&reader, true, told);
    assert(told <= size - 1);
    herdctl_traffic_reader_done(&reader);
    return 0;
}
