/* What a provider of places may send, through real programs: whatever comes, clients get what
 * client-protocol.md promises (K5), one odd place costs itself only and stops nothing (K4), the
 * provider's own words decide when it is asked again (K7), and operators are told (K6). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/scene.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void start(void **state, const char *provider, const char *settings)
{
    scene_start(state, &(scene_options_t){.provider = provider, .places = settings});
}

/* The answer, which must be JSON that any parser takes, of that status. Caller frees. */
static json_t *ask(const char *status)
{
    const char *text = scene_places("WHATSAT " SCENE_CLIENT " 10 20\n");
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json) || !json_is_array(json_object_get(json, "results")) ||
        !json_is_array(json_object_get(json, "html_attributions")) ||
        strcmp(json_string_value(json_object_get(json, "status")), status) != 0) {
        fail_msg("not %s, or not as promised:\n%s", status, text);
    }
    return json;
}

/* The number of results, and the latitude and longitude of the first, of an answer that is OK. */
static size_t ask_well(double *ret_latitude_deg, double *ret_longitude_deg)
{
    json_t *json = ask("OK");
    const json_t *results = json_object_get(json, "results");
    const json_t *geometry = json_object_get(json_array_get(results, 0), "geometry");
    const json_t *location = json_object_get(geometry, "location");
    size_t count = json_array_size(results);
    assert_true(json_is_number(json_object_get(location, "lat")));
    assert_true(json_is_number(json_object_get(location, "lng")));
    *ret_latitude_deg = json_number_value(json_object_get(location, "lat"));
    *ret_longitude_deg = json_number_value(json_object_get(location, "lng"));
    json_decref(json);
    return count;
}

static void google_sends_no_zeros(void **state)
{
    double latitude_deg;
    double longitude_deg;
    start(state, "google", "");
    provider_set_body(scene_provider(),
                      "{\"places\":[{\"id\":\"1\",\"location\":{\"longitude\":6.7}},"
                      "{\"id\":\"2\",\"location\":{}}]}");
    assert_int_equal(ask_well(&latitude_deg, &longitude_deg), 2);
    assert_true(latitude_deg == 0 && longitude_deg == 6.7);
    provider_set_body(scene_provider(), "{\"places\":[{\"location\":{\"latitude\":51.5}}]}");
    assert_int_equal(ask_well(&latitude_deg, &longitude_deg), 1);
    assert_true(latitude_deg == 51.5 && longitude_deg == 0);
    /* What was asked for is there. */
    assert_non_null(strstr(scene_places("WHATSAT " SCENE_CLIENT " 10 5\n"), "\"name\" : \"\""));
}

/* More odd places than failures that open the breaker: it stays closed. */
static void odd_places_stop_nothing(void **state)
{
    static const char deep[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]"
                               "]]]]]]]]]]";
    const char *const odd[] = {"{\"id\":\"\\ud800\"}",
                               "{\"id\":\"a\",\"id\":\"b\"}",
                               "{\"userRatingCount\":99999999999999999999}",
                               "{\"rating\":1e999}",
                               "{\"id\":\"\xff\xfe\"}",
                               "{\"location\":{\"latitude\":91}}",
                               "null",
                               deep};
    start(state, "google", "breaker_failures = \"2\"\n");
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        char body[512];
        double latitude_deg;
        double longitude_deg;
        snprintf(body, sizeof body,
                 "{\"places\":[%s,{\"id\":\"1\",\"location\":{\"latitude\":1}},%s]}", odd[i],
                 odd[i]);
        provider_set_body(scene_provider(), body);
        assert_int_equal(ask_well(&latitude_deg, &longitude_deg), 1);
        snprintf(body, sizeof body, "{\"places\":[%s]}", odd[i]);
        provider_set_body(scene_provider(), body);
        scene_expect_trouble("UNKNOWN_ERROR", "not in the expected form");
    }
    assert_int_equal(provider_request_count(scene_provider()), 2 * ARRAY_COUNT(odd));
    herd_wait_logged(scene_herd(), "Clark", "node", "google places-dropped: ");
    herdctl_expect(scene_herd(), 0, "herd_places_dropped_total{member=\"Clark\"} 16", "metrics",
                   NULL);
    herdctl_expect(scene_herd(), 0, "herd_places_unusable_answers_total{member=\"Clark\"} 8",
                   "metrics", NULL);
}

/* Bodies of which nothing can be used are told, and still no outage. */
static void garbage_is_no_outage(void **state)
{
    static const provider_reply_t replies[] = {
        {.body = ""},
        {.body = "<html><body>Sign in</body></html>"},
        {.body = "{\"places\":[{}]"},
        {.body = "{\"places\":{}}"},
        {.headers = "Content-Encoding: gzip\r\n", .body = "{}"},
        {.status = 404, .body = "no"},
        {.status = 400, .body = "{\"error\":{\"message\":\"bad mask\"}}"},
    };
    double latitude_deg;
    double longitude_deg;
    start(state, "google", "breaker_failures = \"2\"\n");
    for (size_t i = 0; i < ARRAY_COUNT(replies); i++) {
        provider_set_reply(scene_provider(), &replies[i]);
        json_t *json = ask(replies[i].status == 400 ? "INVALID_REQUEST" : "UNKNOWN_ERROR");
        assert_true(json_is_string(json_object_get(json, "error_message")));
        json_decref(json);
    }
    assert_int_equal(provider_request_count(scene_provider()), ARRAY_COUNT(replies));
    herdctl_expect(scene_herd(), 1,
                   "places at Clark: google answers, but its answers cannot be used", "health",
                   NULL);
    provider_set_body(scene_provider(), "{\"places\":[{\"location\":{}}]}");
    assert_int_equal(ask_well(&latitude_deg, &longitude_deg), 1);
    herdctl_expect(scene_herd(), 0, "well", "health", NULL);
}

static void errors_of_google_legacy_keep_their_reason(void **state)
{
    double latitude_deg;
    double longitude_deg;
    start(state, "google-legacy", "breaker_failures = \"1000\"\n");
    provider_set_body(scene_provider(),
                      "{\"error_message\":\"Billing is off.\",\"status\":\"REQUEST_DENIED\"}");
    scene_expect_trouble("REQUEST_DENIED", "Billing is off.");
    provider_set_body(scene_provider(), "{\"status\":\"OVER_DAILY_LIMIT\"}");
    scene_expect_trouble("OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT");
    provider_set_body(
        scene_provider(),
        "{\"results\":[{\"name\":7,\"name\":8},{\"geometry\":{\"location\":{\"lat\":1,"
        "\"lng\":2}},\"types\":null}],\"status\":\"OK\",\"next_page_token\":[]}");
    assert_int_equal(ask_well(&latitude_deg, &longitude_deg), 1);
    provider_set_body(scene_provider(), "{\"status\":\"ZERO_RESULTS\"}");
    json_decref(ask("ZERO_RESULTS"));
}

static bool is_well(void *argument)
{
    (void)argument;
    return herdctl_run(scene_herd(), "health", NULL).status == 0;
}

static void a_refused_key_is_told(void **state)
{
    start(state, "google", "breaker_failures = \"1000\"\n");
    provider_set_reply(
        scene_provider(),
        &(provider_reply_t){.status = 400,
                            .body = "{\"error\":{\"message\":\"API key not valid.\",\"details\":"
                                    "[{\"reason\":\"API_KEY_INVALID\"}]}}"});
    scene_expect_trouble("REQUEST_DENIED", "API key not valid.");
    herd_wait_logged(scene_herd(), "Clark", "node", "google places-key-refused: ");
    herdctl_expect(scene_herd(), 1,
                   "places at Clark: google refuses the key in the environment variable", "health",
                   NULL);
    provider_set_body(scene_provider(), "{}");
    json_decref(ask("ZERO_RESULTS"));
    assert_true(wait_until(is_well, NULL, WAIT_LIMIT_MS));
}

/* A key that is corrected counts from the reload on; one that cannot be used does not. */
static void a_new_key_is_read_at_a_reload(void **state)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "key");
    char setting[512];
    workspace_write(path, TEXT("first-key\n"));
    assert_int_equal(chmod(path, 0600), 0);
    snprintf(setting, sizeof setting, "key_file = \"%s\"\nbreaker_failures = \"1\"\n", path);
    start(state, "google", setting);
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = 403, .body = "{}"});
    scene_expect_trouble("REQUEST_DENIED", "HTTP status 403");
    provider_expect(scene_provider(), "X-Goog-Api-Key: first-key\r\n");
    provider_set_body(scene_provider(), "{}");
    workspace_write(path, TEXT("two keys\n"));
    herdctl_expect(scene_herd(), 0, "", "reload", NULL);
    herd_wait_logged(scene_herd(), "Clark", "node", "the one that was read before stays");
    workspace_write(path, TEXT("second-key\n"));
    herdctl_expect(scene_herd(), 0, "", "reload", NULL);
    herd_wait_logged(scene_herd(), "Clark", "node", "places-key-read: ");
    json_decref(ask("ZERO_RESULTS"));
    provider_expect(scene_provider(), "X-Goog-Api-Key: second-key\r\n");
    assert_true(wait_until(is_well, NULL, WAIT_LIMIT_MS));
    free(path);
    free(folder);
}

static bool nothing_is_there(void *argument)
{
    (void)argument;
    return strstr(scene_places("WHATSAT " SCENE_CLIENT " 10 20\n"), "ZERO_RESULTS") != NULL;
}

/* A second or two, where the breaker would pause for an hour; and half a minute, where it would for
 * ten seconds. */
static void the_providers_words_are_heeded(void **state)
{
    start(state, "overpass", "breaker_pause = \"3600000\"\ncache_seconds = \"0\"\n");
    provider_set_reply(scene_provider(),
                       &(provider_reply_t){.status = 429,
                                           .headers =
                                               "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                               "Retry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n"});
    scene_expect_trouble("OVER_QUERY_LIMIT", "HTTP status 429");
    scene_expect_trouble("OVER_QUERY_LIMIT", "left alone");
    herdctl_expect(scene_herd(), 1, "overpass fails and is left alone (HTTP status 429)", "health",
                   NULL);
    provider_set_body(scene_provider(), "{\"elements\":[]}");
    assert_true(wait_until(nothing_is_there, NULL, WAIT_LIMIT_MS));
    provider_set_reply(scene_provider(),
                       &(provider_reply_t){.status = 503, .headers = "Retry-After: 1\r\n"});
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 503");
    /* The pause ends by itself, though nobody asks. */
    assert_true(wait_until(is_well, NULL, WAIT_LIMIT_MS));
}

static void the_busy_are_left_alone_for_half_a_minute(void **state)
{
    start(state, "overpass", "");
    provider_set_reply(scene_provider(), &(provider_reply_t){.status = 504});
    scene_expect_trouble("UNKNOWN_ERROR", "HTTP status 504");
    herd_wait_logged(scene_herd(), "Clark", "node", "left alone for 30000 ms");
}

/* ---- five members at one address ---- */

static const char *const names[] = {"A", "B", "C", "D", "E"};

enum { MEMBERS = 5, QUESTIONS = 4 };

/* Members that ask one Overpass of the test; clients are known at each. */
static herd_t *start_five(void **state, provider_t *provider)
{
    static const herd_member_t members[MEMBERS] = {
        {"A", ""}, {"B", ""}, {"C", ""}, {"D", ""}, {"E", ""}};
    char settings[512];
    snprintf(settings, sizeof settings, "provider = \"overpass\"\nbase_url = \"%s\"\n",
             provider_url(provider));
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = MEMBERS, .places_settings = settings});
    *state = herd;
    herd_start_all(herd);
    for (size_t i = 0; i < MEMBERS; i++) {
        (void)herd_ask(herd, names[i], "IAMAT kiwi +34-118 1\n");
    }
    return herd;
}

/* Each member is asked for different places, all at the same time. */
static void ask_all(herd_t *herd, client_t **clients)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        char lines[256] = "";
        size_t size = 0;
        for (unsigned j = 0; j < QUESTIONS; j++) {
            size += (size_t)snprintf(lines + size, sizeof lines - size, "WHATSAT kiwi %u 5\n",
                                     1 + (unsigned)i * QUESTIONS + j);
        }
        clients[i] = herd_connect(herd, names[i]);
        client_send(clients[i], (text_t){.data = lines, .size = size});
        client_half_close(clients[i]);
    }
}

/* How many of the answers of a client have this status. */
static size_t count_answers(client_t *client, const char *status)
{
    text_t text = client_read_all(client);
    size_t count = 0;
    const char *found;
    while ((found = memmem(text.data, text.size, status, strlen(status))) != NULL) {
        text = text_after(text, (size_t)(found - text.data) + strlen(status));
        count++;
    }
    return count;
}

/* K2: two at a time for the address, whoever asks; a member that dies gives its slots back. */
static void members_share_the_slots_of_their_address(void **state)
{
    client_t *clients[MEMBERS];
    provider_t *provider = provider_new_plain();
    herd_t *herd = start_five(state, provider);
    provider_set_reply(provider, &(provider_reply_t){.manner = PROVIDER_HANGS});
    client_t *first = herd_connect(herd, "A");
    client_send(first, TEXT("WHATSAT kiwi 49 5\nWHATSAT kiwi 50 5\n"));
    provider_wait_requests(provider, 2);
    herd_kill_node(herd, "A"); /* with both slots */
    provider_set_body(provider, "{\"elements\":[]}");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    (void)herd_ask(herd, "A", "IAMAT kiwi +34-118 1\n");
    ask_all(herd, clients);
    for (size_t i = 0; i < MEMBERS; i++) {
        assert_int_equal(count_answers(clients[i], "ZERO_RESULTS"), QUESTIONS);
        client_destroy(&clients[i]);
    }
    client_destroy(&first);
    assert_int_equal(provider_most_at_once(provider), 2);
    herd_destroy(&herd);
    *state = NULL;
    provider_destroy(&provider);
}

/* What is told to one is told to the address; and the pause ends for all. */
static void members_share_a_pause(void **state)
{
    provider_t *provider = provider_new_plain();
    herd_t *herd = start_five(state, provider);
    provider_set_reply(provider,
                       &(provider_reply_t){.status = 429, .headers = "Retry-After: 3\r\n"});
    assert_non_null(strstr(herd_ask(herd, "A", "WHATSAT kiwi 1 5\n"), "HTTP status 429"));
    provider_set_body(provider, "{\"elements\":[]}");
    assert_non_null(strstr(herd_ask(herd, "B", "WHATSAT kiwi 1 5\n"), "OVER_QUERY_LIMIT"));
    assert_int_equal(provider_request_count(provider), 1);
    herd_wait_logged(herd, "B", "node", "overpass places-paused: ");
    int64_t begin_ms = wait_clock_ms();
    while (strstr(herd_ask(herd, "B", "WHATSAT kiwi 1 5\n"), "ZERO_RESULTS") == NULL) {
        assert_true(wait_clock_ms() - begin_ms < WAIT_LIMIT_MS);
        wait_nap(50);
    }
    herd_destroy(&herd);
    *state = NULL;
    provider_destroy(&provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(google_sends_no_zeros),
        SCENE_TEST(odd_places_stop_nothing),
        SCENE_TEST(garbage_is_no_outage),
        SCENE_TEST(errors_of_google_legacy_keep_their_reason),
        SCENE_TEST(a_refused_key_is_told),
        SCENE_TEST(a_new_key_is_read_at_a_reload),
        SCENE_TEST(the_providers_words_are_heeded),
        SCENE_TEST(the_busy_are_left_alone_for_half_a_minute),
        HERD_TEST_OWN(members_share_the_slots_of_their_address),
        HERD_TEST_OWN(members_share_a_pause),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
