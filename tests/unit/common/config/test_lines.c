/* ZPL text to settings (common/config/lines.h): what a line means. Bad lines are in
 * test_config.c. */
#include "tests/support/cmocka_herd.h"

#include "common/config/lines.h"

/* One line below a section, and its value. */
typedef struct {
    const char *line;
    const char *value; /* NULL: there is none */
} value_case_t;

/* Reads a text that must be good; the caller frees the arena. */
static config_lines_t read_good(arena_t *arena, const char *text)
{
    config_findings_t *findings = arena_take(arena, sizeof *findings);
    findings->arena = arena;
    config_lines_t lines = {0};
    if (!config_lines_read(text_of(text), arena, findings, &lines)) {
        fail_msg("%s\nin\n%s", findings->kept[0].text, text);
    }
    return lines;
}

static void values_are_cut_out_of_their_lines(void **state)
{
    (void)state;
    static const value_case_t cases[] = {
        {"k", NULL},
        {"k   # = \"x\"", NULL},
        {"k=v", "v"},
        {"k = v", "v"},
        {"k   =   v  w   ", "v  w"},
        {"k = v # c", "v"},
        {"k = v# c # d", "v"},
        {"k = v\r", "v"},
        {"k = v  \r", "v"},
        {"k = v\"w", "v\"w"},
        {"k = = v", "= v"},
        {"k = \xc3\xa4 \xa0", "\xc3\xa4 \xa0"},
        {"k = \"\"", ""},
        {"k = \"\"#", ""},
        {"k = \" v \"  # c", " v "},
        {"k = \"v # w\"", "v # w"},
        {"k = \"it's\"", "it's"},
        {"k = 'a \"b\" c'", "a \"b\" c"},
        {"k = \"\\\"", "\\"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        arena_t arena = {0};
        const char *text = arena_format(&arena, "s\n    %s", cases[i].line);
        config_lines_t lines = read_good(&arena, text);
        assert_int_equal(lines.count, 2);
        const config_setting_t *setting = &lines.settings[1];
        assert_string_equal(setting->name, "k");
        assert_int_equal(setting->has_value, cases[i].value != NULL);
        assert_string_equal(setting->value, cases[i].value != NULL ? cases[i].value : "");
        arena_done(&arena);
    }
}

static void settings_know_their_lines_and_descendants(void **state)
{
    (void)state;
    arena_t arena = {0};
    config_lines_t lines = read_good(&arena, "# first\n"
                                             "a\n"
                                             "    b\n"
                                             "\n"
                                             "        c = 1\n"
                                             "    # between\n"
                                             "    d = 2\n"
                                             "e");
    static const struct {
        const char *name;
        unsigned line;
        unsigned level;
        size_t end;
    } wanted[] = {{"a", 2, 0, 4}, {"b", 3, 1, 3}, {"c", 5, 2, 3}, {"d", 7, 1, 4}, {"e", 8, 0, 5}};
    assert_int_equal(lines.count, ARRAY_COUNT(wanted));
    for (size_t i = 0; i < lines.count; i++) {
        assert_string_equal(lines.settings[i].name, wanted[i].name);
        assert_int_equal(lines.settings[i].line, wanted[i].line);
        assert_int_equal(lines.settings[i].level, wanted[i].level);
        assert_int_equal(lines.settings[i].end, wanted[i].end);
    }
    arena_done(&arena);
}

static void nothing_is_no_setting(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "   \r\n", "# only a comment"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        arena_t arena = {0};
        assert_int_equal(read_good(&arena, texts[i]).count, 0);
        arena_done(&arena);
    }
}

/* The result is written on success only, and every bad line is found in one run. */
static void bad_lines_leave_no_result(void **state)
{
    (void)state;
    arena_t arena = {0};
    config_findings_t *findings = arena_take(&arena, sizeof *findings);
    findings->arena = &arena;
    config_lines_t lines = {.count = 7};
    const char *text = "a = \"x\n            b = 1\n   c\nd = 'y' z\n";
    assert_false(config_lines_read(text_of(text), &arena, findings, &lines));
    assert_int_equal(lines.count, 7);
    assert_int_equal(findings->count, 3);
    static const unsigned bad[] = {1, 3, 4}; /* the depth of line 2 may be the fault of line 1 */
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(findings->kept[i].line, bad[i]);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_cut_out_of_their_lines),
        cmocka_unit_test(settings_know_their_lines_and_descendants),
        cmocka_unit_test(nothing_is_no_setting),
        cmocka_unit_test(bad_lines_leave_no_result),
    };
    return cmocka_run_group_tests_name("config_lines", tests, NULL, NULL);
}
