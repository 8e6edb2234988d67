/* The k-d tree finds what a look at every point finds, bit for bit (common/places/kdtree.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/places/kdtree.h"
#include "common/places/sphere.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { POINTS_MAX = 4000, WANTED_MAX = 20 };

/* Shapes of point sets; each has broken some index or other. */
typedef enum {
    SHAPE_WORLD,        /* anywhere */
    SHAPE_TOWN,         /* within some kilometres of each other */
    SHAPE_ANTIMERIDIAN, /* both sides of 180 degrees, some exactly on it */
    SHAPE_NORTH_POLE,
    SHAPE_SOUTH_POLE,
    SHAPE_GRID,  /* few different coordinates: many equal ones on each axis */
    SHAPE_STACK, /* every point the same */
    SHAPE_COUNT
} shape_t;

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static int32_t between(uint64_t *seed, int64_t low, int64_t high)
{
    return (int32_t)(low + (int64_t)(next(seed) % (uint64_t)(high - low + 1)));
}

static int32_t wrapped(int64_t longitude_e7)
{
    return (int32_t)(longitude_e7 > 1800000000 ? longitude_e7 - 3600000000 : longitude_e7);
}

static kdtree_point_t point_of(shape_t shape, uint64_t *seed)
{
    kdtree_point_t point = {0};
    switch (shape) {
    case SHAPE_TOWN:
        point.latitude_e7 = between(seed, 340000000, 341000000);
        point.longitude_e7 = between(seed, -1185000000, -1184000000);
        break;
    case SHAPE_ANTIMERIDIAN:
        point.latitude_e7 = between(seed, -180000000, -170000000);
        point.longitude_e7 = wrapped(1800000000 + (int64_t)between(seed, -5000, 5000) * 1000);
        break;
    case SHAPE_NORTH_POLE:
        point.latitude_e7 = between(seed, 899000000, 900000000);
        point.longitude_e7 = between(seed, -1800000000, 1800000000);
        break;
    case SHAPE_SOUTH_POLE:
        point.latitude_e7 = between(seed, -900000000, -895000000);
        point.longitude_e7 = between(seed, -1800000000, 1800000000);
        break;
    case SHAPE_GRID:
        point.latitude_e7 = between(seed, -90, 90) * 10000000;
        point.longitude_e7 = between(seed, -180, 180) * 10000000;
        break;
    case SHAPE_STACK:
        point.latitude_e7 = 340000000;
        point.longitude_e7 = next(seed) % 2 == 0 ? 1800000000 : -1800000000;
        break;
    default:
        point.latitude_e7 = between(seed, -900000000, 900000000);
        point.longitude_e7 = between(seed, -1800000000, 1800000000);
        break;
    }
    return point;
}

static int compare_hits(const void *one_p, const void *other_p)
{
    const kdtree_hit_t *one = one_p;
    const kdtree_hit_t *other = other_p;
    if (one->haversine < other->haversine || one->haversine > other->haversine) {
        return one->haversine < other->haversine ? -1 : 1;
    }
    return one->point.value < other->point.value ? -1 : one->point.value > other->point.value;
}

/* Looks at every point and sorts all that are within the radius. */
static size_t brute_force(const kdtree_point_t *points, size_t count, const kdtree_query_t *query,
                          kdtree_hit_t *hits)
{
    sphere_position_t from = sphere_position(query->latitude_deg, query->longitude_deg);
    size_t hit_count = 0;
    for (size_t i = 0; i < count; i++) {
        double haversine = sphere_haversine(&from, points[i].latitude_e7, points[i].longitude_e7);
        if (sphere_distance_m(haversine) <= query->radius_m) {
            hits[hit_count++] = (kdtree_hit_t){.point = points[i], .haversine = haversine};
        }
    }
    qsort(hits, hit_count, sizeof *hits, compare_hits);
    return hit_count;
}

static void assert_same_answer(const kdtree_point_t *points, size_t count,
                               const kdtree_query_t *query, size_t wanted)
{
    static kdtree_hit_t expected[POINTS_MAX];
    kdtree_hit_t hits[WANTED_MAX];
    size_t expected_count = brute_force(points, count, query, expected);
    expected_count = expected_count < wanted ? expected_count : wanted;
    assert_int_equal(kdtree_nearest(points, count, query, wanted, hits), expected_count);
    for (size_t i = 0; i < expected_count; i++) {
        assert_memory_equal(&hits[i].haversine, &expected[i].haversine, sizeof(double));
        assert_memory_equal(&hits[i].point, &expected[i].point, sizeof(kdtree_point_t));
    }
}

/* A position to ask about: near a point, on one, on a pole or seam, or anywhere. */
static kdtree_query_t query_of(const kdtree_point_t *points, size_t count, uint64_t *seed)
{
    static const double radii_m[] = {0, 1, 1000, 10000, 50000, 2e6, 1.1e7, 2.1e7};
    static const double seams[][2] = {{90, 0},      {-90, 0},           {90, 180},
                                      {-90, -180},  {0, 180},           {0, -180},
                                      {-17.5, 180}, {89.9999999, -180}, {34, 0}};
    kdtree_query_t query = {.radius_m = radii_m[next(seed) % 8]};
    uint64_t kind = next(seed) % 4;
    if (kind == 0 || count == 0) {
        query.latitude_deg = between(seed, -900000000, 900000000) / 1e7;
        query.longitude_deg = between(seed, -1800000000, 1800000000) / 1e7;
    } else if (kind == 1) {
        size_t seam = next(seed) % 9;
        query.latitude_deg = seams[seam][0];
        query.longitude_deg = seams[seam][1];
    } else {
        const kdtree_point_t *near = &points[next(seed) % count];
        double shift = kind == 2 ? 0 : between(seed, -100000, 100000) / 1.3e7;
        query.latitude_deg = fmin(fmax(near->latitude_e7 / 1e7 + shift, -90), 90);
        query.longitude_deg = fmin(fmax(near->longitude_e7 / 1e7 - shift, -180), 180);
    }
    return query;
}

static void every_answer_is_that_of_brute_force(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 16, 17, 18, 33, 34, 100, 1000, POINTS_MAX};
    static const size_t wanted[] = {0, 1, 2, 5, WANTED_MAX};
    static kdtree_point_t points[POINTS_MAX];
    uint64_t seed = 20260301;
    for (shape_t shape = 0; shape < SHAPE_COUNT; shape++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            for (size_t j = 0; j < counts[i]; j++) {
                points[j] = point_of(shape, &seed);
                points[j].value = (uint32_t)((j * 7919) % POINTS_MAX);
            }
            kdtree_build(points, counts[i]);
            for (int round = 0; round < 60; round++) {
                kdtree_query_t query = query_of(points, counts[i], &seed);
                assert_same_answer(points, counts[i], &query, wanted[next(&seed) % 5]);
            }
        }
    }
}

static void a_tree_holds_the_points_it_was_built_from(void **state)
{
    (void)state;
    static kdtree_point_t points[1000];
    uint64_t seed = 7;
    for (uint32_t i = 0; i < 1000; i++) {
        points[i] = point_of(i % 2 == 0 ? SHAPE_WORLD : SHAPE_GRID, &seed);
        points[i].value = i;
    }
    kdtree_build(points, 1000);
    bool seen[1000] = {false};
    for (size_t i = 0; i < 1000; i++) {
        assert_false(seen[points[i].value]);
        seen[points[i].value] = true;
    }
}

/* A radius that is a point's own distance holds the point; the next smaller double does not. */
static void the_radius_is_within(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int round = 0; round < 1000; round++) {
        kdtree_point_t point = point_of(SHAPE_TOWN, &seed);
        sphere_position_t from = sphere_position(34.06893, -118.445127);
        double distance_m =
            sphere_distance_m(sphere_haversine(&from, point.latitude_e7, point.longitude_e7));
        kdtree_query_t query = {
            .latitude_deg = 34.06893, .longitude_deg = -118.445127, .radius_m = distance_m};
        kdtree_hit_t hit;
        kdtree_build(&point, 1);
        assert_int_equal(kdtree_nearest(&point, 1, &query, 1, &hit), 1);
        query.radius_m = nextafter(distance_m, 0);
        assert_int_equal(kdtree_nearest(&point, 1, &query, 1, &hit), 0);
    }
}

static void equally_near_points_come_by_value(void **state)
{
    (void)state;
    kdtree_point_t points[100];
    for (uint32_t i = 0; i < 100; i++) {
        points[i] = (kdtree_point_t){.latitude_e7 = 340000000,
                                     .longitude_e7 = i % 2 == 0 ? 1800000000 : -1800000000,
                                     .value = 99 - i};
    }
    kdtree_build(points, 100);
    kdtree_query_t query = {.latitude_deg = 34, .longitude_deg = 180, .radius_m = 1};
    kdtree_hit_t hits[WANTED_MAX];
    assert_int_equal(kdtree_nearest(points, 100, &query, WANTED_MAX, hits), WANTED_MAX);
    for (uint32_t i = 0; i < WANTED_MAX; i++) {
        assert_int_equal(hits[i].point.value, i);
    }
}

/* The two halves that a search divides the points into have none in common. */
static void a_point_on_the_far_meridian_is_found_once(void **state)
{
    (void)state;
    for (int32_t longitude_deg = -180; longitude_deg <= 180; longitude_deg += 30) {
        int32_t far_deg = longitude_deg >= 0 ? longitude_deg - 180 : longitude_deg + 180;
        kdtree_point_t points[3];
        for (int32_t i = 0; i < 3; i++) {
            points[i] = (kdtree_point_t){
                .latitude_e7 = 890000000, .longitude_e7 = far_deg * 10000000, .value = (uint32_t)i};
        }
        kdtree_build(points, 3);
        kdtree_query_t query = {
            .latitude_deg = 89, .longitude_deg = longitude_deg, .radius_m = 1e7};
        kdtree_hit_t hits[WANTED_MAX];
        assert_int_equal(kdtree_nearest(points, 3, &query, WANTED_MAX, hits), 3);
    }
}

/* Rows in order, in reverse, all alike: no order makes the build more than a few times slower;
 * otherwise this would not end within the test's limit. */
static void any_order_of_points_is_built(void **state)
{
    (void)state;
    const size_t count = 300000;
    kdtree_point_t *points = memory_new_array(count, sizeof *points);
    for (int order = 0; order < 3; order++) {
        for (size_t i = 0; i < count; i++) {
            int32_t step = (int32_t)(order == 0 ? i : count - i);
            points[i] = (kdtree_point_t){.latitude_e7 = order == 2 ? 5 : step,
                                         .longitude_e7 = order == 2 ? 5 : -step,
                                         .value = (uint32_t)i};
        }
        kdtree_build(points, count);
        kdtree_query_t query = {.latitude_deg = 0, .longitude_deg = 0, .radius_m = 1e5};
        kdtree_hit_t hit;
        assert_int_equal(kdtree_nearest(points, count, &query, 1, &hit), 1);
        assert_int_equal(hit.point.value, order == 1 ? count - 1 : 0);
    }
    free(points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_that_of_brute_force),
        cmocka_unit_test(a_tree_holds_the_points_it_was_built_from),
        cmocka_unit_test(the_radius_is_within),
        cmocka_unit_test(equally_near_points_come_by_value),
        cmocka_unit_test(a_point_on_the_far_meridian_is_found_once),
        cmocka_unit_test(any_order_of_points_is_built),
    };
    return cmocka_run_group_tests_name("kdtree", tests, NULL, NULL);
}
