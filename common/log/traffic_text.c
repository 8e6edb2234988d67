#include "common/log/traffic_text.h"

#include "common/base/sheet.h"
#include "common/log/line.h"

#include <stdio.h>

enum {
    TAG_SIZE = 8, /* "<" or ">", in the column of levels */
    /* The largest escaped line: four bytes for each of the longest client line; longer answers are
     * cut. */
    TRAFFIC_SIZE = 4 * LIMIT_LINE_SIZE,
    /* A line as JSON, beside its message: keys, names, time. */
    JSON_EXTRA_SIZE = 1024,
};

/* Behind a line that was cut when it was recorded. */
#define CUT TEXT("...")

void log_traffic_text_init(log_traffic_text_t *self, text_t member, text_t program, size_t spare)
{
    *self = (log_traffic_text_t){.spare = spare, .prefix_ms = INT64_MIN};
    text_copy(text_first(member, LIMIT_NAME_SIZE), self->member);
    text_copy(text_first(program, LOG_PROGRAM_SIZE), self->program);
    self->source_size =
        (size_t)snprintf(self->source, sizeof self->source, "%s/%s", self->member, self->program);
    buffer_init(&self->scratch, TRAFFIC_SIZE + CUT.size + 1);
}

void log_traffic_text_done(log_traffic_text_t *self)
{
    buffer_done(&self->scratch);
}

/* Bytes of `text` after text_escape. */
static size_t escaped_size(text_t text)
{
    size_t size = text.size;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\';
        size += plain ? 0 : 3;
    }
    return size;
}

/* Bytes that a line of `escaped` bytes takes. */
static size_t line_room(size_t escaped)
{
    return (escaped < TRAFFIC_SIZE ? escaped : TRAFFIC_SIZE) + CUT.size;
}

/* Writes a line into that much room and one byte more. Returns its end. */
static char *put_line(char *out, const log_record_t *record, size_t escaped)
{
    bool fits = escaped <= TRAFFIC_SIZE;
    if (fits && escaped == record->line.size) {
        out = text_copy(record->line, out);
    } else {
        text_escape(record->line, out, (fits ? escaped : TRAFFIC_SIZE) + 1);
        out += strlen(out);
    }
    return record->cut && fits ? text_copy(CUT, out) : out;
}

/* Writes the fixed part of a line: time, tag padded to TAG_SIZE, source. */
static char *put_prefix(log_traffic_text_t *self, const log_record_t *record, char *out)
{
    int64_t time_ms = record->time_ns / TIMESTAMP_NS_PER_MS;
    if (time_ms != self->prefix_ms) {
        timestamp_write_iso8601(record->time_ns, self->prefix);
        self->prefix_ms = time_ms;
    }
    memcpy(out, self->prefix, TIMESTAMP_ISO8601_SIZE);
    out += TIMESTAMP_ISO8601_SIZE;
    memset(out, ' ', TAG_SIZE + 2);
    out[1] = record->kind == LOG_RECEIVED ? '<' : '>';
    out += 1 + TAG_SIZE;
    out = text_copy((text_t){.data = self->source, .size = self->source_size}, out);
    *out++ = ' ';
    return out;
}

/* Bytes that put_prefix writes. */
static size_t prefix_size(const log_traffic_text_t *self)
{
    return TIMESTAMP_ISO8601_SIZE + 1 + TAG_SIZE + self->source_size + 1;
}

typedef status_t write_event_fn(const log_entry_t *entry, buffer_t *out);

/* A client that came or left. */
static status_t append_event(const log_traffic_text_t *self, const log_record_t *record,
                             buffer_t *out, write_event_fn *write)
{
    char peer[LOG_RECORD_PEER_SIZE + 1] = "";
    text_copy(text_first(record->peer, LOG_RECORD_PEER_SIZE), peer);
    const log_entry_t entry = {
        .time_ns = record->time_ns,
        .member = self->member,
        .program = self->program,
        .event = record->kind == LOG_CAME ? LOG_CLIENT_CAME : LOG_CLIENT_LEFT,
        .peer = peer,
        .message = record->line,
    };
    return write(&entry, out);
}

static bool is_line(const log_record_t *record)
{
    return record->kind == LOG_RECEIVED || record->kind == LOG_ANSWERED;
}

status_t log_traffic_text_append(log_traffic_text_t *self, const log_record_t *record,
                                 buffer_t *out)
{
    if (!is_line(record)) {
        return record->kind == LOG_BEGINNING ? STATUS_OK
                                             : append_event(self, record, out, log_line_text);
    }
    size_t escaped = escaped_size(record->line);
    size_t size = prefix_size(self) + record->peer.size + 1 + line_room(escaped) + 1;
    status_t status = buffer_reserve(out, size + self->spare);
    if (status == STATUS_OK) {
        char *start = out->data + out->size;
        char *end = put_prefix(self, record, start);
        end = text_copy(record->peer, end);
        *end++ = ' ';
        end = put_line(end, record, escaped);
        *end++ = '\n';
        buffer_commit(out, (size_t)(end - start));
    }
    return status;
}

/* {"time":"2026-03-01T12:00:00.250Z","level":"traffic", ... ,"message":"WHATSAT kiwi 10 5"} */
static status_t append_object(const log_traffic_text_t *self, const log_record_t *record,
                              buffer_t *out)
{
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(record->time_ns, time);
    sheet_t sheet = sheet_begin(out);
    sheet_format(&sheet,
                 "{\"time\":\"%.*s\",\"level\":\"traffic\",\"program\":\"%s\","
                 "\"member\":\"%s\",\"peer\":",
                 TIMESTAMP_ISO8601_SIZE, time, self->program, self->member);
    log_line_put_string(&sheet, record->peer);
    sheet_format(&sheet, ",\"event\":\"%s\",\"message\":",
                 record->kind == LOG_RECEIVED ? "received" : "answered");
    log_line_put_string(&sheet, buffer_text(&self->scratch));
    sheet_put(&sheet, TEXT("}\n"));
    return sheet_end(&sheet);
}

status_t log_traffic_text_append_json(log_traffic_text_t *self, const log_record_t *record,
                                      buffer_t *out)
{
    if (!is_line(record)) {
        return record->kind == LOG_BEGINNING ? STATUS_OK
                                             : append_event(self, record, out, log_line_json);
    }
    size_t escaped = escaped_size(record->line);
    size_t size = line_room(escaped);
    buffer_clear(&self->scratch);
    status_t status = buffer_reserve(&self->scratch, size + 1);
    if (status == STATUS_OK) {
        status =
            buffer_reserve(out, JSON_EXTRA_SIZE + 5 * (record->peer.size + size) + self->spare);
    }
    if (status != STATUS_OK) {
        return status;
    }
    char *end = put_line(self->scratch.data, record, escaped);
    buffer_commit(&self->scratch, (size_t)(end - self->scratch.data));
    return append_object(self, record, out);
}
