/* How many connections each address has (frontend/clients/addresses.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/clients/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static uint64_t v4(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7)};
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return addresses_of((const struct sockaddr *)(const void *)&address);
}

static uint64_t v6(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(8)};
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return addresses_of((const struct sockaddr *)(const void *)&address);
}

static void a_network_counts_as_one(void **state)
{
    (void)state;
    assert_int_equal(v4("10.0.0.1"), v6("::ffff:10.0.0.1"));
    assert_int_equal(v6("2001:db8::1"), v6("2001:db8::ffff:2"));
    assert_true(v6("2001:db8::1") != v6("2001:db8:0:1::1"));
    assert_true(v4("10.0.0.1") != v4("10.0.0.2"));
}

/* Against a plain array, over growth and gaps. */
static void counts_are_right(void **state)
{
    (void)state;
    enum { ADDRESSES = 1000, STEPS = 100000 };
    static size_t counts[ADDRESSES];
    addresses_t *table = addresses_new();
    uint32_t random = 1;
    for (size_t i = 0; i < STEPS; i++) {
        random = random * 1664525 + 1013904223;
        size_t which = (random >> 8) % ADDRESSES;
        uint64_t address = (uint64_t)which << 32;
        if (counts[which] > 0 && (random >> 30) < 2) {
            addresses_remove(table, address);
            counts[which]--;
        } else {
            assert_int_equal(addresses_add(table, address), ++counts[which]);
        }
        assert_int_equal(addresses_count(table, address), counts[which]);
    }
    for (size_t i = 0; i < ADDRESSES; i++) {
        assert_int_equal(addresses_count(table, (uint64_t)i << 32), counts[i]);
    }
    addresses_destroy(&table);
    assert_null(table);
    addresses_destroy(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_counts_as_one),
        cmocka_unit_test(counts_are_right),
    };
    return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
