/* Google's Places API (New): requests and replies as it documents them (node/places/google.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/exchange.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "node/places/google.h"

#include <stdio.h>
#include <stdlib.h>

static const exchange_t google = {.ask = places_google_ask,
                                  .decode = places_google_decode,
                                  .query = {.latitude_deg = 34.068930,
                                            .longitude_deg = -118.445127,
                                            .radius_km = 10,
                                            .result_count = 2}};

/* Two places, and members that were not asked for. */
static const char two_places[] =
    "{\n  \"places\": [\n    {\n      \"id\": \"ChIJZ9Y8KvO8woARQp5ZLsgLWSg\",\n"
    "      \"types\": [\"university\", \"establishment\"],\n"
    "      \"location\": { \"latitude\": 34.0689, \"longitude\": -118.44518099999999 },\n"
    "      \"rating\": 4.6,\n      \"businessStatus\": \"OPERATIONAL\",\n"
    "      \"userRatingCount\": 1250,\n      \"websiteUri\": \"https://www.ucla.edu/\",\n"
    "      \"displayName\": { \"text\": \"UCLA \\\"caf\xc3\xa9\\\"\", \"languageCode\": \"en\" },\n"
    "      \"shortFormattedAddress\": \"Los Angeles\"\n    },\n"
    "    { \"id\": \"ChIJ2\", \"displayName\": 7, \"location\": { \"latitude\": 1 } }\n  ]\n}\n";

static const char two_results[] = "{\n"
                                  "   \"html_attributions\" : [],\n"
                                  "   \"results\" : [\n"
                                  "      {\n"
                                  "         \"business_status\" : \"OPERATIONAL\",\n"
                                  "         \"geometry\" : {\n"
                                  "            \"location\" : {\n"
                                  "               \"lat\" : 34.0689,\n"
                                  "               \"lng\" : -118.44518099999999\n"
                                  "            }\n"
                                  "         },\n"
                                  "         \"name\" : \"UCLA \\\"caf\xc3\xa9\\\"\",\n"
                                  "         \"place_id\" : \"ChIJZ9Y8KvO8woARQp5ZLsgLWSg\",\n"
                                  "         \"rating\" : 4.6,\n"
                                  "         \"types\" : [\n"
                                  "            \"university\",\n"
                                  "            \"establishment\"\n"
                                  "         ],\n"
                                  "         \"user_ratings_total\" : 1250,\n"
                                  "         \"vicinity\" : \"Los Angeles\"\n"
                                  "      },\n"
                                  "      {\n"
                                  "         \"geometry\" : {\n"
                                  "            \"location\" : {\n"
                                  "               \"lat\" : 1,\n"
                                  "               \"lng\" : 0\n"
                                  "            }\n"
                                  "         },\n"
                                  "         \"place_id\" : \"ChIJ2\"\n"
                                  "      }\n"
                                  "   ],\n"
                                  "   \"status\" : \"OK\"\n"
                                  "}\n\n";

static void assert_asked(const config_provider_t *settings, const char *headers, const char *body)
{
    const places_asking_t asking = {.settings = settings,
                                    .base_url = "https://places.googleapis.com",
                                    .key = TEXT("k-1"),
                                    .timeout_ms = 4000};
    exchange_expect_request(
        &google, &asking,
        &(exchange_request_t){.url = "https://places.googleapis.com/v1/places:searchNearby",
                              .headers = headers,
                              .body = body});
}

static void requests_are_as_documented(void **state)
{
    (void)state;
    config_provider_t settings = {.field_mask = "places.id"};
    assert_asked(
        &settings,
        "Content-Type: application/json\nX-Goog-Api-Key: k-1\nX-Goog-FieldMask: places.id\n",
        "{\"maxResultCount\":2,\"locationRestriction\":{\"circle\":{\"center\":{"
        "\"latitude\":34.06893,\"longitude\":-118.445127},\"radius\":10000.0}},"
        "\"rankPreference\":\"POPULARITY\"}");
    settings =
        (config_provider_t){.field_mask = "*", .rank = CONFIG_RANK_DISTANCE, .language = "e\"n"};
    assert_asked(&settings,
                 "Content-Type: application/json\nX-Goog-Api-Key: k-1\nX-Goog-FieldMask: *\n",
                 "{\"maxResultCount\":2,\"locationRestriction\":{\"circle\":{\"center\":{"
                 "\"latitude\":34.06893,\"longitude\":-118.445127},\"radius\":10000.0}},"
                 "\"rankPreference\":\"DISTANCE\",\"languageCode\":\"e\\\"n\"}");
}

static void places_become_results(void **state)
{
    (void)state;
    exchange_expect_answer(&google, 200, two_places, PLACES_STATUS_OK, two_results);
}

static void nothing_is_zero_results(void **state)
{
    (void)state;
    static const char none[] = "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   "
                               "\"status\" : \"ZERO_RESULTS\"\n}\n\n";
    exchange_expect_answer(&google, 200, "{}\n", PLACES_STATUS_ZERO_RESULTS, none);
    exchange_expect_answer(&google, 200, "{\"places\":[]}", PLACES_STATUS_ZERO_RESULTS, none);
}

static void no_more_than_wanted(void **state)
{
    (void)state;
    static const char three[] = "{\"places\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"}]}";
    exchange_expect_answer(
        &google, 200, three, PLACES_STATUS_OK,
        "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n"
        "         \"place_id\" : \"1\"\n      },\n      {\n"
        "         \"place_id\" : \"2\"\n      }\n   ],\n   \"status\" : \"OK\"\n}\n\n");
}

#define ANSWER_HEAD "{\n   \"html_attributions\" : [],\n   \"results\" : [\n"
#define ANSWER_TAIL "\n   ],\n   \"status\" : \"OK\"\n}\n\n"
#define PLACED(lat, lng)                                                                           \
    "      {\n         \"geometry\" : {\n            \"location\" : {\n               \"lat\" "    \
    ": " lat ",\n               \"lng\" : " lng "\n            }\n         }\n      }"

/* proto3 JSON does not send what is 0. */
static void zeros_that_are_not_sent_are_zeros(void **state)
{
    (void)state;
    static const struct {
        const char *location;
        const char *expected;
    } cases[] = {{"{\"longitude\":9.45}", ANSWER_HEAD PLACED("0", "9.45") ANSWER_TAIL},
                 {"{\"latitude\":51.4779}", ANSWER_HEAD PLACED("51.4779", "0") ANSWER_TAIL},
                 {"{\"latitude\":-0.0}", ANSWER_HEAD PLACED("-0.0", "0") ANSWER_TAIL},
                 {"{\"latitude\":null}", ANSWER_HEAD PLACED("0", "0") ANSWER_TAIL},
                 {"{}", ANSWER_HEAD PLACED("0", "0") ANSWER_TAIL},
                 {"null", ANSWER_HEAD "      {}" ANSWER_TAIL}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"places\":[{\"location\":%s}]}", cases[i].location);
        exchange_expect_answer(&google, 200, body, PLACES_STATUS_OK, cases[i].expected);
    }
}

/* Nor what is "" or []: what was asked for is there. */
static void what_was_asked_for_is_there(void **state)
{
    (void)state;
    exchange_t asked = google;
    asked.field_mask = "places.id,places.displayName.text,places.types,places.primaryType,"
                       "places.shortFormattedAddress,places.rating";
    static const char all[] = ANSWER_HEAD "      {\n         \"name\" : \"\",\n"
                                          "         \"place_id\" : \"1\",\n"
                                          "         \"types\" : [],\n"
                                          "         \"vicinity\" : \"\"\n      }" ANSWER_TAIL;
    exchange_expect_answer(&asked, 200, "{\"places\":[{\"id\":\"1\"}]}", PLACES_STATUS_OK, all);
    exchange_expect_answer(&asked, 200,
                           "{\"places\":[{\"id\":\"1\",\"displayName\":{},\"types\":null,"
                           "\"shortFormattedAddress\":7,\"rating\":\"NaN\"}]}",
                           PLACES_STATUS_OK, all);
    asked.field_mask = "*";
    exchange_expect_answer(&asked, 200, "{\"places\":[{\"id\":\"1\"}]}", PLACES_STATUS_OK, all);
    asked.field_mask = "places.types.x,places.name,places.displayNameX";
    exchange_expect_answer(&asked, 200, "{\"places\":[{\"types\":[1,\"a\",{}]}]}", PLACES_STATUS_OK,
                           ANSWER_HEAD "      {\n         \"types\" : [\n            \"a\"\n"
                                       "         ]\n      }" ANSWER_TAIL);
}

/* K4 */
static void an_odd_place_costs_itself_only(void **state)
{
    (void)state;
    static const char deep[] = "{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]"
                               "]]]]]]]]]]]}";
    const char *const odd[] = {"7",
                               "[]",
                               "null",
                               "\"x\"",
                               "{\"id\":\"\\ud800\"}",
                               "{\"id\":\"\xff\"}",
                               "{\"id\":\"\xed\xa0\x80\"}",
                               "{\"id\":1,\"id\":2}",
                               "{\"id\":1,\"\\u0069d\":2}",
                               "{\"rating\":1e999}",
                               "{\"userRatingCount\":99999999999999999999}",
                               "{\"rating\":NaN}",
                               "{\"rating\":01}",
                               "{\"id\":tru}",
                               "{\"id\":}",
                               "{\"id\" \"1\"}",
                               "{\"id\":\"a\nb\"}",
                               "{\"location\":{\"latitude\":90.1}}",
                               "{\"location\":{\"longitude\":-180.5}}",
                               "{\"location\":{\"latitude\":\"0\"}}",
                               "{\"location\":[]}",
                               deep};
    static const char good[] = ANSWER_HEAD "      {\n         \"place_id\" : \"1\"\n      },\n"
                                           "      {\n         \"place_id\" : \"2\"\n      "
                                           "}" ANSWER_TAIL;
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        char body[256];
        snprintf(body, sizeof body, "\xef\xbb\xbf{\"places\":[{\"id\":\"1\"},%s,{\"id\":\"2\"}]}",
                 odd[i]);
        exchange_expect_partial(&google, body, 1, PLACES_STATUS_OK, good);
        snprintf(body, sizeof body, "{\"places\":[%s,%s]}", odd[i], odd[i]);
        const char *const all_odd[] = {body};
        exchange_expect_garbage(&google, all_odd, 1);
    }
}

static void errors_are_mapped(void **state)
{
    (void)state;
    static const char error[] =
        "{\n  \"error\": {\n    \"code\": 403,\n    \"message\": \"Not \\\"you\\\".\",\n"
        "    \"status\": \"PERMISSION_DENIED\"\n  }\n}\n";
    static const char message[] = "Not \\\"you\\\".";
    exchange_expect_refusal(&google, 400, error, PLACES_STATUS_INVALID_REQUEST, message);
    exchange_expect_refusal(&google, 401, error, PLACES_STATUS_REQUEST_DENIED, message);
    exchange_expect_refusal(&google, 403, error, PLACES_STATUS_REQUEST_DENIED, message);
    exchange_expect_refusal(&google, 429, error, PLACES_STATUS_OVER_QUERY_LIMIT, message);
    exchange_expect_refusal(&google, 500, error, PLACES_STATUS_UNKNOWN_ERROR, message);
    exchange_expect_refusal(&google, 503, "<html>", PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider answered with HTTP status 503");
    exchange_expect_refusal(&google, 302, "", PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider answered with HTTP status 302");
    exchange_expect_refusal(&google, 403, "{\"error\":{\"message\":7}}",
                            PLACES_STATUS_REQUEST_DENIED,
                            "the places provider answered with HTTP status 403");
    exchange_expect_refusal(&google, 403, "{\"error\":{\"message\":\"\"}}",
                            PLACES_STATUS_REQUEST_DENIED,
                            "the places provider answered with HTTP status 403");
}

/* A bad key is a 400, and an error may come in a 200. */
static void errors_are_looked_into(void **state)
{
    (void)state;
    exchange_expect_refusal(&google, 400,
                            "{\"error\":{\"message\":\"API key not valid.\",\"details\":[{},7,"
                            "{\"reason\":\"API_KEY_INVALID\"}]}}",
                            PLACES_STATUS_REQUEST_DENIED, "API key not valid.");
    exchange_expect_refusal(&google, 403,
                            "{\"error\":{\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\"}}",
                            PLACES_STATUS_OVER_QUERY_LIMIT, "m");
    exchange_expect_refusal(&google, 200, "{\"error\":{\"code\":403,\"message\":\"m\"}}",
                            PLACES_STATUS_REQUEST_DENIED, "m");
    exchange_expect_refusal(&google, 200, "{\"error\":{\"code\":\"x\",\"message\":\"m\"}}",
                            PLACES_STATUS_UNKNOWN_ERROR, "m");
    /* The reason survives what is odd around it. */
    exchange_expect_refusal(&google, 403,
                            "{\"error\":{\"message\":\"m\",\"message\":\"n\",\"x\":1e999}}",
                            PLACES_STATUS_REQUEST_DENIED, "m");
    exchange_expect_refusal(&google, 403, "{\"error\":{\"message\":\"\\ud800\"}}",
                            PLACES_STATUS_REQUEST_DENIED,
                            "the places provider answered with HTTP status 403");
}

static void garbage_is_an_error(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "<html></html>",
                                         "{\"places\":{}}",
                                         "{\"places\":[7]}",
                                         "{\"places\":null}",
                                         "{\"places\":[{\"id\":\"1\"}",
                                         "{\"places\":[],\"places\":[]}",
                                         "{\"places\":[{\"id\":\"1\"},]}",
                                         "{\"places\":[{\"id\":\"1\"}{\"id\":\"2\"}]}",
                                         "{\"places\":[{\"id\":\"1\"]}]}",
                                         "{\"places\":[{\"id\":\"1\"}]} x",
                                         "{\"places\" [{\"id\":\"1\"}]}",
                                         "{\"places\":[{\"id\":\"1}]}",
                                         "{\"places\":[{\"id\":\"\xff\"}]}",
                                         "{\"places\":[{\"rating\":1e999}]}"};
    exchange_expect_garbage(&google, bodies, ARRAY_COUNT(bodies));
}

static void what_fits_no_reply_is_an_error(void **state)
{
    (void)state;
    enum { NAME_SIZE = LIMIT_REPLY_SIZE };
    char *body = memory_new(NAME_SIZE + 64);
    size_t size = (size_t)snprintf(body, 64, "{\"places\":[{\"id\":\"");
    memset(body + size, 'x', NAME_SIZE);
    memcpy(body + size + NAME_SIZE, "\"}]}", sizeof "\"}]}");
    exchange_expect_refusal(&google, 200, body, PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider's answer is not in the expected form");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_documented),
        cmocka_unit_test(places_become_results),
        cmocka_unit_test(nothing_is_zero_results),
        cmocka_unit_test(no_more_than_wanted),
        cmocka_unit_test(zeros_that_are_not_sent_are_zeros),
        cmocka_unit_test(what_was_asked_for_is_there),
        cmocka_unit_test(an_odd_place_costs_itself_only),
        cmocka_unit_test(errors_are_mapped),
        cmocka_unit_test(errors_are_looked_into),
        cmocka_unit_test(garbage_is_an_error),
        cmocka_unit_test(what_fits_no_reply_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
