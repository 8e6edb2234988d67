#include "common/log/traffic.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/log/shares.h"

#include <stdlib.h>

enum {
    TAG_SIZE = 8, /* "<" or ">", in the column of levels */
    /* Room in the buffer that traffic leaves to events: no flood of lines costs the news of it. */
    EVENT_ROOM = 65536,
    /* The largest escaped line: four bytes for each of the longest client line; longer answers are
     * cut. */
    TRAFFIC_SIZE = 4 * LIMIT_LINE_SIZE,
    /* A line as JSON, beside its message: keys, names, time. */
    JSON_EXTRA_SIZE = 1024,
};

struct log_traffic_lines {
    log_writer_t *writer; /* borrowed */
    char *source;         /* "member/program" */
    size_t source_size;   /* bytes */

    /* These belong to the thread that has locked the writer: */
    buffer_t *out; /* borrowed from the writer */
    log_shares_t *shares;
    buffer_t scratch;  /* a line on its way into JSON */
    int64_t prefix_ms; /* the time, in ms, that `prefix` shows */
    char prefix[TIMESTAMP_ISO8601_SIZE];
};

log_traffic_lines_t *log_traffic_new(log_writer_t *writer)
{
    const log_source_t *source = log_writer_source(writer);
    log_traffic_lines_t *self = memory_new(sizeof *self);
    self->writer = writer;
    self->out = log_writer_buffer(writer);
    self->source_size = strlen(source->member) + 1 + strlen(source->program);
    self->source = memory_new(self->source_size + 1);
    char *end = text_copy(text_of(source->member), self->source);
    *end++ = '/';
    text_copy(text_of(source->program), end);
    self->prefix_ms = INT64_MIN;
    buffer_init(&self->scratch, TRAFFIC_SIZE + 1);
    self->shares = log_shares_new();
    return self;
}

void log_traffic_destroy(log_traffic_lines_t **self_p)
{
    log_traffic_lines_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    buffer_done(&self->scratch);
    log_shares_destroy(&self->shares);
    free(self->source);
    free(self);
    *self_p = NULL;
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

/* Bytes that a line of `escaped` bytes takes in the log. */
static size_t line_room(size_t escaped)
{
    return escaped < TRAFFIC_SIZE ? escaped : TRAFFIC_SIZE;
}

/* Writes a line into that much room and one byte more. Returns its end. */
static char *put_line(char *out, text_t line, size_t escaped)
{
    if (escaped == line.size && escaped <= TRAFFIC_SIZE) {
        return text_copy(line, out);
    }
    text_escape(line, out, line_room(escaped) + 1);
    return out + strlen(out);
}

/* Writes the fixed part of a line: time, tag padded to TAG_SIZE, source. */
static char *put_prefix(log_traffic_lines_t *self, char *out, int64_t now_ns, char tag)
{
    int64_t now_ms = now_ns / TIMESTAMP_NS_PER_MS;
    if (now_ms != self->prefix_ms) {
        timestamp_write_iso8601(now_ns, self->prefix);
        self->prefix_ms = now_ms;
    }
    memcpy(out, self->prefix, TIMESTAMP_ISO8601_SIZE);
    out += TIMESTAMP_ISO8601_SIZE;
    memset(out, ' ', TAG_SIZE + 2);
    out[1] = tag;
    out += 1 + TAG_SIZE;
    out = text_copy((text_t){.data = self->source, .size = self->source_size}, out);
    *out++ = ' ';
    return out;
}

/* Bytes that put_prefix writes. */
static size_t prefix_size(const log_traffic_lines_t *self)
{
    return TIMESTAMP_ISO8601_SIZE + 1 + TAG_SIZE + self->source_size + 1;
}

/* Makes room for one line; counts it as lost if there is none. */
static bool reserve_line(log_traffic_lines_t *self, size_t size)
{
    if (buffer_reserve(self->out, size + EVENT_ROOM) != STATUS_OK) {
        log_writer_drop(self->writer);
        return false;
    }
    return true;
}

static void append_text(log_traffic_lines_t *self, log_direction_t direction, int64_t now_ns,
                        text_t peer, text_t line)
{
    size_t escaped = escaped_size(line);
    size_t size = line_room(escaped);
    if (reserve_line(self, prefix_size(self) + peer.size + 1 + size + 1)) {
        char *start = self->out->data + self->out->size;
        char *end = put_prefix(self, start, now_ns, direction == LOG_RECEIVED ? '<' : '>');
        end = text_copy(peer, end);
        *end++ = ' ';
        end = put_line(end, line, escaped);
        *end++ = '\n';
        buffer_commit(self->out, (size_t)(end - start));
    }
}

/* {"time":"2026-03-01T12:00:00.250Z","level":"traffic", ... ,"message":"WHATSAT kiwi 10 5"} */
static void append_json(log_traffic_lines_t *self, log_direction_t direction, int64_t now_ns,
                        text_t peer, text_t line)
{
    const log_source_t *source = log_writer_source(self->writer);
    size_t escaped = escaped_size(line);
    size_t size = line_room(escaped);
    buffer_clear(&self->scratch);
    if (buffer_reserve(&self->scratch, size + 1) != STATUS_OK ||
        !reserve_line(self, JSON_EXTRA_SIZE + 5 * (peer.size + size))) {
        return;
    }
    char *end = put_line(self->scratch.data, line, escaped);
    buffer_commit(&self->scratch, (size_t)(end - self->scratch.data));
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(now_ns, time);
    sheet_t sheet = sheet_begin(self->out);
    sheet_format(&sheet,
                 "{\"time\":\"%.*s\",\"level\":\"traffic\",\"program\":\"%s\","
                 "\"member\":\"%s\",\"peer\":",
                 TIMESTAMP_ISO8601_SIZE, time, source->program, source->member);
    log_line_put_string(&sheet, peer);
    sheet_format(&sheet, ",\"event\":\"%s\",\"message\":",
                 direction == LOG_RECEIVED ? "received" : "answered");
    log_line_put_string(&sheet, buffer_text(&self->scratch));
    sheet_put(&sheet, TEXT("}\n"));
    if (sheet_end(&sheet) != STATUS_OK) {
        log_writer_drop(self->writer);
    }
}

bool log_traffic_has_room(log_traffic_lines_t *self, uint64_t peer, int64_t now_ns, size_t size)
{
    log_writer_lock(self->writer);
    bool takes = log_shares_take(self->shares, peer, now_ns, size);
    log_writer_unlock(self->writer);
    return takes;
}

void log_traffic_append(log_traffic_lines_t *self, log_direction_t direction, int64_t now_ns,
                        text_t peer, text_t line)
{
    log_writer_lock(self->writer);
    if (log_writer_source(self->writer)->format == LOG_FORMAT_JSON) {
        append_json(self, direction, now_ns, peer, line);
    } else {
        append_text(self, direction, now_ns, peer, line);
    }
    log_writer_unlock(self->writer);
}
