/* Which keys two herd files say different things of (common/config/changes.h). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"
#include "common/config/changes.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLD_SIZE = 1024 };

static const char base[] = "herd\n    name = \"test\"\n    max_line = \"1024\"\n"
                           "    places\n        provider = \"none\"\n"
                           "members\n    A\n        clients = \"tcp://127.0.0.1:1\"\n"
                           "        bus = \"tcp://127.0.0.1:2\"\n";

static void on_finding(void *argument, config_severity_t severity, const char *file, unsigned line,
                       const char *text)
{
    (void)argument;
    if (severity == CONFIG_ERROR) {
        fail_msg("%s:%u: %s", file, line, text);
    }
}

static config_t *load(const char *text)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "herd.cfg");
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    config_t *config = config_load(path, on_finding, NULL);
    assert_non_null(config);
    free(path);
    free(folder);
    return config;
}

static void tell(void *argument, const config_key_t *key, const char *before, const char *now)
{
    char *told = argument;
    size_t size = strlen(told);
    snprintf(told + size, TOLD_SIZE - size, "%s:%s>%s ", key->name, before != NULL ? before : "",
             now != NULL ? now : "");
}

/* What is told when `base` becomes `text`. */
static void expect(const char *text, const char *expected)
{
    char told[TOLD_SIZE] = "";
    config_t *before = load(base);
    config_t *now = load(text);
    const config_view_t old_place = {before, &before->members[0]};
    const config_view_t new_place = {now, &now->members[0]};
    config_changes_report(&old_place, &new_place, tell, told);
    assert_string_equal(told, expected);
    config_destroy(&before);
    config_destroy(&now);
}

static void only_what_differs_is_told(void **state)
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

/* One made by hand has no texts: there is nothing to tell. */
static void a_configuration_without_a_file_differs_from_none(void **state)
{
    (void)state;
    char told[TOLD_SIZE] = "";
    config_t *config = load(base);
    const config_member_t member = {.name = "A"};
    const config_t made = {.members = &member, .member_count = 1};
    const config_view_t one = {config, &config->members[0]};
    const config_view_t other = {&made, &member};
    config_changes_report(&one, &other, tell, told);
    config_changes_report(&other, &one, tell, told);
    assert_string_equal(told, "");
    config_destroy(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_differs_is_told),
        cmocka_unit_test(each_section_is_looked_at),
        cmocka_unit_test(a_configuration_without_a_file_differs_from_none),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
