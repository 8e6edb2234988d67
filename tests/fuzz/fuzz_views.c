/* Views that come and go, and positions, wherever the bytes say: a position finds just the views
 * that contain it.
 *
 * Shape: steps of 18 bytes: what to do, a number, four int32, little-endian: 0 a box (west, south,
 * east, north), 1 a circle (latitude, longitude, radius in decimetres, 0), 2 removes, 3 looks up
 * two positions. */
#include "common/base/little_endian.h"
#include "common/watch/views.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_SIZE = 18, VIEWS = 64, STEPS_MAX = 400 };

typedef struct {
    uint8_t times[VIEWS];
} found_t;

static void note(void *argument, uint32_t view)
{
    assert(view < VIEWS);
    ((found_t *)argument)->times[view]++;
}

static void look_up(const views_t *views, area_position_t position)
{
    found_t found = {{0}};
    if (!area_position_is_valid(position)) {
        return;
    }
    position = area_canonical(position);
    views_match(views, position, note, &found);
    for (uint32_t i = 0; i < VIEWS; i++) {
        const area_t *area = views_area(views, i);
        assert(found.times[i] == (area != NULL && area_contains(area, position)));
    }
}

/* `areas` has room for the areas that the views borrow. */
static void add(views_t *views, area_t *areas, uint32_t view, const area_t *area)
{
    bool is_there = views_area(views, view) != NULL;
    if (!is_there) {
        areas[view] = *area;
    }
    assert(views_add(views, view, &areas[view]) == (is_there ? STATUS_IN_USE : STATUS_OK));
}

static void take_step(views_t *views, area_t *areas, const uint8_t *step)
{
    int32_t numbers[4];
    uint32_t view = step[1] % VIEWS;
    for (size_t i = 0; i < 4; i++) {
        numbers[i] = (int32_t)little_endian_get_32((const char *)step + 2 + 4 * i);
    }
    area_t box = {.kind = AREA_BOX, .box = {numbers[0], numbers[1], numbers[2], numbers[3]}};
    area_position_t centre = {numbers[0], numbers[1]};
    if (step[0] % 4 == 0 && area_box_is_valid(&box.box)) {
        add(views, areas, view, &box);
    } else if (step[0] % 4 == 1 && area_position_is_valid(centre) && numbers[2] >= 0) {
        area_t circle = {.kind = AREA_CIRCLE,
                         .circle =
                             area_circle(numbers[0] / 1e7, numbers[1] / 1e7, numbers[2] / 10.0)};
        add(views, areas, view, &circle);
    } else if (step[0] % 4 == 2) {
        bool is_there = views_area(views, view) != NULL;
        assert(views_remove(views, view) == is_there);
    } else {
        look_up(views, centre);
        look_up(views, (area_position_t){numbers[2], numbers[3]});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    views_t *views = views_new(1 << 22, 1);
    size_t empty = views_memory(views);
    area_t areas[VIEWS];
    for (size_t i = 0; i < STEPS_MAX && size >= STEP_SIZE; i++) {
        take_step(views, areas, data);
        data += STEP_SIZE;
        size -= STEP_SIZE;
    }
    for (uint32_t i = 0; i < VIEWS; i++) {
        (void)views_remove(views, i);
    }
    assert(views_count(views) == 0 && views_memory(views) >= empty);
    views_destroy(&views);
    return 0;
}
