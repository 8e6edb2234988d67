/* Ports that the kernel gives to connections (common/config/ephemeral.h). */
#include "common/config/ephemeral.h"

#include "tests/support/cmocka_herd.h"

static bool has(const char *range, const char *reserved, uint16_t port)
{
    ephemeral_t ports;
    ephemeral_parse(&ports, text_of(range), text_of(reserved));
    return ephemeral_has(&ports, port);
}

static void the_range_is_that_of_the_machine(void **state)
{
    (void)state;
    assert_false(has("32768\t60999\n", "\n", 32767));
    assert_true(has("32768\t60999\n", "\n", 32768));
    assert_true(has("32768\t60999\n", "\n", 60999));
    assert_false(has("32768\t60999\n", "\n", 61000));
    assert_true(has("1024\t65535\n", "\n", 11590));
    assert_false(has("1024\t65535\n", "\n", 1023));
}

static void reserved_ports_are_not_given(void **state)
{
    (void)state;
    static const char reserved[] = "8080,11590-11594,12000\n";
    assert_false(has("1024\t65535\n", reserved, 8080));
    assert_true(has("1024\t65535\n", reserved, 8081));
    assert_true(has("1024\t65535\n", reserved, 11589));
    assert_false(has("1024\t65535\n", reserved, 11590));
    assert_false(has("1024\t65535\n", reserved, 11594));
    assert_true(has("1024\t65535\n", reserved, 11595));
    assert_false(has("1024\t65535\n", reserved, 12000));
}

static void without_a_word_it_is_the_default(void **state)
{
    (void)state;
    static const char *const ranges[] = {"",         "\n",         "1024\n",
                                         "1024 x\n", "x\t65535\n", "1\t65536\n"};
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        assert_false(has(ranges[i], "", 11590));
        assert_true(has(ranges[i], "", 32768));
    }
    assert_true(has("1024\t65535\n", "x,-,1-x\n", 11590));
    ephemeral_t ports;
    ephemeral_read(&ports);
    assert_in_range(ports.first, 1, ports.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_range_is_that_of_the_machine),
        cmocka_unit_test(reserved_ports_are_not_given),
        cmocka_unit_test(without_a_word_it_is_the_default),
    };
    return cmocka_run_group_tests_name("ephemeral", tests, NULL, NULL);
}
