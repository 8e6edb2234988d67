/* Status texts (common/base/status.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/status.h"

static const status_t all[] = {
#define STATUS_LISTED(name, text) STATUS_##name,
    STATUS_MAP(STATUS_LISTED)
#undef STATUS_LISTED
};

static void success_is_zero(void **state)
{
    (void)state;
    assert_int_equal(STATUS_OK, 0);
}

static void each_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(status_text(STATUS_OK), "success");
    assert_string_equal(status_text(STATUS_SYSTEM), "system error, see errno");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_true(strlen(status_text(all[i])) > 0);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(status_text(all[i]), status_text(all[j]));
        }
    }
}

static void no_status_has_a_text_too(void **state)
{
    (void)state;
    assert_string_equal(status_text((status_t)(STATUS_SYSTEM + 1)), "unknown status");
    assert_string_equal(status_text((status_t)-1), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_zero),
        cmocka_unit_test(each_status_has_a_text_of_its_own),
        cmocka_unit_test(no_status_has_a_text_too),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
