/* Great-circle distance (common/places/sphere.h). */
#include "tests/support/cmocka_herd.h"

#include "common/places/sphere.h"

#include <math.h>

static double distance_m(double latitude, double longitude, int32_t latitude_e7,
                         int32_t longitude_e7)
{
    sphere_position_t from = sphere_position(latitude, longitude);
    return sphere_distance_m(sphere_haversine(&from, latitude_e7, longitude_e7));
}

static void assert_near(double value, double expected, double tolerance)
{
    assert_true(fabs(value - expected) <= tolerance);
}

static void distances_of_known_arcs(void **state)
{
    (void)state;
    const double degree_m = SPHERE_RADIUS_M * M_PI / 180;
    assert_near(distance_m(0, 0, 0, 0), 0, 0);
    assert_near(distance_m(0, 0, 10000000, 0), degree_m, 1e-6);
    assert_near(distance_m(0, 0, 0, -10000000), degree_m, 1e-6);
    assert_near(distance_m(60, 0, 600000000, 10000000), degree_m * 0.5, 5);
    assert_near(distance_m(90, 0, -900000000, 0), 180 * degree_m, 1e-3);
    assert_near(distance_m(0, 0, 0, 1800000000), 180 * degree_m, 1e-3);
    assert_near(distance_m(89, 0, 890000000, 1800000000), 2 * degree_m, 1e-6);
    /* Los Angeles - New York, airport to airport: 3,974 km. */
    assert_near(distance_m(33.9425, -118.4081, 406398000, -737789000), 3974000, 2000);
}

static void the_short_way_goes_across_the_antimeridian(void **state)
{
    (void)state;
    const double degree_m = SPHERE_RADIUS_M * M_PI / 180;
    assert_near(distance_m(0, 179.5, 0, -1795000000), degree_m, 1e-6);
    assert_near(distance_m(0, -179.5, 0, 1795000000), degree_m, 1e-6);
    assert_near(distance_m(0, 180, 0, -1800000000), 0, 0);
    assert_near(distance_m(-90, 33, -900000000, -1200000000), 0, 1e-6);
}

/* The angle between unit vectors, by atan2: exact even if haversines and cosines are not. */
static double vector_angle_rad(double latitude, double longitude, double other_latitude,
                               double other_longitude)
{
    const double to_rad = M_PI / 180;
    double a[3] = {cos(latitude * to_rad) * cos(longitude * to_rad),
                   cos(latitude * to_rad) * sin(longitude * to_rad), sin(latitude * to_rad)};
    double b[3] = {cos(other_latitude * to_rad) * cos(other_longitude * to_rad),
                   cos(other_latitude * to_rad) * sin(other_longitude * to_rad),
                   sin(other_latitude * to_rad)};
    double cross[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                       a[0] * b[1] - a[1] * b[0]};
    double dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    return atan2(sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]), dot);
}

static void another_formula_agrees(void **state)
{
    (void)state;
    for (int latitude = -90; latitude <= 90; latitude += 9) {
        for (int longitude = -180; longitude <= 180; longitude += 17) {
            double here =
                distance_m(34.06893, -118.445127, latitude * 10000000, longitude * 10000000);
            double there =
                SPHERE_RADIUS_M * vector_angle_rad(34.06893, -118.445127, latitude, longitude);
            assert_near(here, there, 1e-2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_of_known_arcs),
        cmocka_unit_test(the_short_way_goes_across_the_antimeridian),
        cmocka_unit_test(another_formula_agrees),
    };
    return cmocka_run_group_tests_name("sphere", tests, NULL, NULL);
}
