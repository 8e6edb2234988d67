#include "common/places/sphere.h"

#include <assert.h>
#include <math.h>

sphere_position_t sphere_position(double latitude_deg, double longitude_deg)
{
    assert(latitude_deg >= -90 && latitude_deg <= 90);
    assert(longitude_deg >= -180 && longitude_deg <= 180);
    return (sphere_position_t){.latitude_deg = latitude_deg,
                               .longitude_deg = longitude_deg,
                               .latitude_cosine = cos(latitude_deg * SPHERE_DEGREE_RAD)};
}

/* Not inlined: a compiler might fuse multiply and add in one copy and not in another, and two
 * searches would no longer agree to the last bit. */
__attribute__((noinline)) double sphere_haversine(const sphere_position_t *from,
                                                  int32_t latitude_e7, int32_t longitude_e7)
{
    double latitude_deg = latitude_e7 / (double)SPHERE_DEGREE_E7;
    double longitude_deg = longitude_e7 / (double)SPHERE_DEGREE_E7;
    double turn_deg = fabs(longitude_deg - from->longitude_deg);
    if (turn_deg > 180) {
        turn_deg = 360 - turn_deg; /* the short way round */
    }
    double north = sin((latitude_deg - from->latitude_deg) * (SPHERE_DEGREE_RAD / 2));
    double east = sin(turn_deg * (SPHERE_DEGREE_RAD / 2));
    double haversine =
        north * north + from->latitude_cosine * cos(latitude_deg * SPHERE_DEGREE_RAD) * east * east;
    return haversine < 1 ? haversine : 1; /* antipodes may round past 1 */
}

double sphere_angle_rad(double haversine)
{
    return 2 * asin(sqrt(haversine));
}

double sphere_distance_m(double haversine)
{
    return SPHERE_RADIUS_M * sphere_angle_rad(haversine);
}

double sphere_reach_deg(const sphere_position_t *from, double angle_rad)
{
    const double radian_deg = 180 / M_PI;
    /* A cap with a pole in it has every longitude; so has, here, one whose sine would pass 1. */
    if (fabs(from->latitude_deg) + angle_rad * radian_deg >= 90 ||
        angle_rad >= from->latitude_cosine) {
        return 180;
    }
    /* The sine of the reach is the sine of the angle divided by the cosine of the latitude. The
     * sine of an angle is at most the angle; the arc sine of x is at most x + (pi/2 - 1) x^3, exact
     * at 1. */
    double sine = angle_rad / from->latitude_cosine;
    return (sine + (M_PI / 2 - 1) * sine * sine * sine) * radian_deg;
}
