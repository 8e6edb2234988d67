/* How long a server asks to be left alone (node/places/retry_after.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "node/places/retry_after.h"

enum { NOW_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static void numbers_and_dates_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *date;
        int64_t seconds;
    } cases[] = {{"", "", 0},
                 {"soon", "", 0},
                 {"-1", "", 0},
                 {"1.5", "", 0},
                 {"12 s", "", 0},
                 {"0", "", 1},
                 {"1", "", 1},
                 {"0120", "", 120},
                 {"3600", "", 3600},
                 {"3601", "", LIMIT_RETRY_AFTER_S},
                 {"99999999999999999999999999", "", LIMIT_RETRY_AFTER_S},
                 {"Sun, 06 Nov 1994 08:50:07 GMT", "", 30},
                 {"Sunday, 06-Nov-94 08:50:07 GMT", "", 30},
                 {"Sun Nov  6 08:50:07 1994", "", 30},
                 {"Sun, 06 Nov 1994 08:49:00 GMT", "", 1}, /* over */
                 {"Sun, 06 Nov 2094 08:49:37 GMT", "", LIMIT_RETRY_AFTER_S},
                 {"Sun, 06 Nov 1994", "", 0},
                 /* By the server's clock, which is a day ahead of ours. */
                 {"Mon, 07 Nov 1994 08:50:07 GMT", "Mon, 07 Nov 1994 08:49:57 GMT", 10},
                 {"Sun, 06 Nov 1994 08:50:07 GMT", "yesterday", 30}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(retry_after_read(text_of(cases[i].value), text_of(cases[i].date), NOW_S),
                         cases[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_dates_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
