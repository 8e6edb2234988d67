/* The format of chunks, written and read.
 *
 * The writer is in a hurry, for it works in the reactor: a record costs some two hundred
 * instructions, most of them to pack position and time once more. It leaves the checksum to another
 * thread. The reader is suspicious: checksum first, then each size before it is used, then each
 * field as record_parse_bus_line would check it, so that nothing comes into a store by a disk that
 * could not come by the bus. */
#include "common/journal/chunk.h"

#include "common/base/limits.h"
#include "common/base/little_endian.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/protocol/record.h"
#include "common/store/origins.h"
#include "common/store/packed.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    HASH_SIZE = 8,
    SIZE_AT = 12,
    FIRST_AT = 16,
    LAST_AT = 24,
    COUNT_AT = 32,
    SERIAL_AT = 36,
    RECORD_SIZE = 32, /* of its fixed part */
    ERA_SIZE = 8,
    /* The fixed part, an origin's name with its size, all texts, and an era: more than any record
     * takes. */
    RECORD_SIZE_MAX = RECORD_SIZE + 1 + LIMIT_NAME_SIZE + LIMIT_LINE_SIZE + ERA_SIZE,
    PACKED_FLAG = 0x8000,
    ERA_FLAG = 0x4000,
    NUMBER_BITS = ERA_FLAG - 1,
};

static_assert(JOURNAL_CHUNK_HEADER_SIZE + RECORD_SIZE_MAX <= JOURNAL_CHUNK_SIZE,
              "every record fits an empty chunk");
static_assert(LIMIT_ORIGINS <= ERA_FLAG, "an origin's number leaves the flags free");
static_assert(LIMIT_LINE_SIZE <= UINT16_MAX + 1, "the size of a text fits its field");

struct journal_chunk_writer {
    origins_t origins; /* of this chunk */
    const char *last;  /* the newest origin's text, in the store: most records have the same ... */
    uint16_t number;   /* ... and its number here */
    size_t size;       /* bytes after which a chunk takes no more */
    char *out;         /* the chunk */
    char *end;         /* behind the last record */
    journal_chunk_name_t name;
};

struct journal_chunk_reader {
    text_t rest;
    journal_chunk_name_t name;
    uint64_t index; /* of the last record */
    uint32_t left;  /* records */
    size_t origin_count;
    text_t origins[LIMIT_ORIGINS]; /* in the chunk */
    char unpacked[PACKED_TEXT_SIZE];
};

journal_chunk_writer_t *journal_chunk_writer_new(size_t chunk_size)
{
    assert(chunk_size <= JOURNAL_CHUNK_SIZE);
    journal_chunk_writer_t *self = memory_new(sizeof *self);
    self->size = chunk_size > 0 ? chunk_size : JOURNAL_CHUNK_SIZE;
    origins_init(&self->origins);
    return self;
}

void journal_chunk_writer_destroy(journal_chunk_writer_t **self_p)
{
    journal_chunk_writer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    origins_done(&self->origins);
    free(self);
    *self_p = NULL;
}

void journal_chunk_begin(journal_chunk_writer_t *self, char *out)
{
    origins_done(&self->origins);
    self->last = NULL;
    self->out = out;
    self->end = out + JOURNAL_CHUNK_HEADER_SIZE;
    self->name = (journal_chunk_name_t){0};
}

/* The origin's number in this chunk; writes its name to `end` if it is new, and moves that. */
static uint16_t number_origin(journal_chunk_writer_t *self, text_t origin, char **end)
{
    if (origin.data == self->last) {
        return self->number;
    }
    size_t known = self->origins.count;
    status_t status = origins_intern(&self->origins, origin, &self->number);
    assert(status == STATUS_OK); /* a store has no more of them than a chunk may have */
    if (self->origins.count > known) {
        *(*end)++ = (char)origin.size;
        *end = text_copy(origin, *end);
    }
    self->last = origin.data;
    return self->number;
}

/* Writes position and client time; returns whether they are packed. */
static bool put_rest(const record_t *record, char **end)
{
    char text[PACKED_TEXT_SIZE];
    unsigned char packed[PACKED_SIZE];
    size_t size = record->position.size + record->client_time.size;
    if (size <= PACKED_TEXT_SIZE) {
        text_copy(record->client_time, text_copy(record->position, text));
        if (packed_write(text, size, packed)) {
            memcpy(*end, packed, packed_size(size));
            *end += packed_size(size);
            return true;
        }
    }
    *end = text_copy(record->client_time, text_copy(record->position, *end));
    return false;
}

bool journal_chunk_add(journal_chunk_writer_t *self, const store_entry_t *entry)
{
    const record_t *record = &entry->record;
    size_t used = (size_t)(self->end - self->out);
    assert(self->name.count == 0 || entry->index > self->name.last);
    bool full = self->name.count > 0 && used >= self->size;
    if (full || RECORD_SIZE + 1 + record->origin.size + record_text_size(record) + ERA_SIZE >
                    JOURNAL_CHUNK_SIZE - used) {
        return false;
    }
    char *at = self->end;
    char *end = at + RECORD_SIZE;
    uint16_t origin = number_origin(self, record->origin, &end);
    end = text_copy(record->client, end);
    origin |= put_rest(record, &end) ? PACKED_FLAG : 0;
    if (record->era_ns != 0 && !record_is_tombstone(record)) {
        origin |= ERA_FLAG;
        little_endian_put_64(end, (uint64_t)record->era_ns);
        end += ERA_SIZE;
    }
    little_endian_put_64(at, entry->index);
    little_endian_put_64(at + 8, (uint64_t)record->order_time_ns);
    little_endian_put_64(at + 16, (uint64_t)record->receipt_time_ns);
    little_endian_put_16(at + 24, origin);
    little_endian_put_16(at + 26, (uint16_t)record->client.size);
    little_endian_put_16(at + 28, (uint16_t)record->position.size);
    little_endian_put_16(at + 30, (uint16_t)record->client_time.size);
    self->end = end;
    self->name.first = self->name.count == 0 ? entry->index : self->name.first;
    self->name.last = entry->index;
    self->name.count++;
    return true;
}

bool journal_chunk_is_empty(const journal_chunk_writer_t *self)
{
    return self->name.count == 0;
}

size_t journal_chunk_end(journal_chunk_writer_t *self, uint32_t serial,
                         journal_chunk_name_t *ret_name)
{
    size_t size = (size_t)(self->end - self->out);
    assert(self->name.count > 0);
    self->name.serial = serial;
    memset(self->out, 0, HASH_SIZE);
    text_copy(TEXT(JOURNAL_CHUNK_MAGIC), self->out + JOURNAL_CHUNK_MAGIC_AT);
    little_endian_put_32(self->out + SIZE_AT, (uint32_t)size);
    little_endian_put_64(self->out + FIRST_AT, self->name.first);
    little_endian_put_64(self->out + LAST_AT, self->name.last);
    little_endian_put_32(self->out + COUNT_AT, self->name.count);
    little_endian_put_32(self->out + SERIAL_AT, serial);
    *ret_name = self->name;
    return size;
}

void journal_chunk_seal(char *chunk, size_t size)
{
    little_endian_put_64(chunk, XXH3_64bits(chunk + HASH_SIZE, size - HASH_SIZE));
}

void journal_chunk_write_key(const journal_chunk_name_t *name, unsigned char *key)
{
    uint64_t first = htobe64(name->first);
    uint64_t last = htobe64(name->last);
    uint32_t count = htobe32(name->count);
    uint32_t serial = htobe32(name->serial);
    memcpy(key, &first, sizeof first);
    memcpy(key + 8, &last, sizeof last);
    memcpy(key + 16, &count, sizeof count);
    memcpy(key + 20, &serial, sizeof serial);
}

/* Whether such a chunk can be: its indices are those of `count` different records. */
static bool is_possible(const journal_chunk_name_t *name)
{
    return name->first > 0 && name->last >= name->first && name->count > 0 &&
           name->count - 1 <= name->last - name->first;
}

bool journal_chunk_parse_key(text_t key, journal_chunk_name_t *ret_name)
{
    journal_chunk_name_t name;
    if (key.size != JOURNAL_CHUNK_KEY_SIZE) {
        return false;
    }
    memcpy(&name.first, key.data, sizeof name.first);
    memcpy(&name.last, key.data + 8, sizeof name.last);
    memcpy(&name.count, key.data + 16, sizeof name.count);
    memcpy(&name.serial, key.data + 20, sizeof name.serial);
    name.first = be64toh(name.first);
    name.last = be64toh(name.last);
    name.count = be32toh(name.count);
    name.serial = be32toh(name.serial);
    if (!is_possible(&name)) {
        return false;
    }
    *ret_name = name;
    return true;
}

journal_chunk_reader_t *journal_chunk_reader_new(void)
{
    return memory_new(sizeof(journal_chunk_reader_t));
}

void journal_chunk_reader_destroy(journal_chunk_reader_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

bool journal_chunk_read_name(text_t chunk, journal_chunk_name_t *ret_name)
{
    if (chunk.size < JOURNAL_CHUNK_HEADER_SIZE) {
        return false;
    }
    *ret_name = (journal_chunk_name_t){
        .first = little_endian_get_64(chunk.data + FIRST_AT),
        .last = little_endian_get_64(chunk.data + LAST_AT),
        .count = little_endian_get_32(chunk.data + COUNT_AT),
        .serial = little_endian_get_32(chunk.data + SERIAL_AT),
    };
    return true;
}

bool journal_chunk_size(text_t head, size_t *ret_size)
{
    if (head.size < JOURNAL_CHUNK_HEADER_SIZE ||
        memcmp(head.data + JOURNAL_CHUNK_MAGIC_AT, JOURNAL_CHUNK_MAGIC,
               sizeof JOURNAL_CHUNK_MAGIC - 1) != 0) {
        return false;
    }
    size_t size = little_endian_get_32(head.data + SIZE_AT);
    if (size <= JOURNAL_CHUNK_HEADER_SIZE || size > JOURNAL_CHUNK_SIZE) {
        return false;
    }
    *ret_size = size;
    return true;
}

status_t journal_chunk_open(journal_chunk_reader_t *self, text_t chunk,
                            journal_chunk_name_t *ret_name)
{
    self->left = 0;
    self->rest = (text_t){0};
    size_t size;
    if (!journal_chunk_size(chunk, &size) || size != chunk.size ||
        little_endian_get_64(chunk.data) != XXH3_64bits(chunk.data + HASH_SIZE, size - HASH_SIZE)) {
        return STATUS_DAMAGED;
    }
    journal_chunk_name_t name;
    if (!journal_chunk_read_name(chunk, &name) || !is_possible(&name)) {
        return STATUS_DAMAGED;
    }
    self->name = name;
    self->left = name.count;
    self->index = 0;
    self->origin_count = 0;
    self->rest = text_after(chunk, JOURNAL_CHUNK_HEADER_SIZE);
    *ret_name = name;
    return STATUS_OK;
}

/* Cuts `size` bytes off the front of what is left; false if there are fewer. */
static bool take(journal_chunk_reader_t *self, size_t size, text_t *ret_part)
{
    if (size > self->rest.size) {
        return false;
    }
    *ret_part = text_first(self->rest, size);
    self->rest = text_after(self->rest, size);
    return true;
}

/* The origin of that number, which may be new here. */
static bool take_origin(journal_chunk_reader_t *self, uint16_t number, text_t *ret_origin)
{
    text_t size;
    if (number == self->origin_count && number < LIMIT_ORIGINS) {
        if (!take(self, 1, &size) ||
            !take(self, (unsigned char)size.data[0], &self->origins[number]) ||
            !record_name_is_valid(self->origins[number])) {
            return false;
        }
        self->origin_count++;
    }
    if (number >= self->origin_count) {
        return false;
    }
    *ret_origin = self->origins[number];
    return true;
}

/* Position and client time, of these sizes. */
static bool take_rest(journal_chunk_reader_t *self, bool packed, record_t *record)
{
    size_t position_size = record->position.size;
    size_t size = position_size + record->client_time.size;
    text_t rest;
    if (packed) {
        if (size > PACKED_TEXT_SIZE || !take(self, packed_size(size), &rest)) {
            return false;
        }
        packed_read((const unsigned char *)rest.data, size, self->unpacked);
        rest = (text_t){.data = self->unpacked, .size = size};
    } else if (!take(self, size, &rest)) {
        return false;
    }
    record->position = text_first(rest, position_size);
    record->client_time = text_after(rest, position_size);
    return true;
}

/* The era of an update that is not of the first (replication.md, R17); a tombstone's is its order
 * time. */
static bool take_era(journal_chunk_reader_t *self, bool has_era, record_t *record)
{
    text_t era;
    record->era_ns = record_is_tombstone(record) ? record_era_from(record->order_time_ns) : 0;
    if (!has_era) {
        return true;
    }
    if (record_is_tombstone(record) || !take(self, ERA_SIZE, &era)) {
        return false;
    }
    record->era_ns = (int64_t)little_endian_get_64(era.data);
    return record->era_ns > 0;
}

/* One record, as far as its form goes. */
static bool take_record(journal_chunk_reader_t *self, store_entry_t *entry)
{
    record_t *record = &entry->record;
    text_t fixed;
    if (!take(self, RECORD_SIZE, &fixed)) {
        return false;
    }
    uint16_t origin = little_endian_get_16(fixed.data + 24);
    record->client.size = little_endian_get_16(fixed.data + 26);
    record->position.size = little_endian_get_16(fixed.data + 28);
    record->client_time.size = little_endian_get_16(fixed.data + 30);
    entry->index = little_endian_get_64(fixed.data);
    entry->marks = 0;
    record->order_time_ns = (int64_t)little_endian_get_64(fixed.data + 8);
    record->receipt_time_ns = (int64_t)little_endian_get_64(fixed.data + 16);
    return record_text_size(record) < LIMIT_LINE_SIZE &&
           take_origin(self, origin & NUMBER_BITS, &record->origin) &&
           take(self, record->client.size, &record->client) &&
           take_rest(self, (origin & PACKED_FLAG) != 0, record) &&
           take_era(self, (origin & ERA_FLAG) != 0, record);
}

/* Whether it is the next of its chunk. */
static bool is_in_order(const journal_chunk_reader_t *self, uint64_t index)
{
    bool first = self->left == self->name.count;
    bool last = self->left == 1;
    return (first ? index == self->name.first : index > self->index) &&
           (last ? index == self->name.last : index < self->name.last);
}

status_t journal_chunk_next(journal_chunk_reader_t *self, store_entry_t *ret_entry)
{
    store_entry_t entry;
    if (self->left == 0) {
        bool ended = self->rest.size == 0;
        self->rest = (text_t){0};
        return ended ? STATUS_NOT_FOUND : STATUS_DAMAGED;
    }
    if (!take_record(self, &entry) || !is_in_order(self, entry.index) ||
        record_check(&entry.record) != STATUS_OK) {
        self->left = 0;
        self->rest = TEXT("damaged");
        return STATUS_DAMAGED;
    }
    self->left--;
    self->index = entry.index;
    *ret_entry = entry;
    return STATUS_OK;
}
