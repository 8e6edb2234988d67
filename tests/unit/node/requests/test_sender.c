/* Who sent a message, in words for the log. */
#include "tests/support/cmocka_herd.h"

#include "node/requests/sender.h"

static const security_holder_t anna = {.role = ROLES_OPERATOR, .name = "anna"};

static void expect(const char *address, const security_holder_t *holder, const char *words)
{
    char out[SENDER_SIZE];
    sender_write(text_of(address), holder, out);
    assert_string_equal(out, words);
}

static void a_key_says_who_it_is(void **state)
{
    (void)state;
    expect("192.0.2.7", &anna, "operator/anna at 192.0.2.7");
    expect("localhost:1000:100:4711", &anna, "operator/anna at process 4711 of user 1000");
    expect("", &anna, "operator/anna at somebody");
}

static void without_keys_the_kernel_says_it(void **state)
{
    (void)state;
    expect("192.0.2.7", NULL, "192.0.2.7");
    expect("fe80::1", NULL, "fe80::1");
    expect("localhost:0:0:1", NULL, "process 1 of user 0");
    expect("localhost:4294967295:0:2147483647", NULL, "process 2147483647 of user 4294967295");
    expect("", NULL, "somebody");
}

/* Whatever ZeroMQ gives stays one harmless word. */
static void odd_addresses_are_shown_as_they_are(void **state)
{
    (void)state;
    expect("localhost:1000:4711", NULL, "localhost:1000:4711");
    expect("localhost:4294967296:0:1", NULL, "localhost:4294967296:0:1");
    expect("localhost:0:0:2147483648", NULL, "localhost:0:0:2147483648");
    expect("localhost:0:0:", NULL, "localhost:0:0:");
    expect("\x1b[31m", NULL, "\\x1b[31m");
    char longest[1000];
    char out[SENDER_SIZE];
    memset(longest, '\n', sizeof longest);
    sender_write((text_t){.data = longest, .size = sizeof longest}, &anna, out);
    assert_null(strchr(out, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_says_who_it_is),
        cmocka_unit_test(without_keys_the_kernel_says_it),
        cmocka_unit_test(odd_addresses_are_shown_as_they_are),
    };
    return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
