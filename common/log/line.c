#include "common/log/line.h"

#include "common/base/timestamp.h"

static bool is_printable(char byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* Appends `text`; bytes that are not printable ASCII as \xHH. */
static void put_clean(sheet_t *out, text_t text)
{
    if (text.size == 0) {
        return;
    }
    char *start = sheet_reserve(out, 4 * text.size);
    if (start == NULL) {
        return;
    }
    char *end = start;
    for (size_t i = 0; i < text.size; i++) {
        if (is_printable(text.data[i])) {
            *end++ = text.data[i];
        } else {
            end = text_copy(TEXT("\\x"), end);
            text_write_hex((unsigned char)text.data[i], 2, end);
            end += 2;
        }
    }
    buffer_commit(out->out, (size_t)(end - start));
}

void log_line_put_string(sheet_t *out, text_t text)
{
    char *start = sheet_reserve(out, 5 * text.size + 2);
    if (start == NULL) {
        return;
    }
    char *end = start;
    *end++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '"' || byte == '\\') {
            *end++ = '\\';
            *end++ = byte;
        } else if (is_printable(byte)) {
            *end++ = byte;
        } else { /* \xHH, whose backslash JSON wants twice */
            end = text_copy(TEXT("\\\\x"), end);
            text_write_hex((unsigned char)byte, 2, end);
            end += 2;
        }
    }
    *end++ = '"';
    buffer_commit(out->out, (size_t)(end - start));
}

static const char *level_text(const log_entry_t *entry)
{
    return log_level_text(log_events_level(entry->event));
}

/* The message, how often it was repeated, and the end of the line. */
static void put_message(sheet_t *out, const log_entry_t *entry)
{
    put_clean(out, entry->message);
    if (entry->repeated > 0) {
        sheet_format(out, " (repeated %llu times)", (unsigned long long)entry->repeated);
    }
    sheet_put_byte(out, '\n');
}

/* Goloman/node Hands link-down: ... */
static void put_columns(sheet_t *out, const log_entry_t *entry)
{
    char event[LOG_EVENTS_TEXT_SIZE];
    log_events_text(entry->event, event);
    sheet_format(out, "%s/%s ", entry->member, entry->program);
    put_clean(out, entry->peer != NULL ? text_of(entry->peer) : TEXT("-"));
    sheet_format(out, " %s: ", event);
    put_message(out, entry);
}

status_t log_line_text(const log_entry_t *entry, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    char time[TIMESTAMP_ISO8601_SIZE];
    timestamp_write_iso8601(entry->time_ns, time);
    sheet_format(&sheet, "%.*s %-7s ", TIMESTAMP_ISO8601_SIZE, time, level_text(entry));
    put_columns(&sheet, entry);
    return sheet_end(&sheet);
}

/* "<3>", "<4>" or "<6>": the priority of the event (sd-daemon(3)). */
static void put_priority(sheet_t *out, const log_entry_t *entry)
{
    /* LOG_ERR, LOG_WARNING, LOG_INFO of syslog(3) */
    static const int priorities[] = {
        [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_INFO] = 6};
    sheet_format(out, "<%d>", priorities[log_events_level(entry->event)]);
}

status_t log_line_journal(const log_entry_t *entry, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    put_priority(&sheet, entry);
    put_columns(&sheet, entry);
    return sheet_end(&sheet);
}

status_t log_line_terminal(const log_entry_t *entry, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    sheet_format(&sheet, "%s/%s: %s: ", entry->member, entry->program, level_text(entry));
    if (entry->peer != NULL) {
        put_clean(&sheet, text_of(entry->peer));
        sheet_put(&sheet, TEXT(": "));
    }
    put_message(&sheet, entry);
    return sheet_end(&sheet);
}

/* ,"key":value */
static void put_field(sheet_t *out, const log_field_t *field)
{
    sheet_format(out, ",\"%s\":", field->key);
    if (field->text != NULL) {
        log_line_put_string(out, text_of(field->text));
    } else {
        sheet_format(out, "%lld", (long long)field->number);
    }
}

static void put_json(sheet_t *out, const log_entry_t *entry)
{
    char time[TIMESTAMP_ISO8601_SIZE];
    char event[LOG_EVENTS_TEXT_SIZE];
    timestamp_write_iso8601(entry->time_ns, time);
    log_events_text(entry->event, event);
    sheet_format(out, "{\"time\":\"%.*s\",\"level\":\"%s\",\"program\":\"%s\",\"member\":\"%s\"",
                 TIMESTAMP_ISO8601_SIZE, time, level_text(entry), entry->program, entry->member);
    if (entry->peer != NULL) {
        put_field(out, &(log_field_t){.key = "peer", .text = entry->peer});
    }
    sheet_format(out, ",\"event\":\"%s\",\"message\":", event);
    log_line_put_string(out, entry->message);
    if (entry->repeated > 0) {
        put_field(out, &(log_field_t){.key = "repeated", .number = (int64_t)entry->repeated});
    }
    const log_field_t *field = entry->fields;
    for (; field != NULL && field->key != NULL; field++) {
        put_field(out, field);
    }
    sheet_put(out, TEXT("}\n"));
}

status_t log_line_json(const log_entry_t *entry, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    put_json(&sheet, entry);
    return sheet_end(&sheet);
}

status_t log_line_journal_json(const log_entry_t *entry, buffer_t *out)
{
    sheet_t sheet = sheet_begin(out);
    put_priority(&sheet, entry);
    put_json(&sheet, entry);
    return sheet_end(&sheet);
}
