#include "node/places/google.h"

#include "common/base/limits.h"
#include "node/places/json_print.h"
#include "node/places/json_read.h"
#include "node/places/json_string.h"

#include <stdio.h>

/* The member of ours, the member of Google's (perhaps within another), and the first byte of its value ('0': a
 * number). In the order of an answer to the legacy search; geometry is between the first and the second. */
static const struct {
    const char *ours;
    const char *outer; /* NULL: no other */
    const char *theirs;
    char kind;
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

/* {"maxResultCount":5,"locationRestriction":{"circle":{"center":{"latitude":34.06893,"longitude":-118.445127},
 * "radius":10000.0}},"rankPreference":"POPULARITY","languageCode":"en"} */
static status_t write_body(const places_asking_t *asking, buffer_t *out)
{
    const places_query_t *query = asking->query;
    status_t status = buffer_format(
        out,
        "{\"maxResultCount\":%u,\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":",
        query->result_count);
    if (status == STATUS_OK) {
        status = places_question_degrees(out, query->latitude_deg);
    }
    if (status == STATUS_OK) {
        status = buffer_format(out, ",\"longitude\":");
    }
    if (status == STATUS_OK) {
        status = places_question_degrees(out, query->longitude_deg);
    }
    if (status == STATUS_OK) {
        bool by_distance = asking->settings->rank == CONFIG_RANK_DISTANCE;
        status = buffer_format(out, "},\"radius\":%u.0}},\"rankPreference\":\"%s\"",
                               query->radius_km * 1000, by_distance ? "DISTANCE" : "POPULARITY");
    }
    if (status == STATUS_OK && asking->settings->language != NULL) {
        status = buffer_format(out, ",\"languageCode\":");
        if (status == STATUS_OK) {
            status = json_string_append(out, text_of(asking->settings->language));
        }
    }
    return status == STATUS_OK ? buffer_append(out, "}", 1) : status;
}

status_t places_google_ask(const places_asking_t *asking, places_question_t *question)
{
    status_t status = buffer_format(&question->url, "%s/v1/places:searchNearby", asking->base_url);
    if (status == STATUS_OK) {
        status = buffer_format(
            &question->headers,
            "Content-Type: application/json\nX-Goog-Api-Key: %.*s\nX-Goog-FieldMask: %s\n",
            (int)asking->key.size, asking->key.data, asking->settings->field_mask);
    }
    return status == STATUS_OK ? write_body(asking, &question->body) : status;
}

/* The member of Google's, where it is there and of its kind. */
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
 * and {} where there is none. Prints `places`, which is an array or nothing, and counts them; false where an element is no object. */
static bool print_answer(json_print_t *printer, text_t places, size_t maximum)
{
    size_t count = 0;
    text_t place;
    text_t rest = json_read_inside(places);
    json_print_open(printer, '{');
    json_print_name(printer, TEXT("html_attributions"));
    json_print_raw(printer, TEXT("[]"));
    json_print_name(printer, TEXT("results"));
    json_print_open(printer, '[');
    while (count < maximum && json_read_element(&rest, &place)) {
        if (!json_read_is_object(place)) {
            return false;
        }
        print_place(printer, place);
        count++;
    }
    json_print_close(printer, ']');
    json_print_name(printer, TEXT("status"));
    json_print_string(printer, text_of(places_answer_status_name(
                                   count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS)));
    json_print_close(printer, '}');
    json_print_raw(printer, TEXT("\n\n"));
    return printer->status == STATUS_OK;
}

/* { "error": { "code": 403, "message": "Places API (New) has not been used in project 1 before or it is disabled.",
 *   "status": "PERMISSION_DENIED" } } */
static places_status_t refuse_http(const places_reply_t *reply, buffer_t *out)
{
    text_t message = {0};
    text_t body;
    if (json_read_check(reply->body, LIMIT_PLACES_ANSWER_SIZE, &body) == STATUS_OK) {
        (void)json_read_find_in(body, TEXT("error"), TEXT("message"), &message);
    }
    return places_refuse_http(reply->http_status, message, out);
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
        return places_refuse_body(out);
    }
    (void)json_read_find(body, TEXT("places"), &places);
    size_t size_before = out->size;
    json_print_t printer = json_print_to(out);
    text_t rest = json_read_inside(places);
    text_t first;
    if (!json_read_is_array(places) || !print_answer(&printer, places, query->result_count)) {
        out->size = size_before;
        return places_refuse_body(out);
    }
    return json_read_element(&rest, &first) ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
}
