#include "node/places/answer.h"

#include "common/base/limits.h"
#include "common/json/json_read.h"

#include <assert.h>
#include <stdio.h>

enum { DEGREES_SIZE = TEXT_NUMBER_SIZE + 2 + 7 };

/* Degrees with the decimals they have, at least one: 340689300 is 34.06893, 340000000 is 34.0. */
static text_t write_degrees(int32_t value_e7, char out[DEGREES_SIZE])
{
    uint64_t magnitude = value_e7 < 0 ? 0 - (uint64_t)value_e7 : (uint64_t)value_e7;
    size_t size = 0;
    if (value_e7 < 0) {
        out[size++] = '-';
    }
    size += text_write_u64(magnitude / 10000000, out + size);
    out[size++] = '.';
    uint64_t decimals = magnitude % 10000000;
    uint64_t unit = 1000000;
    do {
        out[size++] = (char)('0' + decimals / unit);
        decimals %= unit;
        unit /= 10;
    } while (decimals > 0);
    return (text_t){.data = out, .size = size};
}

void places_answer_print_head(json_print_t *printer, text_t html_attribution)
{
    json_print_name(printer, TEXT("html_attributions"));
    json_print_open(printer, '[');
    if (html_attribution.size > 0) {
        json_print_next(printer);
        json_print_string(printer, html_attribution);
    }
    json_print_close(printer, ']');
    json_print_name(printer, TEXT("results"));
    json_print_open(printer, '[');
}

void places_answer_print_geometry(json_print_t *printer, text_t latitude, text_t longitude)
{
    json_print_name(printer, TEXT("geometry"));
    json_print_open(printer, '{');
    json_print_name(printer, TEXT("location"));
    json_print_open(printer, '{');
    json_print_name(printer, TEXT("lat"));
    json_print_raw(printer, latitude);
    json_print_name(printer, TEXT("lng"));
    json_print_raw(printer, longitude);
    json_print_close(printer, '}');
    json_print_close(printer, '}');
}

/* A result as json_print would lay it out, cut where its values stand. Five results have about 150
 * lines, and most of each line is always the same. */
#define RESULT_LATITUDE                                                                            \
    "{\n"                                                                                          \
    "         \"geometry\" : {\n"                                                                  \
    "            \"location\" : {\n"                                                               \
    "               \"lat\" : "
#define RESULT_LONGITUDE                                                                           \
    ",\n"                                                                                          \
    "               \"lng\" : "
#define RESULT_NAME                                                                                \
    "\n"                                                                                           \
    "            }\n"                                                                              \
    "         },\n"                                                                                \
    "         \"name\" : "
#define RESULT_PLACE_ID                                                                            \
    ",\n"                                                                                          \
    "         \"place_id\" : "
#define RESULT_TYPES                                                                               \
    ",\n"                                                                                          \
    "         \"types\" : ["
#define RESULT_TYPE                                                                                \
    "\n"                                                                                           \
    "            "
#define RESULT_TYPES_END                                                                           \
    "\n"                                                                                           \
    "         "
#define RESULT_VICINITY                                                                            \
    "],\n"                                                                                         \
    "         \"vicinity\" : "
#define RESULT_END                                                                                 \
    "\n"                                                                                           \
    "      }"

static void write_types(json_print_t *self, const places_result_t *result)
{
    json_print_raw(self, TEXT(RESULT_TYPES));
    for (size_t i = 0; i < result->type_count; i++) {
        json_print_raw(self, i > 0 ? TEXT("," RESULT_TYPE) : TEXT(RESULT_TYPE));
        json_print_string(self, text_of(result->types[i]));
    }
    if (result->type_count > 0) {
        json_print_raw(self, TEXT(RESULT_TYPES_END));
    }
}

static void write_result(json_print_t *self, const places_result_t *result)
{
    char degrees[DEGREES_SIZE];
    json_print_next(self);
    json_print_raw(self, TEXT(RESULT_LATITUDE));
    json_print_raw(self, write_degrees(result->latitude_e7, degrees));
    json_print_raw(self, TEXT(RESULT_LONGITUDE));
    json_print_raw(self, write_degrees(result->longitude_e7, degrees));
    json_print_raw(self, TEXT(RESULT_NAME));
    json_print_string(self, result->name);
    json_print_raw(self, TEXT(RESULT_PLACE_ID));
    json_print_string(self, result->place_id);
    write_types(self, result);
    json_print_raw(self, TEXT(RESULT_VICINITY));
    json_print_string(self, result->vicinity);
    json_print_raw(self, TEXT(RESULT_END));
}

static const char *const status_names[] = {
#define PLACES_STATUS_NAME(name) #name,
    PLACES_STATUS_MAP(PLACES_STATUS_NAME)
#undef PLACES_STATUS_NAME
};

const char *places_answer_status_name(places_status_t status)
{
    return status_names[status];
}

places_status_t places_answer_status_of(text_t name)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++) {
        if (text_equal(name, text_of(status_names[i]))) {
            return (places_status_t)i;
        }
    }
    /* Of other APIs of Google; documented for a bill that was not paid, or a limit of one's own. */
    return text_equal(name, TEXT("OVER_DAILY_LIMIT")) ? PLACES_STATUS_OVER_QUERY_LIMIT
                                                      : PLACES_STATUS_UNKNOWN_ERROR;
}

void places_answer_print_tail(json_print_t *printer, places_status_t status)
{
    json_print_close(printer, ']');
    json_print_name(printer, TEXT("status"));
    json_print_string(printer, text_of(places_answer_status_name(status)));
    json_print_close(printer, '}');
    json_print_raw(printer, TEXT("\n\n"));
}

status_t places_answer_write(const places_answer_t *answer, buffer_t *buffer)
{
    json_print_t printer = json_print_begin(buffer);
    json_print_open(&printer, '{');
    if (answer->error_message.size > 0) {
        json_print_name(&printer, TEXT("error_message"));
        json_print_string(&printer, answer->error_message);
    }
    places_answer_print_head(&printer, answer->html_attribution);
    for (size_t i = 0; i < answer->result_count; i++) {
        write_result(&printer, &answer->results[i]);
    }
    places_answer_print_tail(&printer, answer->status);
    return json_print_end(&printer);
}

static places_status_t refuse(const places_answer_t *answer, buffer_t *out)
{
    status_t status = places_answer_write(answer, out);
    assert(status == STATUS_OK); /* a message is bounded, a reply has far more room */
    return answer->status;
}

places_status_t places_answer_refuse(places_status_t status, text_t message, buffer_t *out)
{
    return refuse(&(places_answer_t){.status = status, .error_message = message}, out);
}

static places_status_t status_of_http(unsigned http_status)
{
    switch (http_status) {
    case 400: return PLACES_STATUS_INVALID_REQUEST;
    case 401:
    case 403: return PLACES_STATUS_REQUEST_DENIED;
    case 429: return PLACES_STATUS_OVER_QUERY_LIMIT;
    default: return PLACES_STATUS_UNKNOWN_ERROR;
    }
}

/* In words, not in JSON: what is cut in the middle of a character is mended (json_string.h). */
places_status_t places_answer_refuse_saying(places_status_t status, text_t message,
                                            text_t message_json, buffer_t *out)
{
    buffer_t theirs;
    buffer_init(&theirs, LIMIT_PLACES_MESSAGE_SIZE);
    places_answer_t answer = {.status = status, .error_message = message};
    if (json_read_is_string(message_json) && message_json.size <= LIMIT_PLACES_ANSWER_SIZE &&
        json_read_decode(message_json, &theirs) && theirs.size > 0) {
        answer.error_message = buffer_text(&theirs);
    }
    places_status_t refused = refuse(&answer, out);
    buffer_done(&theirs);
    return refused;
}

places_status_t places_answer_refuse_http(unsigned http_status, text_t message_json, buffer_t *out)
{
    char message[64];
    snprintf(message, sizeof message, "the places provider answered with HTTP status %u",
             http_status);
    return places_answer_refuse_saying(status_of_http(http_status), text_of(message), message_json,
                                       out);
}

places_status_t places_answer_refuse_body(places_notes_t *notes, buffer_t *out)
{
    notes->garbled = true;
    return places_answer_refuse(PLACES_STATUS_UNKNOWN_ERROR,
                                TEXT("the places provider's answer is not in the expected form"),
                                out);
}
