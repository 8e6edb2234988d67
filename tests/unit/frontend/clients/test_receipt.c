/* What is noted of a line when it is received (frontend/clients/receipt.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/clients/receipt.h"

#define LINE(string) ((text_t){.data = (string), .size = sizeof(string) - 1})

static bool is_repeated(text_t line)
{
    command_t command = command_parse(line);
    return receipt_is_repeated(&command, line);
}

static void an_iamat_is_repeated_by_its_answer(void **state)
{
    (void)state;
    assert_true(is_repeated(LINE("IAMAT kiwi +34.068930-118.445127 1621464827.959498503")));
    assert_true(is_repeated(LINE("IAMAT a +1-1 1")));
    assert_true(is_repeated(LINE("IAMAT \0\xff +1-1/ 1")));
}

static void other_lines_are_not(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "IAMAT",
        "IAMAT ",
        " IAMAT a +1-1 1",
        "IAMAT  a +1-1 1",
        "IAMAT a  +1-1 1",
        "IAMAT a +1-1  1",
        "IAMAT a +1-1 1 ",
        "IAMAT a +1-1 1\r",
        "IAMAT\ta +1-1 1",
        "IAMAT a\t+1-1 1",
        "IAMAT a +1-1\t1",
        "IAMAT a +1-1",
        "IAMAT a +91-1 1",
        "iamat a +1-1 1",
        "WHATSAT a 1 1",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(is_repeated(text_of(others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_iamat_is_repeated_by_its_answer),
        cmocka_unit_test(other_lines_are_not),
    };
    return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
