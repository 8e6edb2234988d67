/* Any bytes as a chunk of a journal: as they are, and once more with a good head and checksum,
 * which chance would not find. What is read of it is what a store takes, and can be written
 * again. */
#include "common/base/memory.h"
#include "common/journal/chunk.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const store_entry_t *entry)
{
    buffer_t line;
    record_t again;
    buffer_init(&line, 1 << 20);
    status_t status = record_append_bus_line(&entry->record, &line);
    assert(status == STATUS_OK);
    text_t rest = buffer_text(&line);
    text_t first;
    bool taken = text_take_line(&rest, &first);
    assert(taken && rest.size == 0);
    status = record_parse_bus_line(first, &again);
    assert(status == STATUS_OK && record_compare(&again, &entry->record) == 0);
    buffer_done(&line);
}

static void use(text_t chunk)
{
    journal_chunk_reader_t *reader = journal_chunk_reader_new();
    journal_chunk_writer_t *writer = journal_chunk_writer_new(0);
    char *out = memory_new(JOURNAL_CHUNK_SIZE);
    journal_chunk_name_t name;
    store_entry_t entry;
    uint64_t count = 0;
    status_t status = journal_chunk_open(reader, chunk, &name);
    bool opened = status == STATUS_OK;
    journal_chunk_begin(writer, out);
    while (status == STATUS_OK && (status = journal_chunk_next(reader, &entry)) == STATUS_OK) {
        assert(entry.index >= name.first && entry.index <= name.last);
        check_again(&entry);
        /* Names that no record uses first may take more room than those that it writes. */
        bool added = journal_chunk_add(writer, &entry);
        assert(added);
        count++;
    }
    if (opened && status == STATUS_NOT_FOUND) {
        journal_chunk_name_t again;
        size_t size = journal_chunk_end(writer, name.serial, &again);
        assert(count == name.count && size <= JOURNAL_CHUNK_SIZE);
        assert(again.first == name.first && again.last == name.last);
    }
    assert(!opened || status == STATUS_NOT_FOUND || status == STATUS_DAMAGED);
    journal_chunk_reader_destroy(&reader);
    journal_chunk_writer_destroy(&writer);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *chunk = memory_copy_text((const char *)data, size);
    text_t text = {.data = chunk, .size = size};
    use(text);
    if (size > JOURNAL_CHUNK_HEADER_SIZE && size <= JOURNAL_CHUNK_SIZE) {
        uint32_t sealed = htole32((uint32_t)size);
        memcpy(chunk + 8, "HJC1", 4);
        memcpy(chunk + 12, &sealed, sizeof sealed);
        journal_chunk_seal(chunk, size);
        use(text);
    }
    free(chunk);
    return 0;
}
