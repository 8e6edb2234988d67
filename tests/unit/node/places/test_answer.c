/* The JSON of a WHATSAT (node/places/answer.h, common/json/json_string.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/json/json_string.h"
#include "node/places/answer.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 20 };

static const char *const locality[] = {"locality", "political"};

static places_result_t result_at(int32_t latitude_e7, int32_t longitude_e7)
{
    return (places_result_t){.latitude_e7 = latitude_e7,
                             .longitude_e7 = longitude_e7,
                             .name = TEXT("Westwood"),
                             .place_id = TEXT("geonames:5408522"),
                             .types = locality,
                             .type_count = 2,
                             .vicinity = TEXT("CA, US")};
}

/* The answer as a string of its own. */
static char *written(const places_answer_t *answer)
{
    buffer_t buffer;
    buffer_init(&buffer, ROOM);
    assert_int_equal(places_answer_write(answer, &buffer), STATUS_OK);
    char *text = memory_copy_text(buffer.data, buffer.size);
    assert_int_equal(strlen(text), buffer.size);
    buffer_done(&buffer);
    return text;
}

static void assert_written(const places_answer_t *answer, const char *expected)
{
    char *text = written(answer);
    assert_string_equal(text, expected);
    free(text);
}

static void a_result_is_printed_as_google_does(void **state)
{
    (void)state;
    places_result_t result = result_at(340561200, -1184306300);
    places_answer_t answer = {.status = PLACES_STATUS_OK,
                              .html_attribution = TEXT("by <a href=\"x\">y</a>"),
                              .results = &result,
                              .result_count = 1};
    assert_written(&answer, "{\n"
                            "   \"html_attributions\" : [\n"
                            "      \"by <a href=\\\"x\\\">y</a>\"\n"
                            "   ],\n"
                            "   \"results\" : [\n"
                            "      {\n"
                            "         \"geometry\" : {\n"
                            "            \"location\" : {\n"
                            "               \"lat\" : 34.05612,\n"
                            "               \"lng\" : -118.43063\n"
                            "            }\n"
                            "         },\n"
                            "         \"name\" : \"Westwood\",\n"
                            "         \"place_id\" : \"geonames:5408522\",\n"
                            "         \"types\" : [\n"
                            "            \"locality\",\n"
                            "            \"political\"\n"
                            "         ],\n"
                            "         \"vicinity\" : \"CA, US\"\n"
                            "      }\n"
                            "   ],\n"
                            "   \"status\" : \"OK\"\n"
                            "}\n\n");
}

static void no_results_are_an_answer(void **state)
{
    (void)state;
    places_answer_t answer = {.status = PLACES_STATUS_ZERO_RESULTS};
    assert_written(&answer, "{\n"
                            "   \"html_attributions\" : [],\n"
                            "   \"results\" : [],\n"
                            "   \"status\" : \"ZERO_RESULTS\"\n"
                            "}\n\n");
}

static void trouble_has_a_message(void **state)
{
    (void)state;
    places_answer_t answer = {.status = PLACES_STATUS_UNKNOWN_ERROR,
                              .error_message = TEXT("It is broken.")};
    assert_written(&answer, "{\n"
                            "   \"error_message\" : \"It is broken.\",\n"
                            "   \"html_attributions\" : [],\n"
                            "   \"results\" : [],\n"
                            "   \"status\" : \"UNKNOWN_ERROR\"\n"
                            "}\n\n");
}

static void every_status_has_its_name(void **state)
{
    (void)state;
    static const struct {
        places_status_t status;
        const char *name;
    } cases[] = {{PLACES_STATUS_OK, "OK"},
                 {PLACES_STATUS_ZERO_RESULTS, "ZERO_RESULTS"},
                 {PLACES_STATUS_INVALID_REQUEST, "INVALID_REQUEST"},
                 {PLACES_STATUS_OVER_QUERY_LIMIT, "OVER_QUERY_LIMIT"},
                 {PLACES_STATUS_REQUEST_DENIED, "REQUEST_DENIED"},
                 {PLACES_STATUS_UNKNOWN_ERROR, "UNKNOWN_ERROR"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        places_answer_t answer = {.status = cases[i].status};
        char *text = written(&answer);
        json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_string_equal(json_string_value(json_object_get(json, "status")), cases[i].name);
        json_decref(json);
        free(text);
    }
}

static void degrees_keep_their_own_digits(void **state)
{
    (void)state;
    static const struct {
        int32_t value_e7;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {1, "0.0000001"},
        {-1, "-0.0000001"},
        {340000000, "34.0"},
        {340689000, "34.0689"},
        {-1184451270, "-118.445127"},
        {10, "0.000001"},
        {-5000000, "-0.5"},
        {9999999, "0.9999999"},
        {900000000, "90.0"},
        {-1800000000, "-180.0"},
        {1800000000, "180.0"},
        {10000000, "1.0"},
        {-1799999999, "-179.9999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        places_result_t result = result_at(0, cases[i].value_e7);
        places_answer_t answer = {
            .status = PLACES_STATUS_OK, .results = &result, .result_count = 1};
        char expected[64];
        snprintf(expected, sizeof expected, "\"lng\" : %s\n", cases[i].text);
        char *text = written(&answer);
        assert_non_null(strstr(text, expected));
        free(text);
    }
}

/* An independent reader finds what was written, in the same order. */
static void a_json_reader_finds_everything(void **state)
{
    (void)state;
    places_result_t results[20];
    for (int32_t i = 0; i < 20; i++) {
        results[i] = result_at(i * 12345678, -i * 23456789);
        results[i].type_count = (size_t)i % 3;
    }
    places_answer_t answer = {.status = PLACES_STATUS_OK, .results = results, .result_count = 20};
    char *text = written(&answer);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    json_t *list = json_object_get(json, "results");
    assert_int_equal(json_array_size(list), 20);
    for (int32_t i = 0; i < 20; i++) {
        json_t *one = json_array_get(list, (size_t)i);
        double latitude;
        double longitude;
        const char *name;
        json_t *types;
        assert_int_equal(json_unpack(one, "{s:{s:{s:f,s:f!}!},s:s,s:s,s:o,s:s!}", "geometry",
                                     "location", "lat", &latitude, "lng", &longitude, "name", &name,
                                     "place_id", &name, "types", &types, "vicinity", &name),
                         0);
        assert_true(fabs(latitude - i * 12345678 / 1e7) < 1e-9);
        assert_true(fabs(longitude + i * 23456789 / 1e7) < 1e-9);
        assert_int_equal(json_array_size(types), i % 3);
    }
    json_decref(json);
    assert_null(strstr(text, "\n\n") != text + strlen(text) - 2 ? text : NULL);
    free(text);
}

/* Appends the string, which must fit. */
static void put_string(buffer_t *buffer, text_t text)
{
    sheet_t sheet = sheet_begin(buffer);
    json_string_put(&sheet, text);
    assert_int_equal(sheet_end(&sheet), STATUS_OK);
}

static void assert_json_string(text_t text, const char *expected)
{
    buffer_t buffer;
    buffer_init(&buffer, ROOM);
    put_string(&buffer, text);
    assert_text_equal(buffer_text(&buffer), expected);
    json_t *json = json_loadb(buffer.data, buffer.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    json_decref(json);
    buffer_done(&buffer);
}

#define BAD "\xef\xbf\xbd"

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_json_string(TEXT(""), "\"\"");
    assert_json_string((text_t){0}, "\"\"");
    assert_json_string(TEXT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    assert_json_string(TEXT("\n\r\t\0\x1f\x7f"), "\"\\n\\r\\t\\u0000\\u001f\x7f\"");
    assert_json_string(TEXT("São Tomé 東京 \xf0\x9f\x8f\x9d"),
                       "\"São Tomé 東京 \xf0\x9f\x8f\x9d\"");
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    assert_json_string(TEXT("\xff"), "\"" BAD "\"");
    assert_json_string(TEXT("a\x80z"), "\"a" BAD "z\"");
    assert_json_string(TEXT("\xc3"), "\"" BAD "\"");                         /* cut */
    assert_json_string(TEXT("\xc3(x"), "\"" BAD "(x\"");                     /* broken off */
    assert_json_string(TEXT("\xe6\x9d"), "\"" BAD "\"");                     /* two of three */
    assert_json_string(TEXT("\xf0\x9f\x8f!"), "\"" BAD "!\"");               /* three of four */
    assert_json_string(TEXT("\xc0\xaf"), "\"" BAD BAD "\"");                 /* overlong */
    assert_json_string(TEXT("\xe0\x80\xaf"), "\"" BAD BAD BAD "\"");         /* overlong */
    assert_json_string(TEXT("\xed\xa0\x80"), "\"" BAD BAD BAD "\"");         /* surrogate */
    assert_json_string(TEXT("\xf4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\""); /* beyond 10FFFF */
    assert_json_string(TEXT("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80"),
                       "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\"");
}

/* Any two bytes, alone and inside a text, make a string that a strict reader takes. */
static void any_bytes_make_a_json_string(void **state)
{
    (void)state;
    buffer_t buffer;
    buffer_init(&buffer, ROOM);
    for (unsigned pair = 0; pair < 65536; pair++) {
        const char bytes[] = {(char)(pair >> 8), (char)(pair & 255)};
        buffer_clear(&buffer);
        put_string(&buffer, (text_t){.data = bytes, .size = 2});
        assert_true(buffer.size <= 6 * 2 + 2);
        json_t *json = json_loadb(buffer.data, buffer.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(json);
        json_decref(json);
    }
    buffer_done(&buffer);
}

/* Each byte at each position of a text that is longer than what is read at once. */
static void every_byte_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 19; at++) {
            char bytes[] = "the quick brown fox";
            char expected[64];
            char alone[8];
            buffer_t one;
            bytes[at] = (char)byte;
            buffer_init(&one, ROOM);
            put_string(&one, (text_t){.data = &bytes[at], .size = 1});
            snprintf(alone, sizeof alone, "%.*s", (int)one.size - 2, one.data + 1);
            snprintf(expected, sizeof expected, "\"%.*s%s%s\"", (int)at, "the quick brown fox",
                     alone, &bytes[at + 1]);
            buffer_done(&one);
            assert_json_string((text_t){.data = bytes, .size = 19}, expected);
        }
    }
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
    (void)state;
    places_result_t result = result_at(1, 1);
    places_answer_t answer = {.status = PLACES_STATUS_OK, .results = &result, .result_count = 1};
    char *text = written(&answer);
    size_t size = strlen(text);
    for (size_t room = 0; room <= size; room++) {
        buffer_t buffer;
        buffer_init(&buffer, 2 + room);
        assert_int_equal(buffer_append(&buffer, "ab", 2), STATUS_OK);
        status_t status = places_answer_write(&answer, &buffer);
        assert_int_equal(status, room < size ? STATUS_FULL : STATUS_OK);
        assert_int_equal(buffer.size, room < size ? 2 : 2 + size);
        assert_memory_equal(buffer.data, "ab", 2);
        buffer_done(&buffer);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_printed_as_google_does),
        cmocka_unit_test(no_results_are_an_answer),
        cmocka_unit_test(trouble_has_a_message),
        cmocka_unit_test(every_status_has_its_name),
        cmocka_unit_test(degrees_keep_their_own_digits),
        cmocka_unit_test(a_json_reader_finds_everything),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(any_bytes_make_a_json_string),
        cmocka_unit_test(every_byte_is_seen_wherever_it_stands),
        cmocka_unit_test(a_full_buffer_is_left_as_it_was),
    };
    return cmocka_run_group_tests_name("places_answer", tests, NULL, NULL);
}
