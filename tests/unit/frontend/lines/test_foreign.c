/* Clients that speak another protocol (frontend/lines/foreign.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/lines/foreign.h"

static void heads_of_other_protocols_are_known(void **state)
{
    (void)state;
    static const char *const foreign[] = {"GET / HTTP/1.1", "POST /IAMAT HTTP/1.0",
                                          "PRI * HTTP/2.0", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
                                          "PROXY UNKNOWN"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_non_null(foreign_line(text_of(foreign[i])));
    }
    assert_non_null(foreign_bytes((text_t){.data = "\r\n\r\n\0\r\nQUIT\n\x21", .size = 13}));
}

static void lines_of_clients_are_not(void **state)
{
    (void)state;
    static const char *const ours[] = {
        "",          "GET",          "GET /", "get / HTTP/1.1",  "IAMAT kiwi +1-1 5",
        " HTTP/1.1", "GET HTTP/1.1", "PROXY", "GET / HTTP/1.1 ", "WHATSAT HTTP/1.1 5 5"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        assert_null(foreign_line(text_of(ours[i])));
    }
    assert_null(foreign_bytes((text_t){.data = "\r\n\r\n", .size = 4}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_other_protocols_are_known),
        cmocka_unit_test(lines_of_clients_are_not),
    };
    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
