/* The keys on which two herd files differ (common/config/changes.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#include "common/config/changes.h"

#include <stdio.h>

enum { NOTED_SIZE = 1024 };

static const char base[] = "herd\n    name = \"test\"\n    max_line = \"1024\"\n"
                           "    places\n        provider = \"none\"\n"
                           "members\n    A\n        clients = \"tcp://127.0.0.1:1\"\n"
                           "        bus = \"tcp://127.0.0.1:2\"\n";

static void note(void *argument, const config_key_t *key, const char *before, const char *now)
{
    char *noted = argument;
    size_t size = strlen(noted);
    snprintf(noted + size, NOTED_SIZE - size, "%s:%s>%s ", key->name, before != NULL ? before : "",
             now != NULL ? now : "");
}

/* What is reported when `base` becomes `text`. */
static void expect(const char *text, const char *expected)
{
    char noted[NOTED_SIZE] = "";
    config_t *before = findings_load_good(base);
    config_t *now = findings_load_good(text);
    const config_view_t old_view = {before, &before->members[0]};
    const config_view_t new_view = {now, &now->members[0]};
    config_changes_report(&old_view, &new_view, note, noted);
    assert_string_equal(noted, expected);
    config_destroy(&before);
    config_destroy(&now);
}

static void only_what_differs_is_reported(void **state)
{
    (void)state;
    expect(base, "");
    expect("herd\n    name = \"test\"\n    max_line = \"2048\"\n    traffic = \"yes\"\n"
           "    places\n        provider = \"none\"\n"
           "members\n    A\n        clients = \"tcp://127.0.0.1:1\"\n"
           "        bus = \"tcp://127.0.0.1:2\"\n",
           "max_line:1024>2048 ");
}

static void each_section_is_looked_at(void **state)
{
    (void)state;
    expect("herd\n    name = \"test\"\n    expire_after = \"60\"\n"
           "    places\n        provider = \"none\"\n        language = \"en\"\n"
           "members\n    A\n        clients = \"tcp://127.0.0.1:3\"\n"
           "        bus = \"tcp://127.0.0.1:2\"\n        tap = \"tcp://127.0.0.1:4\"\n"
           "        neighbours = \"B\"\n"
           "    B\n        clients = \"tcp://127.0.0.1:5\"\n        bus = \"tcp://127.0.0.1:6\"\n"
           "        neighbours = \"A\"\n",
           "max_line:1024>65536 expire_after:0>60 language:>en "
           "clients:tcp://127.0.0.1:1>tcp://127.0.0.1:3 tap:>tcp://127.0.0.1:4 neighbours:>B ");
}

/* One made by hand has no texts: there is nothing to report. */
static void a_configuration_without_a_file_differs_from_none(void **state)
{
    (void)state;
    char noted[NOTED_SIZE] = "";
    config_t *config = findings_load_good(base);
    const config_member_t member = {.name = "A"};
    const config_t made = {.members = &member, .member_count = 1};
    const config_view_t one = {config, &config->members[0]};
    const config_view_t other = {&made, &member};
    config_changes_report(&one, &other, note, noted);
    config_changes_report(&other, &one, note, noted);
    assert_string_equal(noted, "");
    config_destroy(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_differs_is_reported),
        cmocka_unit_test(each_section_is_looked_at),
        cmocka_unit_test(a_configuration_without_a_file_differs_from_none),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
