/* Places API (New). Its answers name things otherwise than the legacy API, whose format is ours:
 * each member of a place that we pass on is looked up under Google's new name and printed under the
 * old one.
 *
 * They are proto3 JSON (protobuf.dev/programming-guides/json): what is 0, "" or [] is not sent. A
 * place on the equator has no latitude. So what was asked for and is not there is what it means,
 * where our format needs it: a coordinate of a location, a name, types, an address. A rating or a
 * number of ratings of 0 is left out in the old format too. */
#include "node/places/google.h"

#include "common/base/limits.h"
#include "common/json/json_read.h"
#include "common/json/json_string.h"
#include "node/places/json_print.h"

/* What we pass on, in the order of the legacy search; geometry comes after the first. */
static const struct {
    const char *ours;
    const char *outer;   /* the member of Google's that `theirs` is in; NULL: the place itself */
    const char *theirs;  /* Google's member */
    char kind;           /* of its value (elements.h) */
    const char *missing; /* what it means if it was asked for and is not there; NULL: nothing */
} members[] = {
    {"business_status", NULL, "businessStatus", '"', NULL},
    {"name", "displayName", "text", '"', "\"\""},
    {"place_id", NULL, "id", '"', NULL},
    {"rating", NULL, "rating", '0', NULL},
    {"types", NULL, "types", '[', "[]"},
    {"user_ratings_total", NULL, "userRatingCount", '0', NULL},
    {"vicinity", NULL, "shortFormattedAddress", '"', "\"\""},
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

/* {"maxResultCount":5,
 *  "locationRestriction":{"circle":{"center":{"latitude":34.06893,"longitude":-118.445127},
 *   "radius":10000.0}},"rankPreference":"POPULARITY","languageCode":"en"}, on one line */
static void write_body(const places_asking_t *asking, sheet_t *out)
{
    const places_query_t *query = asking->query;
    bool by_distance = asking->settings->rank == CONFIG_RANK_DISTANCE;
    sheet_format(out, "{\"maxResultCount\":%u,\"locationRestriction\":{\"circle\":{\"center\":",
                 query->result_count);
    sheet_put(out, TEXT("{\"latitude\":"));
    places_question_put_degrees(out, query->latitude_deg);
    sheet_put(out, TEXT(",\"longitude\":"));
    places_question_put_degrees(out, query->longitude_deg);
    sheet_format(out, "},\"radius\":%u.0}},\"rankPreference\":\"%s\"", query->radius_km * 1000,
                 by_distance ? "DISTANCE" : "POPULARITY");
    if (asking->settings->language != NULL) {
        sheet_put(out, TEXT(",\"languageCode\":"));
        json_string_put(out, text_of(asking->settings->language));
    }
    sheet_put_byte(out, '}');
}

void places_google_ask(const places_asking_t *asking, places_question_t *question)
{
    sheet_format(&question->url, "%s/v1/places:searchNearby", asking->base_url);
    sheet_put(&question->headers, TEXT("Content-Type: application/json\nX-Goog-Api-Key: "));
    sheet_put(&question->headers, asking->key);
    sheet_format(&question->headers, "\nX-Goog-FieldMask: %s\n", asking->settings->field_mask);
    write_body(asking, &question->body);
}

/* Whether "places.displayName,places.id" asks for `field`: it, all of it, or a part of it. */
static bool asks_for(const char *mask, const char *field)
{
    const text_t prefix = TEXT("places.");
    text_t rest = mask != NULL ? text_of(mask) : (text_t){0};
    text_t item;
    bool asked = false;
    while (!asked && text_take_until(&rest, ',', &item)) {
        text_t name = text_equal(text_first(item, prefix.size), prefix)
                          ? text_after(item, prefix.size)
                          : (text_t){0};
        size_t size = strlen(field);
        asked = text_equal(item, TEXT("*")) || text_equal(item, TEXT("places")) ||
                text_equal(name, TEXT("*")) ||
                (text_equal(text_first(name, size), text_of(field)) &&
                 (name.size == size || name.data[size] == '.'));
    }
    return asked;
}

/* The value of Google's member, or what it means that there is none; false if that is nothing. */
static bool find_member(text_t place, size_t index, const char *mask, text_t *ret_value)
{
    const char *outer = members[index].outer;
    const char *field = outer != NULL ? outer : members[index].theirs;
    text_t theirs = text_of(members[index].theirs);
    text_t holder = place;
    bool is_there = outer != NULL && json_read_find(place, text_of(outer), &holder) &&
                    json_read_is_object(holder);
    if ((outer == NULL || is_there) && json_read_find(holder, theirs, ret_value) &&
        places_elements_is_kind(*ret_value, members[index].kind)) {
        return true;
    }
    if (members[index].missing == NULL || (!is_there && !asks_for(mask, field))) {
        return false;
    }
    *ret_value = text_of(members[index].missing);
    return true;
}

/* A coordinate; 0 if it is not there. */
static text_t find_coordinate(text_t location, const char *name)
{
    text_t value;
    bool found = json_read_find(location, text_of(name), &value);
    return found && !text_equal(value, TEXT("null")) ? value : TEXT("0");
}

/* False if there is a location that is not one on earth. */
static bool print_geometry(json_print_t *printer, text_t place)
{
    text_t location;
    if (!json_read_find(place, TEXT("location"), &location) || text_equal(location, TEXT("null"))) {
        return true;
    }
    text_t latitude = find_coordinate(location, "latitude");
    text_t longitude = find_coordinate(location, "longitude");
    if (!json_read_is_object(location) || !places_elements_is_position(latitude, longitude)) {
        return false;
    }
    places_answer_print_geometry(printer, latitude, longitude);
    return true;
}

/* A places_element_fn; `argument` is the field mask. */
static bool print_place(json_print_t *printer, text_t place, const void *argument)
{
    bool good = true;
    json_print_open(printer, '{');
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        text_t value;
        if (i == 1) {
            good = print_geometry(printer, place);
        }
        if (find_member(place, i, argument, &value)) {
            json_print_name(printer, text_of(members[i].ours));
            if (members[i].kind == '[') {
                places_elements_print_strings(printer, value);
            } else {
                json_print_raw(printer, value);
            }
        }
    }
    json_print_close(printer, '}');
    return good;
}

/* {
 *   "places": [
 *     {
 *       "id": "ChIJZ9Y8KvO8woARQp5ZLsgLWSg",
 *       "types": ["university", "point_of_interest", "establishment"],
 *       "location": { "latitude": 34.0689, "longitude": -118.44518099999999 },
 *       "rating": 4.6,
 *       "businessStatus": "OPERATIONAL",
 *       "userRatingCount": 1250,
 *       "displayName": { "text": "UCLA", "languageCode": "en" },
 *       "shortFormattedAddress": "Los Angeles"
 *     }
 *   ]
 * }
 * and {} if there are none. */
static places_status_t print_answer(const places_elements_t *elements, places_notes_t *notes,
                                    buffer_t *out)
{
    json_print_t printer = json_print_begin(out);
    json_print_open(&printer, '{');
    places_answer_print_head(&printer, (text_t){0});
    size_t count = places_elements_print(elements, &printer, notes);
    places_status_t status = count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
    places_answer_print_tail(&printer, status);
    if (count == 0 && notes->dropped > 0) {
        sheet_fail(&printer.sheet, STATUS_INVALID); /* "nothing there" would be a guess */
    }
    return json_print_end(&printer) == STATUS_OK ? status : places_answer_refuse_body(notes, out);
}

/* Whether one of error.details has that reason. */
static bool has_reason(text_t error, const char *reason)
{
    text_t details;
    text_t detail;
    text_t found;
    text_t rest = {0};
    if (json_read_find(error, TEXT("details"), &details) && json_read_is_array(details)) {
        rest = json_read_inside(details);
    }
    while (json_read_element(&rest, &detail)) {
        if (json_read_find(detail, TEXT("reason"), &found) &&
            text_equal(json_read_string(found), text_of(reason))) {
            return true;
        }
    }
    return false;
}

/* { "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid. Please
 *   pass a valid API key.", "details": [ { "@type": "type.googleapis.com/google.rpc.ErrorInfo",
 *     "reason": "API_KEY_INVALID", "domain": "googleapis.com" } ] } }
 * A bad key may thus be a 400, and a quota that is used up is always RESOURCE_EXHAUSTED
 * (google.rpc.Code). All else goes by the HTTP status. */
static places_status_t refuse_error(unsigned http_status, text_t body, buffer_t *out)
{
    text_t error = {0};
    text_t message = {0};
    text_t status = {0};
    (void)json_read_find(body, TEXT("error"), &error);
    (void)json_read_find(error, TEXT("message"), &message);
    (void)json_read_find(error, TEXT("status"), &status);
    if (text_equal(json_read_string(status), TEXT("RESOURCE_EXHAUSTED"))) {
        http_status = 429;
    } else if (has_reason(error, "API_KEY_INVALID")) {
        return places_answer_refuse_saying(PLACES_STATUS_REQUEST_DENIED,
                                           TEXT("the places provider does not know the key"),
                                           message, out);
    }
    return places_answer_refuse_http(http_status, message, out);
}

/* The HTTP status that an error within a 200 would have had. */
static unsigned error_code(text_t body)
{
    text_t code;
    double number = 0;
    return json_read_find_in(body, TEXT("error"), TEXT("code"), &code) &&
                   json_read_double(code, &number) && number >= 100 && number < 600
               ? (unsigned)number
               : 500;
}

places_status_t places_google_decode(const places_reply_t *reply, const places_query_t *query,
                                     places_notes_t *notes, buffer_t *out)
{
    json_read_body_t body = {0};
    text_t places = TEXT("[]");
    text_t error;
    bool good = json_read_open(reply->body, LIMIT_PLACES_ANSWER_SIZE, &body) == STATUS_OK;
    if (reply->http_status != 200) {
        return refuse_error(reply->http_status, body.value, out);
    }
    size_t count = good ? json_read_count(body.value, TEXT("places")) : 2;
    if (count == 0 && json_read_find(body.value, TEXT("error"), &error)) {
        return refuse_error(error_code(body.value), body.value, out);
    }
    (void)json_read_find(body.value, TEXT("places"), &places);
    if (count > 1 || !json_read_is_array(places)) {
        return places_answer_refuse_body(notes, out);
    }
    const places_elements_t elements = {.body = &body,
                                        .array = places,
                                        .maximum = query->result_count,
                                        .print = print_place,
                                        .argument = reply->field_mask};
    return print_answer(&elements, notes, out);
}
