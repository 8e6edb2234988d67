/* One update out of an object or a row.
 *   1. The fields are found: members by their names, columns by those of the header.
 *   2. Texts are copied to `bytes`, because escapes make them shorter (text_unescape).
 *   3. What has no `position` gets one made of its degrees.
 *   4. The update is one that a front-end takes (client-protocol.md). */
#include "deploy/herdctl/positions/reader.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/protocol/iso6709.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMNS_MAX = 256,
    ESCAPED_MAX = TEXT_ESCAPED_SIZE * LIMIT_LINE_SIZE, /* bytes of texts before their escapes go */
    NUMBER_SIZE = 64,                                  /* of a number's text, with its zero */
    MADE_SIZE = 2 * NUMBER_SIZE,                       /* of a position made of numbers */
    PROBLEM_SIZE = 160,
    SHOWN_SIZE = 64, /* of a foreign text in a problem */
};

/* The fields that count. */
typedef enum {
    CLIENT,
    POSITION,
    TIME,
    LATITUDE,
    LONGITUDE,
    FIELDS,
} field_t;

struct positions_reader {
    field_t columns[COLUMNS_MAX]; /* of a CSV file; FIELDS: one that does not count */
    size_t column_count;
    buffer_t bytes;
    char problem[PROBLEM_SIZE];
};

/* A field as it was found (value). */
typedef struct {
    bool is_given;
    text_t text;
    char number[NUMBER_SIZE]; /* that `text` may borrow */
} found_t;

positions_reader_t *positions_reader_new(void)
{
    positions_reader_t *self = memory_new(sizeof *self);
    buffer_init(&self->bytes, ESCAPED_MAX + MADE_SIZE);
    return self;
}

void positions_reader_destroy(positions_reader_t **self_p)
{
    positions_reader_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    buffer_done(&self->bytes);
    free(self);
    *self_p = NULL;
}

const char *positions_reader_problem(const positions_reader_t *self)
{
    return self->problem;
}

__attribute__((format(printf, 2, 3))) static status_t refuse(positions_reader_t *self,
                                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->problem, sizeof self->problem, format, arguments);
    va_end(arguments);
    return STATUS_INVALID;
}

static status_t refuse_text(positions_reader_t *self, const char *what, text_t text)
{
    char shown[SHOWN_SIZE];
    text_escape(text, shown, sizeof shown);
    return refuse(self, "%s: \"%s\"", what, shown);
}

static field_t field_of(text_t name)
{
    static const struct {
        const char *name;
        field_t field;
    } names[] = {
        {"client", CLIENT}, {"position", POSITION},   {"time", TIME},     {"latitude", LATITUDE},
        {"lat", LATITUDE},  {"longitude", LONGITUDE}, {"lon", LONGITUDE},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal(name, text_of(names[i].name))) {
            return names[i].field;
        }
    }
    return FIELDS;
}

/* A number of JSON as text: digits enough for a double of 180 degrees. */
static void find_number(const json_t *value, found_t *found)
{
    int size;
    if (json_is_integer(value)) {
        size = snprintf(found->number, sizeof found->number, "%lld",
                        (long long)json_integer_value(value));
    } else {
        size = snprintf(found->number, sizeof found->number, "%.15g", json_real_value(value));
    }
    assert(size > 0 && size < NUMBER_SIZE);
    found->text = (text_t){.data = found->number, .size = (size_t)size};
    found->is_given = true;
}

static void find_value(const json_t *value, found_t *found)
{
    if (json_is_string(value)) {
        found->text = (text_t){.data = json_string_value(value), .size = json_string_length(value)};
        found->is_given = true;
    } else if (json_is_number(value)) {
        find_number(value, found);
    }
}

/* A time as a double: to the microsecond, which is what is left of it. */
static void find_time(const json_t *value, found_t *found)
{
    find_value(value, found);
    if (json_is_real(value)) {
        double seconds = json_real_value(value);
        bool fits = seconds >= 0 && seconds < (double)INT64_MAX / (double)TIMESTAMP_NS_PER_S;
        int size = snprintf(found->number, sizeof found->number, "%.6f", fits ? seconds : -1);
        found->text.size = (size_t)size;
    }
}

/* {"client": "kiwi", "position": "+34-118", "time": "1621464827.959498503", ...} */
static void find_members(json_t *object, found_t *found)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        field_t field = field_of(text_of(name));
        if (field == TIME) {
            find_time(value, &found[field]);
        } else if (field != FIELDS && !found[field].is_given) {
            find_value(value, &found[field]);
        }
    }
}

/* {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-118.4, 34.0]},
 *  "properties": {...}}                        RFC 7946: longitude, latitude, altitude */
static void find_feature(const json_t *feature, found_t *found)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const json_t *type = json_object_get(geometry, "type");
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    find_members(json_object_get(feature, "properties"), found);
    if (json_is_string(type) && strcmp(json_string_value(type), "Point") == 0) {
        find_value(json_array_get(coordinates, 0), &found[LONGITUDE]);
        find_value(json_array_get(coordinates, 1), &found[LATITUDE]);
    }
}

/* Copies a text with its escapes undone; there is room. */
static text_t copy_unescaped(positions_reader_t *self, text_t text)
{
    char *copy = self->bytes.data + self->bytes.size;
    size_t size = text_unescape(text, copy);
    buffer_commit(&self->bytes, size);
    return (text_t){.data = copy, .size = size};
}

/* Whether it is a decimal number, with an exponent or not; `-` and `.5` may stand there too. */
static bool is_decimal(text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!text_is_digit(text.data[i]) && memchr("+-.eE", text.data[i], 5) == NULL) {
            return false;
        }
    }
    return text.size > 0 && text.size < NUMBER_SIZE;
}

/* Whether a number may stand in a position as it is, but for its sign: whole degrees of at most
 * `digits_max` digits, perhaps a point and decimals. */
static bool is_plain(text_t number, size_t digits_max)
{
    size_t digits = 0;
    while (digits < number.size && text_is_digit(number.data[digits])) {
        digits++;
    }
    bool is_whole = digits == number.size;
    text_t decimals = text_after(number, is_whole ? digits : digits + 1);
    for (size_t i = 0; i < decimals.size; i++) {
        if (!text_is_digit(decimals.data[i])) {
            return false;
        }
    }
    return digits > 0 && digits <= digits_max &&
           (is_whole || (number.data[digits] == '.' && decimals.size > 0));
}

/* Appends degrees, "-118.4" or "1.184e2", as they stand in a position. */
static bool append_degrees(text_t text, int limit_deg, buffer_t *out)
{
    char number[NUMBER_SIZE];
    char *end;
    if (!is_decimal(text)) {
        return false;
    }
    *text_copy(text, number) = '\0';
    double degrees = strtod(number, &end);
    if (*end != '\0' || !(fabs(degrees) <= limit_deg)) {
        return false;
    }
    bool has_sign = number[0] == '-' || number[0] == '+';
    text_t magnitude = text_after(text, has_sign ? 1 : 0);
    char sign = number[0] == '-' ? '-' : '+';
    if (is_plain(magnitude, limit_deg > 90 ? 3 : 2)) {
        return buffer_append(out, &sign, 1) == STATUS_OK &&
               buffer_append(out, magnitude.data, magnitude.size) == STATUS_OK;
    }
    return buffer_format(out, "%+.15f", degrees) == STATUS_OK;
}

static status_t make_position(positions_reader_t *self, const found_t *found, text_t *ret_position)
{
    enum { LATITUDE_MAX = 90, LONGITUDE_MAX = 180 };
    size_t start = self->bytes.size;
    if (!append_degrees(found[LATITUDE].text, LATITUDE_MAX, &self->bytes)) {
        return refuse_text(self, "no latitude", found[LATITUDE].text);
    }
    if (!append_degrees(found[LONGITUDE].text, LONGITUDE_MAX, &self->bytes)) {
        return refuse_text(self, "no longitude", found[LONGITUDE].text);
    }
    *ret_position = (text_t){.data = self->bytes.data + start, .size = self->bytes.size - start};
    return STATUS_OK;
}

/* Whether a line has it for one field. */
static bool is_field(text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text_is_space(text.data[i]) || text.data[i] == '\n') {
            return false;
        }
    }
    return text.size > 0;
}

/* 4. */
static status_t check(positions_reader_t *self, const positions_update_t *update)
{
    enum { FRAME_SIZE = sizeof "IAMAT  " };
    int64_t time_ns;
    if (!is_field(update->client)) {
        return refuse_text(self, "no ID of a client", update->client);
    }
    if (!is_field(update->position) || !iso6709_is_valid(update->position)) {
        return refuse_text(self, "no position", update->position);
    }
    if (!timestamp_parse(update->client_time, &time_ns)) {
        return refuse_text(self, "no time", update->client_time);
    }
    if (update->client.size + update->position.size + update->client_time.size + FRAME_SIZE >=
        LIMIT_LINE_SIZE) {
        return refuse(self, "longer than a client's line may be");
    }
    return STATUS_OK;
}

/* 2, 3. All room is made at once: no growth moves what was copied. */
static status_t copy_texts(positions_reader_t *self, const found_t *found,
                           positions_update_t *update)
{
    size_t room = found[CLIENT].text.size + found[POSITION].text.size + found[TIME].text.size;
    buffer_clear(&self->bytes);
    if (room > ESCAPED_MAX || buffer_reserve(&self->bytes, room + MADE_SIZE) != STATUS_OK) {
        return refuse(self, "longer than a client's line may be");
    }
    update->client = copy_unescaped(self, found[CLIENT].text);
    update->client_time = copy_unescaped(self, found[TIME].text);
    if (found[POSITION].text.size > 0) {
        update->position = copy_unescaped(self, found[POSITION].text);
        return STATUS_OK;
    }
    return make_position(self, found, &update->position);
}

/* 2 to 4. */
static status_t make_update(positions_reader_t *self, const found_t *found,
                            positions_update_t *ret_update)
{
    positions_update_t update = {0};
    if (!found[CLIENT].is_given || !found[TIME].is_given) {
        return refuse(self, "no \"%s\"", found[CLIENT].is_given ? "time" : "client");
    }
    status_t status = copy_texts(self, found, &update);
    if (status == STATUS_OK) {
        status = check(self, &update);
    }
    if (status == STATUS_OK) {
        *ret_update = update;
    }
    return status;
}

status_t positions_reader_take_object(positions_reader_t *self, text_t object,
                                      positions_update_t *ret_update)
{
    json_error_t error;
    found_t found[FIELDS] = {0};
    json_t *json = json_loadb(object.data, object.size, JSON_ALLOW_NUL, &error);
    if (json == NULL) {
        return refuse_text(self, "malformed JSON", text_of(error.text));
    }
    const json_t *geometry = json_object_get(json, "geometry");
    status_t status;
    if (!json_is_object(json)) {
        status = refuse(self, "no object of JSON");
    } else {
        if (geometry != NULL) {
            find_feature(json, found);
        } else {
            find_members(json, found);
        }
        status = make_update(self, found, ret_update);
    }
    json_decref(json);
    return status;
}

/* Cuts the next field off a row, `kiwi` or `"a ""b"", c"`, with the comma behind it, and appends
 * its text to `out`, which has room. Sets whether a comma stood there. False: a quotation mark is
 * where none may be. */
static bool take_field(text_t *rest, char *out, size_t *ret_size, bool *ret_more)
{
    size_t size = 0;
    size_t at = 0;
    bool in_quotes = rest->size > 0 && rest->data[0] == '"';
    if (in_quotes) {
        for (at = 1;; at++) {
            if (at == rest->size) {
                return false;
            }
            if (rest->data[at] == '"' && (++at == rest->size || rest->data[at] != '"')) {
                break;
            }
            out[size++] = rest->data[at];
        }
    } else {
        while (at < rest->size && rest->data[at] != ',' && rest->data[at] != '"') {
            out[size++] = rest->data[at++];
        }
    }
    *ret_more = at < rest->size;
    if (*ret_more && rest->data[at] != ',') {
        return false;
    }
    *rest = text_after(*rest, *ret_more ? at + 1 : at);
    *ret_size = size;
    return true;
}

/* The fields of a row, one by one (open value struct). */
typedef struct {
    text_t rest;
    char *out; /* where the next one's text goes */
    bool more;
    text_t field;
} fields_t;

static bool next_field(fields_t *self)
{
    size_t size;
    if (!take_field(&self->rest, self->out, &size, &self->more)) {
        return false;
    }
    self->field = (text_t){.data = self->out, .size = size};
    self->out += size;
    return true;
}

/* Begins a row, whose texts go to `memory`, which the caller frees. */
static fields_t fields_begin(text_t row, char **ret_memory)
{
    *ret_memory = memory_new(row.size + 1);
    return (fields_t){.rest = row, .out = *ret_memory, .more = true};
}

/* client,latitude,longitude,position,time,utc,server,difference */
status_t positions_reader_take_header(positions_reader_t *self, text_t header)
{
    char *memory;
    bool has[FIELDS + 1] = {false};
    bool good = true;
    fields_t fields = fields_begin(header, &memory);
    self->column_count = 0;
    while (good && fields.more && self->column_count < COLUMNS_MAX) {
        good = next_field(&fields);
        field_t field = good ? field_of(fields.field) : FIELDS;
        self->columns[self->column_count++] = has[field] ? FIELDS : field;
        has[field] = true;
    }
    free(memory);
    if (!good || fields.more) {
        return refuse(self, good ? "too many columns" : "a quotation mark out of its place");
    }
    if (!has[CLIENT] || !has[TIME] || !(has[POSITION] || (has[LATITUDE] && has[LONGITUDE]))) {
        return refuse(self, "a header with \"client\", \"time\", and \"position\" or \"latitude\" "
                            "and \"longitude\" is expected");
    }
    return STATUS_OK;
}

/* Finds the fields of a row by its columns. */
static status_t find_columns(positions_reader_t *self, fields_t *fields, found_t *found)
{
    size_t count = 0;
    while (fields->more) {
        if (!next_field(fields)) {
            return refuse(self, "a quotation mark out of its place");
        }
        if (count < self->column_count && self->columns[count] != FIELDS) {
            found[self->columns[count]].text = fields->field;
            found[self->columns[count]].is_given = true;
        }
        count++;
    }
    if (count != self->column_count) {
        return refuse(self, "%zu fields; the header has %zu", count, self->column_count);
    }
    return STATUS_OK;
}

status_t positions_reader_take_row(positions_reader_t *self, text_t row,
                                   positions_update_t *ret_update)
{
    char *memory;
    found_t found[FIELDS] = {0};
    fields_t fields = fields_begin(row, &memory);
    status_t status = find_columns(self, &fields, found);
    if (status == STATUS_OK) {
        status = make_update(self, found, ret_update);
    }
    free(memory);
    return status;
}
