#include "node/places/overpass.h"

#include "common/base/limits.h"
#include "common/places/sphere.h"
#include "node/places/json_print.h"
#include "node/places/json_read.h"

#include <math.h>

/* ODbL 1.0, section 4.3; https://www.openstreetmap.org/copyright. */
#define ATTRIBUTION                                                                                \
    "\xc2\xa9 <a href=\"https://www.openstreetmap.org/copyright\">OpenStreetMap "                  \
    "contributors</a> "                                                                            \
    "(<a href=\"https://opendatacommons.org/licenses/odbl/\">ODbL</a>)"

/* Tags that make an element a place; the value of each becomes one of its types. */
static const char *const kinds[] = {"amenity", "shop", "tourism", "leisure"};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* An element that may be among the nearest. */
typedef struct {
    double haversine; /* of the angle to the position asked about */
    text_t element;
    text_t latitude; /* a number, as it was sent */
    text_t longitude;
} hit_t;

/* The nearest so far, nearest first. */
typedef struct {
    sphere_position_t from;
    size_t maximum; /* 1 .. LIMIT_RESULTS */
    size_t count;
    hit_t hits[LIMIT_RESULTS];
} nearest_t;

/* [out:json][timeout:4];nwr(around:10000,34.06893,-118.445127)
 *   [name][~"^(amenity|shop|tourism|leisure)$"~"."];out center; - on one line */
static void write_query(const places_asking_t *asking, sheet_t *out)
{
    const places_query_t *query = asking->query;
    int64_t timeout_s = asking->timeout_ms < 1000 ? 1 : asking->timeout_ms / 1000;
    sheet_format(out, "[out:json][timeout:%lld];nwr(around:%u,", (long long)timeout_s,
                 query->radius_km * 1000);
    places_question_put_degrees(out, query->latitude_deg);
    sheet_put_byte(out, ',');
    places_question_put_degrees(out, query->longitude_deg);
    sheet_put(out, TEXT(")[name][~\"^(amenity|shop|tourism|leisure)$\"~\".\"];out center;"));
}

void places_overpass_ask(const places_asking_t *asking, places_question_t *question)
{
    buffer_t text;
    buffer_init(&text, LIMIT_PLACES_QUESTION_SIZE);
    sheet_t query = sheet_begin(&text);
    write_query(asking, &query);
    sheet_format(&question->url, "%s/api/interpreter", asking->base_url);
    sheet_put(&question->headers, TEXT("Content-Type: application/x-www-form-urlencoded\n"));
    sheet_fail(&question->body, sheet_end(&query));
    sheet_put(&question->body, TEXT("data="));
    places_question_put_percent(&question->body, buffer_text(&text));
    buffer_done(&text);
}

/* Where an element is: a node has its own position, a way or relation that of its centre. */
static bool find_position(text_t element, hit_t *hit, double *ret_latitude_deg,
                          double *ret_longitude_deg)
{
    text_t centre;
    text_t holder = json_read_find(element, TEXT("center"), &centre) ? centre : element;
    return json_read_find(holder, TEXT("lat"), &hit->latitude) &&
           json_read_find(holder, TEXT("lon"), &hit->longitude) &&
           json_read_double(hit->latitude, ret_latitude_deg) &&
           json_read_double(hit->longitude, ret_longitude_deg) && fabs(*ret_latitude_deg) <= 90 &&
           fabs(*ret_longitude_deg) <= 180;
}

/* The value of a tag without its quotation marks; empty if it is missing. */
static text_t tag_of(text_t element, const char *name)
{
    text_t value;
    return json_read_find_in(element, TEXT("tags"), text_of(name), &value) ? json_read_string(value)
                                                                           : (text_t){0};
}

static bool is_place(text_t element)
{
    text_t type;
    text_t number;
    if (!json_read_find(element, TEXT("type"), &type) ||
        !json_read_find(element, TEXT("id"), &number) || !json_read_is_number(number)) {
        return false;
    }
    type = json_read_string(type);
    return (text_equal(type, TEXT("node")) || text_equal(type, TEXT("way")) ||
            text_equal(type, TEXT("relation"))) &&
           tag_of(element, "name").size > 0;
}

/* Puts an element among the nearest if it is one of them; equally near ones keep their order. */
static void consider(nearest_t *self, text_t element)
{
    hit_t hit = {.element = element};
    double latitude_deg;
    double longitude_deg;
    if (!find_position(element, &hit, &latitude_deg, &longitude_deg)) {
        return;
    }
    hit.haversine = sphere_haversine(&self->from, (int32_t)lround(latitude_deg * SPHERE_DEGREE_E7),
                                     (int32_t)lround(longitude_deg * SPHERE_DEGREE_E7));
    size_t rank = self->count;
    while (rank > 0 && self->hits[rank - 1].haversine > hit.haversine) {
        rank--;
    }
    if (rank == self->maximum || !is_place(element)) {
        return;
    }
    self->count += self->count < self->maximum ? 1 : 0;
    for (size_t i = self->count - 1; i > rank; i--) {
        self->hits[i] = self->hits[i - 1];
    }
    self->hits[rank] = hit;
}

/* A string made of `parts`, each the inside of a string as it was sent, with its escapes. */
static void print_joined(json_print_t *printer, const text_t *parts, size_t count)
{
    json_print_raw(printer, TEXT("\""));
    for (size_t i = 0; i < count; i++) {
        json_print_raw(printer, parts[i]);
    }
    json_print_raw(printer, TEXT("\""));
}

static void print_types(json_print_t *printer, text_t element)
{
    json_print_name(printer, TEXT("types"));
    json_print_open(printer, '[');
    for (size_t i = 0; i < KIND_COUNT; i++) {
        text_t kind = tag_of(element, kinds[i]);
        if (kind.size > 0) {
            json_print_next(printer);
            print_joined(printer, &kind, 1);
        }
    }
    json_print_next(printer);
    json_print_string(printer, TEXT("point_of_interest"));
    json_print_close(printer, ']');
}

/* "10884 Weyburn Avenue, Los Angeles", or what there is of it. */
static void print_vicinity(json_print_t *printer, text_t element)
{
    text_t number = tag_of(element, "addr:housenumber");
    text_t street = tag_of(element, "addr:street");
    text_t city = tag_of(element, "addr:city");
    text_t parts[5];
    size_t count = 0;
    if (street.size > 0) {
        parts[count++] = number;
        parts[count++] = number.size > 0 ? TEXT(" ") : TEXT("");
        parts[count++] = street;
        parts[count++] = city.size > 0 ? TEXT(", ") : TEXT("");
    }
    parts[count++] = city;
    if (street.size > 0 || city.size > 0) {
        json_print_name(printer, TEXT("vicinity"));
        print_joined(printer, parts, count);
    }
}

static void print_hit(json_print_t *printer, const hit_t *hit)
{
    text_t type = {0};
    text_t number = {0};
    text_t name = tag_of(hit->element, "name");
    (void)json_read_find(hit->element, TEXT("type"), &type);
    (void)json_read_find(hit->element, TEXT("id"), &number);
    const text_t id[] = {TEXT("osm:"), json_read_string(type), TEXT("/"), number};
    json_print_next(printer);
    json_print_open(printer, '{');
    places_answer_print_geometry(printer, hit->latitude, hit->longitude);
    json_print_name(printer, TEXT("name"));
    print_joined(printer, &name, 1);
    json_print_name(printer, TEXT("place_id"));
    print_joined(printer, id, sizeof id / sizeof id[0]);
    print_types(printer, hit->element);
    print_vicinity(printer, hit->element);
    json_print_close(printer, '}');
}

static places_status_t print_answer(const nearest_t *nearest, buffer_t *out)
{
    places_status_t status = nearest->count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
    json_print_t printer = json_print_begin(out);
    json_print_open(&printer, '{');
    places_answer_print_head(&printer, nearest->count > 0 ? TEXT(ATTRIBUTION) : TEXT(""));
    for (size_t i = 0; i < nearest->count; i++) {
        print_hit(&printer, &nearest->hits[i]);
    }
    places_answer_print_tail(&printer, status);
    return json_print_end(&printer) == STATUS_OK ? status : places_answer_refuse_body(out);
}

/* {
 *   "version": 0.6,
 *   "generator": "Overpass API 0.7.62.1 084b4234",
 *   "osm3s": { "timestamp_osm_base": "2026-03-01T12:00:00Z", "copyright": "..." },
 *   "elements": [
 *     { "type": "node", "id": 358797589, "lat": 34.0637513, "lon": -118.4448577,
 *       "tags": { "amenity": "cafe", "name": "Espresso", "addr:street": "Weyburn Avenue" } },
 *     { "type": "way", "id": 25370967, "center": { "lat": 34.07, "lon": -118.44 }, "nodes": [1, 2],
 *       "tags": { "leisure": "park", "name": "Park" } }
 *   ],
 *   "remark": "runtime error: Query timed out in \"query\" at line 1 after 4 seconds."
 * }
 * The remark is there only if the elements are not complete. Other errors have an HTTP status of
 * their own, and are HTML. */
places_status_t places_overpass_decode(const places_reply_t *reply, const places_query_t *query,
                                       buffer_t *out)
{
    text_t body;
    text_t elements;
    text_t remark;
    if (reply->http_status != 200) {
        return places_answer_refuse_http(reply->http_status, (text_t){0}, out);
    }
    if (json_read_check(reply->body, LIMIT_OVERPASS_SIZE, &body) != STATUS_OK ||
        !json_read_find(body, TEXT("elements"), &elements) || !json_read_is_array(elements)) {
        return places_answer_refuse_body(out);
    }
    const text_t error = TEXT("runtime error");
    if (json_read_find(body, TEXT("remark"), &remark) &&
        text_equal(text_first(json_read_string(remark), error.size), error)) {
        return places_answer_refuse_remark(remark, out);
    }
    nearest_t nearest = {.from = sphere_position(query->latitude_deg, query->longitude_deg),
                         .maximum = query->result_count < LIMIT_RESULTS ? query->result_count
                                                                        : LIMIT_RESULTS};
    text_t rest = json_read_inside(elements);
    text_t element;
    while (json_read_element(&rest, &element)) {
        consider(&nearest, element);
    }
    return print_answer(&nearest, out);
}
