#include "frontend/web/geo/feature.h"

#include "common/base/timestamp.h"
#include "common/json/quote.h"

#include <stdio.h>

enum {
    WORDS = 6,        /* of an AT line */
    FRAME_SIZE = 512, /* all but foreign texts */
    DISTANCE_SIZE = 32,
};

bool feature_from_answer(text_t line, feature_t *ret_feature)
{
    text_t words[WORDS + 1];
    if (text_cut_fields(line, WORDS + 1, words) != WORDS || !text_equal(words[0], TEXT("AT"))) {
        return false;
    }
    feature_t self = {.member = words[1],
                      .client = words[3],
                      .position = words[4],
                      .client_time = words[5],
                      .distance_m = -1};
    if (!timestamp_parse_difference(words[2], &self.difference_ns) ||
        !timestamp_parse(self.client_time, &self.client_time_ns) ||
        !coordinates_read(self.position, &self.coordinates)) {
        return false;
    }
    *ret_feature = self;
    return true;
}

feature_t feature_from_record(const record_t *record)
{
    return (feature_t){.client = record->client,
                       .position = record->position,
                       .coordinates = coordinates_of(record->position),
                       .client_time = record->client_time,
                       .client_time_ns = record->client_time_ns,
                       .difference_ns = record->receipt_time_ns - record->client_time_ns,
                       .member = record->origin,
                       .distance_m = -1};
}

static char *put_coordinates(const feature_t *self, char *out)
{
    const coordinates_t *coordinates = &self->coordinates;
    out = coordinates_put_longitude(coordinates, out);
    *out++ = ',';
    out = coordinates_put_latitude(coordinates, out);
    if (coordinates->altitude.size > 0) {
        *out++ = ',';
        out = coordinates_put_altitude(coordinates, out);
    }
    return out;
}

static char *put_properties(const feature_t *self, char *out)
{
    out = text_copy(TEXT("\"client\":\""), out);
    out = quote_json(self->client, out);
    out = text_copy(TEXT("\",\"position\":\""), out);
    out = quote_json(self->position, out);
    out = text_copy(TEXT("\",\"time\":\""), out);
    out = text_copy(self->client_time, out);
    out = text_copy(TEXT("\",\"utc\":\""), out);
    timestamp_write_iso8601(self->client_time_ns, out);
    out = text_copy(TEXT("\",\"difference\":\""), out + TIMESTAMP_ISO8601_SIZE);
    out += timestamp_write_difference(self->difference_ns, out);
    out = text_copy(TEXT("\",\"member\":\""), out);
    out = quote_json(self->member, out);
    *out++ = '"';
    if (self->distance_m >= 0) {
        char distance[DISTANCE_SIZE];
        int size = snprintf(distance, sizeof distance, ",\"distance\":%.3f", self->distance_m);
        out = text_copy((text_t){.data = distance, .size = (size_t)size}, out);
    }
    return out;
}

void feature_put_open(const feature_t *self, sheet_t *sheet)
{
    size_t texts = self->client.size * 2 + self->position.size * 3 + self->client_time.size +
                   self->member.size;
    char *start = sheet_reserve(sheet, FRAME_SIZE + QUOTE_SIZE * texts);
    if (start == NULL) {
        return;
    }
    char *at = text_copy(TEXT("{\"type\":\"Feature\",\"id\":\""), start);
    at = quote_json(self->client, at);
    at = text_copy(TEXT("\",\"geometry\":{\"type\":\"Point\",\"coordinates\":["), at);
    at = put_coordinates(self, at);
    at = text_copy(TEXT("]},\"properties\":{"), at);
    at = put_properties(self, at);
    *at++ = '}';
    buffer_commit(sheet->out, (size_t)(at - start));
}

void feature_put(const feature_t *self, sheet_t *sheet)
{
    feature_put_open(self, sheet);
    sheet_put_byte(sheet, '}');
}
