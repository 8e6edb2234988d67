/* The clocks that programs read (common/clock/clock.h). */
#include "tests/support/cmocka_herd.h"

#include "common/clock/clock.h"

static void clocks_run(void **state)
{
    (void)state;
    int64_t steady_ns = clock_steady_ns();
    assert_true(clock_steady_ns() >= steady_ns);
    /* After 2024, before the end of the format. */
    assert_true(clock_now_ns() > INT64_C(1704067200000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
