/* `keys` and `security` of the herd file (common/config/security.h): what a herd may bind to
 * without keys. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#define HERD "herd\n    name = \"ucla\"\n"
#define MEMBER(more)                                                                               \
    "members\n    One\n        clients = \"tcp://*:1\"\n        bus = "                            \
    "\"tcp://127.0.0.1:2\"\n" more
#define BUS(endpoint)                                                                              \
    "members\n    One\n        clients = \"tcp://*:1\"\n        bus = \"" endpoint "\"\n"

static void expect_good(const char *text, config_security_t security, bool has_keys)
{
    findings_t found;
    config_t *config = findings_load_text(&found, text);
    if (config == NULL || found.count > 0) {
        fail_msg("%s\nin\n%s", found.count > 0 ? found.texts[0] : "nothing", text);
        return;
    }
    assert_int_equal(config->security, security);
    assert_int_equal(config->keys != NULL, has_keys);
    config_destroy(&config);
}

static void expect_finding(const char *text, config_severity_t severity, unsigned line,
                           const char *part)
{
    const finding_case_t only = {text, severity, line, part};
    findings_expect(&only, 1);
}

static void without_keys_a_herd_is_for_one_machine(void **state)
{
    (void)state;
    expect_good(HERD BUS("tcp://127.0.0.1:2"), CONFIG_SECURITY_LOCAL, false);
    expect_good(HERD BUS("tcp://127.9.8.7:2"), CONFIG_SECURITY_LOCAL, false);
    expect_good(HERD BUS("tcp://[::1]:2"), CONFIG_SECURITY_LOCAL, false);
    expect_good(HERD BUS("ipc://bus"), CONFIG_SECURITY_LOCAL, false);
    expect_finding(HERD BUS("tcp://192.0.2.1:2"), CONFIG_ERROR, 6, "\"bus\" of One");
    expect_finding(HERD BUS("tcp://0.0.0.0:2"), CONFIG_ERROR, 6, "security = \"none\"");
    expect_finding(HERD BUS("tcp://128.0.0.1:2"), CONFIG_ERROR, 6, "\"bus\" of One");
    expect_finding(HERD BUS("tcp://[::2]:2"), CONFIG_ERROR, 6, "\"bus\" of One");
    expect_finding(HERD BUS("tcp://[::ffff:127.0.0.1]:2"), CONFIG_ERROR, 6, "\"bus\" of One");
    expect_finding(HERD MEMBER("        requests = \"tcp://192.0.2.1:3\"\n"), CONFIG_ERROR, 7,
                   "\"requests\" of One");
    expect_finding(HERD MEMBER("        tap = \"tcp://192.0.2.1:3\"\n"), CONFIG_ERROR, 7,
                   "\"tap\" of One");
}

static void keys_or_none_open_it(void **state)
{
    (void)state;
    expect_good(HERD "    keys = \"k\"\n" BUS("tcp://192.0.2.1:2"), CONFIG_SECURITY_CURVE, true);
    expect_good(HERD "    keys = \"k\"\n    security = \"curve\"\n" BUS("tcp://192.0.2.1:2"),
                CONFIG_SECURITY_CURVE, true);
    expect_good(HERD "    security = \"none\"\n" BUS("tcp://192.0.2.1:2"), CONFIG_SECURITY_NONE,
                false);
    expect_finding(HERD "    keys = \"k\"\n    security = \"none\"\n" BUS("tcp://192.0.2.1:2"),
                   CONFIG_WARNING, 3, "not used");
    expect_finding(HERD "    security = \"curve\"\n" BUS("tcp://127.0.0.1:2"), CONFIG_ERROR, 3,
                   "no folder of keys");
    expect_finding(HERD "    security = \"null\"\n" BUS("tcp://127.0.0.1:2"), CONFIG_ERROR, 3,
                   "must be \"curve\" or \"none\"");
    expect_finding(HERD "    keys = \"\"\n" BUS("tcp://127.0.0.1:2"), CONFIG_ERROR, 3,
                   "must be a path");
    expect_finding(HERD "    keys = \"herd.cfg\"\n" BUS("tcp://127.0.0.1:2"), CONFIG_ERROR, 3,
                   "is not a folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_keys_a_herd_is_for_one_machine),
        cmocka_unit_test(keys_or_none_open_it),
    };
    return workspace_finish(cmocka_run_group_tests_name("config_security", tests, NULL, NULL));
}
