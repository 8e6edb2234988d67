#include "node/places/overpass.h"

#include "common/base/limits.h"
#include "common/json/json_read.h"
#include "common/places/sphere.h"
#include "node/places/json_print.h"

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
static bool find_position(text_t element, text_t *ret_latitude, text_t *ret_longitude)
{
    text_t centre;
    text_t holder = json_read_find(element, TEXT("center"), &centre) ? centre : element;
    return json_read_find(holder, TEXT("lat"), ret_latitude) &&
           json_read_find(holder, TEXT("lon"), ret_longitude);
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
    uint64_t id;
    if (!json_read_find(element, TEXT("type"), &type) ||
        !json_read_find(element, TEXT("id"), &number) || !text_to_u64(number, INT64_MAX, &id)) {
        return false;
    }
    type = json_read_string(type);
    return (text_equal(type, TEXT("node")) || text_equal(type, TEXT("way")) ||
            text_equal(type, TEXT("relation"))) &&
           tag_of(element, "name").size > 0;
}

/* Puts a hit among the nearest if it is one of them; equally near ones keep their order. */
static void rank_hit(nearest_t *self, const hit_t *hit)
{
    size_t rank = self->count;
    while (rank > 0 && self->hits[rank - 1].haversine > hit->haversine) {
        rank--;
    }
    if (rank == self->maximum) {
        return;
    }
    self->count += self->count < self->maximum ? 1 : 0;
    for (size_t i = self->count - 1; i > rank; i--) {
        self->hits[i] = self->hits[i - 1];
    }
    self->hits[rank] = *hit;
}

/* Looks at one element. What is a place and has no position that can be is odd; what is no place,
 * or has none at all (a relation without a centre), is passed over. */
static void consider(nearest_t *self, text_t element, places_notes_t *notes)
{
    hit_t hit = {.element = element};
    double latitude_deg;
    double longitude_deg;
    if (!find_position(element, &hit.latitude, &hit.longitude)) {
        return;
    }
    if (!places_elements_is_position(hit.latitude, hit.longitude)) {
        places_elements_drop(notes, element);
        return;
    }
    (void)json_read_double(hit.latitude, &latitude_deg);
    (void)json_read_double(hit.longitude, &longitude_deg);
    hit.haversine = sphere_haversine(&self->from, (int32_t)lround(latitude_deg * SPHERE_DEGREE_E7),
                                     (int32_t)lround(longitude_deg * SPHERE_DEGREE_E7));
    bool is_near =
        self->count < self->maximum || hit.haversine < self->hits[self->count - 1].haversine;
    if (is_near && is_place(element)) {
        rank_hit(self, &hit);
    }
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

static places_status_t print_answer(const nearest_t *nearest, places_notes_t *notes, buffer_t *out)
{
    size_t count = 0;
    json_print_t printer = json_print_begin(out);
    json_print_open(&printer, '{');
    places_answer_print_head(&printer, nearest->count > 0 ? TEXT(ATTRIBUTION) : TEXT(""));
    for (size_t i = 0; i < nearest->count; i++) {
        const json_print_mark_t mark = json_print_mark(&printer);
        print_hit(&printer, &nearest->hits[i]);
        count++;
        if (!json_print_has_room(&printer, LIMIT_PLACES_TAIL_SIZE)) {
            json_print_go_back(&printer, &mark);
            places_elements_drop(notes, nearest->hits[i].element);
            count--;
        }
    }
    places_status_t status = count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
    places_answer_print_tail(&printer, status);
    if (count == 0 && nearest->count > 0) {
        sheet_fail(&printer.sheet, STATUS_INVALID); /* "nothing there" would be a guess */
    }
    return json_print_end(&printer) == STATUS_OK ? status : places_answer_refuse_body(notes, out);
}

/* Takes the elements one by one. False if there are some, and none is sound. */
static bool consider_all(nearest_t *self, const json_read_body_t *body, text_t elements,
                         places_notes_t *notes)
{
    text_t rest = json_read_inside(elements);
    text_t element;
    size_t count = 0;
    size_t sound_count = 0;
    for (; json_read_element(&rest, &element); count++) {
        bool sound = json_read_part_is_sound(body, element);
        sound_count += sound ? 1 : 0;
        if (sound && json_read_is_object(element)) {
            consider(self, element, notes);
        } else {
            places_elements_drop(notes, element);
        }
    }
    return sound_count > 0 || count == 0;
}

/* A remark says that the elements are not all there. What the server could not do for this question
 * it may do for the next; unless it has too much to do. */
static places_status_t refuse_remark(text_t remark, places_notes_t *notes, buffer_t *out)
{
    const text_t busy = TEXT("too busy");
    notes->busy = memmem(remark.data, remark.size, busy.data, busy.size) != NULL;
    return places_answer_refuse_saying(PLACES_STATUS_UNKNOWN_ERROR,
                                       TEXT("the places provider failed"), remark, out);
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
                                       places_notes_t *notes, buffer_t *out)
{
    json_read_body_t body;
    text_t elements;
    text_t remark;
    if (reply->http_status != 200) {
        return places_answer_refuse_http(reply->http_status, (text_t){0}, out);
    }
    if (json_read_open(reply->body, LIMIT_OVERPASS_SIZE, &body) != STATUS_OK ||
        json_read_count(body.value, TEXT("elements")) != 1 ||
        !json_read_find(body.value, TEXT("elements"), &elements) || !json_read_is_array(elements)) {
        return places_answer_refuse_body(notes, out);
    }
    const text_t error = TEXT("runtime error");
    if (json_read_find(body.value, TEXT("remark"), &remark) &&
        text_equal(text_first(json_read_string(remark), error.size), error)) {
        return refuse_remark(remark, notes, out);
    }
    nearest_t nearest = {.from = sphere_position(query->latitude_deg, query->longitude_deg),
                         .maximum = query->result_count < LIMIT_RESULTS ? query->result_count
                                                                        : LIMIT_RESULTS};
    return consider_all(&nearest, &body, elements, notes) ? print_answer(&nearest, notes, out)
                                                          : places_answer_refuse_body(notes, out);
}
