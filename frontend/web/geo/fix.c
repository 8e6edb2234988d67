#include "frontend/web/geo/fix.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/json/decimal.h"
#include "common/json/json_read.h"
#include "frontend/web/geo/fix_plain.h"
#include "frontend/web/geo/moment.h"

#include <string.h>

enum {
    TIME_DECIMALS = 9,
    LATITUDE_DIGITS = 2, /* before the point (ISO 6709:2008, Annex H) */
    LONGITUDE_DIGITS = 3,
    ALTITUDE_DECIMALS = 3,
};

#define UNITS_OF_DEGREE UINT64_C(100000000)    /* by FIX_DECIMALS */
#define ALTITUDE_MAX    UINT64_C(100000000000) /* 1e-3 m: beyond satellites */

static text_t member(text_t object, text_t name)
{
    text_t value;
    return json_read_find(object, name, &value) ? value : (text_t){0};
}

static bool is_null(text_t value)
{
    return text_equal(value, TEXT("null"));
}

/* [-118.445127, 34.06893, 89.5]: longitude first */
static const char *find_coordinates(text_t geometry, fix_values_t *values)
{
    text_t type = member(geometry, TEXT("type"));
    text_t coordinates = member(geometry, TEXT("coordinates"));
    if (!text_equal(json_read_string(type), TEXT("Point")) || !json_read_is_array(coordinates)) {
        return "the geometry of a Feature must be a Point with coordinates";
    }
    text_t rest = json_read_inside(coordinates);
    if (!json_read_element(&rest, &values->longitude) ||
        !json_read_element(&rest, &values->latitude)) {
        return "a Point has a longitude and a latitude";
    }
    if (!json_read_element(&rest, &values->altitude)) {
        values->altitude = (text_t){0};
    }
    return NULL;
}

static const char lacks_place[] = "lat and lon are needed, or a Feature of GeoJSON with a Point";

static const char *find_values(text_t object, fix_values_t *values)
{
    text_t type = member(object, TEXT("type"));
    if (text_equal(json_read_string(type), TEXT("Feature"))) {
        values->time = member(member(object, TEXT("properties")), TEXT("time"));
        return find_coordinates(member(object, TEXT("geometry")), values);
    }
    if (text_equal(json_read_string(type), TEXT("Point"))) {
        return find_coordinates(object, values);
    }
    values->latitude = member(object, TEXT("lat"));
    values->longitude = member(object, TEXT("lon"));
    values->altitude = member(object, TEXT("altitude"));
    values->time = member(object, TEXT("time"));
    return values->latitude.size > 0 && values->longitude.size > 0 ? NULL : lacks_place;
}

/* Appends "+34.06893" to the position. NULL, or what is wrong. */
static const char *put_degrees(fix_t *fix, text_t value, unsigned degrees_max, unsigned digits)
{
    bool is_latitude = degrees_max == 90;
    decimal_t decimal;
    status_t status = decimal_read(value, FIX_DECIMALS, &decimal);
    if (status == STATUS_INVALID) {
        return is_latitude ? "the latitude must be a number" : "the longitude must be a number";
    }
    if (status != STATUS_OK || decimal_exceeds(&decimal, degrees_max * UNITS_OF_DEGREE)) {
        return is_latitude ? "the latitude must be within -90 and 90 degrees"
                           : "the longitude must be within -180 and 180 degrees";
    }
    char *out = fix->position + fix->position_size;
    *out++ = decimal.negative ? '-' : '+';
    out = decimal_write(decimal.units, FIX_DECIMALS, digits, out);
    fix->position_size = (size_t)(out - fix->position);
    return NULL;
}

/* Appends "+89.5CRSWGS_84/", which makes it the complete form. */
static const char *put_altitude(fix_t *fix, text_t value)
{
    decimal_t decimal;
    status_t status = decimal_read(value, ALTITUDE_DECIMALS, &decimal);
    if (status == STATUS_INVALID) {
        return "the altitude must be a number, in metres";
    }
    if (status != STATUS_OK || decimal_exceeds(&decimal, ALTITUDE_MAX)) {
        return "the altitude is too great";
    }
    char *out = fix->position + fix->position_size;
    *out++ = decimal.negative ? '-' : '+';
    out = decimal_write(decimal.units, ALTITUDE_DECIMALS, 1, out);
    out = text_copy(TEXT("CRSWGS_84/"), out);
    fix->position_size = (size_t)(out - fix->position);
    return NULL;
}

void fix_set_time(fix_t *self, int64_t now_ns)
{
    char *end = decimal_write((uint64_t)(now_ns > 0 ? now_ns : 0), TIME_DECIMALS, 1, self->time);
    self->time_size = (size_t)(end - self->time);
}

/* 2026-11-27T05:00:00.25+02:00; a date alone says no time. */
static bool read_date(text_t text, int64_t *ret_time_ns)
{
    enum { DATE_SIZE = sizeof "2026-11-27" - 1 };
    moment_span_t span;
    if (text.size <= DATE_SIZE || !moment_read(text, &span)) {
        return false;
    }
    *ret_time_ns = span.from_ns;
    return span.from_ns >= 0 && span.from_ns < INT64_MAX;
}

bool fix_read_time(text_t value, int64_t *ret_time_ns)
{
    decimal_t decimal;
    if (json_read_is_string(value)) {
        text_t text = json_read_string(value);
        return timestamp_parse(text, ret_time_ns) || read_date(text, ret_time_ns);
    }
    if (decimal_read(value, TIME_DECIMALS, &decimal) != STATUS_OK || decimal.negative) {
        return false;
    }
    *ret_time_ns = (int64_t)decimal.units;
    return true;
}

/* Finds the values of any body. */
static const char *find_in_body(text_t body, fix_values_t *values)
{
    text_t object;
    if (fix_plain_read(body, values)) {
        return values->latitude.size > 0 && values->longitude.size > 0 ? NULL : lacks_place;
    }
    if (json_read_check(body, LIMIT_HTTP_BODY_SIZE, &object) != STATUS_OK ||
        !json_read_is_object(object)) {
        return "the body must be an object of JSON";
    }
    return find_values(object, values);
}

const char *fix_read(text_t body, fix_t *ret_fix)
{
    fix_t fix = {0};
    fix_values_t values = {0};
    const char *problem = find_in_body(body, &values);
    if (problem == NULL) {
        problem = put_degrees(&fix, values.latitude, 90, LATITUDE_DIGITS);
    }
    if (problem == NULL) {
        problem = put_degrees(&fix, values.longitude, 180, LONGITUDE_DIGITS);
    }
    if (problem == NULL && values.altitude.size > 0 && !is_null(values.altitude)) {
        problem = put_altitude(&fix, values.altitude);
    }
    if (problem == NULL && values.time.size > 0 && !is_null(values.time)) {
        int64_t time_ns;
        if (!fix_read_time(values.time, &time_ns)) {
            return "the time must be POSIX seconds, or a text as of RFC 3339, after 1970";
        }
        fix_set_time(&fix, time_ns);
    }
    if (problem == NULL) {
        *ret_fix = fix;
    }
    return problem;
}
