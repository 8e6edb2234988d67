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
        "{\n   \"html_attributions\" : [],\n   \"z\" : {},\n   \"results\" : [\n      {\n         "
        "\"a\" : 34.0689\n      },\n"
        "      {\n         \"a\" : 1E+2\n      }\n   ],\n"
        "   \"status\" : \"OK\",\n"
        "   \"un\\u006bnown\" : [\n      \"\\u00e9\\/\",\n      null\n   ]\n}\n\n");
}

static void statuses_are_understood(void **state)
{
    (void)state;
    static const char none[] = "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   "
                               "\"status\" : \"ZERO_RESULTS\"\n}\n\n";
    static const struct {
        const char *name;
        places_status_t status;
    } cases[] = {{"INVALID_REQUEST", PLACES_STATUS_INVALID_REQUEST},
                 {"OVER_QUERY_LIMIT", PLACES_STATUS_OVER_QUERY_LIMIT},
                 {"REQUEST_DENIED", PLACES_STATUS_REQUEST_DENIED},
                 {"UNKNOWN_ERROR", PLACES_STATUS_UNKNOWN_ERROR},
                 {"OVER_DAILY_LIMIT", PLACES_STATUS_OVER_QUERY_LIMIT},
                 {"ok", PLACES_STATUS_UNKNOWN_ERROR}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char body[256];
        char message[128];
        snprintf(body, sizeof body, "{\"results\":[{\"name\":\"x\"}],\"status\":\"%s\"}",
                 cases[i].name);
        snprintf(message, sizeof message, "the places provider answered with the status \\\"%s\\\"",
                 cases[i].name);
        exchange_expect_refusal(&legacy, 200, body, cases[i].status, message);
        /* The reason is enough. */
        snprintf(body, sizeof body, "{\"error_message\":\"Why.\",\"status\":\"%s\"}",
                 cases[i].name);
        exchange_expect_refusal(&legacy, 200, body, cases[i].status, "Why.");
    }
    exchange_expect_refusal(&legacy, 200, "{\"error_message\":\"Why.\"}",
                            PLACES_STATUS_UNKNOWN_ERROR, "Why.");
    exchange_expect_refusal(
        &legacy, 403, "{\"status\":\"OVER_QUERY_LIMIT\"}", PLACES_STATUS_OVER_QUERY_LIMIT,
        "the places provider answered with the status \\\"OVER_QUERY_LIMIT\\\"");
    exchange_expect_answer(&legacy, 200, "{\"status\":\"ZERO_RESULTS\"}",
                           PLACES_STATUS_ZERO_RESULTS, none);
    exchange_expect_answer(&legacy, 200, "{\"results\":[],\"status\":\"OK\"}",
                           PLACES_STATUS_ZERO_RESULTS, none);
}

#define PART_HEAD "{\n   \"html_attributions\" : [],\n   \"results\" : [\n"
#define PART_TAIL "\n   ],\n   \"status\" : \"OK\"\n}\n\n"

/* K4 */
static void what_is_odd_costs_itself_only(void **state)
{
    (void)state;
    static const char *const odd[] = {"null",
                                      "[]",
                                      "{\"name\":\"\\udc00\"}",
                                      "{\"a\":1,\"a\":1}",
                                      "{\"a\":18446744073709551616}",
                                      "{\"a\":-Infinity}",
                                      "{\"geometry\":{\"location\":{\"lat\":91,\"lng\":0}}}",
                                      "{\"geometry\":{\"location\":{\"lat\":1}}}",
                                      "{\"geometry\":{\"location\":{\"lat\":\"1\",\"lng\":1}}}"};
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        char body[256];
        snprintf(body, sizeof body,
                 "{\"html_attributions\":[],\"results\":[%s,{\"name\":\"x\"}],\"status\":\"OK\"}",
                 odd[i]);
        exchange_expect_partial(&legacy, body, 1, PLACES_STATUS_OK,
                                PART_HEAD "      {\n         \"name\" : \"x\"\n      }" PART_TAIL);
    }
    /* Members of the answer, too; and those of a place that are of another kind than promised. */
    exchange_expect_partial(
        &legacy,
        "{\"html_attributions\":null,\"next_page_token\":7,\"big\":1e999,\"z\":1,\"b\":2,\"b\":3,"
        "\"results\":[{\"name\":5,\"rating\":\"4\",\"types\":null,\"x\":null,\"vicinity\":\"v\"}],"
        "\"status\":\"OK\"}",
        5, PLACES_STATUS_OK,
        "{\n   \"html_attributions\" : [],\n   \"z\" : 1,\n   \"results\" : [\n      {\n"
        "         \"x\" : null,\n         \"vicinity\" : \"v\"\n      }" PART_TAIL);
    exchange_expect_answer(&legacy, 200,
                           "{\"html_\\u0061ttributions\":[],\"results\":[{\"n\\u0061me\":7}],"
                           "\"status\":\"OK\"}",
                           PLACES_STATUS_OK, PART_HEAD "      {}" PART_TAIL);
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
                                         "{\"results\":[],\"status\":\"OK\",\"status\":\"OK\"}",
                                         "{\"results\":[],\"status\":\"OK\"",
                                         "{\"results\":[1e999],\"status\":\"OK\"}",
                                         "{\"results\":[\"\xff\"],\"status\":\"OK\"}"};
    exchange_expect_garbage(&legacy, bodies, ARRAY_COUNT(bodies));
    exchange_expect_refusal(&legacy, 403, "{\"error_message\":\"no\"}",
                            PLACES_STATUS_REQUEST_DENIED, "no");
    exchange_expect_refusal(&legacy, 404, "", PLACES_STATUS_UNKNOWN_ERROR,
                            "the places provider answered with HTTP status 404");
}

/* Laid out, a body may be larger than as it came: what has no room is left out. */
static void what_fits_no_reply_is_left_out(void **state)
{
    (void)state;
    enum { ELEMENTS = 120000, SIZE = 4 * ELEMENTS };
    static const char *const heads[] = {
        "{\"results\":[{\"name\":\"x\"}],\"status\":\"OK\",\"more\":[0",
        "{\"status\":\"OK\",\"results\":[{\"name\":\"x\"},{\"more\":[0"};
    static const char *const tails[] = {"]}", "]}]}"};
    char *body = memory_new(SIZE);
    for (size_t kind = 0; kind < ARRAY_COUNT(heads); kind++) {
        size_t size = (size_t)snprintf(body, 128, "%s", heads[kind]);
        for (size_t i = 0; i < ELEMENTS; i++) {
            memcpy(body + size, ",0", 2);
            size += 2;
        }
        snprintf(body + size, 16, "%s", tails[kind]);
        exchange_expect_partial(&legacy, body, 1, PLACES_STATUS_OK,
                                PART_HEAD "      {\n         \"name\" : \"x\"\n      }" PART_TAIL);
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_as_documented),
        cmocka_unit_test(bodies_are_passed_through),
        cmocka_unit_test(statuses_are_understood),
        cmocka_unit_test(what_is_odd_costs_itself_only),
        cmocka_unit_test(garbage_is_an_error),
        cmocka_unit_test(what_fits_no_reply_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
