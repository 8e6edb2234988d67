/* Endpoints of members against each other (common/config/endpoints.c). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/findings.h"
#include "tests/support/workspace.h"

#define HERD "herd\n    name = \"ucla\"\n"
#define ONE_WITH(clients, bus)                                                                     \
    HERD "members\n    One\n        clients = \"" clients "\"\n        bus = \"" bus "\"\n"
#define MEMBER                                                                                     \
    "members\n    One\n        clients = \"tcp://127.0.0.1:1\"\n        bus = "                    \
    "\"tcp://127.0.0.1:2\"\n"
/* Clients and requests of One with bus 127.0.0.1:2; `requests` from "tcp" or "ipc" on. */
#define ONE_ASKED_AT(clients, requests)                                                            \
    HERD "    security = \"none\"\nmembers\n    One\n        clients = \"" clients                 \
         "\"\n        bus = \"tcp://127.0.0.1:2\"\n        requests = \"" requests "\"\n"
/* Two members with these keys, and these buses. */
#define TWO_AT(one, one_bus, two, two_bus)                                                         \
    HERD "    security = \"none\"\nmembers\n    One\n" one "        bus = \"" one_bus              \
         "\"\n        neighbours = \"Two\"\n    Two\n" two "        bus = \"" two_bus              \
         "\"\n        neighbours = \"One\"\n"
#define AT(endpoint) "        clients = \"" endpoint "\"\n"

/* Not by their spelling. */
static void endpoints_are_compared_by_what_they_are(void **state)
{
    static const finding_case_t bad[] = {
        {ONE_WITH("tcp://localhost:2", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://LOCALHOST.:2", "tcp://[::1]:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://[::1]:2", "tcp://[0::1]:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://127.0.0.1:0002", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://[::ffff:127.0.0.1]:2", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6,
         "port 2 is taken"},
        {ONE_WITH("tcp://0.0.0.0:2", "tcp://127.0.0.1:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://[::]:2", "tcp://[::1]:2"), CONFIG_ERROR, 6, "port 2 is taken"},
        {ONE_WITH("tcp://[::]:2 tcp://[0::0]:2", "tcp://127.0.0.1:1"), CONFIG_ERROR, 5,
         "port 2 is taken"},
        {ONE_WITH("tcp://*:2 tcp://0.0.0.0:2", "tcp://127.0.0.1:1"), CONFIG_ERROR, 5,
         "port 2 is taken"},
        {ONE_WITH("tcp://*:2 tcp://a.example:2", "tcp://127.0.0.1:1"), CONFIG_ERROR, 5,
         "port 2 is taken"},
        {ONE_WITH("tcp://a.example:2 tcp://A.Example.:2", "tcp://127.0.0.1:1"), CONFIG_ERROR, 5,
         "port 2 is taken"},
        {ONE_ASKED_AT("tcp://127.0.0.9:3", "tcp://127.0.0.9:3"), CONFIG_ERROR, 8,
         "port 3 is taken"},
        {HERD MEMBER "        requests = \"ipc:///tmp/x\"\n        tap = \"ipc:///tmp/./x\"\n",
         CONFIG_ERROR, 8, "is taken twice"},
        {HERD MEMBER "        requests = \"ipc://run/x\"\n        tap = \"ipc://./run//x\"\n",
         CONFIG_ERROR, 8, "is taken twice"},
        {HERD MEMBER "        requests = \"ipc://x\"\n        tap = \"ipc://run/../x\"\n",
         CONFIG_ERROR, 8, "is taken twice"},
        {HERD MEMBER "        tap = \"ipc://run//One.requests\"\n", CONFIG_ERROR, 7,
         "is taken twice"},
        /* one machine: the bus of both is one address, or loopback */
        {TWO_AT(AT("tcp://0.0.0.0:1"), "tcp://10.0.0.1:2", AT("tcp://0.0.0.0:1"),
                "tcp://10.0.0.1:3"),
         CONFIG_ERROR, 10, "port 1 is taken"},
        {TWO_AT(AT("tcp://0.0.0.0:1"), "tcp://127.0.0.1:2", AT("tcp://*:1"), "tcp://10.0.0.1:3"),
         CONFIG_ERROR, 10, "port 1 is taken"},
        {TWO_AT(AT("tcp://*:1"), "tcp://[2001:db8::1]:2", AT("tcp://*:1"),
                "tcp://[2001:DB8:0::1]:3"),
         CONFIG_ERROR, 10, "port 1 is taken"},
        {TWO_AT(AT("tcp://10.0.0.9:1"), "tcp://10.0.0.1:2", AT("tcp://[::ffff:10.0.0.9]:1"),
                "tcp://10.0.0.2:2"),
         CONFIG_ERROR, 10, "port 1 is taken"},
    };
    static const char *const good[] = {
        ONE_WITH("tcp://0.0.0.0:2 tcp://[::]:2", "tcp://127.0.0.1:1"),
        ONE_WITH("tcp://[::]:2", "tcp://127.0.0.1:2"),
        ONE_WITH("tcp://a.example:2 tcp://b.example:2", "tcp://127.0.0.1:2"),
        ONE_WITH("tcp://127.0.0.1:3 tcp://[::1]:3", "tcp://127.0.0.1:2"),
        ONE_WITH("tcp://[fe80::1%a]:3 tcp://[fe80::1%b]:3", "tcp://127.0.0.1:2"),
        HERD MEMBER "        requests = \"ipc:///tmp/x\"\n        tap = \"ipc:///tmp/X\"\n",
        TWO_AT(AT("tcp://0.0.0.0:1"), "tcp://10.0.0.1:2", AT("tcp://0.0.0.0:1"),
               "tcp://10.0.0.2:2"),
        TWO_AT(AT("tcp://[::]:1"), "tcp://10.0.0.1:2", AT("tcp://*:1"), "tcp://10.0.0.2:2"),
        TWO_AT(AT("tcp://localhost:1"), "tcp://10.0.0.1:2", AT("tcp://127.0.0.1:1"),
               "tcp://10.0.0.2:2"),
    };
    (void)state;
    findings_expect(bad, ARRAY_COUNT(bad));
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        findings_t found;
        config_t *config = findings_load_text(&found, good[i]);
        if (config == NULL || found.count > 0) {
            fail_msg("%s\nin\n%s", found.texts[0], good[i]);
        }
        config_destroy(&config);
    }
}

/* To 0.0.0.0 no one connects, but to itself. */
static void others_must_be_able_to_connect(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {TWO_AT(AT("tcp://*:1"), "tcp://0.0.0.0:2", AT("tcp://*:4"), "tcp://10.0.0.1:3"),
         CONFIG_ERROR, 7,
         "\"bus\" of One must be the address at which its neighbours reach it: 0.0.0.0 is"},
        {TWO_AT(AT("tcp://*:1"), "tcp://10.0.0.1:2", AT("tcp://*:4"), "tcp://[0::0]:3"),
         CONFIG_ERROR, 11, "\"bus\" of Two must be the address"},
        {HERD "    security = \"none\"\nmembers\n    One\n" AT(
             "tcp://*:1") "        bus = \"tcp://[::]:2\"\n",
         CONFIG_WARNING, 7, "\"bus\" of One: :: is no address to connect to from another machine"},
        {ONE_ASKED_AT("tcp://*:1", "tcp://0.0.0.0:3"), CONFIG_WARNING, 8,
         "\"requests\" of One: 0.0.0.0 is no address to connect to from another machine"},
        {ONE_WITH("tcp://*:1", "tcp://[fe80::1%eth0]:2"), CONFIG_ERROR, 6,
         "must not have a link-local address, fe80::1%eth0: its zone is"},
        {ONE_WITH("tcp://*:1", "tcp://[fe80::1]:2"), CONFIG_ERROR, 6,
         "must not have a link-local address"},
        {ONE_WITH("tcp://[fe80::1]:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5,
         "must name the interface of a link-local address, as [fe80::1%eth0]"},
        {ONE_WITH("tcp://[::1%lo]:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5,
         "zone is that of a link-local address"},
        {ONE_WITH("tcp://[fe80::1%]:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5,
         "an interface's name of 1 to 15 letters"},
        {ONE_WITH("tcp://127.1:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "four decimal numbers"},
        {ONE_WITH("tcp://127.0.0.01:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "without zeros"},
        {ONE_WITH("tcp://0x7f.1:1", "tcp://127.0.0.1:2"), CONFIG_ERROR, 5, "four decimal numbers"},
        {ONE_WITH("tcp://*:1", "tcp://127.0.0.256:2"), CONFIG_ERROR, 6, "from 0 to 255"},
    };
    findings_expect(cases, ARRAY_COUNT(cases));
}

#define WEB_WITH(web) ONE_WITH("tcp://*:1", "tcp://127.0.0.1:2") "        web = \"" web "\"\n"

/* A finding shows what the file has. */
static void addresses_of_web_are_checked(void **state)
{
    (void)state;
    static const finding_case_t cases[] = {
        {WEB_WITH(""), CONFIG_ERROR, 7, "one or more endpoints http://host:port"},
        {WEB_WITH("http://127.0.0.1"), CONFIG_ERROR, 7,
         "of the form http://host:port, not \"http://127.0.0.1\""},
        {WEB_WITH("tcp://127.0.0.1:3"), CONFIG_ERROR, 7,
         "of the form http://host:port, not \"tcp://127.0.0.1:3\""},
        {WEB_WITH("http://127.0.0.1:3/map"), CONFIG_ERROR, 7,
         "of the form http://host:port, not \"http://127.0.0.1:3/map\""},
        {WEB_WITH("http://127.0.0.1:0"), CONFIG_ERROR, 7,
         "a port from 1 to 65535, not \"http://127.0.0.1:0\""},
        {WEB_WITH("http://127.0.0.256:3"), CONFIG_ERROR, 7,
         "without zeros before them, not \"http://127.0.0.256:3\""},
        {WEB_WITH("http://[fe80::1]:3"), CONFIG_ERROR, 7, "the interface of a link-local"},
    };
    findings_expect(cases, ARRAY_COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_compared_by_what_they_are),
        cmocka_unit_test(others_must_be_able_to_connect),
        cmocka_unit_test(addresses_of_web_are_checked),
    };
    return workspace_finish(cmocka_run_group_tests_name("config_endpoints", tests, NULL, NULL));
}
