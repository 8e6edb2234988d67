/* Tiles of the map in the herd file (common/config/tiles.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#define FILE_WITH(settings)                                                                        \
    "herd\n    name = \"ucla\"\n" settings                                                         \
    "members\n    One\n        clients = \"tcp://127.0.0.1:1\"\n        bus = "                    \
    "\"tcp://127.0.0.1:2\"\n"

#define ATTRIBUTION   "    web_tiles_attribution = \"\xc2\xa9 X\"\n"
#define TILES_AT(url) FILE_WITH("    web_tiles = \"" url "\"\n" ATTRIBUTION)
#define BAD_FORM(url)                                                                              \
    {                                                                                              \
        TILES_AT(url), CONFIG_ERROR, 3, "must be of the form https://host/{z}/{x}"                 \
    }
#define BAD_HOST(host)                                                                             \
    {                                                                                              \
        TILES_AT("https://" host "/{z}/{x}/{y}"), CONFIG_ERROR, 3, "whose host is"                 \
    }

static void what_is_no_url_of_tiles_is_refused(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        BAD_FORM(""),
        BAD_FORM("/tiles/{z}/{x}/{y}.png"),
        BAD_FORM("ftp://a/{z}/{x}/{y}"),
        BAD_FORM("https://{z}/{x}"),
        BAD_FORM("https://a{z}{x}{y}"),
        BAD_FORM("https://a/{z}/{x}"),
        BAD_FORM("https://a/{z}/{x}/{y}/{x}"),
        BAD_FORM("https://a/{z}/{x}/{y}{r}"),
        BAD_FORM("https://a/{z}/{x}/{-y}"),
        BAD_FORM("https://a/{z}/{x}/{y}}"),
        BAD_FORM("https://a/{z}/{x}/{y}#b"),
        BAD_FORM("https://a:0/{z}/{x}/{y}"),
        BAD_FORM("https://a:65536/{z}/{x}/{y}"),
        BAD_FORM("https://me:secret@a/{z}/{x}/{y}"),
        /* What would end a word of the policy, or the field. */
        BAD_FORM("https://a b/{z}/{x}/{y}"),
        BAD_FORM("https://a;b/{z}/{x}/{y}"),
        BAD_FORM("https://a/{z}/{x}/{y};script-src"),
        BAD_FORM("https://a/{z}/{x}/{y},b"),
        BAD_FORM("https://a/{z}/{x}/{y}'"),
        BAD_FORM("https://a/{z}/{x}/{y}\\"),
        BAD_FORM("https://\xc3\xa9/{z}/{x}/{y}"),
        {FILE_WITH("    web_tiles = 'https://a/{z}/{x}/{y}\"'\n" ATTRIBUTION), CONFIG_ERROR, 3,
         "must be of the form"},
        {TILES_AT("https://a/{z}/{x}/{y}\x1b"), CONFIG_ERROR, 3, "control byte"},
        BAD_HOST("*"),
        BAD_HOST("*.a"),
        BAD_HOST("{s}.a"),
        BAD_HOST("me@a"),
        BAD_HOST("a?b"),
        BAD_HOST("a_b"),
        BAD_HOST("[::1]"),
        BAD_HOST("127.0.0.2"),
        BAD_HOST("10.0.0.1:8080"),
        {TILES_AT("http://a/{z}/{x}/{y}"), CONFIG_ERROR, 3, "must begin with https"},
        {TILES_AT("http://127.0.0.1.a/{z}/{x}/{y}"), CONFIG_ERROR, 3, "must begin with https"},
    };
    findings_expect(cases, ARRAY_COUNT(cases));
}

static void settings_of_tiles_belong_together(void **state)
{
    (void)state;
#define URL "    web_tiles = \"https://a/{z}/{x}/{y}\"\n"
    static const finding_case_t cases[] = {
        {FILE_WITH(URL), CONFIG_ERROR, 3, "needs \"web_tiles_attribution\""},
        {FILE_WITH(ATTRIBUTION), CONFIG_WARNING, 3, "is not used: there is no \"web_tiles\""},
        {FILE_WITH("    web_tiles_zoom = \"3\"\n"), CONFIG_WARNING, 3, "is not used"},
        {FILE_WITH("    web_tiles_referrer = \"yes\"\n"), CONFIG_WARNING, 3, "is not used"},
        {FILE_WITH(URL ATTRIBUTION "    web_tiles_zoom = \"23\"\n"), CONFIG_ERROR, 5,
         "from 0 to 22"},
        {FILE_WITH(URL ATTRIBUTION "    web_tiles_referrer = \"1\"\n"), CONFIG_ERROR, 5,
         "\"yes\" or \"no\""},
        {FILE_WITH(URL "    web_tiles_attribution = \"\"\n"), CONFIG_ERROR, 4,
         "must be 1 to 256 bytes of UTF-8"},
        {FILE_WITH(URL "    web_tiles_attribution = \"\xa9 X\"\n"), CONFIG_ERROR, 4,
         "must be 1 to 256 bytes of UTF-8"},
    };
    findings_expect(cases, ARRAY_COUNT(cases));
}

static void tiles_are_taken_with_their_origin(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *url;
        const char *origin;
    } cases[] = {
        {TILES_AT("https://tile.example/{z}/{x}/{y}.png"), "https://tile.example/{z}/{x}/{y}.png",
         "https://tile.example"},
        {TILES_AT("https://A-1.b:8443/t/{z}/{y}/{x}@2x.png?key=a&b=c"),
         "https://A-1.b:8443/t/{z}/{y}/{x}@2x.png?key=a&b=c", "https://A-1.b:8443"},
        {TILES_AT("http://127.0.0.1:80/?{x}{y}{z}"), "http://127.0.0.1:80/?{x}{y}{z}",
         "http://127.0.0.1:80"},
        {TILES_AT("http://localhost/{z}/{x}/{y}"), "http://localhost/{z}/{x}/{y}",
         "http://localhost"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        config_t *config = findings_load_good(cases[i].text);
        assert_string_equal(config->tiles.url, cases[i].url);
        assert_string_equal(config->tiles.origin, cases[i].origin);
        assert_string_equal(config->tiles.attribution, "\xc2\xa9 X");
        assert_int_equal(config->tiles.zoom_max, 19);
        assert_false(config->tiles.referrer);
        config_destroy(&config);
    }
    config_t *none = findings_load_good(FILE_WITH(""));
    assert_null(none->tiles.url);
    assert_null(none->tiles.origin);
    config_destroy(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_url_of_tiles_is_refused),
        cmocka_unit_test(settings_of_tiles_belong_together),
        cmocka_unit_test(tiles_are_taken_with_their_origin),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
