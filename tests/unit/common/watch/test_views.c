/* A position finds just the views that contain it (common/watch/views.h), by a look at all of them;
 * all follows from a seed. */
#include "tests/support/cmocka_herd.h"

#include "common/near/area.h"
#include "common/watch/views.h"
#include "tests/support/near_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 300, STEPS = 3000, MEMORY = 1 << 24 };

/* What one look-up found. */
typedef struct {
    uint8_t times[VIEWS];
} found_t;

static void note(void *argument, uint32_t view)
{
    found_t *found = argument;
    found->times[view]++;
}

static int32_t clip(int64_t number, int32_t limit)
{
    return (int32_t)(number > limit ? limit : (number < -limit ? -limit : number));
}

static area_t box_around(random_t *random, area_position_t position)
{
    static const int64_t reaches_e7[] = {0, 100, 10000, 1000000, 50000000, 900000000, 1800000000};
    int64_t south =
        (int64_t)random_below(random, 1 + (uint64_t)reaches_e7[random_below(random, 7)]);
    int64_t west = (int64_t)random_below(random, 1 + (uint64_t)reaches_e7[random_below(random, 7)]);
    int64_t low = position.longitude_e7 - west;
    int64_t high = position.longitude_e7 + west / 2;
    area_box_t box = {
        .south_e7 = clip(position.latitude_e7 - south, AREA_POLE_E7),
        .north_e7 = clip(position.latitude_e7 + south / 2, AREA_POLE_E7),
        .west_e7 = (int32_t)(low < -AREA_MERIDIAN_E7 ? low + 2 * (int64_t)AREA_MERIDIAN_E7 : low),
        .east_e7 =
            (int32_t)(high > AREA_MERIDIAN_E7 ? high - 2 * (int64_t)AREA_MERIDIAN_E7 : high)};
    if (random_once_in(random, 20)) {
        box.east_e7 = AREA_MERIDIAN_E7;
    }
    if (random_once_in(random, 20)) {
        box.west_e7 = AREA_MERIDIAN_E7;
    }
    return (area_t){.kind = AREA_BOX, .box = box};
}

static area_t any_area(random_t *random, near_shape_t shape)
{
    static const double radii_m[] = {0, 1, 100, 1000, 10000, 200000, 5e6, 1.9e7, 3e7, INFINITY};
    area_position_t position = near_model_position(random, shape);
    if (random_once_in(random, 2)) {
        return box_around(random, position);
    }
    return (area_t){.kind = AREA_CIRCLE,
                    .circle = area_circle(position.latitude_e7 / 1e7, position.longitude_e7 / 1e7,
                                          radii_m[random_below(random, 10)])};
}

static void assert_matches(const views_t *views, area_position_t position)
{
    found_t found = {{0}};
    size_t count = views_match(views, position, note, &found);
    position = area_canonical(position);
    size_t expected = 0;
    for (uint32_t i = 0; i < VIEWS; i++) {
        const area_t *area = views_area(views, i);
        bool is_in = area != NULL && area_contains(area, position);
        assert_int_equal(found.times[i], is_in);
        expected += is_in;
    }
    assert_int_equal(count, expected);
}

/* One that lies on the edge of an area, or by it. */
static area_position_t edge_of(random_t *random, const area_t *area)
{
    area_box_t boxes[AREA_BOXES_MAX];
    const area_box_t *box = &boxes[random_below(random, area_boxes(area, boxes))];
    area_position_t position = {random_once_in(random, 2) ? box->south_e7 : box->north_e7,
                                random_once_in(random, 2) ? box->west_e7 : box->east_e7};
    if (random_once_in(random, 2)) {
        position.longitude_e7 = clip((int64_t)position.longitude_e7 + 1, AREA_MERIDIAN_E7);
        position.latitude_e7 = clip((int64_t)position.latitude_e7 - 1, AREA_POLE_E7);
    }
    return position;
}

static void a_position_finds_the_views_that_contain_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 16; seed++) {
        random_t random;
        random_init(&random, seed, 9);
        views_t *views = views_new(MEMORY, seed);
        area_t areas[VIEWS];
        near_shape_t shapes[2] = {(near_shape_t)(seed % NEAR_SHAPE_COUNT), NEAR_SHAPE_WORLD};
        for (int i = 0; i < STEPS; i++) {
            uint32_t view = (uint32_t)random_below(&random, VIEWS);
            near_shape_t shape = shapes[random_once_in(&random, 4)];
            const area_t *area = views_area(views, view);
            if (area != NULL) {
                assert_matches(views, edge_of(&random, area));
                assert_true(views_remove(views, view));
            } else {
                areas[view] = any_area(&random, shape);
                assert_int_equal(views_add(views, view, &areas[view]), STATUS_OK);
                assert_ptr_equal(views_area(views, view), &areas[view]);
                assert_matches(views, edge_of(&random, &areas[view]));
            }
            assert_matches(views, near_model_position(&random, shape));
        }
        views_destroy(&views);
    }
}

static void a_number_is_one_view(void **state)
{
    (void)state;
    views_t *views = views_new(MEMORY, 1);
    area_t area = {.kind = AREA_BOX, .box = {-10, -10, 10, 10}};
    size_t empty = views_memory(views);
    assert_false(views_remove(views, 3));
    assert_null(views_area(views, 3));
    assert_int_equal(views_add(views, 3, &area), STATUS_OK);
    assert_int_equal(views_add(views, 3, &area), STATUS_IN_USE);
    assert_int_equal(views_add(views, 0, &area), STATUS_OK);
    assert_int_equal(views_count(views), 2);
    assert_null(views_area(views, UINT32_MAX));
    assert_false(views_remove(views, UINT32_MAX));
    assert_true(views_memory(views) > empty);
    assert_true(views_remove(views, 3));
    assert_false(views_remove(views, 3));
    assert_int_equal(views_count(views), 1);
    views_destroy(&views);
    assert_null(views);
    views_destroy(&views);
}

/* What has no room leaves nothing behind. */
static void views_without_room_are_refused(void **state)
{
    (void)state;
    random_t random;
    random_init(&random, 2, 2);
    views_t *views = views_new(1 << 16, 1);
    area_t areas[2000];
    uint32_t count = 0;
    status_t status;
    do {
        areas[count] = any_area(&random, NEAR_SHAPE_WORLD);
        status = views_add(views, count, &areas[count]);
        count += status == STATUS_OK;
    } while (status == STATUS_OK && count < ARRAY_COUNT(areas) - 1);
    assert_int_equal(status, STATUS_FULL);
    assert_in_range(count, 20, VIEWS - 1);
    assert_in_range(views_memory(views), 1, 1 << 16);
    assert_int_equal(views_count(views), count);
    for (int i = 0; i < 1000; i++) {
        assert_matches(views, near_model_position(&random, NEAR_SHAPE_WORLD));
    }
    assert_true(views_remove(views, 0));
    assert_int_equal(views_add(views, 0, &areas[0]), STATUS_OK);
    assert_int_equal(views_add(views, UINT32_MAX, &areas[0]), STATUS_FULL);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(views_remove(views, i));
    }
    assert_int_equal(views_match(views, (area_position_t){0, 0}, note, NULL), 0);
    views_destroy(&views);
}

/* A view of the whole earth and one of a ring of a centimetre are few cells. */
static void any_view_takes_little(void **state)
{
    (void)state;
    const area_t areas[] = {
        {.kind = AREA_BOX,
         .box = {-AREA_MERIDIAN_E7, -AREA_POLE_E7, AREA_MERIDIAN_E7, AREA_POLE_E7}},
        {.kind = AREA_BOX, .box = {-AREA_MERIDIAN_E7, 5, AREA_MERIDIAN_E7, 5}},
        {.kind = AREA_BOX, .box = {5, -AREA_POLE_E7, 5, AREA_POLE_E7}},
        {.kind = AREA_BOX, .box = {1, -AREA_POLE_E7, 0, AREA_POLE_E7}},
        {.kind = AREA_CIRCLE, .circle = area_circle(89.9999, 17, 100)},
        {.kind = AREA_CIRCLE, .circle = area_circle(0, 180, 0)},
        {.kind = AREA_CIRCLE, .circle = area_circle(89.99, -179.9999, 1000)},
    };
    for (size_t i = 0; i < ARRAY_COUNT(areas); i++) {
        views_t *views = views_new(MEMORY, 1);
        assert_int_equal(views_add(views, 0, &areas[i]), STATUS_OK);
        assert_in_range(views_memory(views), 1, 16384);
        views_destroy(&views);
    }
}

/* What an idle watcher costs here (docs/performance.md, An idle stream). */
static void a_square_takes_little(void **state)
{
    (void)state;
    enum { SQUARES = 10000, MOST = 320 };
    random_t random;
    random_init(&random, 3, 3);
    views_t *views = views_new(MEMORY, 1);
    area_t *areas = calloc(SQUARES, sizeof *areas);
    assert_non_null(areas);
    for (uint32_t i = 0; i < SQUARES; i++) {
        int32_t side = 1000 + (int32_t)random_below(&random, 10000000);
        int32_t south = (int32_t)random_below(&random, AREA_POLE_E7 - 20000000);
        int32_t west = (int32_t)random_below(&random, AREA_MERIDIAN_E7 - 20000000);
        areas[i] = (area_t){.kind = AREA_BOX, .box = {west, south, west + side, south + side}};
        assert_int_equal(views_add(views, i, &areas[i]), STATUS_OK);
    }
    assert_in_range(views_memory(views), 1, (size_t)SQUARES * MOST);
    views_destroy(&views);
    free(areas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_finds_the_views_that_contain_it),
        cmocka_unit_test(a_number_is_one_view),
        cmocka_unit_test(views_without_room_are_refused),
        cmocka_unit_test(any_view_takes_little),
        cmocka_unit_test(a_square_takes_little),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
