/* WHATSAT through real programs to a provider behind HTTPS. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/scene.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_SIZE = 1024 };

static void start(void **state, authority_kind_t certificate, const char *provider,
                  const char *settings)
{
    scene_start(state, &(scene_options_t){
                           .certificate = certificate, .provider = provider, .places = settings});
}

/* At the end, for the logs are complete then: the key is in none, and in nothing that was
 * printed. */
static void assert_key_not_logged(void)
{
    static const char *const names[] = {"log/Clark.node.log", "log/Clark.frontend.log",
                                        "Clark-node.out", "Clark-frontend.out"};
    if (!herd_is_of_singles()) {
        assert_int_equal(herd_stop_frontend(scene_herd(), "Clark"), 0);
    }
    assert_int_equal(herd_stop_node(scene_herd(), "Clark"), 0);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char *path = workspace_path(herd_folder(scene_herd()), names[i]);
        size_t size = 0;
        char *content = workspace_read(path, &size);
        assert_true(content == NULL || memmem(content, size, SCENE_KEY, strlen(SCENE_KEY)) == NULL);
        free(content);
        free(path);
    }
}

static const char google_reply[] =
    "{\n  \"places\": [\n    {\n      \"id\": \"ChIJZ9Y8KvO8woARQp5ZLsgLWSg\",\n"
    "      \"types\": [ \"university\", \"point_of_interest\" ],\n"
    "      \"location\": { \"latitude\": 34.0689, \"longitude\": -118.44518099999999 },\n"
    "      \"rating\": 4.6,\n      \"businessStatus\": \"OPERATIONAL\",\n"
    "      \"userRatingCount\": 1250,\n"
    "      \"displayName\": { \"text\": \"UCLA\", \"languageCode\": \"en\" },\n"
    "      \"shortFormattedAddress\": \"Los Angeles\"\n    }\n  ]\n}\n";

static void google_is_asked_and_passed_on(void **state)
{
    start(state, AUTHORITY_GOOD, "google", "language = \"en\"\nrank = \"distance\"\n");
    provider_set_body(scene_provider(), google_reply);
    assert_string_equal(scene_places("WHATSAT kiwi.cs.ucla.edu 10 5\n"),
                        "{\n   \"html_attributions\" : [],\n   \"results\" : [\n      {\n"
                        "         \"business_status\" : \"OPERATIONAL\",\n"
                        "         \"geometry\" : {\n            \"location\" : {\n"
                        "               \"lat\" : 34.0689,\n"
                        "               \"lng\" : -118.44518099999999\n            }\n         },\n"
                        "         \"name\" : \"UCLA\",\n"
                        "         \"place_id\" : \"ChIJZ9Y8KvO8woARQp5ZLsgLWSg\",\n"
                        "         \"rating\" : 4.6,\n         \"types\" : [\n"
                        "            \"university\",\n            \"point_of_interest\"\n"
                        "         ],\n         \"user_ratings_total\" : 1250,\n"
                        "         \"vicinity\" : \"Los Angeles\"\n      }\n   ],\n"
                        "   \"status\" : \"OK\"\n}\n\n");
    provider_expect(scene_provider(), "POST /v1/places:searchNearby HTTP/1.1\r\n");
    provider_expect(scene_provider(), "\r\nX-Goog-Api-Key: " SCENE_KEY "\r\n");
    provider_expect(
        scene_provider(),
        "\r\nX-Goog-FieldMask: places.id,places.displayName,places.location,places.types,"
        "places.shortFormattedAddress,places.rating,places.userRatingCount,"
        "places.businessStatus\r\n");
    provider_expect(scene_provider(), "\r\nContent-Type: application/json\r\n");
    provider_expect(
        scene_provider(),
        "\r\n\r\n{\"maxResultCount\":5,\"locationRestriction\":{\"circle\":{\"center\":{"
        "\"latitude\":34.06893,\"longitude\":-118.445127},\"radius\":10000.0}},"
        "\"rankPreference\":\"DISTANCE\",\"languageCode\":\"en\"}");
    assert_non_null(strstr(scene_places("WHATSAT kiwi.cs.ucla.edu 0 5\n"), "ZERO_RESULTS"));
    assert_non_null(strstr(scene_places("WHATSAT kiwi.cs.ucla.edu 5 0\n"), "ZERO_RESULTS"));
    assert_int_equal(provider_request_count(scene_provider()), 1);
    provider_set_body(scene_provider(), "{}");
    assert_non_null(strstr(scene_places("WHATSAT kiwi.cs.ucla.edu 50 20\n"), "ZERO_RESULTS"));
    provider_expect(scene_provider(), "\"maxResultCount\":20");
    provider_expect(scene_provider(), "\"radius\":50000.0");
    assert_int_equal(provider_connection_count(scene_provider()), 1);
    assert_key_not_logged();
}

static void google_legacy_is_passed_through(void **state)
{
    start(state, AUTHORITY_GOOD, "google-legacy", "");
    provider_set_body(
        scene_provider(),
        "{\r\n\n\n \"html_attributions\":[\"<b>x</b>\"], \"next_page_token\" : \"Aap\",\n\n"
        "\"results\":[{\"geometry\":{\"location\":{\"lat\":34.0689,\"lng\":-118.44510}},"
        "\"new\":[1E2,9007199254740993]},{\"name\":\"2\"}],\"status\":\"OK\",\"z\":0.1}\n\n");
    assert_string_equal(scene_places("WHATSAT kiwi.cs.ucla.edu 10 1\n"),
                        "{\n   \"html_attributions\" : [\n      \"<b>x</b>\"\n   ],\n"
                        "   \"next_page_token\" : \"Aap\",\n   \"results\" : [\n      {\n"
                        "         \"geometry\" : {\n            \"location\" : {\n"
                        "               \"lat\" : 34.0689,\n               \"lng\" : -118.44510\n"
                        "            }\n         },\n         \"new\" : [\n            1E2,\n"
                        "            9007199254740993\n         ]\n      }\n   ],\n"
                        "   \"status\" : \"OK\",\n   \"z\" : 0.1\n}\n\n");
    provider_expect(scene_provider(),
                    "GET "
                    "/maps/api/place/nearbysearch/"
                    "json?location=34.06893,-118.445127&radius=10000&key=" SCENE_KEY
                    " HTTP/1.1\r\n");
    provider_set_body(scene_provider(),
                      "{ \"error_message\" : \"This API project is not authorized.\","
                      "\"html_attributions\" : [], \"results\" : [],"
                      "\"status\" : \"REQUEST_DENIED\" }");
    scene_expect_trouble("REQUEST_DENIED", "not authorized");
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = 502, .body = "<html>"});
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 502");
    assert_key_not_logged();
}

static const char overpass_reply[] =
    "{\"version\":0.6,\"elements\":[{\"type\":\"node\",\"id\":2,\"lat\":34.0700,\"lon\":-118.4451,"
    "\"tags\":{\"name\":\"Far\",\"shop\":\"books\"}},{\"type\":\"way\",\"id\":1,\"center\":{"
    "\"lat\":34.0690,\"lon\":-118.4451},\"tags\":{\"name\":\"Near\",\"amenity\":\"cafe\"}}]}";

static void overpass_is_asked_sorted_and_kept(void **state)
{
    start(state, AUTHORITY_GOOD, "overpass", "user_agent = \"herd of a test\"\n");
    provider_set_body(scene_provider(), overpass_reply);
    const char *first = scene_places("WHATSAT kiwi.cs.ucla.edu 10 1\n");
    assert_non_null(strstr(first, "OpenStreetMap contributors"));
    assert_non_null(strstr(first, "\"Near\""));
    assert_non_null(strstr(first, "\"lat\" : 34.0690,"));
    assert_null(strstr(first, "\"Far\""));
    provider_expect(scene_provider(), "POST /api/interpreter HTTP/1.1\r\n");
    provider_expect(scene_provider(), "\r\nUser-Agent: herd of a test\r\n");
    provider_expect(scene_provider(), "nwr%28around%3A10000%2C34.06893%2C-118.445127%29");
    assert_string_equal(scene_places("WHATSAT kiwi.cs.ucla.edu 10 1\n"), first);
    assert_int_equal(provider_request_count(scene_provider()), 1);
    assert_non_null(strstr(scene_places("WHATSAT kiwi.cs.ucla.edu 10 2\n"), "\"Far\""));
    assert_int_equal(provider_request_count(scene_provider()), 2);
}

/* A busy server is left alone at once. */
static void overpass_is_spared_when_it_is_busy(void **state)
{
    start(state, AUTHORITY_GOOD, "overpass", "breaker_pause = \"3600000\"\n");
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = 429, .body = "<html>"});
    scene_expect_trouble("OVER_QUERY_LIMIT", "HTTP status 429");
    provider_set_body(scene_provider(), overpass_reply);
    scene_expect_trouble("OVER_QUERY_LIMIT", "left alone");
    assert_int_equal(provider_request_count(scene_provider()), 1);
    herd_wait_logged(scene_herd(), "Clark", "node", "overpass places-paused: ");
}

static void expect_http(unsigned http_status, const char *status)
{
    char body[256];
    snprintf(body, sizeof body,
             "{\n  \"error\": {\n    \"code\": %u,\n    \"message\": \"Said the provider.\",\n"
             "    \"status\": \"SOME_STATUS\"\n  }\n}\n",
             http_status);
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = http_status, .body = body});
    scene_expect_trouble(status, "Said the provider.");
}

static void errors_of_google_are_told(void **state)
{
    start(state, AUTHORITY_GOOD, "google", "breaker_failures = \"1000\"\n");
    expect_http(400, "INVALID_REQUEST");
    expect_http(403, "REQUEST_DENIED");
    expect_http(429, "OVER_QUERY_LIMIT");
    expect_http(500, "UNKNOWN_ERROR");
    expect_http(503, "UNKNOWN_ERROR");
    provider_set_reply(
        scene_provider(),
        &(provider_reply_t){.status = 403,
                            .body = "{\"error\":{\"message\":\"key " SCENE_KEY " is bad\"}}"});
    scene_expect_trouble("REQUEST_DENIED", "HTTP status 403");
    provider_set_reply(
        scene_provider(),
        &(provider_reply_t){.status = 302, .headers = "Location: http://127.0.0.1:1/\r\n"});
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 302");
    provider_set_body(scene_provider(), "<html>not JSON</html>");
    scene_expect_trouble("UNKNOWN_ERROR", "not in the expected form");
    assert_key_not_logged();
}

static void a_provider_that_misbehaves_is_told(void **state)
{
    static const struct {
        provider_manner_t manner;
        const char *part;
    } cases[] = {{PROVIDER_RESETS, "broke off"}, {PROVIDER_CUTS, "broke off"},
                 {PROVIDER_FLOODS, "too large"}, {PROVIDER_BABBLES, "broke off"},
                 {PROVIDER_DRIPS, "in time"},    {PROVIDER_HANGS, "in time"}};
    start(state, AUTHORITY_GOOD, "google", "breaker_failures = \"1000\"\ntimeout = \"2500\"\n");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        provider_set_reply(scene_provider(),
                           &(provider_reply_t){.manner = cases[i].manner, .body = google_reply});
        scene_expect_trouble("UNKNOWN_ERROR", cases[i].part);
    }
    provider_set_body(scene_provider(), google_reply);
    assert_non_null(strstr(scene_places("WHATSAT kiwi.cs.ucla.edu 10 5\n"), "\"OK\""));
}

static void wrong_certificates_are_refused(void **state)
{
    start(state, AUTHORITY_OTHER_CA, "google", "");
    scene_expect_trouble("UNKNOWN_ERROR", "certificate is not to be trusted");
    assert_int_equal(provider_request_count(scene_provider()), 0);
}

static void wrong_host_names_are_refused(void **state)
{
    start(state, AUTHORITY_OTHER_HOST, "google", "");
    scene_expect_trouble("UNKNOWN_ERROR", "certificate is not to be trusted");
    assert_int_equal(provider_request_count(scene_provider()), 0);
}

/* What the node prints when it cannot use its key; it must not start. */
static void expect_no_start(void **state, const char *key_setting, const char *reason)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    char settings[SETTINGS_SIZE];
    int code = 0;
    snprintf(settings, sizeof settings, "provider = \"google\"\n%s", key_setting);
    herd_t *herd = herd_new(
        &(herd_options_t){.members = members, .member_count = 1, .places_settings = settings});
    *state = herd;
    herd_start_node(herd, "Clark");
    assert_true(process_wait(herd_node(herd, "Clark"), WAIT_LIMIT_MS, &code));
    assert_int_not_equal(code, 0);
    herd_wait_logged(herd, "Clark", "node", reason);
    herd_destroy(&herd);
    *state = NULL;
}

static void without_its_key_a_node_does_not_start(void **state)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "key");
    char setting[SETTINGS_SIZE];
    workspace_write(path, TEXT(SCENE_KEY "\n"));
    unsetenv("HERD_TEST_KEY");
    expect_no_start(state, "key_env = \"HERD_TEST_KEY\"\n", "HERD_TEST_KEY: it is not set");
    snprintf(setting, sizeof setting, "key_file = \"%s\"\n", path);
    assert_int_equal(chmod(path, 0640), 0);
    expect_no_start(state, setting, "group nor others");
    assert_int_equal(unlink(path), 0);
    expect_no_start(state, setting, "No such file");
    free(path);
    free(folder);
}

static void a_key_may_stand_in_a_file(void **state)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "key");
    char setting[SETTINGS_SIZE];
    workspace_write(path, TEXT("from-a-file\n"));
    assert_int_equal(chmod(path, 0400), 0);
    snprintf(setting, sizeof setting, "key_file = \"%s\"\n", path);
    start(state, AUTHORITY_GOOD, "google", setting);
    provider_set_body(scene_provider(), google_reply);
    (void)scene_places("WHATSAT kiwi.cs.ucla.edu 10 5\n");
    provider_expect(scene_provider(), "\r\nX-Goog-Api-Key: from-a-file\r\n");
    free(path);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(google_is_asked_and_passed_on),
        SCENE_TEST(google_legacy_is_passed_through),
        SCENE_TEST(overpass_is_asked_sorted_and_kept),
        SCENE_TEST(overpass_is_spared_when_it_is_busy),
        SCENE_TEST(errors_of_google_are_told),
        SCENE_TEST(a_provider_that_misbehaves_is_told),
        SCENE_TEST(wrong_certificates_are_refused),
        SCENE_TEST(wrong_host_names_are_refused),
        SCENE_TEST(without_its_key_a_node_does_not_start),
        SCENE_TEST(a_key_may_stand_in_a_file),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
