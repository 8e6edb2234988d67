#include "node/places/google_legacy.h"

#include "common/base/limits.h"
#include "node/places/json_print.h"
#include "node/places/json_read.h"

/* .../maps/api/place/nearbysearch/json?
 *   location=34.06893,-118.445127&radius=10000&key=KEY&language=en, on one line */
void places_google_legacy_ask(const places_asking_t *asking, places_question_t *question)
{
    sheet_t *url = &question->url;
    const char *language = asking->settings->language;
    sheet_format(url, "%s/maps/api/place/nearbysearch/json?location=", asking->base_url);
    places_question_put_degrees(url, asking->query->latitude_deg);
    sheet_put_byte(url, ',');
    places_question_put_degrees(url, asking->query->longitude_deg);
    sheet_format(url, "&radius=%u&key=", asking->query->radius_km * 1000);
    places_question_put_percent(url, asking->key);
    if (language != NULL) {
        sheet_put(url, TEXT("&language="));
        places_question_put_percent(url, text_of(language));
    }
}

/* The first `maximum` elements of an array. */
static void print_first(json_print_t *printer, text_t array, size_t maximum)
{
    text_t rest = json_read_inside(array);
    text_t element;
    json_print_open(printer, '[');
    for (size_t i = 0; i < maximum && json_read_element(&rest, &element); i++) {
        json_print_next(printer);
        json_print_value(printer, element);
    }
    json_print_close(printer, ']');
}

/* All members as they are, except that `results` has at most `maximum` elements. */
static void print_body(json_print_t *printer, text_t body, size_t maximum)
{
    text_t rest = json_read_inside(body);
    text_t name;
    text_t value;
    json_print_open(printer, '{');
    while (json_read_member(&rest, &name, &value)) {
        json_print_next(printer);
        json_print_raw(printer, TEXT("\""));
        json_print_raw(printer, name);
        json_print_raw(printer, TEXT("\" : "));
        if (text_equal(name, TEXT("results"))) {
            print_first(printer, value, maximum);
        } else {
            json_print_value(printer, value);
        }
    }
    json_print_close(printer, '}');
    json_print_raw(printer, TEXT("\n\n"));
}

/* {
 *    "html_attributions" : [],
 *    "next_page_token" : "Aap_uEA7vb0DDYVJWEaX3O",
 *    "results" :
 *    [
 *       {
 *          "geometry" : { "location" : { "lat" : 34.0689, "lng" : -118.4452 } },
 *          "name" : "UCLA",
 *          "place_id" : "ChIJZ9Y8KvO8woARQp5ZLsgLWSg"
 *       }
 *    ],
 *    "status" : "OK"
 * } */
places_status_t places_google_legacy_decode(const places_reply_t *reply,
                                            const places_query_t *query, buffer_t *out)
{
    text_t body;
    text_t results = {0};
    text_t status = {0};
    text_t message = {0};
    bool good = json_read_check(reply->body, LIMIT_PLACES_ANSWER_SIZE, &body) == STATUS_OK;
    if (reply->http_status != 200) {
        if (good) {
            (void)json_read_find(body, TEXT("error_message"), &message);
        }
        return places_answer_refuse_http(reply->http_status, message, out);
    }
    if (!good || !json_read_find(body, TEXT("results"), &results) || !json_read_is_array(results) ||
        !json_read_find(body, TEXT("status"), &status) || !json_read_is_string(status)) {
        return places_answer_refuse_body(out);
    }
    json_print_t printer = json_print_begin(out);
    print_body(&printer, body, query->result_count);
    return json_print_end(&printer) == STATUS_OK ? places_answer_status_of(json_read_string(status))
                                                 : places_answer_refuse_body(out);
}
