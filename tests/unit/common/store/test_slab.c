/* Blocks named by handles (common/store/slab.h). */
#include "common/store/slab.h"
#include "tests/support/cmocka_herd.h"

static void blocks_hold_what_was_asked_for(void **state)
{
    (void)state;
    for (size_t size = 1; size <= SLAB_BLOCK_SIZE_MAX; size += size / 7 + 1) {
        size_t block_size = slab_block_size(size);
        assert_true(block_size >= size);
        assert_int_equal(block_size % SLAB_UNIT_SIZE, 0);
        /* At most a fifth of it is lost, or the rest of a unit. */
        assert_true(block_size - size < SLAB_UNIT_SIZE || block_size * 4 <= size * 5);
        assert_int_equal(slab_block_size(block_size), block_size);
    }
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static slab_handle_t handles[COUNT];
    slab_t slab;
    slab_init(&slab);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = 1 + i * 37 % 3000;
        handles[i] = slab_take(&slab, size);
        assert_int_not_equal(handles[i], SLAB_NONE);
        assert_int_equal((uintptr_t)slab_at(&slab, handles[i]) % SLAB_UNIT_SIZE, 0);
        memset(slab_at(&slab, handles[i]), (int)(i % 251), size);
    }
    for (size_t i = 0; i < COUNT; i++) {
        const unsigned char *block = slab_at(&slab, handles[i]);
        size_t size = 1 + i * 37 % 3000;
        for (size_t j = 0; j < size; j++) {
            assert_int_equal(block[j], i % 251);
        }
    }
    slab_done(&slab);
}

static void a_block_given_back_is_taken_again(void **state)
{
    (void)state;
    slab_t slab;
    slab_init(&slab);
    slab_handle_t first = slab_take(&slab, 100);
    slab_handle_t second = slab_take(&slab, 100);
    slab_give(&slab, first, 100);
    slab_give(&slab, second, 100);
    assert_int_equal(slab_take(&slab, 112), second);
    assert_int_equal(slab_take(&slab, 97), first);
    slab_handle_t other = slab_take(&slab, 113);
    assert_int_not_equal(other, first);
    assert_int_not_equal(other, second);
    slab_done(&slab);
}

static void the_largest_blocks_can_be_had(void **state)
{
    (void)state;
    slab_t slab;
    slab_init(&slab);
    for (int i = 0; i < 20; i++) {
        slab_handle_t handle = slab_take(&slab, SLAB_BLOCK_SIZE_MAX);
        memset(slab_at(&slab, handle), i, SLAB_BLOCK_SIZE_MAX);
    }
    assert_true(slab_memory(&slab) >= (size_t)20 * SLAB_BLOCK_SIZE_MAX);
    slab_done(&slab);
    assert_int_equal(slab_memory(&slab), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_hold_what_was_asked_for),
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(a_block_given_back_is_taken_again),
        cmocka_unit_test(the_largest_blocks_can_be_had),
    };
    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
