#include "common/log/line.h"

#include "common/base/timestamp.h"

static bool is_printable(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* Appends `text`; what is not printable ASCII as \xHH. */
static status_t put_clean(text_t text, buffer_t *out)
{
    static const char digits[] = "0123456789abcdef";
    status_t status = buffer_reserve(out, 4 * text.size);
    if (status != STATUS_OK) {
        return status;
    }
    char *end = out->data + out->size;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (is_printable(text.data[i])) {
            *end++ = text.data[i];
        } else {
            *end++ = '\\';
            *end++ = 'x';
            *end++ = digits[byte >> 4];
            *end++ = digits[byte & 15];
        }
    }
    buffer_commit(out, (size_t)(end - (out->data + out->size)));
    return STATUS_OK;
}

status_t log_line_string(text_t text, buffer_t *out)
{
    static const char digits[] = "0123456789abcdef";
    status_t status = buffer_reserve(out, 5 * text.size + 2);
    if (status != STATUS_OK) {
        return status;
    }
    char *end = out->data + out->size;
    *end++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            *end++ = '\\';
            *end++ = text.data[i];
        } else if (is_printable(text.data[i])) {
            *end++ = text.data[i];
        } else { /* \xHH, whose backslash JSON wants twice */
            end = text_copy(TEXT("\\\\x"), end);
            *end++ = digits[byte >> 4];
            *end++ = digits[byte & 15];
        }
    }
    *end++ = '"';
    buffer_commit(out, (size_t)(end - (out->data + out->size)));
    return STATUS_OK;
}

static bool put(buffer_t *out, text_t text)
{
    return buffer_append(out, text.data, text.size) == STATUS_OK;
}

/* The message, how often it was repeated, and the end of the line. */
static bool put_message(const log_entry_t *entry, buffer_t *out)
{
    return put_clean(entry->message, out) == STATUS_OK &&
           (entry->repeated == 0 ||
            buffer_format(out, " (repeated %llu times)", (unsigned long long)entry->repeated) ==
                STATUS_OK) &&
           put(out, TEXT("\n"));
}

/* What a line that broke off at the buffer's maximum leaves. */
static status_t settle(bool complete, size_t size_before, buffer_t *out)
{
    if (!complete) {
        out->size = size_before;
    }
    return complete ? STATUS_OK : STATUS_FULL;
}

/* Goloman/node Hands link-down: ... */
static bool put_columns(const log_entry_t *entry, buffer_t *out)
{
    char event[LOG_EVENTS_TEXT_SIZE];
    log_events_text(entry->event, event);
    return buffer_format(out, "%s/%s ", entry->member, entry->program) == STATUS_OK &&
           put_clean(entry->peer != NULL ? text_of(entry->peer) : TEXT("-"), out) == STATUS_OK &&
           buffer_format(out, " %s: ", event) == STATUS_OK && put_message(entry, out);
}

status_t log_line_text(const log_entry_t *entry, buffer_t *out)
{
    size_t before = out->size;
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(entry->time_ns, time);
    bool complete = buffer_format(out, "%.*s %-7s ", TIMESTAMP_ISO8601_SIZE, time,
                                  log_level_text(log_events_level(entry->event))) == STATUS_OK &&
                    put_columns(entry, out);
    return settle(complete, before, out);
}

status_t log_line_priority(log_level_t level, buffer_t *out)
{
    /* LOG_ERR, LOG_WARNING, LOG_INFO of syslog(3) */
    static const int priorities[] = {
        [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_INFO] = 6};
    return buffer_format(out, "<%d>", priorities[level]);
}

status_t log_line_journal(const log_entry_t *entry, buffer_t *out)
{
    size_t before = out->size;
    bool complete = log_line_priority(log_events_level(entry->event), out) == STATUS_OK &&
                    put_columns(entry, out);
    return settle(complete, before, out);
}

status_t log_line_terminal(const log_entry_t *entry, buffer_t *out)
{
    size_t before = out->size;
    bool complete = buffer_format(out, "%s/%s: %s: ", entry->member, entry->program,
                                  log_level_text(log_events_level(entry->event))) == STATUS_OK &&
                    (entry->peer == NULL ||
                     (put_clean(text_of(entry->peer), out) == STATUS_OK && put(out, TEXT(": ")))) &&
                    put_message(entry, out);
    return settle(complete, before, out);
}

/* ,"key":value */
static bool put_field(const log_field_t *field, buffer_t *out)
{
    return buffer_format(out, ",\"%s\":", field->key) == STATUS_OK &&
           (field->text != NULL
                ? log_line_string(text_of(field->text), out) == STATUS_OK
                : buffer_format(out, "%lld", (long long)field->number) == STATUS_OK);
}

static bool put_fields(const log_field_t *fields, buffer_t *out)
{
    bool complete = true;
    for (size_t i = 0; complete && fields != NULL && fields[i].key != NULL; i++) {
        complete = put_field(&fields[i], out);
    }
    return complete;
}

status_t log_line_json(const log_entry_t *entry, buffer_t *out)
{
    size_t before = out->size;
    char time[TIMESTAMP_ISO8601_SIZE];
    char event[LOG_EVENTS_TEXT_SIZE];
    timestamp_write_iso8601(entry->time_ns, time);
    log_events_text(entry->event, event);
    const log_field_t repeated = {.key = "repeated", .number = (int64_t)entry->repeated};
    bool complete =
        buffer_format(out,
                      "{\"time\":\"%.*s\",\"level\":\"%s\",\"program\":\"%s\",\"member\":\"%s\"",
                      TIMESTAMP_ISO8601_SIZE, time, log_level_text(log_events_level(entry->event)),
                      entry->program, entry->member) == STATUS_OK &&
        (entry->peer == NULL ||
         put_field(&(log_field_t){.key = "peer", .text = entry->peer}, out)) &&
        buffer_format(out, ",\"event\":\"%s\",\"message\":", event) == STATUS_OK &&
        log_line_string(entry->message, out) == STATUS_OK &&
        (entry->repeated == 0 || put_field(&repeated, out)) && put_fields(entry->fields, out) &&
        put(out, TEXT("}\n"));
    return settle(complete, before, out);
}
