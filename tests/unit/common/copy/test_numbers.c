/* Numbers of a copy's clients (common/copy/numbers.h). */
#include "common/copy/numbers.h"

#include "tests/support/cmocka_herd.h"

static numbers_t numbers;

static int open_numbers(void **state)
{
    (void)state;
    numbers_init(&numbers, 0);
    return 0;
}

static int close_numbers(void **state)
{
    (void)state;
    numbers_done(&numbers);
    return 0;
}

static void numbers_count_from_zero(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(numbers_take(&numbers), i);
        assert_int_equal(numbers.serials[i], 1);
    }
    assert_int_equal(numbers.end, 5000);
    assert_false(numbers_has(&numbers, 5000, NUMBERS_USED));
    assert_true(numbers_memory(&numbers) >= (size_t)5000 * 9);
}

static void those_given_back_first_are_used_first(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        (void)numbers_take(&numbers);
    }
    numbers_give(&numbers, 2);
    assert_false(numbers_has(&numbers, 2, NUMBERS_USED));
    numbers_give(&numbers, 0);
    numbers_give(&numbers, 3);
    assert_int_equal(numbers_take(&numbers), 2);
    assert_int_equal(numbers.serials[2], 2);
    assert_int_equal(numbers_take(&numbers), 0);
    assert_int_equal(numbers_take(&numbers), 3);
    assert_int_equal(numbers_take(&numbers), 4);
    numbers_give(&numbers, 4);
    assert_int_equal(numbers_take(&numbers), 4);
    assert_int_equal(numbers.end, 5);
}

static void numbers_rest_before_they_are_used_again(void **state)
{
    (void)state;
    numbers.rest = 2;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(numbers_take(&numbers), i);
    }
    numbers_give(&numbers, 1);
    assert_int_equal(numbers_take(&numbers), 3);
    numbers_give(&numbers, 2);
    numbers_give(&numbers, 0);
    assert_int_equal(numbers_take(&numbers), 1);
    assert_int_equal(numbers_take(&numbers), 4);
    numbers_give(&numbers, 4);
    assert_int_equal(numbers_take(&numbers), 2);
    assert_int_equal(numbers.serials[2], 2);
}

static void flags_are_cleared_for_all(void **state)
{
    (void)state;
    uint32_t one = numbers_take(&numbers);
    uint32_t other = numbers_take(&numbers);
    numbers.flags[one] |= NUMBERS_CONFIRMED;
    numbers.flags[other] |= NUMBERS_SHOWN;
    numbers_clear(&numbers, NUMBERS_CONFIRMED);
    assert_false(numbers_has(&numbers, one, NUMBERS_CONFIRMED));
    assert_true(numbers_has(&numbers, one, NUMBERS_USED));
    assert_true(numbers_has(&numbers, other, NUMBERS_SHOWN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_count_from_zero, open_numbers, close_numbers),
        cmocka_unit_test_setup_teardown(those_given_back_first_are_used_first, open_numbers,
                                        close_numbers),
        cmocka_unit_test_setup_teardown(numbers_rest_before_they_are_used_again, open_numbers,
                                        close_numbers),
        cmocka_unit_test_setup_teardown(flags_are_cleared_for_all, open_numbers, close_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
