/* IDs of events, which come back as anything (frontend/web/watch_id.h). */
#include "frontend/web/watch_id.h"

#include "tests/support/cmocka_herd.h"

#include <stdio.h>
#include <string.h>

static char bytes[WATCH_ID_SIZE];

static void what_was_written_is_read(void **state)
{
    (void)state;
    for (int partial = 0; partial < 2; partial++) {
        const watch_id_t id = {.life = UINT64_C(0xfedcba9876543210),
                               .number = 16383,
                               .serial = UINT32_MAX,
                               .view = UINT64_C(0x123456789abcdef0),
                               .index = UINT64_MAX,
                               .is_partial = partial};
        watch_id_t read;
        assert_true(watch_id_read(watch_id_write(&id, bytes), &read));
        assert_true(read.life == id.life && read.number == id.number && read.serial == id.serial);
        assert_true(read.view == id.view && read.index == id.index && read.is_partial == partial);
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    char text[128];
    watch_id_t read;
    const watch_id_t id = {.life = 1, .index = 7};
    text_t good = watch_id_write(&id, bytes);
    assert_int_equal(good.size, 50);
    for (size_t size = 0; size < good.size; size++) {
        assert_false(watch_id_read(text_first(good, size), &read));
    }
    for (size_t i = 0; i < good.size; i++) {
        memcpy(text, good.data, good.size);
        text[i] = i == 48 ? '7' : ' ';
        assert_false(watch_id_read((text_t){.data = text, .size = good.size}, &read));
        text[i] = 'A'; /* only lower case is ours */
        assert_false(watch_id_read((text_t){.data = text, .size = good.size}, &read));
    }
    int size = snprintf(text, sizeof text, "%.*s18446744073709551616", 49, good.data);
    assert_false(watch_id_read((text_t){.data = text, .size = (size_t)size}, &read));
}

static void views_are_told_apart(void **state)
{
    (void)state;
    area_t areas[5] = {{.kind = AREA_BOX, .box = {1, 2, 3, 4}},
                       {.kind = AREA_BOX, .box = {1, 2, 4, 3}},
                       {.kind = AREA_BOX, .box = {-1, 2, 3, 4}}};
    areas[3] = (area_t){.kind = AREA_CIRCLE, .circle = area_circle(1, 2, 3)};
    areas[4] = (area_t){.kind = AREA_CIRCLE, .circle = area_circle(1, 2, 3.5)};
    uint64_t ids[8];
    size_t count = 0;
    for (; count < 5; count++) {
        ids[count] = watch_id_view(&areas[count], (text_t){0}, 10);
    }
    ids[count++] = watch_id_view(&areas[0], (text_t){0}, 11);
    ids[count++] = watch_id_view(&areas[0], TEXT("kiwi"), 10);
    ids[count++] = watch_id_view(&areas[0], TEXT("kiwj"), 10);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(ids[i] != ids[j]);
        }
    }
    area_t same = {.kind = AREA_CIRCLE, .circle = area_circle(1, 2, 3)};
    assert_true(ids[3] == watch_id_view(&same, (text_t){0}, 10));
    /* Of one client the area says nothing. */
    assert_true(ids[6] == watch_id_view(&same, TEXT("kiwi"), 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(views_are_told_apart),
    };
    return cmocka_run_group_tests_name("watch_id", tests, NULL, NULL);
}
