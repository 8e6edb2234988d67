/* Places API (New). Its answers name things otherwise than the legacy API, whose format is ours:
 * each member of a place that we pass on is looked up under Google's new name and printed under the
 * old one. */
#include "node/places/google.h"

#include "common/base/limits.h"
#include "node/places/json_print.h"
#include "node/places/json_read.h"
#include "node/places/json_string.h"

/* What we pass on, in the order of the legacy search; geometry comes after the first. */
static const struct {
    const char *ours;
    const char *outer;  /* the member of Google's that `theirs` is in; NULL: the place itself */
    const char *theirs; /* Google's member */
    char kind;          /* the first byte of its value; '0': a number */
} members[] = {
    {"business_status", NULL, "businessStatus", '"'},
    {"name", "displayName", "text", '"'},
    {"place_id", NULL, "id", '"'},
    {"rating", NULL, "rating", '0'},
    {"types", NULL, "types", '['},
    {"user_ratings_total", NULL, "userRatingCount", '0'},
    {"vicinity", NULL, "shortFormattedAddress", '"'},
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

/* The value of Google's member; false if it is missing or not of its kind. */
static bool find_member(text_t place, size_t index, text_t *ret_value)
{
    const char *outer = members[index].outer;
    text_t theirs = text_of(members[index].theirs);
    bool found = outer != NULL ? json_read_find_in(place, text_of(outer), theirs, ret_value)
                               : json_read_find(place, theirs, ret_value);
    return found && (members[index].kind == '0' ? json_read_is_number(*ret_value)
                                                : ret_value->data[0] == members[index].kind);
}

static void print_geometry(json_print_t *printer, text_t place)
{
    text_t latitude;
    text_t longitude;
    if (!json_read_find_in(place, TEXT("location"), TEXT("latitude"), &latitude) ||
        !json_read_find_in(place, TEXT("location"), TEXT("longitude"), &longitude) ||
        !json_read_is_number(latitude) || !json_read_is_number(longitude)) {
        return;
    }
    places_answer_print_geometry(printer, latitude, longitude);
}

static void print_place(json_print_t *printer, text_t place)
{
    json_print_next(printer);
    json_print_open(printer, '{');
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        text_t value;
        if (i == 1) {
            print_geometry(printer, place);
        }
        if (find_member(place, i, &value)) {
            json_print_name(printer, text_of(members[i].ours));
            json_print_value(printer, value);
        }
    }
    json_print_close(printer, '}');
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
 * and {} if there are none. Prints the first `maximum` elements of `places`, an array, and returns
 * the status of the answer. An element that is not an object fails the printer. */
static places_status_t print_answer(json_print_t *printer, text_t places, size_t maximum)
{
    size_t count = 0;
    text_t place;
    text_t rest = json_read_inside(places);
    json_print_open(printer, '{');
    places_answer_print_head(printer, (text_t){0});
    for (; count < maximum && json_read_element(&rest, &place); count++) {
        if (!json_read_is_object(place)) {
            sheet_fail(&printer->sheet, STATUS_INVALID);
        }
        print_place(printer, place);
    }
    places_status_t status = count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
    places_answer_print_tail(printer, status);
    return status;
}

/* { "error": { "code": 403, "status": "PERMISSION_DENIED", "message":
 *   "Places API (New) has not been used in project 1 before or it is disabled." } } */
static places_status_t refuse_http(const places_reply_t *reply, buffer_t *out)
{
    text_t message = {0};
    text_t body;
    if (json_read_check(reply->body, LIMIT_PLACES_ANSWER_SIZE, &body) == STATUS_OK) {
        (void)json_read_find_in(body, TEXT("error"), TEXT("message"), &message);
    }
    return places_answer_refuse_http(reply->http_status, message, out);
}

places_status_t places_google_decode(const places_reply_t *reply, const places_query_t *query,
                                     buffer_t *out)
{
    if (reply->http_status != 200) {
        return refuse_http(reply, out);
    }
    text_t body;
    text_t places = TEXT("[]");
    if (json_read_check(reply->body, LIMIT_PLACES_ANSWER_SIZE, &body) != STATUS_OK ||
        !json_read_is_object(body)) {
        return places_answer_refuse_body(out);
    }
    (void)json_read_find(body, TEXT("places"), &places);
    if (!json_read_is_array(places)) {
        return places_answer_refuse_body(out);
    }
    json_print_t printer = json_print_begin(out);
    places_status_t status = print_answer(&printer, places, query->result_count);
    return json_print_end(&printer) == STATUS_OK ? status : places_answer_refuse_body(out);
}
