/* Lines of a log, as log_traffic_text_append and log_line_text write them:
 *   2026-03-01T12:00:00.250Z <       Goloman/frontend 127.0.0.1:40112#7 WHATSAT kiwi 10 5
 *   2026-03-01T12:00:00.250Z info    Goloman/frontend 127.0.0.1:40112#7 client-came: client came
 * Bytes that were escaped become what they were, so that they are printed as they stand there. */
#include "common/base/timestamp.h"
#include "deploy/herdctl/traffic/traffic.h"

bool herdctl_traffic_lines_begin(text_t bytes)
{
    int64_t time_ns;
    return bytes.size >= HERDCTL_TRAFFIC_TIME_SIZE && bytes.data[TIMESTAMP_ISO8601_SIZE] == ' ' &&
           timestamp_parse_iso8601(text_first(bytes, TIMESTAMP_ISO8601_SIZE), &time_ns);
}

static bool is_printable(text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

/* "Goloman/frontend" */
static bool take_source(text_t *rest, herdctl_traffic_item_t *item)
{
    text_t source;
    bool taken =
        text_take_until(rest, ' ', &source) && text_take_until(&source, '/', &item->member);
    item->program = source;
    return taken && item->member.size > 0 && source.size > 0;
}

/* Whether the message of the event stands behind its name; takes both off. */
static bool take_event(text_t *rest, const char *event)
{
    text_t name = text_of(event);
    bool found = text_equal(text_first(*rest, name.size), name);
    *rest = found ? text_after(*rest, name.size) : *rest;
    return found;
}

static void set_line(text_t line, buffer_t *plain, log_record_t *record)
{
    record->line = line;
    if (line.size > 0 && memchr(line.data, '\\', line.size) != NULL) {
        buffer_clear(plain);
        status_t status = buffer_reserve(plain, line.size);
        if (status == STATUS_OK) { /* it is as large as a line may be */
            buffer_commit(plain, text_unescape(line, plain->data));
            record->line = buffer_text(plain);
        }
    }
}

herdctl_traffic_line_t herdctl_traffic_lines_parse(text_t line, buffer_t *plain,
                                                   herdctl_traffic_item_t *ret_item)
{
    herdctl_traffic_item_t item = {0};
    text_t tag;
    text_t rest = line;
    if (!herdctl_traffic_lines_begin(line) || !is_printable(line)) {
        return HERDCTL_TRAFFIC_NEITHER;
    }
    bool timed =
        timestamp_parse_iso8601(text_first(line, TIMESTAMP_ISO8601_SIZE), &item.record.time_ns);
    rest = text_after(rest, HERDCTL_TRAFFIC_TIME_SIZE);
    bool whole = timed && text_take_until(&rest, ' ', &tag);
    while (rest.size > 0 && rest.data[0] == ' ') {
        rest = text_after(rest, 1);
    }
    if (!whole || !take_source(&rest, &item) || !text_take_until(&rest, ' ', &item.record.peer)) {
        return HERDCTL_TRAFFIC_NEITHER;
    }
    if (text_equal(tag, TEXT("<"))) {
        item.record.kind = LOG_RECEIVED;
    } else if (text_equal(tag, TEXT(">"))) {
        item.record.kind = LOG_ANSWERED;
    } else if (take_event(&rest, "client-came: ")) {
        item.record.kind = LOG_CAME;
    } else if (take_event(&rest, "client-left: ")) {
        item.record.kind = LOG_LEFT;
    } else {
        return HERDCTL_TRAFFIC_EVENT;
    }
    set_line(rest, plain, &item.record);
    *ret_item = item;
    return HERDCTL_TRAFFIC_LINE;
}
