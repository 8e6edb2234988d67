/* OpenStreetMap by Overpass API: the query, and what its elements become
 * (node/places/overpass.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/exchange.h"

#include "common/base/limits.h"
#include "node/places/overpass.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "{\n  \"version\": 0.6,\n  \"generator\": \"Overpass API 0.7.62.1 084b4234\",\n"
#define ATTRIBUTIONS                                                                               \
    "{\n   \"html_attributions\" : [\n      \"\xc2\xa9 <a "                                        \
    "href=\\\"https://www.openstreetmap.org/copyright\\\">"                                        \
    "OpenStreetMap contributors</a> (<a href=\\\"https://opendatacommons.org/licenses/odbl/\\\">"  \
    "ODbL</a>)\"\n   ],\n   \"results\" : [\n"
#define NONE                                                                                       \
    "{\n   \"html_attributions\" : [],\n   \"results\" : [],\n   \"status\" : "                    \
    "\"ZERO_RESULTS\"\n}\n\n"

static exchange_t overpass_for(uint32_t result_count)
{
    return (exchange_t){.ask = places_overpass_ask,
                        .decode = places_overpass_decode,
                        .query = {.latitude_deg = 34.0,
                                  .longitude_deg = -118.0,
                                  .radius_km = 10,
                                  .result_count = result_count}};
}

static void the_query_is_as_documented(void **state)
{
    (void)state;
    exchange_t overpass = overpass_for(5);
    overpass.query.latitude_deg = 34.06893;
    overpass.query.longitude_deg = -118.445127;
    const places_asking_t asking = {.base_url = "https://overpass-api.de", .timeout_ms = 3999};
    exchange_expect_request(
        &overpass, &asking,
        &(exchange_request_t){
            .url = "https://overpass-api.de/api/interpreter",
            .headers = "Content-Type: application/x-www-form-urlencoded\n",
            .body = "data=%5Bout%3Ajson%5D%5Btimeout%3A3%5D%3Bnwr%28around%3A10000%2C34.06893"
                    "%2C-118.445127%29%5Bname%5D%5B~%22%5E%28amenity%7Cshop%7Ctourism%7Cleisure"
                    "%29%24%22~%22.%22%5D%3Bout%20center%3B"});
}

static void assert_decoded(const char *body, uint32_t result_count, places_status_t status,
                           const char *expected)
{
    const exchange_t overpass = overpass_for(result_count);
    exchange_expect_answer(&overpass, 200, body, status, expected);
}

static void elements_become_results(void **state)
{
    (void)state;
    assert_decoded(
        HEAD "\"elements\":[\n"
             "{\"type\":\"way\",\"id\":25370967,\"center\":{\"lat\":34.0020,\"lon\":-118.0},\n"
             "\"nodes\":[1,2],\"tags\":{\"leisure\":\"park\",\"name\":\"Parc "
             "\\\"\xc3\xa9t\\u00e9\\\"\"}},\n"
             "{\"type\":\"node\",\"id\":358797589,\"lat\":34.0010,\"lon\":-118.000000,\"tags\":{"
             "\"amenity\":\"cafe\",\"shop\":\"coffee\",\"name\":\"Espresso\",\"addr:housenumber\":"
             "\"10\","
             "\"addr:street\":\"Weyburn Avenue\",\"addr:city\":\"Los Angeles\"}}]}",
        5, PLACES_STATUS_OK,
        ATTRIBUTIONS "      {\n         \"geometry\" : {\n            \"location\" : {\n"
                     "               \"lat\" : 34.0010,\n               \"lng\" : -118.000000\n"
                     "            }\n         },\n         \"name\" : \"Espresso\",\n"
                     "         \"place_id\" : \"osm:node/358797589\",\n         \"types\" : [\n"
                     "            \"cafe\",\n            \"coffee\",\n"
                     "            \"point_of_interest\"\n         ],\n"
                     "         \"vicinity\" : \"10 Weyburn Avenue, Los Angeles\"\n      },\n"
                     "      {\n         \"geometry\" : {\n            \"location\" : {\n"
                     "               \"lat\" : 34.0020,\n               \"lng\" : -118.0\n"
                     "            }\n         },\n"
                     "         \"name\" : \"Parc \\\"\xc3\xa9t\\u00e9\\\"\",\n"
                     "         \"place_id\" : \"osm:way/25370967\",\n         \"types\" : [\n"
                     "            \"park\",\n            \"point_of_interest\"\n         ]\n"
                     "      }\n   ],\n   \"status\" : \"OK\"\n}\n\n");
}

/* Elements at 34 degrees and as many tenths give results of these names, in this order. */
static void assert_nearest(const char *tenths, uint32_t result_count, const char *names)
{
    char body[4096];
    char found[64] = "";
    size_t size = (size_t)snprintf(body, sizeof body, "{\"elements\":[");
    for (size_t i = 0; tenths[i] != '\0'; i++) {
        size += (size_t)snprintf(body + size, sizeof body - size,
                                 "%s{\"type\":\"node\",\"id\":%zu,\"lat\":34.%c,\"lon\":-118,"
                                 "\"tags\":{\"name\":\"%c\",\"shop\":\"x\"}}",
                                 i > 0 ? "," : "", i, tenths[i], (char)('a' + i));
    }
    snprintf(body + size, sizeof body - size, "]}");
    buffer_t out;
    buffer_init(&out, LIMIT_REPLY_SIZE);
    const places_query_t query = overpass_for(result_count).query;
    const places_reply_t reply = {.http_status = 200, .body = text_of(body)};
    assert_int_equal(places_overpass_decode(&reply, &query, &(places_notes_t){0}, &out),
                     PLACES_STATUS_OK);
    assert_int_equal(buffer_append(&out, "", 1), STATUS_OK);
    size_t count = 0;
    static const char mark[] = "\"name\" : \"";
    for (const char *next = out.data; (next = strstr(next, mark)) != NULL;) {
        next += sizeof mark - 1;
        found[count++] = *next;
    }
    assert_string_equal(found, names);
    buffer_done(&out);
}

static void the_nearest_come_first(void **state)
{
    (void)state;
    assert_nearest("1", 1, "a");
    assert_nearest("321", 5, "cba");
    assert_nearest("321", 2, "cb");
    assert_nearest("13579246", 4, "afbg");
    assert_nearest("2111", 3, "bcd"); /* equally near: as they came */
}

static void what_is_no_place_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *element;
        size_t dropped; /* 1: it is odd, not only no place */
    } cases[] = {
        {"7", 1},
        {"[]", 1},
        {"{}", 0},
        {"{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":-118}", 0},
        {"{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":-118,\"tags\":{\"name\":\"\"}}", 0},
        {"{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":-118,\"tags\":{\"name\":5}}", 0},
        {"{\"type\":\"node\",\"id\":1,\"lat\":34,\"tags\":{\"name\":\"x\"}}", 0},
        {"{\"type\":\"node\",\"id\":1,\"lat\":\"34\",\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 1},
        {"{\"type\":\"node\",\"id\":1,\"lat\":90.1,\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 1},
        {"{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":1e300,\"tags\":{\"name\":\"x\"}}", 1},
        {"{\"type\":\"node\",\"id\":1,\"lat\":null,\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 1},
        {"{\"type\":\"area\",\"id\":1,\"lat\":34,\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 0},
        {"{\"type\":\"node\",\"id\":\"1\",\"lat\":34,\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 0},
        {"{\"type\":\"node\",\"id\":1.5,\"lat\":34,\"lon\":-118,\"tags\":{\"name\":\"x\"}}", 0},
        {"{\"type\":\"way\",\"id\":1,\"center\":{},\"lat\":3,\"lon\":1,\"tags\":{\"name\":\"x\"}}",
         0}};
    const exchange_t overpass = overpass_for(5);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char body[256];
        snprintf(body, sizeof body, HEAD "\"elements\":[%s]}", cases[i].element);
        if (cases[i].dropped > 0) {
            exchange_expect_partial(&overpass, body, 1, PLACES_STATUS_ZERO_RESULTS, NONE);
        } else {
            assert_decoded(body, 5, PLACES_STATUS_ZERO_RESULTS, NONE);
        }
    }
    assert_decoded(HEAD "\"elements\":[],\"remark\":\"a note\"}", 5, PLACES_STATUS_ZERO_RESULTS,
                   NONE);
}

/* K4 */
static void an_odd_element_costs_itself_only(void **state)
{
    (void)state;
    static const char *const odd[] = {"{\"type\":\"node\",\"type\":\"node\"}", "{\"a\":1e999}",
                                      "{\"tags\":{\"name\":\"\\ud83d\"}}",
                                      "{\"id\":18446744073709551616}", "{\"tags\":\"\xc0\x80\"}"};
    const exchange_t overpass = overpass_for(5);
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        char body[512];
        snprintf(body, sizeof body,
                 HEAD "\"elements\":[{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":-118,\"tags\":{"
                      "\"name\":\"x\",\"shop\":\"y\"}},%s]}",
                 odd[i]);
        exchange_expect_partial(&overpass, body, 1, PLACES_STATUS_OK,
                                ATTRIBUTIONS
                                "      {\n         \"geometry\" : {\n            \"location\" : {\n"
                                "               \"lat\" : 34,\n               \"lng\" : -118\n"
                                "            }\n         },\n         \"name\" : \"x\",\n"
                                "         \"place_id\" : \"osm:node/1\",\n         \"types\" : [\n"
                                "            \"y\",\n            \"point_of_interest\"\n"
                                "         ]\n      }\n   ],\n   \"status\" : \"OK\"\n}\n\n");
    }
}

static void remarks_and_garbage_are_errors(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "{}",
                                         "[]",
                                         "<html></html>",
                                         "{\"elements\":{}}",
                                         "{\"elements\":[",
                                         "{\"elements\":[{\"type\":\"node\",\"type\":\"node\"}]}"};
    const exchange_t overpass = overpass_for(5);
    exchange_expect_garbage(&overpass, bodies, ARRAY_COUNT(bodies));
    exchange_expect_refusal(
        &overpass, 200,
        HEAD "\"elements\":[{\"type\":\"node\",\"id\":1,\"lat\":34,\"lon\":-118,\"tags\":{"
             "\"name\":\"x\"}}],\"remark\":\"runtime error: Query timed out in \\\"query\\\" at "
             "line 1 after 4 seconds.\"}",
        PLACES_STATUS_UNKNOWN_ERROR,
        "runtime error: Query timed out in \\\"query\\\" at line 1 after 4 seconds.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_query_is_as_documented),
        cmocka_unit_test(elements_become_results),
        cmocka_unit_test(the_nearest_come_first),
        cmocka_unit_test(what_is_no_place_is_passed_over),
        cmocka_unit_test(an_odd_element_costs_itself_only),
        cmocka_unit_test(remarks_and_garbage_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
