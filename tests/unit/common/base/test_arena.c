/* Many small allocations that end together (common/base/arena.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/arena.h"

static void what_was_taken_stays_until_the_end(void **state)
{
    (void)state;
    arena_t arena = {0};
    char *first = arena_copy_text(&arena, "Goloman!", 7);
    unsigned char *bytes = arena_take(&arena, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(bytes[i], 0);
        bytes[i] = 0xff;
    }
    char *formatted = arena_format(&arena, "%s:%d", "localhost", 11490);
    assert_string_equal(first, "Goloman");
    assert_string_equal(formatted, "localhost:11490");
    arena_done(&arena);
}

static void everything_is_aligned_for_any_type(void **state)
{
    (void)state;
    arena_t arena = {0};
    for (size_t size = 0; size < 20; size++) {
        void *taken = arena_take(&arena, size);
        assert_int_equal((uintptr_t)taken % _Alignof(max_align_t), 0);
    }
    arena_done(&arena);
}

static void nothing_is_a_text_too(void **state)
{
    (void)state;
    arena_t arena = {0};
    assert_string_equal(arena_copy_text(&arena, NULL, 0), "");
    assert_string_equal(arena_format(&arena, "%s", ""), "");
    arena_done(&arena);
}

static void an_ended_arena_is_empty(void **state)
{
    (void)state;
    arena_t arena = {0};
    arena_done(&arena);
    assert_string_equal(arena_copy_text(&arena, "again", 5), "again");
    arena_done(&arena);
    arena_done(&arena);
    assert_null(arena.newest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_stays_until_the_end),
        cmocka_unit_test(everything_is_aligned_for_any_type),
        cmocka_unit_test(nothing_is_a_text_too),
        cmocka_unit_test(an_ended_arena_is_empty),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
