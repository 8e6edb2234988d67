/* Any bytes as a file of positions, cut in any pieces, in each format: whatever is taken makes a
 * line that a front-end takes, and comes back the same when it is written as a record. */
#include "common/base/memory.h"
#include "common/protocol/command.h"
#include "deploy/herdctl/positions/items.h"
#include "deploy/herdctl/positions/reader.h"
#include "deploy/herdctl/positions/writer.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const positions_update_t *one, const positions_update_t *other)
{
    return text_equal(one->client, other->client) && text_equal(one->position, other->position) &&
           text_equal(one->client_time, other->client_time);
}

static status_t take(positions_reader_t *reader, positions_format_t format, text_t item,
                     positions_update_t *ret_update)
{
    return format == POSITIONS_CSV ? positions_reader_take_row(reader, item, ret_update)
                                   : positions_reader_take_object(reader, item, ret_update);
}

/* A whole file of ours has this update. */
static void check_file(positions_format_t format, text_t file, const positions_update_t *update)
{
    positions_reader_t *reader = positions_reader_new();
    positions_items_t items = positions_items_begin(format);
    positions_update_t again;
    size_t taken;
    text_t item;
    positions_format_t guessed;
    bool known = positions_items_guess(file, true, &guessed);
    assert(known && guessed == format);
    status_t status = positions_items_take(&items, file, true, &taken, &item);
    assert(status == STATUS_OK);
    if (format == POSITIONS_CSV) {
        status = positions_reader_take_header(reader, item);
        assert(status == STATUS_OK);
        file = text_after(file, taken);
        status = positions_items_take(&items, file, true, &taken, &item);
        assert(status == STATUS_OK);
    }
    status = take(reader, format, item, &again);
    assert(status == STATUS_OK && is_same(&again, update));
    status = positions_items_take(&items, text_after(file, taken), true, &taken, &item);
    assert(status == STATUS_NOT_FOUND);
    positions_reader_destroy(&reader);
}

static void check_round(const command_t *command, const positions_update_t *update)
{
    buffer_t out;
    record_t record = {.client = command->client,
                       .position = command->position,
                       .client_time = command->client_time,
                       .origin = TEXT("Clark"),
                       .client_time_ns = command->client_time_ns,
                       .receipt_time_ns = command->client_time_ns,
                       .order_time_ns = command->client_time_ns};
    buffer_init(&out, (size_t)3 * POSITIONS_WRITER_SIZE);
    for (positions_format_t format = POSITIONS_JSONL; format <= POSITIONS_GEOJSON; format++) {
        buffer_clear(&out);
        positions_writer_t writer = positions_writer_begin(format, &out);
        positions_writer_add(&writer, &record, &out);
        positions_writer_end(&writer, &out);
        check_file(format, buffer_text(&out), update);
    }
    buffer_done(&out);
}

static void check_update(const positions_update_t *update)
{
    buffer_t line;
    buffer_init(&line, LIMIT_LINE_SIZE - 1);
    text_t parts[] = {TEXT("IAMAT "),   update->client, TEXT(" "),
                      update->position, TEXT(" "),      update->client_time};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        status_t status = buffer_append(&line, parts[i].data, parts[i].size);
        assert(status == STATUS_OK);
    }
    assert(memchr(line.data, '\n', line.size) == NULL);
    command_t command = command_parse(buffer_text(&line));
    assert(command.kind == COMMAND_IAMAT && text_equal(command.client, update->client) &&
           text_equal(command.position, update->position) &&
           text_equal(command.client_time, update->client_time));
    check_round(&command, update);
    buffer_done(&line);
}

static void check_item(positions_reader_t *reader, positions_format_t format, text_t item,
                       bool is_first)
{
    positions_update_t update;
    status_t status;
    if (format == POSITIONS_CSV && is_first) {
        status = positions_reader_take_header(reader, item);
    } else {
        status = take(reader, format, item, &update);
        if (status == STATUS_OK) {
            check_update(&update);
        }
    }
    assert(status == STATUS_OK || *positions_reader_problem(reader) != '\0');
}

/* Cuts the file, `piece` more bytes at a time. Returns its items. */
static size_t cut(positions_format_t format, text_t file, size_t piece)
{
    positions_reader_t *reader = positions_reader_new();
    positions_items_t items = positions_items_begin(format);
    size_t begin = 0;
    size_t end = 0;
    size_t count = 0;
    status_t status;
    do {
        size_t taken;
        text_t item;
        status = positions_items_take(&items, text_first(text_after(file, begin), end - begin),
                                      end == file.size, &taken, &item);
        assert(taken <= end - begin);
        if (status == STATUS_OK) {
            assert(item.size <= POSITIONS_ITEM_SIZE && items.at_line > 0);
            check_item(reader, format, item, count++ == 0);
        }
        if (status == STATUS_AGAIN) {
            assert(end < file.size);
            end = end + piece < file.size ? end + piece : file.size;
        }
        begin += taken;
    } while (status == STATUS_OK || status == STATUS_AGAIN || status == STATUS_TOO_LONG);
    assert(status == STATUS_INVALID || begin == file.size);
    positions_reader_destroy(&reader);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    text_t file = {.data = (const char *)data + 1, .size = size - 1};
    for (positions_format_t format = POSITIONS_JSONL; format <= POSITIONS_GEOJSON; format++) {
        size_t whole = cut(format, file, file.size + 1);
        size_t pieces = cut(format, file, (size_t)data[0] % 64 + 1);
        assert(whole == pieces);
    }
    return 0;
}
