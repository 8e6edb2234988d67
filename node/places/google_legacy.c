#include "node/places/google_legacy.h"

#include "common/base/limits.h"
#include "common/json/json_read.h"
#include "node/places/json_print.h"

#include <stdio.h>

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

/* A member whose kind Google documents, and which is left out if it is of another. */
typedef struct {
    const char *name;
    char kind; /* elements.h */
} known_t;

/* Of a place. What is not in the list is passed on as it is. */
static const known_t place_members[] = {
    {"business_status", '"'},
    {"geometry", '{'},
    {"icon", '"'},
    {"name", '"'},
    {"opening_hours", '{'},
    {"permanently_closed", 't'},
    {"photos", '['},
    {"place_id", '"'},
    {"plus_code", '{'},
    {"price_level", '0'},
    {"rating", '0'},
    {"reference", '"'},
    {"scope", '"'},
    {"types", '['},
    {"user_ratings_total", '0'},
    {"vicinity", '"'},
};

/* Of the answer. */
typedef enum {
    ERROR_MESSAGE,
    ATTRIBUTIONS,
    INFO_MESSAGES,
    NEXT_PAGE,
    RESULTS,
    STATUS,
    KNOWN
} part_t;

static const known_t parts[KNOWN] = {
    [ERROR_MESSAGE] = {"error_message", '"'},
    [ATTRIBUTIONS] = {"html_attributions", '['},
    [INFO_MESSAGES] = {"info_messages", '['},
    [NEXT_PAGE] = {"next_page_token", '"'},
    [RESULTS] = {"results", '['},
    [STATUS] = {"status", '"'},
};

enum {
    OTHERS_MAX = 64, /* members of an odd answer that are not in the list and are looked at */
    END_SIZE = 64,   /* bytes of the status and what closes the answer */
};

/* A body taken apart. */
typedef struct {
    json_read_body_t body;
    text_t values[KNOWN]; /* without a size: it is missing, or not of its kind */
    size_t counts[KNOWN]; /* how often each is there, whatever its kind */
    size_t maximum;       /* most results to print */
    size_t others;        /* members not in the list that were looked at */
    bool has_results;     /* printed, as the two below are */
    size_t result_count;
    bool has_status;
    places_notes_t *notes; /* borrowed */
} answer_t;

static const known_t *find_known(const known_t *known, size_t count, text_t name)
{
    for (size_t i = 0; i < count; i++) {
        if (json_read_name_is(name, text_of(known[i].name))) {
            return &known[i];
        }
    }
    return NULL;
}

static void take_apart(answer_t *self)
{
    text_t rest = json_read_inside(self->body.value);
    text_t name;
    text_t value;
    while (json_read_member(&rest, &name, &value)) {
        const known_t *known = find_known(parts, KNOWN, name);
        if (known == NULL) {
            continue;
        }
        size_t part = (size_t)(known - parts);
        /* The elements of results are asked one by one. */
        if (self->counts[part]++ == 0 && places_elements_is_kind(value, known->kind) &&
            (part == RESULTS || json_read_part_is_sound(&self->body, value))) {
            self->values[part] = value;
        }
    }
}

/* Whether a place is on earth, or does not say where it is. */
static bool is_well_placed(text_t place)
{
    text_t geometry;
    text_t location;
    text_t latitude;
    text_t longitude;
    return !json_read_find(place, TEXT("geometry"), &geometry) ||
           !json_read_find(geometry, TEXT("location"), &location) ||
           (json_read_find(location, TEXT("lat"), &latitude) &&
            json_read_find(location, TEXT("lng"), &longitude) &&
            places_elements_is_position(latitude, longitude));
}

static bool is_empty(text_t array)
{
    text_t rest = json_read_inside(array);
    text_t element;
    return !json_read_element(&rest, &element);
}

static void print_name(json_print_t *printer, text_t name)
{
    json_print_next(printer);
    json_print_raw(printer, TEXT("\""));
    json_print_raw(printer, name);
    json_print_raw(printer, TEXT("\" : "));
}

/* A places_element_fn without an argument. */
static bool print_place(json_print_t *printer, text_t place, const void *argument)
{
    (void)argument;
    text_t rest = json_read_inside(place);
    text_t name;
    text_t value;
    json_print_open(printer, '{');
    while (json_read_member(&rest, &name, &value)) {
        const known_t *known =
            find_known(place_members, sizeof place_members / sizeof place_members[0], name);
        if (known == NULL || places_elements_is_kind(value, known->kind)) {
            print_name(printer, name);
            json_print_value(printer, value);
        }
    }
    json_print_close(printer, '}');
    return is_well_placed(place);
}

/* Of a sound body all members are passed on. Of an odd one, what is sound and there once. */
static bool may_pass(answer_t *self, text_t name, text_t value)
{
    return self->body.is_sound ||
           (self->others++ < OTHERS_MAX && memchr(name.data, '\\', name.size) == NULL &&
            json_read_is_sound((text_t){.data = name.data - 1, .size = name.size + 2}) &&
            json_read_is_sound(value) && json_read_count(self->body.value, name) == 1);
}

/* A member that is not in the list, if it is good and has room. */
static void print_other(answer_t *self, json_print_t *printer, text_t name, text_t value)
{
    const json_print_mark_t mark = json_print_mark(printer);
    bool good = may_pass(self, name, value);
    if (good) {
        print_name(printer, name);
        json_print_value(printer, value);
        good = json_print_has_room(printer, LIMIT_PLACES_TAIL_SIZE);
    }
    if (!good) {
        json_print_go_back(printer, &mark);
        places_elements_drop(self->notes, value);
    }
}

/* The array of results. */
static void print_results(answer_t *self, json_print_t *printer)
{
    const places_elements_t elements = {.body = &self->body,
                                        .array = self->values[RESULTS],
                                        .maximum = self->maximum,
                                        .print = print_place};
    json_print_name(printer, TEXT("results"));
    json_print_open(printer, '[');
    self->result_count = places_elements_print(&elements, printer, self->notes);
    self->has_results = true;
    json_print_close(printer, ']');
}

static places_status_t status_of_results(const answer_t *self)
{
    return self->result_count > 0 ? PLACES_STATUS_OK : PLACES_STATUS_ZERO_RESULTS;
}

static void print_status(answer_t *self, json_print_t *printer)
{
    json_print_name(printer, TEXT("status"));
    json_print_string(printer, text_of(places_answer_status_name(status_of_results(self))));
    self->has_status = true;
}

/* A member in the list, but for results and status, under its plain name, if it has room. */
static void print_part(const answer_t *self, json_print_t *printer, part_t part)
{
    const json_print_mark_t mark = json_print_mark(printer);
    text_t value = self->values[part];
    json_print_name(printer, text_of(parts[part].name));
    if (parts[part].kind == '[') {
        places_elements_print_strings(printer, value);
    } else {
        json_print_raw(printer, value);
    }
    if (!json_print_has_room(printer, END_SIZE)) {
        json_print_go_back(printer, &mark);
        places_elements_drop(self->notes, value);
    }
}

/* The members in their order; but the status comes behind the results, on which it depends. */
static void print_members(answer_t *self, json_print_t *printer)
{
    text_t rest = json_read_inside(self->body.value);
    text_t name;
    text_t value;
    while (json_read_member(&rest, &name, &value)) {
        const known_t *known = find_known(parts, KNOWN, name);
        part_t part = known != NULL ? (part_t)(known - parts) : KNOWN;
        if (part == KNOWN) {
            print_other(self, printer, name, value);
        } else if (part == RESULTS) {
            print_results(self, printer);
        } else if (self->values[part].size == 0) {
            places_elements_drop(self->notes, value);
        } else if (part != STATUS) {
            print_part(self, printer, part);
        } else if (self->has_results) {
            print_status(self, printer);
        }
    }
    if (!self->has_results) {
        print_results(self, printer);
    }
    if (!self->has_status) {
        print_status(self, printer);
    }
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
static places_status_t print_answer(answer_t *self, buffer_t *out)
{
    json_print_t printer = json_print_begin(out);
    json_print_open(&printer, '{');
    if (self->values[ATTRIBUTIONS].size == 0) {
        json_print_name(&printer, TEXT("html_attributions"));
        json_print_raw(&printer, TEXT("[]"));
    }
    print_members(self, &printer);
    json_print_close(&printer, '}');
    json_print_raw(&printer, TEXT("\n\n"));
    if (self->result_count == 0 && self->maximum > 0 && !is_empty(self->values[RESULTS])) {
        sheet_fail(&printer.sheet, STATUS_INVALID); /* "nothing there" would be a guess */
    }
    return json_print_end(&printer) == STATUS_OK ? status_of_results(self)
                                                 : places_answer_refuse_body(self->notes, out);
}

/* {
 *    "error_message" : "This API project is not authorized to use this API.",
 *    "html_attributions" : [],
 *    "results" : [],
 *    "status" : "REQUEST_DENIED"
 * }
 * What is missing does not matter, as long as there is a reason. */
static places_status_t refuse(const answer_t *self, places_status_t status, buffer_t *out)
{
    char message[128];
    text_t name = text_first(json_read_string(self->values[STATUS]), 64);
    snprintf(message, sizeof message, "the places provider answered with the status \"%.*s\"",
             (int)name.size, name.data);
    return places_answer_refuse_saying(status, text_of(message), self->values[ERROR_MESSAGE], out);
}

static bool has_part_twice(const answer_t *self)
{
    bool twice = false;
    for (size_t i = 0; i < KNOWN; i++) {
        twice = twice || self->counts[i] > 1;
    }
    return twice;
}

places_status_t places_google_legacy_decode(const places_reply_t *reply,
                                            const places_query_t *query, places_notes_t *notes,
                                            buffer_t *out)
{
    answer_t answer = {.maximum = query->result_count, .notes = notes};
    bool good = json_read_open(reply->body, LIMIT_PLACES_ANSWER_SIZE, &answer.body) == STATUS_OK;
    take_apart(&answer);
    text_t name = json_read_string(answer.values[STATUS]);
    places_status_t status = places_answer_status_of(name);
    bool says_why = name.size > 0 && !places_answer_is_good(status);
    if (reply->http_status != 200) {
        return says_why && status != PLACES_STATUS_UNKNOWN_ERROR
                   ? refuse(&answer, status, out)
                   : places_answer_refuse_http(reply->http_status, answer.values[ERROR_MESSAGE],
                                               out);
    }
    if (!good || has_part_twice(&answer)) {
        return places_answer_refuse_body(notes, out);
    }
    if (says_why || (name.size == 0 && answer.values[ERROR_MESSAGE].size > 0)) {
        return refuse(&answer, status, out);
    }
    if (status == PLACES_STATUS_ZERO_RESULTS && answer.counts[RESULTS] == 0) {
        answer.values[RESULTS] = TEXT("[]");
    }
    if (name.size == 0 || answer.values[RESULTS].size == 0) {
        return places_answer_refuse_body(notes, out);
    }
    return print_answer(&answer, out);
}
