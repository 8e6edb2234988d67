#include "frontend/web/query.h"

#include "common/near/area_text.h"
#include "frontend/web/http/http_target.h"

enum {
    NUMBER_MAX = 64, /* bytes of a number in a query */
    PLAIN_SIZE = 5 * NUMBER_MAX,
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
    if (!text_take_until(&value, ',', &part) || read_latitude(self, part) != NULL ||
        !text_take_until(&value, ',', &part) || read_longitude(self, part) != NULL) {
        return problem;
    }
    return value.size == 0 || read_radius(self, value) == NULL ? NULL : problem;
}

static const char *read_limit(reading_t *self, text_t value)
{
    uint64_t limit;
    if (self->has_limit || !text_to_u64(value, self->bounds->limit_max, &limit)) {
        return "limit is a whole number, at most 1000 (places: 20, watch: 100000), once.";
    }
    self->has_limit = true;
    self->query->limit = (size_t)limit;
    return NULL;
}

/* -118.5,33.9,-118.3,34.1 */
static const char *read_box(reading_t *self, text_t value)
{
    static const char wrong[] = "bbox is west,south,east,north in degrees, south not above north, "
                                "once; west is greater than east where it crosses 180 degrees.";
    if (self->query->has_box || !area_text_box(value, &self->query->box)) {
        return wrong;
    }
    self->query->has_box = true;
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
    } parameters[] = {
        {"client", read_client}, {"lat", read_latitude}, {"lon", read_longitude},
        {"radius", read_radius}, {"limit", read_limit},  {"bbox", read_box},
        {"after", read_after},   {"near", read_near},
    };
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        if (text_equal(name, text_of(parameters[i].name))) {
            return parameters[i].read(self, value);
        }
    }
    return "There is a parameter of another name than client, lat, lon, radius, limit, bbox, "
           "near and after.";
}

const char *query_read(text_t text, const query_bounds_t *bounds, buffer_t *bytes,
                       query_t *ret_query)
{
    reading_t reading = {.bounds = bounds, .bytes = bytes, .query = ret_query};
    *ret_query = (query_t){.radius_m = bounds->radius_m, .limit = bounds->limit};
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
