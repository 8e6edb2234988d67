/* When counts last rose (node/requests/rises.h). */
#include "tests/support/cmocka_herd.h"

#include "node/requests/rises.h"

static void only_a_rise_is_noted(void **state)
{
    (void)state;
    rises_t rises = {0};
    uint64_t counts[RISES] = {0};
    rises_note(&rises, counts, 100);
    assert_int_equal(rises.last_ns[RISES_LOG_LOST], 0);
    counts[RISES_LOG_LOST] = 1;
    rises_note(&rises, counts, 200);
    assert_int_equal(rises.last_ns[RISES_LOG_LOST], 200);
    assert_int_equal(rises.counts[RISES_LOG_LOST], 1);
    assert_int_equal(rises.last_ns[RISES_UNKEPT], 0);
    rises_note(&rises, counts, 300);
    assert_int_equal(rises.last_ns[RISES_LOG_LOST], 200);
    counts[RISES_LOG_LOST] = UINT64_MAX;
    rises_note(&rises, counts, 250); /* the clock was set back */
    assert_int_equal(rises.last_ns[RISES_LOG_LOST], 250);
}

static void each_has_a_key_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < RISES; i++) {
        const char *key = report_keys_text(rises_last_keys[i]);
        assert_true(strlen(key) > 5);
        assert_string_equal(key + strlen(key) - 5, "_last");
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(rises_last_keys[i], rises_last_keys[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_rise_is_noted),
        cmocka_unit_test(each_has_a_key_of_its_own),
    };
    return cmocka_run_group_tests_name("rises", tests, NULL, NULL);
}
