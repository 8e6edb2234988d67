/* The largest towns (frontend/web/geo/towns.h). */
#include "tests/support/cmocka_herd.h"

#include "frontend/web/geo/towns.h"

#include <stdio.h>

static const area_box_t everywhere = {.west_e7 = -AREA_MERIDIAN_E7,
                                      .south_e7 = -AREA_POLE_E7,
                                      .east_e7 = AREA_MERIDIAN_E7,
                                      .north_e7 = AREA_POLE_E7};

static void take(towns_t *towns, const char *name, char feature_class, uint64_t population)
{
    const geonames_row_t row = {.name = text_of(name),
                                .longitude_e7 = 1790000000,
                                .feature_class = feature_class,
                                .population = population};
    towns_take(towns, &row);
}

static void assert_next(const towns_t *towns, size_t *index, const char *name)
{
    const town_t *town = towns_next(towns, &everywhere, index);
    assert_non_null(town);
    assert_true(text_equal((text_t){.data = town->name, .size = town->name_size}, text_of(name)));
}

static void the_largest_come_first(void **state)
{
    (void)state;
    towns_t towns = {0};
    size_t index = 0;
    char longest[TOWNS_NAME_SIZE + 2];
    memset(longest, 'x', sizeof longest);
    longest[TOWNS_NAME_SIZE + 1] = '\0';
    take(&towns, longest, 'P', 9);
    longest[TOWNS_NAME_SIZE] = '\0';
    take(&towns, longest, 'P', 8);
    take(&towns, "small", 'P', 1);
    take(&towns, "nobody", 'P', 0);
    take(&towns, "mountain", 'T', 7);
    take(&towns, "large", 'P', 5);
    take(&towns, "as large", 'P', 5);
    towns_end(&towns);
    assert_next(&towns, &index, longest);
    assert_next(&towns, &index, "large");
    assert_next(&towns, &index, "as large");
    assert_next(&towns, &index, "small");
    assert_null(towns_next(&towns, &everywhere, &index));
    towns_done(&towns);
    towns_end(&towns);
    index = 0;
    assert_null(towns_next(&towns, &everywhere, &index));
}

static void those_in_a_box(void **state)
{
    static const area_box_t across = {1780000000, -1, -1780000000, 1};
    static const area_box_t beside = {-1780000000, -1, 1780000000, 1};
    (void)state;
    towns_t towns = {0};
    size_t index = 0;
    take(&towns, "a", 'P', 1);
    towns_end(&towns);
    assert_non_null(towns_next(&towns, &across, &index));
    index = 0;
    assert_null(towns_next(&towns, &beside, &index));
    towns_done(&towns);
}

/* Of more than there is room for the smallest are left out, in whatever order they come. */
static void of_many_the_largest_are_kept(void **state)
{
    enum { ROWS = TOWNS_MAX + 5003 };
    (void)state;
    towns_t towns = {0};
    char name[16];
    for (uint64_t i = 0; i < ROWS; i++) {
        snprintf(name, sizeof name, "%llu", (unsigned long long)(i * 7919 % ROWS));
        take(&towns, name, 'P', i * 7919 % ROWS + 1);
    }
    towns_end(&towns);
    assert_int_equal(towns.count, TOWNS_MAX);
    size_t index = 0;
    for (uint64_t i = 0; i < TOWNS_MAX; i++) {
        const town_t *town = towns_next(&towns, &everywhere, &index);
        assert_int_equal(town->population, ROWS - i);
    }
    towns_done(&towns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_come_first),
        cmocka_unit_test(those_in_a_box),
        cmocka_unit_test(of_many_the_largest_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
