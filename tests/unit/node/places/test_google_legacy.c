/* Google's Places API (legacy): requests as it documents them, replies passed through
 * (node/places/google_legacy.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/exchange.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "node/places/google_legacy.h"

#include <stdio.h>
#include <stdlib.h>

static const exchange_t legacy = {.ask = places_google_legacy_ask,
                                  .decode = places_google_legacy_decode,
                                  .query = {.latitude_deg = 34.068930,
                                            .longitude_deg = -118.445127,
                                            .radius_km = 50,
                                            .result_count = 2}};

static void assert_asked(const config_provider_t *settings, text_t key, const char *url)
{
    const places_asking_t asking = {.settings = settings,
                                    .base_url = "https://maps.googleapis.com",
                                    .key = key,
                                    .timeout_ms = 4000};
    exchange_expect_request(&legacy, &asking,
                            &(exchange_request_t){.url = url, .headers = "", .body = ""});
}

static void requests_are_as_documented(void **state)
{
    (void)state;
    config_provider_t settings = {0};
    assert_asked(&settings, TEXT("AIza-Sy_0"),
                 "https://maps.googleapis.com/maps/api/place/nearbysearch/json?"
                 "location=34.06893,-118.445127&radius=50000&key=AIza-Sy_0");
    settings.language = "pt-BR";
    assert_asked(&settings, TEXT("a&b=c%"),
                 "https://maps.googleapis.com/maps/api/place/nearbysearch/json?"
                 "location=34.06893,-118.445127&radius=50000&key=a%26b%3Dc%25&language=pt-BR");
}

static void bodies_are_passed_through(void **state)
{
    (void)state;
    exchange_expect_answer(
        &legacy, 200,
        "\n{ \"z\":{},\"results\":[{\"a\":34.0689},{\"a\":1E+2},{\"a\":3}],\n\n\"status\":\"OK\","
        "\"un\\u006bnown\":[\"\\u00e9\\/\",null]}\n",
        PLACES_STATUS_OK,
        "{\n   \"z\" : {},\n   \"results\" : [\n      {\n         \"a\" : 34.0689\n      },\n"
        "      {\n         \"a\" : 1E+2\n      }\n   ],\n   \"status\" : \"OK\",\n"
        "   \"un\\u006bnown\" : [\n      \"\\u00e9\\/\",\n      null\n   ]\n}\n\n");
}

static void statuses_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        places_status_t status;
    } cases[] = {{"OK", PLACES_STATUS_OK},
                 {"ZERO_RESULTS", PLACES_STATUS_ZERO_RESULTS},
                 {"INVALID_REQUEST", PLACES_STATUS_INVALID_REQUEST},
                 {"OVER_QUERY_LIMIT", PLACES_STATUS_OVER_QUERY_LIMIT},
                 {"REQUEST_DENIED", PLACES_STATUS_REQUEST_DENIED},
                 {"UNKNOWN_ERROR", PLACES_STATUS_UNKNOWN_ERROR},
                 {"OVER_DAILY_LIMIT", PLACES_STATUS_UNKNOWN_ERROR},
                 {"", PLACES_STATUS_UNKNOWN_ERROR}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char body[128];
        char expected[128];
        snprintf(body, sizeof body, "{\"results\":[],\"status\":\"%s\"}", cases[i].name);
        snprintf(expected, sizeof expected,
                 "{\n   \"results\" : [],\n   \"status\" : \"%s\"\n}\n\n", cases[i].name);
        exchange_expect_answer(&legacy, 200, body, cases[i].status, expected);
    }
}

static void garbage_is_an_error(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{}",
                                         "<html>",
                                         "{\"results\":[]}",
                                         "{\"status\":\"OK\"}",
                                         "{\"results\":{},\"status\":\"OK\"}",
                                         "{\"results\":[],\"status\":1}",
                                         "{\"results\":[],\"results\":[],\"status\":\"OK\"}",
                                         "{\"results\":[],\"status\":\"OK\"",
                                         "{\"results\":[1e999],\"status\":\"OK\"}",
                                         "{\"results\":[\"\xff\"],\"status\":\"OK\"}"};
    exchange_expect_garbage(&legacy, bodies, ARRAY_COUNT(bodies));
    exchange_expect_refusal(&legacy, 403, "{\"error_message\":\"no\"}",
                            PLACES_STATUS_REQUEST_DENIED, "no");
    exchange_expect_refusal(&legacy, 404, "", PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider answered with HTTP status 404");
}

/* Laid out, a body may be larger than as it came. */
static void what_fits_no_reply_is_an_error(void **state)
{
    (void)state;
    enum { ELEMENTS = 120000, SIZE = 4 * ELEMENTS };
    char *body = memory_new(SIZE);
    size_t size = (size_t)snprintf(body, 64, "{\"results\":[],\"status\":\"OK\",\"more\":[0");
    for (size_t i = 0; i < ELEMENTS; i++) {
        memcpy(body + size, ",0", 2);
        size += 2;
    }
    memcpy(body + size, "]}", sizeof "]}");
    exchange_expect_refusal(&legacy, 200, body, PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider's answer is not in the expected form");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_documented),
        cmocka_unit_test(bodies_are_passed_through),
        cmocka_unit_test(statuses_are_understood),
        cmocka_unit_test(garbage_is_an_error),
        cmocka_unit_test(what_fits_no_reply_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
