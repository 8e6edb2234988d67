#include "common/protocol/record.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/iso6709.h"

static int compare_times(int64_t one, int64_t other)
{
    return (one > other) - (one < other);
}

int record_compare(const record_t *one, const record_t *other)
{
    int order = compare_times(one->order_time_ns, other->order_time_ns);
    if (order == 0 && RULE(TIE_RECEIPT)) {
        order = compare_times(one->receipt_time_ns, other->receipt_time_ns);
    }
    if (order == 0 && RULE(TIE_ORIGIN)) {
        order = text_compare(one->origin, other->origin);
    }
    if (order == 0 && RULE(TIE_CLIENT_TIME)) {
        order = compare_times(one->client_time_ns, other->client_time_ns);
    }
    if (order == 0 && RULE(TIE_POSITION)) {
        order = text_compare(one->position, other->position);
    }
    /* Two texts of one time ("1.5", "1.50") are two records: members must agree on bytes. */
    if (order == 0 && RULE(TIE_TEXT)) {
        order = text_compare(one->client_time, other->client_time);
    }
    return order;
}

int record_compare_eras(const record_t *one, const record_t *other)
{
    int order = RULE(ERA) ? compare_times(one->era_ns, other->era_ns) : 0;
    if (order == 0 && record_is_tombstone(one) != record_is_tombstone(other)) {
        return record_is_tombstone(one) ? -1 : 1;
    }
    return order != 0 ? order : record_compare(one, other);
}

bool record_outlives(const record_t *record, int64_t era_ns)
{
    return !record_is_tombstone(record) && record->order_time_ns > era_ns;
}

static char *put_field(char *out, text_t text)
{
    out = text_copy(text, out);
    *out = ' ';
    return out + 1;
}

/* Writes the answer line without its LF, or the beginning of a tombstone's bus line; `out` has
 * room. */
static char *put_answer(char *out, const record_t *record)
{
    bool tombstone = record_is_tombstone(record);
    out = put_field(out, tombstone ? TEXT("FORGET") : TEXT("AT"));
    out = put_field(out, record->origin);
    out += timestamp_write_difference(record->receipt_time_ns - record->client_time_ns, out);
    *out++ = ' ';
    out = put_field(out, record->client);
    if (!tombstone) {
        out = put_field(out, record->position);
    }
    return put_field(out, record->client_time) - 1;
}

static size_t line_size_at_most(const record_t *record)
{
    return sizeof "FORGET     =\n" + record->origin.size + TIMESTAMP_DIFFERENCE_SIZE +
           record->client.size + record->position.size + record->client_time.size +
           TEXT_NUMBER_SIZE;
}

size_t record_answer_size(const record_t *record)
{
    return sizeof "AT     \n" - 1 + record->origin.size +
           timestamp_difference_size(record->receipt_time_ns - record->client_time_ns) +
           record->client.size + record->position.size + record->client_time.size;
}

char *record_write_answer(const record_t *record, char *out)
{
    out = put_answer(out, record);
    *out = '\n';
    return out + 1;
}

/* Appends the answer line; with `ordered` the bus line. */
static status_t append_line(const record_t *record, bool ordered, buffer_t *out)
{
    status_t status = buffer_reserve(out, line_size_at_most(record));
    if (status != STATUS_OK) {
        return status;
    }
    char *end = put_answer(out->data + out->size, record);
    if (ordered) {
        *end++ = ' ';
        if (record->order_time_ns == record->client_time_ns) {
            *end++ = '=';
        } else {
            end += text_write_i64(record->order_time_ns, end);
        }
    }
    *end++ = '\n';
    out->size = (size_t)(end - out->data);
    return STATUS_OK;
}

/* Appends the bus line of a record that is not of the first era (R17). */
static status_t append_line_of_era(const record_t *record, buffer_t *out)
{
    size_t start = out->size;
    status_t status = append_line(record, true, out);
    if (status == STATUS_OK) {
        status = buffer_reserve(out, 1 + TEXT_NUMBER_SIZE);
    }
    if (status != STATUS_OK) {
        out->size = start;
        return status;
    }
    char *end = out->data + out->size - 1;
    *end++ = ' ';
    end += text_write_i64(record->era_ns, end);
    *end++ = '\n';
    out->size = (size_t)(end - out->data);
    return STATUS_OK;
}

status_t record_append_answer(const record_t *record, buffer_t *out)
{
    return append_line(record, false, out);
}

status_t record_append_bus_line(const record_t *record, buffer_t *out)
{
    if (record->era_ns != 0 && !record_is_tombstone(record)) {
        return append_line_of_era(record, out);
    }
    return append_line(record, true, out);
}

bool record_name_is_valid(text_t name)
{
    if (name.size == 0 || name.size > LIMIT_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool alphanumeric = text_is_alphanumeric(byte);
        bool mark = byte == '_' || byte == '-' || byte == '.';
        if (!alphanumeric && (i == 0 || !mark)) {
            return false;
        }
    }
    return true;
}

/* The order time is the client time, or less if that was ahead of the origin's clock
 * (replication.md, R2). */
static bool parse_order_time(text_t text, record_t *record)
{
    if (text_equal(text, TEXT("="))) {
        record->order_time_ns = record->client_time_ns;
        return true;
    }
    return text_to_i64(text, &record->order_time_ns) &&
           record->order_time_ns < record->client_time_ns;
}

/* The fields that only a bus line has, by what they mean. */
typedef struct {
    text_t difference;
    text_t order_time;
} order_fields_t;

/* What may stand behind the order time of an update: its era (R17). Less than 1 is no era. */
static bool take_era(text_t *line, record_t *record)
{
    text_t era;
    record->era_ns = 0;
    return record_is_tombstone(record) || !text_take_field(line, &era) ||
           (text_to_i64(era, &record->era_ns) && record->era_ns > 0);
}

/* Cuts the line into its fields; false if they are too few or too many, or the line is of another
 * kind. */
static bool take_fields(text_t line, record_t *record, order_fields_t *order)
{
    text_t kind;
    text_t extra;
    record->position = (text_t){0};
    if (!text_take_field(&line, &kind)) {
        return false;
    }
    bool tombstone = text_equal(kind, TEXT("FORGET"));
    return (tombstone || text_equal(kind, TEXT("AT"))) && text_take_field(&line, &record->origin) &&
           text_take_field(&line, &order->difference) && text_take_field(&line, &record->client) &&
           (tombstone || text_take_field(&line, &record->position)) &&
           text_take_field(&line, &record->client_time) &&
           text_take_field(&line, &order->order_time) && take_era(&line, record) &&
           !text_take_field(&line, &extra);
}

/* AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503 =
 * AT Clark +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1001.5 = 1621464827959498503
 * FORGET Clark +0.263873386 kiwi.cs.ucla.edu 1621464827.959498503 = */
status_t record_parse_bus_line(text_t line, record_t *ret_record)
{
    record_t record;
    order_fields_t order;
    /* What is taken is sent on, and must fit there, too: a line never grows by being printed
     * again. */
    if (line.size > LIMIT_RECORD_LINE_SIZE) {
        return STATUS_TOO_LONG;
    }
    if (!take_fields(line, &record, &order) || !record_name_is_valid(record.origin) ||
        (!record_is_tombstone(&record) && !iso6709_is_valid(record.position))) {
        return STATUS_INVALID;
    }
    /* No client line has longer texts, and no store takes them. */
    if (record_text_size(&record) >= LIMIT_LINE_SIZE) {
        return STATUS_TOO_LONG;
    }
    int64_t difference_ns;
    if (!timestamp_parse(record.client_time, &record.client_time_ns) ||
        !timestamp_parse_difference(order.difference, &difference_ns) ||
        __builtin_add_overflow(record.client_time_ns, difference_ns, &record.receipt_time_ns) ||
        !parse_order_time(order.order_time, &record)) {
        return STATUS_OUT_OF_RANGE;
    }
    if (record_is_tombstone(&record)) {
        record.era_ns = record_era_from(record.order_time_ns);
    }
    *ret_record = record;
    return STATUS_OK;
}

/* A client is one field of a line. */
static bool is_field(text_t text)
{
    text_t rest = text;
    text_t field;
    return memchr(text.data, '\n', text.size) == NULL && text_take_field(&rest, &field) &&
           field.size == text.size;
}

status_t record_check(record_t *record)
{
    int64_t difference_ns;
    if (record_text_size(record) >= LIMIT_LINE_SIZE) {
        return STATUS_TOO_LONG;
    }
    if (record->client.size == 0 || !is_field(record->client) ||
        !record_name_is_valid(record->origin) ||
        (!record_is_tombstone(record) && !iso6709_is_valid(record->position))) {
        return STATUS_INVALID;
    }
    /* A difference of INT64_MIN is none that a line can say. */
    if (!timestamp_parse(record->client_time, &record->client_time_ns) ||
        __builtin_sub_overflow(record->receipt_time_ns, record->client_time_ns, &difference_ns) ||
        difference_ns == INT64_MIN || record->order_time_ns > record->client_time_ns) {
        return STATUS_OUT_OF_RANGE;
    }
    return STATUS_OK;
}
