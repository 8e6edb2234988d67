/* Who may ask (frontend/web/guard.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/guard.h"

#include <stdio.h>

static http_status_t check(const char *method, const char *host, const char *fields, bool open)
{
    char bytes[1024];
    http_head_t head;
    const char *reason;
    int size =
        snprintf(bytes, sizeof bytes, "%s / HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, host, fields);
    assert_int_equal(http_head_read((text_t){.data = bytes, .size = (size_t)size}, &head), HTTP_OK);
    return guard_check(&head, open, &reason);
}

static void names_that_others_point_here_are_refused(void **state)
{
    static const char *const good[] = {"localhost",   "LOCALHOST:1", "127.0.0.1", "127.0.0.1:11790",
                                       "127.9.9.9:1", "[::1]",       "[::1]:80",  "localhost."};
    static const char *const bad[] = {
        "evil.example", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1",  "[::2]",
        "0.0.0.0",      "[::ffff:7f00:1]",        "127.1",          "2130706433"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        assert_int_equal(check("GET", good[i], "", false), HTTP_OK);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(check("GET", bad[i], "", false), HTTP_MISDIRECTED_REQUEST);
        assert_int_equal(check("GET", bad[i], "", true), HTTP_OK);
    }
}

static void pages_of_other_sites_are_refused(void **state)
{
    static const char *const bad[] = {
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:81\r\n",
        "Origin: http://localhost:80.evil.example\r\n",
        "Origin:\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
        "Origin: http://localhost:80\r\nOrigin: http://evil.example\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(check("GET", "localhost:80", bad[i], false), HTTP_FORBIDDEN);
        assert_int_equal(check("PUT", "localhost:80", bad[i], true), HTTP_FORBIDDEN);
    }
    assert_int_equal(check("PUT", "localhost:80", "Origin: http://localhost:80\r\n", false),
                     HTTP_OK);
    assert_int_equal(check("PUT", "localhost:80", "Sec-Fetch-Site: same-origin\r\n", false),
                     HTTP_OK);
    assert_int_equal(check("GET", "localhost:80", "Sec-Fetch-Site: none\r\n", false), HTTP_OK);
    /* a link that is followed, not a form that is sent */
    static const char navigation[] = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n";
    assert_int_equal(check("GET", "localhost:80", navigation, false), HTTP_OK);
    assert_int_equal(check("POST", "localhost:80", navigation, false), HTTP_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_others_point_here_are_refused),
        cmocka_unit_test(pages_of_other_sites_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
