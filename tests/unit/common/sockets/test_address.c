/* Host and port as text, and the addresses of sockets (common/sockets/address.h). */
#include "common/sockets/address.h"

#include "tests/support/cmocka_herd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>

static void host_and_port_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
        const char *port; /* NULL: there is none */
    } cases[] = {
        {"127.0.0.1:11490", "127.0.0.1", "11490"},
        {"localhost", "localhost", NULL},
        {"localhost:", "localhost", ""},
        {"a:b:7", "a:b", "7"},
        {"::1:7", "::1", "7"},
        {"[::1]:7", "[::1]", "7"},
        {"[::1]", "[::1]", NULL},
        {"[fe80::1%eth0]:7", "[fe80::1%eth0]", "7"},
        {"[]:7", "[]", "7"},
        {":7", "", "7"},
        {"a]:7", "a]", "7"},
        {"", "", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        text_t host;
        text_t port;
        assert_true(address_split(text_of(cases[i].text), &host, &port));
        assert_true(text_equal(host, text_of(cases[i].host)));
        assert_int_equal(port.data != NULL, cases[i].port != NULL);
        assert_true(text_equal(port, text_of(cases[i].port != NULL ? cases[i].port : "")));
    }
    assert_true(text_equal(address_bare(TEXT("[::1]")), TEXT("::1")));
    assert_true(text_equal(address_bare(TEXT("[]")), TEXT("")));
    assert_true(text_equal(address_bare(TEXT("a]")), TEXT("a]")));
    assert_true(text_equal(address_bare(TEXT("")), TEXT("")));
    static const char *const bad[] = {"[", "[::1", "[::1:7", "[::1]7", "[::1]]:7", "[::1] :7"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        text_t host = TEXT("kept");
        text_t port = TEXT("too");
        assert_false(address_split(text_of(bad[i]), &host, &port));
        assert_true(text_equal(host, TEXT("kept")) && text_equal(port, TEXT("too")));
    }
}

static void a_port_is_a_number_in_its_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        status_t status;
        uint16_t port;
    } cases[] = {
        {"1", STATUS_OK, 1},
        {"00080", STATUS_OK, 80},
        {"65535", STATUS_OK, 65535},
        {"0", STATUS_OUT_OF_RANGE, 7},
        {"65536", STATUS_OUT_OF_RANGE, 7},
        {"99999999999999999999", STATUS_OUT_OF_RANGE, 7},
        {"", STATUS_INVALID, 7},
        {"+1", STATUS_INVALID, 7},
        {"-1", STATUS_INVALID, 7},
        {"1 ", STATUS_INVALID, 7},
        {"0x1", STATUS_INVALID, 7},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint16_t port = 7;
        assert_int_equal(address_parse_port(text_of(cases[i].text), &port), cases[i].status);
        assert_int_equal(port, cases[i].port);
    }
}

static void hosts_are_names_addresses_or_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
        bool numeric;
    } cases[] = {
        {"127.0.0.1:9", "127.0.0.1", true},  {"[::1]:9", "::1", true},        {"*:9", "*", false},
        {"localhost:9", "localhost", false}, {"a-b.c_d:9", "a-b.c_d", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        address_t address;
        assert_int_equal(address_parse(text_of(cases[i].text), &address), STATUS_OK);
        assert_string_equal(address.host, cases[i].host);
        assert_int_equal(address.port, 9);
        assert_int_equal(address_is_numeric(&address), cases[i].numeric);
    }
}

static void other_texts_are_no_address(void **state)
{
    (void)state;
    const struct {
        text_t text;
        status_t status;
    } cases[] = {
        {TEXT(""), STATUS_INVALID},
        {TEXT("localhost"), STATUS_INVALID},
        {TEXT("[::1]"), STATUS_INVALID},
        {TEXT(":9"), STATUS_INVALID},
        {TEXT("[]:9"), STATUS_INVALID},
        {TEXT("::1:9"), STATUS_INVALID},
        {TEXT("[127.0.0.1]:9"), STATUS_INVALID},
        {TEXT("[localhost]:9"), STATUS_INVALID},
        {TEXT("[fe80::1%]:9"), STATUS_INVALID},
        {TEXT("[fe80::1%eth0%lo]:9"), STATUS_INVALID},
        {TEXT("[fe80::1%sixteen-letters-]:9"), STATUS_INVALID},
        {TEXT("[fe80::1%e 0]:9"), STATUS_INVALID},
        {TEXT("[fe80::1%e/0]:9"), STATUS_INVALID},
        {TEXT("[::1%lo]:9"), STATUS_INVALID},
        {TEXT("[2001:db8::1%eth0]:9"), STATUS_INVALID},
        {TEXT("fe80::1%eth0:9"), STATUS_INVALID},
        {TEXT("127.1:9"), STATUS_INVALID},
        {TEXT("127.0.0.01:9"), STATUS_INVALID},
        {TEXT("0x7f.0.0.1:9"), STATUS_INVALID},
        {TEXT("0x7f000001:9"), STATUS_INVALID},
        {TEXT("127.0.0.256:9"), STATUS_INVALID},
        {TEXT("**:9"), STATUS_INVALID},
        {TEXT("a b:9"), STATUS_INVALID},
        {TEXT("a\0b:9"), STATUS_INVALID},
        {TEXT("a b:0"), STATUS_INVALID}, /* the host is looked at first */
        {TEXT("a:0"), STATUS_OUT_OF_RANGE},
        {TEXT("a:x"), STATUS_INVALID},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        address_t address = {.port = 7};
        assert_int_equal(address_parse(cases[i].text, &address), cases[i].status);
        assert_int_equal(address.port, 7);
    }
    char text[ADDRESS_HOST_SIZE + 4];
    memset(text, 'h', sizeof text);
    text_copy(TEXT(":9"), text + ADDRESS_HOST_SIZE);
    address_t address;
    text_t longest = {.data = text, .size = ADDRESS_HOST_SIZE + 2};
    assert_int_equal(address_parse(longest, &address), STATUS_OK);
    assert_int_equal(strlen(address.host), ADDRESS_HOST_SIZE);
    text_copy(TEXT("h:9"), text + ADDRESS_HOST_SIZE);
    longest.size++;
    assert_int_equal(address_parse(longest, &address), STATUS_TOO_LONG);
}

static void zones_are_of_link_local_addresses(void **state)
{
    (void)state;
    address_t address;
    assert_int_equal(address_parse(TEXT("[fe80::1%eth0]:9"), &address), STATUS_OK);
    assert_string_equal(address.host, "fe80::1%eth0");
    assert_text_equal(address_zone(&address), "eth0");
    assert_true(address_is_numeric(&address));
    assert_true(address_is_link_local(&address));
    assert_int_equal(address_parse(TEXT("[fe80::1]:9"), &address), STATUS_OK);
    assert_int_equal(address_zone(&address).size, 0);
    assert_true(address_is_link_local(&address));
    assert_int_equal(address_parse(TEXT("[fec0::1]:9"), &address), STATUS_OK);
    assert_false(address_is_link_local(&address));
}

/* Whether two sockets could not be bound to these. */
static bool overlap(const char *one, const char *other)
{
    address_t addresses[2];
    address_point_t points[2][ADDRESS_POINTS_MAX];
    assert_int_equal(address_parse(text_of(one), &addresses[0]), STATUS_OK);
    assert_int_equal(address_parse(text_of(other), &addresses[1]), STATUS_OK);
    size_t first = address_points(&addresses[0], points[0]);
    size_t second = address_points(&addresses[1], points[1]);
    for (size_t i = 0; i < first; i++) {
        for (size_t j = 0; j < second; j++) {
            if (address_points_overlap(&points[0][i], &points[1][j])) {
                assert_true(address_points_overlap(&points[1][j], &points[0][i]));
                return true;
            }
        }
    }
    return false;
}

static void addresses_are_compared_by_what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *one;
        const char *other;
        bool overlap;
    } cases[] = {
        {"127.0.0.1:9", "127.0.0.1:9", true},
        {"127.0.0.1:9", "127.0.0.1:00009", true},
        {"127.0.0.1:9", "127.0.0.1:10", false},
        {"127.0.0.1:9", "127.0.0.2:9", false},
        {"localhost:9", "127.0.0.1:9", true},
        {"localhost:9", "[::1]:9", true},
        {"localhost:9", "LocalHost.:9", true},
        {"localhost:9", "a.localhost:9", true},
        {"localhost:9", "127.0.0.2:9", false},
        {"notlocalhost:9", "127.0.0.1:9", false},
        {"localhost.example:9", "127.0.0.1:9", false},
        {"[::1]:9", "[0::1]:9", true},
        {"[::1]:9", "[0:0:0:0:0:0:0:1]:9", true},
        {"[2001:DB8::A]:9", "[2001:db8:0::a]:9", true},
        {"[2001:db8::a]:9", "[2001:db8::b]:9", false},
        {"[::ffff:127.0.0.1]:9", "127.0.0.1:9", true},
        {"[::ffff:7f00:1]:9", "127.0.0.1:9", true},
        {"[::1]:9", "127.0.0.1:9", false},
        {"*:9", "127.0.0.1:9", true},
        {"*:9", "[2001:db8::a]:9", true},
        {"*:9", "*:9", true},
        {"*:9", "*:10", false},
        {"0.0.0.0:9", "127.0.0.1:9", true},
        {"0.0.0.0:9", "[::ffff:127.0.0.1]:9", true},
        {"0.0.0.0:9", "[::1]:9", false},
        {"[::ffff:0.0.0.0]:9", "127.0.0.1:9", true},
        {"0.0.0.0:9", "*:9", true},
        {"[::]:9", "[::1]:9", true},
        {"[0::0]:9", "[::1]:9", true},
        {"[::]:9", "127.0.0.1:9", true},
        {"[fe80::1%a]:9", "[fe80::1%a]:9", true},
        {"[fe80::1%a]:9", "[fe80::1%b]:9", false},
        {"[fe80::1%1]:9", "[fe80::1%lo]:9", true},
        {"[fe80::1%a]:9", "[fe80::1]:9", true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        if (overlap(cases[i].one, cases[i].other) != cases[i].overlap) {
            fail_msg("%s and %s", cases[i].one, cases[i].other);
        }
    }
    address_point_t any = {.v6_only = true, .port = 9};
    address_point_t ipv4 = {.number.s6_addr = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, .port = 9};
    assert_false(address_points_overlap(&any, &ipv4));
    any.v6_only = false;
    assert_true(address_points_overlap(&any, &ipv4));
}

static void names_are_not_looked_up(void **state)
{
    (void)state;
    address_point_t points[ADDRESS_POINTS_MAX];
    address_t one = {.host = "a.example", .port = 9};
    address_t other = {.host = "A.Example.", .port = 9};
    assert_int_equal(address_points(&one, points), 0);
    assert_true(address_same_name(&one, &other));
    other = (address_t){.host = "a.example.org"};
    assert_false(address_same_name(&one, &other));
    other = (address_t){.host = "."};
    assert_false(address_same_name(&one, &other));
}

static void everywhere_is_all_addresses(void **state)
{
    (void)state;
    static const char *const all[] = {"*", "0.0.0.0", "::", "0::0", "::ffff:0.0.0.0"};
    static const char *const some[] = {"127.0.0.1", "::1", "localhost", "a.example", "0.0.0.1"};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        address_t address = {.port = 9};
        text_copy(text_of(all[i]), address.host);
        assert_true(address_is_everywhere(&address));
        memset(address.host, 0, sizeof address.host);
        text_copy(text_of(some[i]), address.host);
        assert_false(address_is_everywhere(&address));
    }
}

static void addresses_of_the_machine_are_found(void **state)
{
    (void)state;
    struct addrinfo *found;
    address_t address = {.host = "127.0.0.1", .port = 65535};
    assert_int_equal(address_resolve(&address, AI_NUMERICHOST, &found), 0);
    assert_int_equal(found->ai_family, AF_INET);
    assert_int_equal(found->ai_socktype, SOCK_STREAM);
    char text[ADDRESS_TEXT_SIZE];
    assert_int_equal(address_write(found->ai_addr, text), strlen("127.0.0.1:65535"));
    assert_string_equal(text, "127.0.0.1:65535");
    freeaddrinfo(found);
    address = (address_t){.host = "localhost", .port = 1};
    assert_int_equal(address_resolve(&address, AI_NUMERICHOST, &found), EAI_NONAME);
}

static void peers_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        uint16_t port;
        const char *text;
    } cases[] = {
        {"::1", 40112, "[::1]:40112"},
        {"fe80::1", 1, "[fe80::1]:1"},
        {"::ffff:192.0.2.1", 40112, "192.0.2.1:40112"}, /* an IPv4 client of an IPv6 socket */
        {"2001:db8:1111:2222:3333:4444:5555:6666", 65535,
         "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"},
        {"::", 0, "[::]:0"},
    };
    char text[ADDRESS_TEXT_SIZE];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(cases[i].port)};
        assert_int_equal(inet_pton(AF_INET6, cases[i].host, &v6.sin6_addr), 1);
        size_t size = address_write((const struct sockaddr *)&v6, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(size, strlen(text));
    }
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(40112), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address_t address;
    assert_true(address_read((const struct sockaddr *)&v4, &address));
    assert_string_equal(address.host, "127.0.0.1");
    assert_int_equal(address.port, 40112);
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    text[0] = 'x';
    assert_int_equal(address_write((const struct sockaddr *)&local, text), 0);
    assert_int_equal(text[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_split),
        cmocka_unit_test(a_port_is_a_number_in_its_range),
        cmocka_unit_test(hosts_are_names_addresses_or_all),
        cmocka_unit_test(other_texts_are_no_address),
        cmocka_unit_test(zones_are_of_link_local_addresses),
        cmocka_unit_test(addresses_are_compared_by_what_they_are),
        cmocka_unit_test(names_are_not_looked_up),
        cmocka_unit_test(everywhere_is_all_addresses),
        cmocka_unit_test(addresses_of_the_machine_are_found),
        cmocka_unit_test(peers_are_written),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
