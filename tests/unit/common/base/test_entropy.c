/* Numbers that no one can foresee (common/base/entropy.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/entropy.h"

enum { NUMBERS = 64 };

/* Two of 64 such numbers are equal once in 10^16 runs; a bit that never changes, as often. */
static void numbers_and_their_bits_differ(void **state)
{
    (void)state;
    uint64_t numbers[NUMBERS];
    uint64_t ones = 0;
    uint64_t zeros = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        numbers[i] = entropy_number();
        ones |= numbers[i];
        zeros |= ~numbers[i];
        for (size_t j = 0; j < i; j++) {
            assert_true(numbers[i] != numbers[j]);
        }
    }
    assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_their_bits_differ),
    };
    return cmocka_run_group_tests_name("entropy", tests, NULL, NULL);
}
