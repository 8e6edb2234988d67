/* sphere.h - great-circle distance on a spherical earth, by the haversine formula.
 *
 * Owner: values. Threads: any.
 * Positions of places are integers of 1e-7 degree (about 1 cm), latitude first; positions asked
 * about are doubles in degrees. Source of the formula: R. W. Sinnott, "Virtues of the Haversine",
 * Sky and Telescope 68 (1984), 159; of the radius: IUGG mean radius R1 of GRS 80 (H. Moritz, 2000).
 */
#ifndef HERD_COMMON_PLACES_SPHERE_H
#define HERD_COMMON_PLACES_SPHERE_H

#include <stdint.h>

#define SPHERE_RADIUS_M   6371008.8
#define SPHERE_DEGREE_RAD 0.01745329251994329577 /* a degree in radians: pi / 180 */
/* Units of a stored coordinate in one degree, and in half a turn. */
#define SPHERE_DEGREE_E7    INT64_C(10000000)
#define SPHERE_HALF_TURN_E7 (180 * SPHERE_DEGREE_E7)

/* A position asked about, with what every distance from it needs (open value struct). */
typedef struct {
    double latitude_deg;    /* -90 .. 90 */
    double longitude_deg;   /* -180 .. 180 */
    double latitude_cosine; /* 0 .. 1 */
} sphere_position_t;

/* Both in degrees and in range (asserted). */
sphere_position_t sphere_position(double latitude_deg, double longitude_deg);

/* The haversine of the angle between the two: sin^2 (angle / 2), 0 .. 1. It grows with the
 * distance, and is cheaper. The same arguments give the same bits, wherever the call is. */
double sphere_haversine(const sphere_position_t *from, int32_t latitude_e7, int32_t longitude_e7);

/* The distance along the surface, in metres, for a haversine. */
double sphere_distance_m(double haversine);

/* The angle, in radians (0 .. pi), for a haversine. */
double sphere_angle_rad(double haversine);

/* How far what is within `angle_rad` (0 .. pi) of a position reaches along the parallels, in
 * degrees, or a little more; 180 if a pole is among it. */
double sphere_reach_deg(const sphere_position_t *from, double angle_rad);

#endif
