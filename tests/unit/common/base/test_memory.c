/* Allocation that cannot fail (common/base/memory.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_zeroed(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void new_memory_is_zeroed(void **state)
{
    (void)state;
    unsigned char *block = memory_new(1000);
    unsigned char *array = memory_new_array(10, 100);
    unsigned char *huge = memory_new_huge(1000);
    assert_zeroed(block, 1000);
    assert_zeroed(array, 1000);
    assert_zeroed(huge, 1000);
    free(block);
    free(array);
    free(huge);
}

static void nothing_is_a_block_too(void **state)
{
    (void)state;
    void *block = memory_new(0);
    void *array = memory_new_array(0, 8);
    assert_non_null(block);
    assert_non_null(array);
    free(block);
    free(array);
}

static void a_resized_block_keeps_its_bytes(void **state)
{
    (void)state;
    char *block = memory_resize(NULL, 8);
    memcpy(block, "Goloman", 8);
    block = memory_resize(block, 100000);
    assert_string_equal(block, "Goloman");
    block = memory_resize(block, 3);
    assert_memory_equal(block, "Gol", 3);
    free(block);
}

static void a_copied_text_ends_with_a_zero(void **state)
{
    (void)state;
    char *text = memory_copy_text("Goloman", 3);
    char *empty = memory_copy_text(NULL, 0);
    assert_string_equal(text, "Gol");
    assert_string_equal(empty, "");
    free(text);
    free(empty);
}

/* Ends the process that asks for `count` elements of `size` bytes? */
static bool aborts(size_t count, size_t size)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(STDERR_FILENO);
        free(memory_new_array(count, size));
        _exit(0);
    }
    int outcome = 0;
    assert_int_equal(waitpid(child, &outcome, 0), child);
    return !WIFEXITED(outcome) || WEXITSTATUS(outcome) != 0;
}

static void what_cannot_be_had_ends_the_process(void **state)
{
    (void)state;
    assert_false(aborts(1, 1));
    assert_true(aborts(1, SIZE_MAX / 2));
    assert_true(aborts(SIZE_MAX / 8 + 2, 8)); /* 8 bytes, were the product taken as it overflows */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed),
        cmocka_unit_test(nothing_is_a_block_too),
        cmocka_unit_test(a_resized_block_keeps_its_bytes),
        cmocka_unit_test(a_copied_text_ends_with_a_zero),
        cmocka_unit_test(what_cannot_be_had_ends_the_process),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
