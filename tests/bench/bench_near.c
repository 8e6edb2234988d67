/* herd-bench-near: what the index of clients and that of views cost (docs/near.md), in the time of
 * one processor, beside the bars. Figures for people: build it by the release preset.
 *
 * herd-bench-near [CLIENTS]: 100,000, 1 million and 5 million clients, or as many as given. */
#include "common/base/memory.h"
#include "common/base/text.h"
#include "common/near/near.h"
#include "common/watch/views.h"
#include "tests/sim/random.h"
#include "tests/support/near_ahead.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TOWNS = 2000,
    BATCH = 400, /* records of a DATA message */
    QUERIES = 4000,
    WANTED = 10,
    PAGE = 100,
};

typedef enum { UNIFORM, PEOPLE, STACKED, METRE, KILOMETRE } spread_t;

static const char *const spread_names[] = {"uniform", "people", "one point", "1 m", "1 km"};

typedef struct {
    random_t random;
    spread_t spread;
    area_position_t towns[TOWNS];
    near_t *near;
    area_position_t *positions;
    uint32_t count;
} scene_t;

/* Nanoseconds of this thread. */
static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int32_t within(random_t *random, int64_t reach)
{
    return (int32_t)((int64_t)random_below(random, 2 * (uint64_t)reach + 1) - reach);
}

static area_position_t shifted(area_position_t position, int64_t north_e7, int64_t east_e7)
{
    int64_t latitude_e7 = position.latitude_e7 + north_e7;
    int64_t longitude_e7 = position.longitude_e7 + east_e7;
    latitude_e7 = latitude_e7 > AREA_POLE_E7 ? AREA_POLE_E7 : latitude_e7;
    latitude_e7 = latitude_e7 < -AREA_POLE_E7 ? -AREA_POLE_E7 : latitude_e7;
    longitude_e7 -= longitude_e7 > AREA_MERIDIAN_E7 ? 2 * (int64_t)AREA_MERIDIAN_E7 : 0;
    longitude_e7 += longitude_e7 < -AREA_MERIDIAN_E7 ? 2 * (int64_t)AREA_MERIDIAN_E7 : 0;
    return (area_position_t){(int32_t)latitude_e7, (int32_t)longitude_e7};
}

/* Evenly over the sphere. */
static area_position_t anywhere(random_t *random)
{
    double height = within(random, 1000000000) / 1e9;
    return (area_position_t){(int32_t)(asin(height) * (180 / M_PI) * 1e7),
                             within(random, AREA_MERIDIAN_E7)};
}

/* The town of rank n has one n-th of the people of the first; most live near the middle. */
static area_position_t in_town(scene_t *self)
{
    double rank = pow(TOWNS, (double)random_below(&self->random, 1000000) / 1e6);
    int64_t north = 0;
    int64_t east = 0;
    for (int i = 0; i < 4; i++) {
        north += within(&self->random, 400000); /* 4 km */
        east += within(&self->random, 400000);
    }
    return shifted(self->towns[(size_t)rank - 1], north, east);
}

static area_position_t place_of(scene_t *self)
{
    const area_position_t here = {340700000, -1184400000};
    switch (self->spread) {
    case PEOPLE: return in_town(self);
    case STACKED: return here;
    case METRE: return shifted(here, within(&self->random, 50), within(&self->random, 60));
    case KILOMETRE:
        return shifted(here, within(&self->random, 64000), within(&self->random, 77000));
    default: return anywhere(&self->random);
    }
}

static void die(const char *what)
{
    fprintf(stderr, "herd-bench-near: %s\n", what);
    exit(EXIT_FAILURE);
}

static void put_all(scene_t *self, const near_point_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        near_ahead(self->near, points, count, i);
        if (near_put(self->near, points[i]) != STATUS_OK) {
            die("no memory");
        }
    }
}

/* Time to put `count` clients, in batches. */
static double load(scene_t *self)
{
    near_point_t points[BATCH];
    double time = 0;
    for (uint32_t i = 0; i < self->count; i += BATCH) {
        uint32_t end = i + BATCH < self->count ? i + BATCH : self->count;
        for (uint32_t j = i; j < end; j++) {
            self->positions[j] = place_of(self);
            points[j - i] = (near_point_t){j, self->positions[j]};
        }
        double begin = now_ns();
        put_all(self, points, end - i);
        time += now_ns() - begin;
    }
    return time / self->count;
}

static void scene_begin(scene_t *self, spread_t spread, uint32_t count)
{
    random_init(&self->random, 1, spread);
    self->spread = spread;
    self->count = count;
    self->near = near_new(SIZE_MAX);
    self->positions = memory_new_array(count, sizeof *self->positions);
    for (size_t i = 0; i < TOWNS; i++) {
        do {
            self->towns[i] = anywhere(&self->random);
        } while (abs(self->towns[i].latitude_e7) > 600000000);
    }
}

static void scene_end(scene_t *self)
{
    near_destroy(&self->near);
    free(self->positions);
}

static void line(const scene_t *self, const char *what, double value, const char *unit, double bar)
{
    printf("%9u %-10s %-34s %9.1f %-6s", self->count, spread_names[self->spread], what, value,
           unit);
    if (bar > 0) {
        printf(" bar %5.0f%s", bar, value <= bar ? "" : "  MISSED");
    }
    printf("\n");
}

/* A client at random goes `reach` units on, at most, each way. */
static double updates(scene_t *self, int64_t reach_e7)
{
    near_point_t points[BATCH];
    double time = 0;
    const uint32_t batches = 2500;
    for (uint32_t i = 0; i < batches; i++) {
        for (size_t j = 0; j < BATCH; j++) {
            uint32_t client = (uint32_t)random_below(&self->random, self->count);
            area_position_t *position = &self->positions[client];
            *position = shifted(*position, within(&self->random, reach_e7),
                                within(&self->random, reach_e7));
            points[j] = (near_point_t){client, *position};
        }
        double begin = now_ns();
        put_all(self, points, BATCH);
        time += now_ns() - begin;
    }
    return time / batches / BATCH;
}

/* The nearest ones to a client at random. */
static double nearest(scene_t *self, double radius_m)
{
    near_hit_t hits[WANTED];
    double time = 0;
    for (int i = 0; i < QUERIES; i++) {
        area_position_t at = self->positions[random_below(&self->random, self->count)];
        near_query_t query = {.latitude_deg = at.latitude_e7 / 1e7,
                              .longitude_deg = at.longitude_e7 / 1e7,
                              .radius_m = radius_m,
                              .maximum = WANTED,
                              .budget = NEAR_BUDGET};
        double begin = now_ns();
        near_answer_t answer = near_nearest(self->near, &query, hits);
        time += now_ns() - begin;
        if (answer.count == 0 || !answer.complete) {
            die("a client did not find itself");
        }
    }
    return time / QUERIES / 1000;
}

/* A box around a client at random that has about `wanted` clients: grown, or shrunk, by halves. */
static area_box_t box_of(scene_t *self, size_t wanted)
{
    near_point_t *points = memory_new_array(wanted * 2, sizeof *points);
    area_position_t at = self->positions[random_below(&self->random, self->count)];
    int64_t low = 0;
    int64_t high = 200000000;
    area_box_t box = {0};
    for (int i = 0; i < 28; i++) {
        int64_t reach = (low + high) / 2;
        area_position_t south_west = shifted(at, -reach, -reach);
        area_position_t north_east = shifted(at, reach, reach);
        box = (area_box_t){south_west.longitude_e7, south_west.latitude_e7, north_east.longitude_e7,
                           north_east.latitude_e7};
        near_cursor_t cursor = {0};
        near_box_query_t query = {.box = box, .maximum = wanted * 2, .budget = SIZE_MAX};
        size_t count = near_box(self->near, &query, &cursor, points).count;
        *(count < wanted ? &low : &high) = reach;
    }
    free(points);
    return box;
}

/* The first page of boxes that have about `wanted` clients. */
static double pages(scene_t *self, size_t wanted)
{
    near_point_t points[PAGE * 2];
    enum { BOXES = 40, TIMES = 50 };
    double time = 0;
    for (int i = 0; i < BOXES; i++) {
        near_box_query_t query = {.box = box_of(self, wanted),
                                  .maximum = wanted > PAGE ? PAGE : PAGE * 2,
                                  .budget = NEAR_BUDGET};
        double begin = now_ns();
        for (int j = 0; j < TIMES; j++) {
            near_cursor_t cursor = {0};
            if (near_box(self->near, &query, &cursor, points).count == 0) {
                die("an empty box");
            }
        }
        time += now_ns() - begin;
    }
    return time / BOXES / TIMES / 1000;
}

static void measure(scene_t *self, spread_t spread, uint32_t count)
{
    scene_begin(self, spread, count);
    double loaded = load(self);
    bool is_million = count == 1000000;
    bool is_world = spread == UNIFORM || spread == PEOPLE;
    line(self, "load in batches", loaded, "ns", 0);
    line(self, "bytes a client", (double)near_memory(self->near) / count, "bytes",
         is_world ? 22 : 0);
    if (is_world) {
        double bar = spread == PEOPLE ? 100 : 250;
        /* 20 m on; where clients are far from each other, a sixth of their cell. */
        int64_t reach_e7 = spread == PEOPLE ? 2000 : (int64_t)(3e9 / sqrt(count) / 6);
        line(self, "update in batches", updates(self, reach_e7), "ns", is_million ? bar : 0);
        line(self, "box of 100", pages(self, 100), "us", is_million ? 15 : 0);
        line(self, "first page of 100 of 10,000", pages(self, 10000), "us", is_million ? 15 : 0);
    }
    double bar = count <= 100000 ? 8 : (count <= 1000000 ? 12 : 15);
    line(self, "nearest 10 in 10 km", nearest(self, 10000), "us", is_world ? bar : 20);
    scene_end(self);
}

static void count_match(void *argument, uint32_t view)
{
    *(uint64_t *)argument += view < UINT32_MAX;
}

/* Views of about 100 clients each, around clients at random: half boxes, half circles. */
static void measure_views(scene_t *self, spread_t spread, uint32_t view_count)
{
    enum { MOVES = 200000, MOVES_A_SECOND = 10000 };
    near_hit_t hits[PAGE];
    scene_begin(self, spread, 1000000);
    (void)load(self);
    views_t *views = views_new(SIZE_MAX, 1);
    area_t *areas = memory_new_array(view_count, sizeof *areas);
    for (uint32_t i = 0; i < view_count; i++) {
        area_position_t at = self->positions[random_below(&self->random, self->count)];
        near_query_t query = {.latitude_deg = at.latitude_e7 / 1e7,
                              .longitude_deg = at.longitude_e7 / 1e7,
                              .radius_m = 1e7,
                              .maximum = PAGE,
                              .budget = NEAR_BUDGET};
        near_answer_t answer = near_nearest(self->near, &query, hits);
        double radius_m = sphere_distance_m(hits[answer.count - 1].haversine);
        int64_t reach = (int64_t)(radius_m / 1.11e-2 * 0.8);
        area_position_t low = shifted(at, -reach, -reach);
        area_position_t high = shifted(at, reach, reach);
        areas[i] = (area_t){
            .kind = AREA_BOX,
            .box = {low.longitude_e7, low.latitude_e7, high.longitude_e7, high.latitude_e7}};
        if (i % 2 == 0) {
            areas[i] =
                (area_t){.kind = AREA_CIRCLE,
                         .circle = area_circle(query.latitude_deg, query.longitude_deg, radius_m)};
        }
        if (views_add(views, i, &areas[i]) != STATUS_OK) {
            die("no room for a view");
        }
    }
    uint64_t matches = 0;
    double begin = now_ns();
    for (int i = 0; i < MOVES; i++) {
        area_position_t from = self->positions[(uint32_t)i * 7919U % self->count];
        area_position_t to = area_canonical(shifted(from, i % 2000, i % 1777));
        views_match(views, area_canonical(from), count_match, &matches);
        views_match(views, to, count_match, &matches);
    }
    double time = now_ns() - begin;
    printf("%9u %-10s views: %.0f ns a move, %.2f %% of a core at 10,000 moves/s%s, %.1f matches a "
           "move, %.2f M matches/s, %zu bytes a view\n",
           view_count, spread_names[spread], time / MOVES, time / MOVES * MOVES_A_SECOND / 1e7,
           time / MOVES * MOVES_A_SECOND / 1e7 > (view_count <= 1000 ? 0.5 : 10) ? " MISSED" : "",
           (double)matches / MOVES, (double)matches / time * 1e3, views_memory(views) / view_count);
    views_destroy(&views);
    free(areas);
    scene_end(self);
}

int main(int argc, char **argv)
{
    static scene_t scene;
    static const uint32_t counts[] = {100000, 1000000, 5000000};
    uint64_t wanted = 0;
    if (argc > 2 || (argc == 2 && !text_to_u64(text_of(argv[1]), UINT32_MAX - 1, &wanted))) {
        die("usage: herd-bench-near [CLIENTS]");
    }
    for (size_t i = 0; i < (wanted > 0 ? 1 : sizeof counts / sizeof *counts); i++) {
        uint32_t count = wanted > 0 ? (uint32_t)wanted : counts[i];
        measure(&scene, UNIFORM, count);
        measure(&scene, PEOPLE, count);
    }
    for (spread_t spread = STACKED; spread <= KILOMETRE; spread++) {
        measure(&scene, spread, wanted > 0 ? (uint32_t)wanted : 1000000);
    }
    measure_views(&scene, PEOPLE, 1000);
    measure_views(&scene, PEOPLE, 100000);
    measure_views(&scene, UNIFORM, 1000);
    measure_views(&scene, UNIFORM, 100000);
    return EXIT_SUCCESS;
}
