#include "common/log/record.h"

#include "common/base/little_endian.h"

#include <xxhash.h>

enum {
    SIZE_AT = 4,
    CHECKSUM_AT = 8,
    CHECKED_AT = 16, /* what the checksum is of begins here, with the time */
    VERSION_AT = 24,
    KIND_AT = 25,
    FLAGS_AT = 26,
    PEER_SIZE_AT = 27,
    VERSION = 1,
    FLAG_CUT = 1,
};

static const char mark[LOG_RECORD_MARK_SIZE] = {'\n', '\x89', 'H', 'T'};

/* The part before the first LF, at most `maximum` bytes. */
static text_t first_line(text_t text, size_t maximum)
{
    text_t part = text_first(text, maximum);
    const char *end = part.size > 0 ? memchr(part.data, '\n', part.size) : NULL;
    return end != NULL ? text_first(part, (size_t)(end - part.data)) : part;
}

status_t log_record_append(const log_record_t *record, buffer_t *out)
{
    text_t peer = first_line(record->peer, LOG_RECORD_PEER_SIZE);
    text_t line = first_line(record->line, LOG_RECORD_LINE_SIZE);
    size_t size = LOG_RECORD_HEAD_SIZE + peer.size + line.size;
    status_t status = buffer_reserve(out, size);
    if (status != STATUS_OK) {
        return status;
    }
    char *start = out->data + out->size;
    bool cut = record->cut || line.size < record->line.size;
    memcpy(start, mark, LOG_RECORD_MARK_SIZE);
    little_endian_put_32(start + SIZE_AT, (uint32_t)size);
    little_endian_put_64(start + CHECKED_AT, (uint64_t)record->time_ns);
    start[VERSION_AT] = VERSION;
    start[KIND_AT] = (char)record->kind;
    start[FLAGS_AT] = cut ? FLAG_CUT : 0;
    start[PEER_SIZE_AT] = (char)peer.size;
    text_copy(line, text_copy(peer, start + LOG_RECORD_HEAD_SIZE));
    little_endian_put_64(start + CHECKSUM_AT, XXH3_64bits(start + CHECKED_AT, size - CHECKED_AT));
    buffer_commit(out, size);
    return STATUS_OK;
}

/* Bytes before the next mark, or the beginning of one at the end, from `from` on; all if there is
 * none. */
static size_t find_mark(text_t bytes, size_t from)
{
    while (from < bytes.size) {
        const char *found = memchr(bytes.data + from, mark[0], bytes.size - from);
        if (found == NULL) {
            return bytes.size;
        }
        from = (size_t)(found - bytes.data);
        size_t size =
            bytes.size - from < LOG_RECORD_MARK_SIZE ? bytes.size - from : LOG_RECORD_MARK_SIZE;
        if (memcmp(found, mark, size) == 0) {
            return from;
        }
        from++;
    }
    return bytes.size;
}

/* Whether peer and line of a record of this version are as a writer makes them. */
static bool take_texts(text_t whole, log_record_t *record)
{
    size_t peer_size = (unsigned char)whole.data[PEER_SIZE_AT];
    text_t rest = text_after(whole, LOG_RECORD_HEAD_SIZE);
    if (peer_size > rest.size || (rest.size > 0 && memchr(rest.data, '\n', rest.size) != NULL)) {
        return false;
    }
    record->peer = text_first(rest, peer_size);
    record->line = text_after(rest, peer_size);
    return true;
}

/* The first `whole.size` bytes, whose checksum is right. */
static log_record_found_t take_whole(text_t whole, log_record_t *ret_record)
{
    unsigned char kind = (unsigned char)whole.data[KIND_AT];
    if (whole.data[VERSION_AT] != VERSION || kind >= LOG_KINDS) {
        return LOG_RECORD_NEWER;
    }
    log_record_t record = {.kind = (log_kind_t)kind,
                           .cut = (whole.data[FLAGS_AT] & FLAG_CUT) != 0,
                           .time_ns = (int64_t)little_endian_get_64(whole.data + CHECKED_AT)};
    if (!take_texts(whole, &record)) {
        return LOG_RECORD_NONE;
    }
    *ret_record = record;
    return LOG_RECORD_WHOLE;
}

static bool checksum_is_right(text_t whole)
{
    return XXH3_64bits(whole.data + CHECKED_AT, whole.size - CHECKED_AT) ==
           little_endian_get_64(whole.data + CHECKSUM_AT);
}

log_record_found_t log_record_read(text_t bytes, log_record_t *ret_record, size_t *ret_size)
{
    size_t skipped = find_mark(bytes, 0);
    if (skipped > 0) {
        *ret_size = skipped;
        return LOG_RECORD_NONE;
    }
    bool has_head = bytes.size >= LOG_RECORD_HEAD_SIZE;
    size_t size = has_head ? little_endian_get_32(bytes.data + SIZE_AT) : LOG_RECORD_HEAD_SIZE;
    bool possible = size >= LOG_RECORD_HEAD_SIZE && size <= LOG_RECORD_SIZE;
    text_t whole = text_first(bytes, size);
    if (possible && whole.size == size && checksum_is_right(whole)) {
        *ret_size = size;
        return take_whole(whole, ret_record);
    }
    /* One that broke off may stand before the next. */
    size_t next = find_mark(bytes, 1);
    if (possible && whole.size < size && next + LOG_RECORD_MARK_SIZE > bytes.size) {
        return LOG_RECORD_PARTIAL;
    }
    *ret_size = next;
    return LOG_RECORD_NONE;
}

size_t log_record_count_after(text_t bytes, size_t offset)
{
    size_t count = 0;
    for (size_t at = 0; at < bytes.size;) {
        size_t size = little_endian_get_32(bytes.data + at + SIZE_AT);
        at += size;
        count += at > offset ? 1 : 0;
    }
    return count;
}
