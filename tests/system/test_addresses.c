/* Where clients reach a front-end: IPv4, IPv6, both, every address. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/workspace.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool machine_has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = probe >= 0 && bind(probe, (const struct sockaddr *)&address, sizeof address) == 0;
    if (probe >= 0) {
        close(probe);
    }
    return has;
}

/* A running member whose clients come to `hosts`. */
static herd_t *start_at(void **state, const char *hosts)
{
    static const herd_member_t members[] = {{.name = "Clark", .neighbours = ""}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = members, .member_count = 1, .hosts = hosts});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

/* Sends a line on a connection that it takes, and gets it back. */
static void expect_served(client_t *client, const char *line)
{
    char expected[64];
    assert_non_null(client);
    client_say(client, line);
    client_say(client, "\n");
    snprintf(expected, sizeof expected, "? %s", line);
    client_expect(client, expected);
    client_destroy(&client);
}

static void every_address_is_ipv4_and_ipv6(void **state)
{
    herd_t *herd = start_at(state, "*");
    expect_served(client_try(herd_port(herd, "Clark")), "by IPv4");
    herd_wait_logged(herd, "Clark", "frontend", "/frontend 127.0.0.1:");
    if (machine_has_ipv6()) {
        expect_served(client_try_ipv6(herd_port(herd, "Clark")), "by IPv6");
        herd_wait_logged(herd, "Clark", "frontend", "/frontend [::1]:");
    }
}

static void several_addresses_are_listened_on(void **state)
{
    if (!machine_has_ipv6()) {
        skip();
    }
    herd_t *herd = start_at(state, "[::1] 127.0.0.1");
    expect_served(client_try(herd_port(herd, "Clark")), "by IPv4");
    expect_served(client_try_ipv6(herd_port(herd, "Clark")), "by IPv6");
}

static void an_address_not_named_is_not_listened_on(void **state)
{
    if (!machine_has_ipv6()) {
        skip();
    }
    herd_t *herd = start_at(state, "127.0.0.1");
    assert_null(client_try_ipv6(herd_port(herd, "Clark")));
    expect_served(client_try(herd_port(herd, "Clark")), "by IPv4");
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(every_address_is_ipv4_and_ipv6),
        HERD_TEST_OWN(several_addresses_are_listened_on),
        HERD_TEST_OWN(an_address_not_named_is_not_listened_on),
    };
    return workspace_finish(cmocka_run_group_tests_name("addresses", tests, NULL, NULL));
}
