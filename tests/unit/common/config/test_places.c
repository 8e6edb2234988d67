/* Section `places` of the herd file (common/config/places.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#define HERD "herd\n    name = \"ucla\"\n"
#define MEMBERS                                                                                    \
    "members\n    One\n        clients = \"tcp://127.0.0.1:1\"\n        bus = "                    \
    "\"tcp://127.0.0.1:2\"\n"

#define GOOGLE(settings)                                                                           \
    HERD "    places\n        provider = \"google\"\n        key_env = \"K\"\n        " settings   \
         "\n" MEMBERS

static void the_network_is_asked_with_care(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {HERD "    places\n        provider = \"google\"\n" MEMBERS, CONFIG_ERROR, 3,
         "needs a key"},
        {GOOGLE("key_file = \"k\""), CONFIG_ERROR, 6, "exclude each other"},
        {GOOGLE("key_env = \"L\""), CONFIG_ERROR, 6, "again"},
        {GOOGLE("base_url = \"http://places.example\""), CONFIG_ERROR, 6, "must begin with https"},
        {GOOGLE("base_url = \"http://127.0.0.1.example\""), CONFIG_ERROR, 6,
         "must begin with https"},
        {GOOGLE("base_url = \"http://128.0.0.1\""), CONFIG_ERROR, 6, "must begin with https"},
        {GOOGLE("base_url = \"http://127.0.0\""), CONFIG_ERROR, 6, "must begin with https"},
        {GOOGLE("base_url = \"ftp://127.0.0.1\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https:///path\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://a:0\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://a:65536\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://[::1\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://me:secret@a\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://a/?b=c\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("base_url = \"https://a b\""), CONFIG_ERROR, 6, "of the form https"},
        {GOOGLE("proxy = \"proxy:3128\""), CONFIG_ERROR, 6, "without a password"},
        {GOOGLE("proxy = \"http://me:secret@proxy:3128\""), CONFIG_ERROR, 6, "without a password"},
        {GOOGLE("proxy = \"http://proxy:3128/path\""), CONFIG_ERROR, 6, "without a password"},
        {GOOGLE("field_mask = \"\""), CONFIG_ERROR, 6, "without spaces"},
        {GOOGLE("field_mask = \"a b\""), CONFIG_ERROR, 6, "without spaces"},
        {GOOGLE("language = \"\xc3\xa9\""), CONFIG_ERROR, 6, "without spaces"},
        {GOOGLE("user_agent = \"\""), CONFIG_ERROR, 6, "printable ASCII"},
        {GOOGLE("rank = \"DISTANCE\""), CONFIG_ERROR, 6, "\"popularity\" or \"distance\""},
        {GOOGLE("ca_file = \"absent\""), CONFIG_ERROR, 6, "absent cannot be opened: No such file"},
        {GOOGLE("timeout = \"9\""), CONFIG_ERROR, 6, "from 10 to 600000"},
        {GOOGLE("connect_timeout = \"600001\""), CONFIG_ERROR, 6, "from 10 to 600000"},
        {GOOGLE("max_concurrent = \"0\""), CONFIG_ERROR, 6, "from 1 to 64"},
        {GOOGLE("max_concurrent = \"65\""), CONFIG_ERROR, 6, "from 1 to 64"},
        {GOOGLE("cache_seconds = \"0\""), CONFIG_ERROR, 6, "must not be set"},
        {HERD
         "    places\n        provider = \"overpass\"\n        max_concurrent = \"3\"\n" MEMBERS,
         CONFIG_ERROR, 5, "must be at most 2"},
        {HERD
         "    places\n        provider = \"overpass\"\n        cache_seconds = \"86401\"\n" MEMBERS,
         CONFIG_ERROR, 5, "from 0 to 86400"},
        {HERD "    places\n        provider = \"overpass\"\n        key_file = \"k\"\n" MEMBERS,
         CONFIG_WARNING, 5, "is not used"},
        {GOOGLE("breaker_failures = \"0\""), CONFIG_ERROR, 6, "from 1 to 1000"},
        {GOOGLE("breaker_pause = \"0\""), CONFIG_ERROR, 6, "from 1 to 3600000"},
        {GOOGLE("file = \"absent\""), CONFIG_WARNING, 6, "the provider is \"google\""},
        {HERD "    places\n        key_env = \"K\"\n" MEMBERS, CONFIG_WARNING, 4, "is not used"},
        /* A key where its name should be is not repeated. */
        {HERD "    places\n        provider = \"google\"\n        key_env = \"AIza-x\"\n" MEMBERS,
         CONFIG_ERROR, 5,
         "must be the name of an environment variable: letters, digits and \"_\", the"},
    };
    findings_expect(cases, ARRAY_COUNT(cases));
}

static void base_urls_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *url;
    } cases[] = {{GOOGLE("base_url = \"https://places.example/\""), "https://places.example"},
                 {GOOGLE("base_url = \"https://places.example:8443/a/b//\""),
                  "https://places.example:8443/a/b"},
                 {GOOGLE("base_url = \"https://[2001:db8::1]:1\""), "https://[2001:db8::1]:1"},
                 {GOOGLE("base_url = \"http://127.1.2.3:80\""), "http://127.1.2.3:80"},
                 {GOOGLE("base_url = \"http://[::1]:8080/x\""), "http://[::1]:8080/x"},
                 {GOOGLE("base_url = \"http://localhost\""), "http://localhost"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        config_t *config = findings_load_good(cases[i].text);
        assert_string_equal(config->provider.base_url, cases[i].url);
        assert_int_equal(config->places, CONFIG_PLACES_GOOGLE);
        assert_string_equal(config->provider.key_env, "K");
        assert_null(config->provider.key_file);
        assert_int_equal(config->provider.timeout_ms, 4000);
        config_destroy(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_network_is_asked_with_care),
        cmocka_unit_test(base_urls_are_taken),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
