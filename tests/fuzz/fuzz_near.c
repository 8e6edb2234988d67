/* Clients that come, move and go in any order, wherever the bytes say, at an index and at a plain
 * list (tests/support/near_model.h); then questions, of which the answers must be equal.
 *
 * Shape: steps of 10 bytes: what to do, a handle, latitude and longitude (int32, little-endian). 0
 * to 3 put, 4 remove, 5 the nearest ones, 6 a box from the step before to this one, 7 a cursor of a
 * stranger: its code. */
#include "common/base/little_endian.h"
#include "tests/support/near_model.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_SIZE = 10, HANDLES = 256, STEPS_MAX = 400 };

typedef struct {
    near_model_t *model;
    near_point_t last;
} scene_t;

static void put(scene_t *self, near_point_t point)
{
    if (area_position_is_valid(point.position)) {
        bool is_put = near_model_put(self->model, point);
        assert(is_put);
        self->last = point;
        return;
    }
    assert(near_put(self->model->near, point) == STATUS_OUT_OF_RANGE);
}

static void ask_nearest(const scene_t *self, near_point_t point)
{
    static const double radii_m[] = {0, 0.5, 100, 10000, 1e6, 1e7, 2.1e7, 1e300};
    near_query_t query = {.latitude_deg = point.position.latitude_e7 / 1e7,
                          .longitude_deg = point.position.longitude_e7 / 1e7,
                          .radius_m = radii_m[point.handle % 8],
                          .maximum = point.handle / 8,
                          .budget = SIZE_MAX};
    if (area_position_is_valid(point.position)) {
        near_model_check_nearest(self->model, &query);
        near_model_check_bounds(self->model, query.latitude_deg, query.longitude_deg);
    }
}

static void ask_box(const scene_t *self, near_point_t point)
{
    near_box_query_t query = {.box = {.west_e7 = self->last.position.longitude_e7,
                                      .south_e7 = self->last.position.latitude_e7,
                                      .east_e7 = point.position.longitude_e7,
                                      .north_e7 = point.position.latitude_e7},
                              .maximum = 1 + point.handle % 16,
                              .budget = point.handle};
    if (area_box_is_valid(&query.box)) {
        near_model_check_box(self->model, &query);
    }
}

static void ask_behind(const scene_t *self, near_point_t point, uint64_t code)
{
    near_point_t points[8];
    near_cursor_t cursor = {.code = code, .handle = point.handle, .begun = true};
    near_box_query_t query = {
        .box = {-1800000000, -900000000, 1800000000, 900000000}, .maximum = 8, .budget = 1000};
    near_page_t page = near_box(self->model->near, &query, &cursor, points);
    assert(page.count <= 8 && cursor.begun && cursor.code >= code);
}

static void take_step(scene_t *self, const uint8_t *step)
{
    near_point_t point = {.handle = step[1],
                          .position = {(int32_t)little_endian_get_32((const char *)step + 2),
                                       (int32_t)little_endian_get_32((const char *)step + 6)}};
    switch (step[0] % 8) {
    case 4: near_model_remove(self->model, point.handle); break;
    case 5: ask_nearest(self, point); break;
    case 6: ask_box(self, point); break;
    case 7: ask_behind(self, point, little_endian_get_64((const char *)step + 2)); break;
    default: put(self, point); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scene_t scene = {.model = near_model_new(HANDLES, 1 << 22)};
    for (size_t i = 0; i < STEPS_MAX && size >= STEP_SIZE; i++) {
        take_step(&scene, data);
        data += STEP_SIZE;
        size -= STEP_SIZE;
    }
    near_model_check(scene.model, false);
    for (uint32_t i = 0; i < HANDLES; i++) {
        near_model_remove(scene.model, i);
    }
    near_model_check(scene.model, false);
    near_model_destroy(&scene.model);
    return 0;
}
