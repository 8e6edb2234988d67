#include "frontend/web/query.h"

#include "common/json/decimal.h"
#include "common/near/area_text.h"
#include "frontend/web/http/http_target.h"

enum {
    MM_DECIMALS = 3,
    NUMBER_MAX = 64, /* bytes of a number in a query */
    BOX_PARTS = 6,   /* numbers of a box, at most */
    PLAIN_SIZE = 7 * NUMBER_MAX,
};

/* What query_read works on. */
typedef struct {
    const query_bounds_t *bounds;
    buffer_t *bytes;
    query_t *query;
    bool has_latitude;
    bool has_longitude;
    bool has_radius;
    bool has_limit;
} reading_t;

static const char *read_latitude(reading_t *self, text_t value)
{
    int32_t e7;
    if (self->has_latitude || !area_text_degrees(value, AREA_POLE_E7, &e7)) {
        return "lat is a number of degrees within -90 and 90, once.";
    }
    self->has_latitude = true;
    self->query->latitude_deg = e7 / 1e7;
    return NULL;
}

static const char *read_longitude(reading_t *self, text_t value)
{
    int32_t e7;
    if (self->has_longitude || !area_text_degrees(value, AREA_MERIDIAN_E7, &e7)) {
        return "lon is a number of degrees within -180 and 180, once.";
    }
    self->has_longitude = true;
    self->query->longitude_deg = e7 / 1e7;
    return NULL;
}

static const char *read_radius(reading_t *self, text_t value)
{
    if (self->has_radius ||
        !area_text_metres(value, self->bounds->radius_max_m, &self->query->radius_m)) {
        return "radius is a number of metres from 0 on, at most half the earth's circumference "
               "(places: 50000), once.";
    }
    self->has_radius = true;
    return NULL;
}

/* 34.07,-118.44 or 34.07,-118.44,10000 */
static const char *read_near(reading_t *self, text_t value)
{
    text_t part;
    const char *problem = "near is LAT,LON or LAT,LON,RADIUS.";
    const char *end = text_end(value);
    if (!text_take_until(&value, ',', &part) || read_latitude(self, part) != NULL ||
        !text_take_until(&value, ',', &part) || read_longitude(self, part) != NULL) {
        return problem;
    }
    return text_end(part) == end || read_radius(self, value) == NULL ? NULL : problem;
}

static bool has_digits_only(text_t text)
{
    size_t size = 0;
    while (size < text.size && text_is_digit(text.data[size])) {
        size++;
    }
    return size > 0 && size == text.size;
}

/* More than the most is the most (OGC 17-069r4, 7.15.2). */
static const char *read_limit_of_items(reading_t *self, text_t value)
{
    uint64_t limit;
    if (self->has_limit || !has_digits_only(value)) {
        return "limit is a whole number from 1 on, once.";
    }
    if (!text_to_u64(value, self->bounds->limit_max, &limit)) {
        limit = self->bounds->limit_max;
    }
    self->has_limit = true;
    self->query->limit = (size_t)limit;
    return limit > 0 ? NULL : "limit is a whole number from 1 on, once.";
}

static const char *read_limit(reading_t *self, text_t value)
{
    uint64_t limit;
    if (self->bounds->of_items) {
        return read_limit_of_items(self, value);
    }
    if (self->has_limit || !text_to_u64(value, self->bounds->limit_max, &limit)) {
        return "limit is a whole number, at most 1000 (places: 20, watch: 100000), once.";
    }
    self->has_limit = true;
    self->query->limit = (size_t)limit;
    return NULL;
}

/* Metres as millimetres. */
static bool read_height(text_t text, int64_t *ret_mm)
{
    decimal_t decimal;
    if (text.size > NUMBER_MAX || decimal_read(text, MM_DECIMALS, &decimal) != STATUS_OK) {
        return false;
    }
    *ret_mm = decimal.negative ? -(int64_t)decimal.units : (int64_t)decimal.units;
    return true;
}

/* A box with heights behind each pair: -118.5,33.9,0,-118.3,34.1,100 */
static bool read_solid_box(text_t value, query_t *query)
{
    text_t parts[BOX_PARTS];
    size_t count = 0;
    const char *end = text_end(value);
    while (count < BOX_PARTS && text_take_until(&value, ',', &parts[count])) {
        count++;
    }
    query->has_heights = true;
    return count == BOX_PARTS && text_end(parts[BOX_PARTS - 1]) == end &&
           area_text_degrees(parts[0], AREA_MERIDIAN_E7, &query->box.west_e7) &&
           area_text_degrees(parts[1], AREA_POLE_E7, &query->box.south_e7) &&
           read_height(parts[2], &query->low_mm) &&
           area_text_degrees(parts[3], AREA_MERIDIAN_E7, &query->box.east_e7) &&
           area_text_degrees(parts[4], AREA_POLE_E7, &query->box.north_e7) &&
           read_height(parts[5], &query->high_mm) && area_box_is_valid(&query->box) &&
           query->low_mm <= query->high_mm;
}

/* -118.5,33.9,-118.3,34.1 */
static const char *read_box(reading_t *self, text_t value)
{
    static const char wrong[] = "bbox is west,south,east,north in degrees, south not above north, "
                                "once; west is greater than east where it crosses 180 degrees.";
    query_t *query = self->query;
    if (query->has_box || (!area_text_box(value, &query->box) &&
                           !(self->bounds->of_items && read_solid_box(value, query)))) {
        return self->bounds->of_items ? "bbox is west,south,east,north in degrees, or "
                                        "west,south,low,east,north,high with metres, once."
                                      : wrong;
    }
    query->has_box = true;
    return NULL;
}

/* 2026-11-27T03:00:00Z/.. */
static const char *read_datetime(reading_t *self, text_t value)
{
    if (self->query->has_span || !moment_read_interval(value, &self->query->span)) {
        return "datetime is a time of RFC 3339, or two with a slash between, of which one may be "
               "\"..\", once.";
    }
    self->query->has_span = true;
    return NULL;
}

static const char *read_client(reading_t *self, text_t value)
{
    if (self->query->has_client || value.size == 0 ||
        !http_target_decode(value, true, self->bytes)) {
        return "client is the ID of a client, once.";
    }
    self->query->has_client = true;
    self->query->client = buffer_text(self->bytes);
    return NULL;
}

static const char *read_after(reading_t *self, text_t value)
{
    if (self->query->has_after) {
        return "after is what an earlier page said as next, once.";
    }
    self->query->has_after = true;
    self->query->after = value;
    return NULL;
}

/* Programs write %2C for the commas of a box, and %2D for a minus. A longer value stays as it is:
 * it is no number. */
/* NOLINTNEXTLINE(readability-non-const-parameter): `out` writes to it */
static text_t without_escapes(text_t value, char plain[PLAIN_SIZE])
{
    buffer_t out = {.data = plain, .capacity = PLAIN_SIZE, .maximum = PLAIN_SIZE};
    bool done = value.size < PLAIN_SIZE && http_target_decode(value, false, &out);
    return done && out.size > 0 ? buffer_text(&out) : value;
}

static const char *read_parameter(reading_t *self, text_t name, text_t value)
{
    static const struct {
        const char *name;
        const char *(*read)(reading_t *self, text_t value);
        bool of_items;
        bool of_others;
    } parameters[] = {
        {"client", read_client, false, true},     {"lat", read_latitude, false, true},
        {"lon", read_longitude, false, true},     {"radius", read_radius, false, true},
        {"limit", read_limit, true, true},        {"bbox", read_box, true, true},
        {"after", read_after, true, true},        {"near", read_near, false, true},
        {"datetime", read_datetime, true, false},
    };
    bool of_items = self->bounds->of_items;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        bool is_known = of_items ? parameters[i].of_items : parameters[i].of_others;
        if (is_known && text_equal(name, text_of(parameters[i].name))) {
            return parameters[i].read(self, value);
        }
    }
    return of_items ? "There is a parameter of another name than bbox, datetime, limit and after."
                    : "There is a parameter of another name than client, lat, lon, radius, limit, "
                      "bbox, near and after.";
}

const char *query_read(text_t text, const query_bounds_t *bounds, buffer_t *bytes,
                       query_t *ret_query)
{
    reading_t reading = {.bounds = bounds, .bytes = bytes, .query = ret_query};
    *ret_query = (query_t){.radius_m = bounds->radius_m,
                           .limit = bounds->limit,
                           .box = {.west_e7 = -AREA_MERIDIAN_E7,
                                   .south_e7 = -AREA_POLE_E7,
                                   .east_e7 = AREA_MERIDIAN_E7,
                                   .north_e7 = AREA_POLE_E7}};
    text_t name;
    text_t value;
    const char *problem = NULL;
    buffer_clear(bytes);
    while (problem == NULL && http_target_parameter(&text, &name, &value)) {
        char plain[PLAIN_SIZE];
        bool is_text = text_equal(name, TEXT("client")) || text_equal(name, TEXT("after"));
        value = is_text ? value : without_escapes(value, plain);
        problem = read_parameter(&reading, name, value);
    }
    if (problem == NULL && reading.has_latitude != reading.has_longitude) {
        return "lat and lon belong together.";
    }
    ret_query->has_place = reading.has_latitude;
    return problem;
}
