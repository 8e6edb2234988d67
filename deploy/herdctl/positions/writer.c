#include "deploy/herdctl/positions/writer.h"

#include "common/base/timestamp.h"
#include "common/geojson/coordinates.h"

#include <assert.h>

/* A record's fields, each written once. */
typedef struct {
    const record_t *record;
    coordinates_t coordinates;
} fields_t;

static fields_t fields_of(const record_t *record)
{
    return (fields_t){.record = record, .coordinates = coordinates_of(record->position)};
}

static char *put_latitude(const fields_t *fields, char *out)
{
    return coordinates_put_latitude(&fields->coordinates, out);
}

static char *put_longitude(const fields_t *fields, char *out)
{
    return coordinates_put_longitude(&fields->coordinates, out);
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
