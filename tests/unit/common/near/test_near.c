/* Whatever clients do, the index finds what a look at every client finds, bit for bit, and its trie
 * is that of the clients there are (common/near/near.h). Clients of all shapes come, move, go and
 * stand on each other; all follows from a seed. test_near [SEEDS [FIRST]] */
#include "tests/support/cmocka_herd.h"

#include "common/near/near_parts.h"
#include "tests/support/near_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HANDLES = 1500, STEPS = 60, BATCH_MAX = 100, MEMORY = 1 << 24 };

static uint64_t seed_count = 12;
static uint64_t first_seed = 1;

/* One seed's run. */
typedef struct {
    random_t random;
    near_model_t *model;
    near_shape_t shapes[2];
    uint32_t handles; /* in use */
} run_t;

static near_shape_t shape_of(run_t *self)
{
    return self->shapes[random_below(&self->random, 2)];
}

/* Anywhere of the shape, or a little on from where it is. */
static near_point_t point_of(run_t *self)
{
    uint32_t handle = (uint32_t)random_below(&self->random, self->handles);
    near_point_t point = {handle, near_model_position(&self->random, shape_of(self))};
    if (self->model->is_there[handle] && random_once_in(&self->random, 2)) {
        point.position = self->model->positions[handle];
        int64_t latitude_e7 =
            point.position.latitude_e7 + (int64_t)random_below(&self->random, 2001) - 1000;
        if (latitude_e7 >= -900000000 && latitude_e7 <= 900000000) {
            point.position.latitude_e7 = (int32_t)latitude_e7;
        }
    }
    return point;
}

static void change(run_t *self)
{
    near_point_t points[BATCH_MAX];
    size_t count = 1 + random_below(&self->random, BATCH_MAX);
    uint64_t kind = random_below(&self->random, 8);
    for (size_t i = 0; i < count; i++) {
        points[i] = point_of(self);
        if (kind < 2) {
            near_model_remove(self->model, points[i].handle);
        } else if (kind < 4) {
            assert_true(near_model_put(self->model, points[i]));
        }
    }
    if (kind >= 4) {
        assert_true(near_model_put_all(self->model, points, count));
    }
}

/* A position to ask about: near a client, on one, on a pole or seam, or anywhere. */
static near_query_t query_of(run_t *self)
{
    static const double radii_m[] = {0, 1, 1000, 10000, 50000, 2e6, 1.1e7, 2.1e7, INFINITY};
    static const double seams[][2] = {{90, 0},      {-90, 0},           {90, 180}, {-90, -180},
                                      {0, 180},     {0, -180},          {88, 10},  {-17.5, 180},
                                      {87.9999, 5}, {89.9999999, -180}, {34, 180}, {-88, 180}};
    static const size_t maxima[] = {0, 1, 2, 10, 100, (size_t)2 * HANDLES};
    near_query_t query = {.radius_m = radii_m[random_below(&self->random, ARRAY_COUNT(radii_m))],
                          .maximum = maxima[random_below(&self->random, ARRAY_COUNT(maxima))],
                          .budget = SIZE_MAX};
    uint32_t handle = (uint32_t)random_below(&self->random, self->handles);
    area_position_t position = near_model_position(&self->random, NEAR_SHAPE_WORLD);
    if (random_once_in(&self->random, 3)) {
        size_t seam = random_below(&self->random, ARRAY_COUNT(seams));
        query.latitude_deg = seams[seam][0];
        query.longitude_deg = seams[seam][1];
        return query;
    }
    bool is_beside = self->model->is_there[handle] && !random_once_in(&self->random, 4);
    position = is_beside ? self->model->positions[handle] : position;
    double shift = is_beside && random_once_in(&self->random, 2)
                       ? (double)random_below(&self->random, 100000) / 1.3e7
                       : 0;
    query.latitude_deg = fmin(fmax(position.latitude_e7 / 1e7 + shift, -90), 90);
    query.longitude_deg = fmin(fmax(position.longitude_e7 / 1e7 - shift, -180), 180);
    return query;
}

static void swap(int32_t *one, int32_t *other)
{
    int32_t kept = *one;
    *one = *other;
    *other = kept;
}

/* A box with clients or poles for its corners, as a rule. */
static near_box_query_t box_of(run_t *self)
{
    area_position_t one = near_model_position(&self->random, shape_of(self));
    area_position_t other = near_model_position(&self->random, shape_of(self));
    near_box_query_t query = {
        .box = {one.longitude_e7, one.latitude_e7, other.longitude_e7, other.latitude_e7},
        .maximum = 1 + random_below(&self->random, 1000),
        .budget = 1 + random_below(&self->random, 5000)};
    if (query.box.south_e7 > query.box.north_e7) {
        swap(&query.box.south_e7, &query.box.north_e7);
    }
    switch (random_below(&self->random, 8)) {
    case 0: query.box.north_e7 = 900000000; break;
    case 1: query.box.south_e7 = -900000000; break;
    case 2: query.box.east_e7 = 1800000000; break;
    case 3: query.box.west_e7 = -1800000000; break;
    case 4: query.box = (area_box_t){-1800000000, -900000000, 1800000000, 900000000}; break;
    default: break;
    }
    return query;
}

static void ask(run_t *self)
{
    for (int i = 0; i < 4; i++) {
        near_query_t query = query_of(self);
        near_box_query_t box = box_of(self);
        near_model_check_nearest(self->model, &query);
        near_model_check_box(self->model, &box);
        near_model_check_bounds(self->model, query.latitude_deg, query.longitude_deg);
    }
}

static void run_seed(uint64_t seed)
{
    static const uint32_t handles[] = {1, 3, 70, 200, HANDLES};
    run_t run = {.model = near_model_new(HANDLES, MEMORY)};
    random_init(&run.random, seed, 1);
    run.shapes[0] = (near_shape_t)(seed % NEAR_SHAPE_COUNT);
    run.shapes[1] = (near_shape_t)random_below(&run.random, NEAR_SHAPE_COUNT);
    run.handles = handles[random_once_in(&run.random, 2) ? 4 : random_below(&run.random, 5)];
    for (int i = 0; i < STEPS; i++) {
        change(&run);
        if (i % 10 == 9) {
            near_model_check(run.model, false);
            ask(&run);
        }
    }
    for (uint32_t i = 0; i < HANDLES; i++) {
        near_model_remove(run.model, i);
    }
    near_model_check(run.model, false);
    near_model_destroy(&run.model);
}

static void any_changes_leave_what_a_plain_list_says(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++) {
        if (seed_count > 100 && seed % 100 == 0) {
            printf("seed %llu\n", (unsigned long long)seed);
        }
        run_seed(seed);
    }
}

/* The same changes once more. */
static void equal_changes_give_equal_answers(void **state)
{
    (void)state;
    near_point_t pages[2][500];
    near_page_t ends[2];
    for (int i = 0; i < 2; i++) {
        run_t run = {.model = near_model_new(HANDLES, MEMORY), .handles = HANDLES};
        random_init(&run.random, 7, 1);
        run.shapes[1] = NEAR_SHAPE_TOWN;
        for (int step = 0; step < 50; step++) {
            change(&run);
        }
        near_cursor_t cursor = {0};
        near_box_query_t query = {.box = {-1800000000, -900000000, 1800000000, 900000000},
                                  .maximum = 500,
                                  .budget = NEAR_BUDGET};
        ends[i] = near_box(run.model->near, &query, &cursor, pages[i]);
        near_model_destroy(&run.model);
    }
    assert_int_equal(ends[0].count, ends[1].count);
    assert_int_equal(ends[0].work, ends[1].work);
    assert_memory_equal(pages[0], pages[1], ends[0].count * sizeof(near_point_t));
}

static void positions_and_handles_out_of_range_change_nothing(void **state)
{
    (void)state;
    near_t *near = near_new(MEMORY);
    area_position_t position;
    const area_position_t bad[] = {
        {900000001, 0}, {-900000001, 0}, {0, 1800000001}, {0, -1800000001}, {INT32_MIN, INT32_MAX}};
    assert_int_equal(near_put(near, (near_point_t){5, {1, 2}}), STATUS_OK);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(near_put(near, (near_point_t){5, bad[i]}), STATUS_OUT_OF_RANGE);
        assert_int_equal(near_put(near, (near_point_t){6, bad[i]}), STATUS_OUT_OF_RANGE);
    }
    assert_true(near_find(near, 5, &position));
    assert_int_equal(position.latitude_e7, 1);
    assert_int_equal(position.longitude_e7, 2);
    assert_false(near_find(near, 6, &position));
    /* A handle so large that its locator has no room. */
    assert_int_equal(near_put(near, (near_point_t){UINT32_MAX, {0, 0}}), STATUS_FULL);
    assert_false(near_remove(near, UINT32_MAX));
    assert_false(near_remove(near, 6));
    assert_true(near_remove(near, 5));
    assert_false(near_remove(near, 5));
    assert_int_equal(near_count(near), 0);
    near_destroy(&near);
    assert_null(near);
    near_destroy(&near);
}

static void one_place_has_one_name(void **state)
{
    (void)state;
    near_t *near = near_new(MEMORY);
    near_hit_t hits[8];
    const area_position_t places[] = {{10, 1800000000}, {10, -1800000000},
                                      {900000000, 5},   {900000000, -7},
                                      {-900000000, 1},  {-900000000, 1800000000}};
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i++) {
        assert_int_equal(near_put(near, (near_point_t){i, places[i]}), STATUS_OK);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i += 2) {
        near_query_t query = {.latitude_deg = places[i].latitude_e7 / 1e7,
                              .longitude_deg = -180,
                              .maximum = 8,
                              .budget = NEAR_BUDGET};
        query.radius_m = 1e-3;
        assert_int_equal(near_nearest(near, &query, hits).count, 2);
        assert_int_equal(hits[0].point.handle, i);
        assert_int_equal(hits[1].point.handle, i + 1);
        assert_memory_equal(&hits[0].point.position, &hits[1].point.position,
                            sizeof(area_position_t));
    }
    near_destroy(&near);
}

/* Fills until there is no room; what is there stays right, and can move within it, go, and come. */
static void a_full_index_stays_right(void **state)
{
    (void)state;
    random_t random;
    near_model_t *model = near_model_new(200000, 1 << 20);
    random_init(&random, 3, 3);
    uint32_t handle = 0;
    while (near_model_put(model,
                          (near_point_t){handle, near_model_position(&random, NEAR_SHAPE_WORLD)})) {
        handle++;
    }
    assert_true(handle > 20000);
    near_model_check(model, true);
    for (int i = 0; i < 20000; i++) {
        uint32_t moved = (uint32_t)random_below(&random, handle);
        (void)near_model_put(model,
                             (near_point_t){moved, near_model_position(&random, NEAR_SHAPE_WORLD)});
    }
    near_model_check(model, true);
    for (uint32_t i = 0; i < handle; i += 2) {
        near_model_remove(model, i);
    }
    for (uint32_t i = 0; i < handle / 2; i++) {
        (void)near_model_put(model,
                             (near_point_t){i, near_model_position(&random, NEAR_SHAPE_TOWN)});
    }
    near_model_check(model, true);
    for (uint32_t i = 0; i < handle; i++) {
        near_model_remove(model, i);
    }
    near_model_check(model, true);
    near_model_destroy(&model);
}

/* What comes and goes in turn asks the system for nothing. */
static void moves_take_no_memory(void **state)
{
    (void)state;
    random_t random;
    near_t *near = near_new(MEMORY);
    random_init(&random, 4, 4);
    for (uint32_t i = 0; i < 100000; i++) {
        near_point_t point = {i % 20000, near_model_position(&random, NEAR_SHAPE_WORLD)};
        assert_int_equal(near_put(near, point), STATUS_OK);
    }
    size_t memory = near_memory(near);
    for (uint32_t i = 0; i < 200000; i++) {
        near_point_t point = {i % 20000, near_model_position(&random, NEAR_SHAPE_WORLD)};
        assert_int_equal(near_put(near, point), STATUS_OK);
    }
    assert_in_range(near_memory(near), memory - (size_t)32 * NEAR_PAGE_SIZE,
                    memory + (size_t)16 * NEAR_PAGE_SIZE);
    near_destroy(&near);
}

/* Who stands still is on one page and no more, whatever others do between the pages. */
static void pages_show_who_stands_still_once(void **state)
{
    (void)state;
    random_t random;
    near_t *near = near_new(MEMORY);
    near_point_t points[50];
    static uint8_t shown[10000];
    random_init(&random, 5, 5);
    for (uint32_t i = 0; i < 10000; i++) {
        near_point_t point = {i, near_model_position(&random, NEAR_SHAPE_TOWN)};
        assert_int_equal(near_put(near, point), STATUS_OK);
    }
    near_box_query_t query = {
        .box = {-1185000000, 340000000, -1184000000, 341000000}, .maximum = 50, .budget = 300};
    near_cursor_t cursor = {0};
    near_page_t page = {.more = true};
    while (page.more) {
        page = near_box(near, &query, &cursor, points);
        for (size_t i = 0; i < page.count; i++) {
            shown[points[i].handle]++;
        }
        for (int i = 0; i < 500; i++) { /* odd ones move, go and come */
            uint32_t handle = (uint32_t)random_below(&random, 5000) * 2 + 1;
            near_point_t point = {handle, near_model_position(&random, NEAR_SHAPE_TOWN)};
            if (random_once_in(&random, 3)) {
                (void)near_remove(near, handle);
            } else {
                assert_int_equal(near_put(near, point), STATUS_OK);
            }
        }
    }
    for (uint32_t i = 0; i < 10000; i += 2) {
        assert_int_equal(shown[i], 1);
    }
    near_destroy(&near);
}

/* A ring around the pole, of which all are about equally far from it. */
static void a_budget_ends_a_query_and_says_so(void **state)
{
    (void)state;
    random_t random;
    near_model_t *model = near_model_new(50000, MEMORY);
    near_hit_t hits[10];
    random_init(&random, 6, 6);
    for (uint32_t i = 0; i < 50000; i++) {
        area_position_t position = near_model_position(&random, NEAR_SHAPE_WORLD);
        position.latitude_e7 = 600000000;
        assert_true(near_model_put(model, (near_point_t){i, position}));
    }
    near_query_t query = {.latitude_deg = 90, .radius_m = 1e7, .maximum = 10, .budget = 5000};
    near_answer_t answer = near_nearest(model->near, &query, hits);
    assert_false(answer.complete);
    assert_int_equal(answer.count, 10);
    assert_in_range(answer.work, 5000, 5000 + NEAR_LEAF_MAX);
    query.budget = SIZE_MAX;
    near_model_check_nearest(model, &query);
    /* A budget of 0 ends each page after one leaf, and the walk goes on. */
    near_box_query_t box = {.box = {0, 0, 100000000, 900000000}, .maximum = 10};
    near_cursor_t cursor = {0};
    near_point_t points[10];
    size_t count = 0;
    near_page_t page = {.more = true};
    while (page.more) {
        page = near_box(model->near, &box, &cursor, points);
        count += page.count;
    }
    assert_in_range(count, 50000 / 36 - 300, 50000 / 36 + 300);
    near_model_destroy(&model);
}

/* A million in one place would take the same way. */
static void a_crowd_in_one_place_comes_by_handle(void **state)
{
    (void)state;
    const area_position_t places[] = {{341234567, -1181234567}, {900000000, 0}, {0, -1800000000}};
    for (size_t place = 0; place < ARRAY_COUNT(places); place++) {
        near_t *near = near_new(MEMORY);
        near_hit_t hits[10];
        for (uint32_t i = 0; i < 100000; i++) {
            near_point_t point = {i * 7919 % 100000, places[place]};
            assert_int_equal(near_put(near, point), STATUS_OK);
        }
        near_query_t query = {.latitude_deg = places[place].latitude_e7 / 1e7 - 0.01,
                              .longitude_deg = places[place].longitude_e7 / 1e7 + 0.01,
                              .radius_m = 10000,
                              .maximum = 10,
                              .budget = 2000};
        near_answer_t answer = near_nearest(near, &query, hits);
        assert_true(answer.complete);
        assert_int_equal(answer.count, 10);
        for (uint32_t i = 0; i < 10; i++) {
            assert_int_equal(hits[i].point.handle, i);
        }
        near_destroy(&near);
    }
}

/* Any cursor of a stranger is safe. */
static void any_cursor_is_taken(void **state)
{
    (void)state;
    random_t random;
    near_t *near = near_new(MEMORY);
    near_point_t points[10];
    random_init(&random, 8, 8);
    near_box_query_t query = {.box = {-1800000000, -900000000, 1800000000, 900000000},
                              .maximum = 10,
                              .budget = NEAR_BUDGET};
    near_cursor_t cursor = {.code = UINT64_MAX, .handle = UINT32_MAX, .begun = true};
    assert_false(near_box(near, &query, &cursor, points).more); /* an empty index */
    for (uint32_t i = 0; i < 1000; i++) {
        near_point_t point = {i, near_model_position(&random, NEAR_SHAPE_WORLD)};
        assert_int_equal(near_put(near, point), STATUS_OK);
    }
    near_page_t page = near_box(near, &query, &cursor, points);
    assert_false(page.more);
    assert_int_equal(page.count, 0);
    for (int i = 0; i < 1000; i++) {
        cursor = (near_cursor_t){random_next(&random), (uint32_t)random_next(&random), true};
        near_cursor_t before = cursor;
        page = near_box(near, &query, &cursor, points);
        for (size_t j = 0; j < page.count; j++) {
            assert_true(near_point_key(points[j]).code >= before.code);
        }
    }
    query.maximum = 0;
    cursor = (near_cursor_t){0};
    page = near_box(near, &query, &cursor, points);
    assert_int_equal(page.count, 0);
    assert_true(page.more);
    near_destroy(&near);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        seed_count = argument_number(argv[1]);
    }
    if (argc > 2) {
        first_seed = argument_number(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_changes_leave_what_a_plain_list_says),
        cmocka_unit_test(equal_changes_give_equal_answers),
        cmocka_unit_test(positions_and_handles_out_of_range_change_nothing),
        cmocka_unit_test(one_place_has_one_name),
        cmocka_unit_test(a_full_index_stays_right),
        cmocka_unit_test(moves_take_no_memory),
        cmocka_unit_test(pages_show_who_stands_still_once),
        cmocka_unit_test(a_budget_ends_a_query_and_says_so),
        cmocka_unit_test(a_crowd_in_one_place_comes_by_handle),
        cmocka_unit_test(any_cursor_is_taken),
    };
    return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
