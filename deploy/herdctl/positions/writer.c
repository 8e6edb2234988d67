#include "deploy/herdctl/positions/writer.h"

#include "common/base/timestamp.h"
#include "common/protocol/iso6709.h"

#include <assert.h>
#include <stdio.h>

enum {
    LATITUDE_DIGITS = 2, /* before the point, of degrees without minutes */
    LONGITUDE_DIGITS = 3,
    DEGREES_SIZE = 32, /* bytes of a number that we format */
};

/* Cuts a sign and the number behind it off a valid position. */
static text_t take_number(text_t *rest)
{
    size_t size = 1;
    while (size < rest->size && (text_is_digit(rest->data[size]) || rest->data[size] == '.')) {
        size++;
    }
    text_t number = text_first(*rest, size);
    *rest = text_after(*rest, size);
    return number;
}

/* "+07.5" as "7.5": the number that JSON has (RFC 8259, section 6). False if it has minutes. */
static bool is_degrees(text_t *number, size_t digits_max)
{
    size_t digits = 0;
    while (digits + 1 < number->size && text_is_digit(number->data[digits + 1])) {
        digits++;
    }
    if (digits > digits_max) {
        return false;
    }
    *number = text_after(*number, 1);
    while (number->size > 1 && number->data[0] == '0' && text_is_digit(number->data[1])) {
        *number = text_after(*number, 1);
    }
    return true;
}

/* The digits that the client sent; of minutes and seconds, degrees to 0.1 mm. */
static text_t number_of(text_t number, size_t digits_max, double degrees, char out[DEGREES_SIZE])
{
    if (is_degrees(&number, digits_max)) {
        return number;
    }
    int size = snprintf(out, DEGREES_SIZE, "%.9f", degrees < 0 ? -degrees : degrees);
    assert(size > 0 && size < DEGREES_SIZE);
    return (text_t){.data = out, .size = (size_t)size};
}

static char *put_degrees(text_t part, size_t digits_max, double degrees, char *out)
{
    char number[DEGREES_SIZE];
    if (part.data[0] == '-') {
        *out++ = '-';
    }
    return text_copy(number_of(part, digits_max, degrees, number), out);
}

/* A record's fields, each written once. */
typedef struct {
    const record_t *record;
    text_t latitude; /* with their signs, as they stand in the position */
    text_t longitude;
    iso6709_position_t degrees;
} fields_t;

static fields_t fields_of(const record_t *record)
{
    fields_t fields = {.record = record};
    text_t rest = record->position;
    bool valid = iso6709_parse(record->position, &fields.degrees);
    assert(valid); /* record_check, command_parse */
    fields.latitude = take_number(&rest);
    fields.longitude = take_number(&rest);
    return fields;
}

static char *put_latitude(const fields_t *fields, char *out)
{
    return put_degrees(fields->latitude, LATITUDE_DIGITS, fields->degrees.latitude_deg, out);
}

static char *put_longitude(const fields_t *fields, char *out)
{
    return put_degrees(fields->longitude, LONGITUDE_DIGITS, fields->degrees.longitude_deg, out);
}

static char *put_utc(const record_t *record, char *out)
{
    timestamp_write_iso8601(record->client_time_ns, out);
    return out + TIMESTAMP_ISO8601_SIZE;
}

static char *put_difference(const record_t *record, char *out)
{
    return out + timestamp_write_difference(record->receipt_time_ns - record->client_time_ns, out);
}

/* From "position" on, with the closing brace. */
static char *put_members(const record_t *record, char *out)
{
    out = text_copy(TEXT("\"position\":\""), out);
    out = quote_json(record->position, out);
    out = text_copy(TEXT("\",\"time\":\""), out);
    out = text_copy(record->client_time, out);
    out = text_copy(TEXT("\",\"utc\":\""), out);
    out = put_utc(record, out);
    out = text_copy(TEXT("\",\"server\":\""), out);
    out = text_copy(record->origin, out);
    out = text_copy(TEXT("\",\"difference\":\""), out);
    out = put_difference(record, out);
    return text_copy(TEXT("\"}"), out);
}

static char *put_line(const record_t *record, char *out)
{
    fields_t fields = fields_of(record);
    out = text_copy(TEXT("{\"client\":\""), out);
    out = quote_json(record->client, out);
    out = text_copy(TEXT("\",\"latitude\":"), out);
    out = put_latitude(&fields, out);
    out = text_copy(TEXT(",\"longitude\":"), out);
    out = put_longitude(&fields, out);
    *out++ = ',';
    out = put_members(record, out);
    return text_copy(TEXT("\n"), out);
}

static char *put_feature(const record_t *record, bool is_first, char *out)
{
    fields_t fields = fields_of(record);
    out = text_copy(is_first ? TEXT("\n") : TEXT(",\n"), out);
    out = text_copy(TEXT("{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\","
                         "\"coordinates\":["),
                    out);
    out = put_longitude(&fields, out);
    *out++ = ',';
    out = put_latitude(&fields, out);
    out = text_copy(TEXT("]},\"properties\":{\"client\":\""), out);
    out = quote_json(record->client, out);
    out = text_copy(TEXT("\","), out);
    out = put_members(record, out);
    return text_copy(TEXT("}"), out);
}

static char *put_row(const record_t *record, char *out)
{
    fields_t fields = fields_of(record);
    out = quote_csv(record->client, out);
    *out++ = ',';
    out = put_latitude(&fields, out);
    *out++ = ',';
    out = put_longitude(&fields, out);
    *out++ = ',';
    out = quote_csv(record->position, out);
    *out++ = ',';
    out = text_copy(record->client_time, out);
    *out++ = ',';
    out = put_utc(record, out);
    *out++ = ',';
    out = text_copy(record->origin, out);
    *out++ = ',';
    out = put_difference(record, out);
    return text_copy(TEXT("\r\n"), out);
}

static void append(text_t text, buffer_t *out)
{
    status_t status = buffer_append(out, text.data, text.size);
    assert(status == STATUS_OK); /* POSITIONS_WRITER_SIZE */
}

positions_writer_t positions_writer_begin(positions_format_t format, buffer_t *out)
{
    switch (format) {
    case POSITIONS_JSONL: break;
    case POSITIONS_CSV:
        append(TEXT("client,latitude,longitude,position,time,utc,server,difference\r\n"), out);
        break;
    case POSITIONS_GEOJSON:
        append(TEXT("{\"type\":\"FeatureCollection\",\"features\":["), out);
        break;
    }
    return (positions_writer_t){.format = format};
}

/* Bytes that a record takes, at most. */
static size_t record_size_max(const record_t *record)
{
    enum { FRAME_SIZE = 512 };
    return QUOTE_SIZE * (record_text_size(record) + record->position.size) + record->origin.size +
           FRAME_SIZE;
}

static char *put_record(const positions_writer_t *self, const record_t *record, char *out)
{
    switch (self->format) {
    case POSITIONS_CSV: return put_row(record, out);
    case POSITIONS_GEOJSON: return put_feature(record, self->count == 0, out);
    default: return put_line(record, out);
    }
}

void positions_writer_add(positions_writer_t *self, const record_t *record, buffer_t *out)
{
    status_t status = buffer_reserve(out, record_size_max(record));
    assert(status == STATUS_OK); /* POSITIONS_WRITER_SIZE */
    char *start = out->data + out->size;
    buffer_commit(out, (size_t)(put_record(self, record, start) - start));
    self->count++;
}

void positions_writer_end(const positions_writer_t *self, buffer_t *out)
{
    if (self->format == POSITIONS_GEOJSON) {
        append(TEXT("\n]}\n"), out);
    }
}
