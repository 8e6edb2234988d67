/* The keys of REPORT (common/protocol/report_keys.h): each is one word, and there only once. */
#include "tests/support/cmocka_herd.h"

#include "common/base/text.h"
#include "common/protocol/report_keys.h"

static void keys_are_words_of_lower_case(void **state)
{
    (void)state;
    for (report_key_t key = 0; key < REPORT_KEYS; key++) {
        const char *text = report_keys_text(key);
        assert_true(text[0] >= 'a' && text[0] <= 'z');
        assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz_"), strlen(text));
    }
}

static void keys_differ(void **state)
{
    (void)state;
    for (report_key_t one = 0; one < REPORT_KEYS; one++) {
        for (report_key_t other = 0; other < one; other++) {
            assert_string_not_equal(report_keys_text(one), report_keys_text(other));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_words_of_lower_case),
        cmocka_unit_test(keys_differ),
    };
    return cmocka_run_group_tests_name("report_keys", tests, NULL, NULL);
}
