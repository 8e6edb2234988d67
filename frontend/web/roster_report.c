#include "frontend/web/roster_report.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/message.h"
#include "common/protocol/record.h"
#include "common/protocol/report_keys.h"

#include <stdbool.h>
#include <stdint.h>

static bool find_number(text_t body, report_key_t key, uint64_t *ret_value)
{
    return message_number(body, report_keys_text(key), INT64_MAX, ret_value);
}

static void put_number(text_t body, report_key_t key, const char *name, sheet_t *sheet)
{
    uint64_t value;
    if (find_number(body, key, &value)) {
        sheet_format(sheet, ",\"%s\":%llu", name, (unsigned long long)value);
    }
}

/* A word of a version is spelt as a name is, so it needs no quoting. */
static void put_version(text_t body, sheet_t *sheet)
{
    text_t version;
    if (message_value(body, report_keys_text(REPORT_KEY_VERSION), &version) &&
        record_name_is_valid(version)) {
        sheet_format(sheet, ",\"version\":\"%.*s\"", (int)version.size, version.data);
    }
}

/* For how long it has been up, by its own clock, in whole seconds. */
static void put_uptime(text_t body, sheet_t *sheet)
{
    uint64_t since_ns;
    uint64_t now_ns;
    if (find_number(body, REPORT_KEY_SINCE, &since_ns) &&
        find_number(body, REPORT_KEY_TIME, &now_ns) && now_ns >= since_ns) {
        sheet_format(sheet, ",\"uptime\":%llu",
                     (unsigned long long)((now_ns - since_ns) / TIMESTAMP_NS_PER_S));
    }
}

/* A link (open value struct). */
typedef struct {
    text_t to;
    text_t state; /* "up" or "down" */
    uint64_t lag; /* records that are still to be sent, at most */
} link_line_t;

/* link Hands up 0 42 0 sent=42 ... */
static bool read_link(text_t line, link_line_t *ret_link)
{
    text_t key;
    text_t lag;
    return text_take_field(&line, &key) &&
           text_equal(key, text_of(report_keys_text(REPORT_KEY_LINK))) &&
           text_take_field(&line, &ret_link->to) && record_name_is_valid(ret_link->to) &&
           text_take_field(&line, &ret_link->state) &&
           (text_equal(ret_link->state, TEXT("up")) || text_equal(ret_link->state, TEXT("down"))) &&
           text_take_field(&line, &lag) && text_to_u64(lag, INT64_MAX, &ret_link->lag);
}

static void put_links(text_t body, sheet_t *sheet)
{
    text_t line;
    link_line_t link;
    size_t count = 0;
    sheet_put_string(sheet, ",\"links\":[");
    while (count < LIMIT_MEMBERS && text_take_line(&body, &line)) {
        if (read_link(line, &link)) {
            sheet_format(sheet, "%s{\"to\":\"%.*s\",\"state\":\"%.*s\",\"lag\":%llu}",
                         count++ > 0 ? "," : "", (int)link.to.size, link.to.data,
                         (int)link.state.size, link.state.data, (unsigned long long)link.lag);
        }
    }
    sheet_put_byte(sheet, ']');
}

void roster_report_put(text_t body, sheet_t *sheet)
{
    put_version(body, sheet);
    put_uptime(body, sheet);
    put_number(body, REPORT_KEY_RECORDS, "records", sheet);
    put_number(body, REPORT_KEY_CLIENTS, "connections", sheet);
    put_number(body, REPORT_KEY_FOLLOWERS, "followers", sheet);
    put_links(body, sheet);
}
