/* area.h - parts of the earth's surface that clients are looked for in: boxes and circles.
 *
 * Owner: values. Threads: any.
 * Positions are integers of 1e-7 degree, latitude first, and canonical (area_canonical): -180 and
 * 180 degrees are one meridian, a pole has one position. Distances are those of
 * common/places/sphere.h. A circle is judged by the haversine alone, everywhere by the same
 * comparison, so that a search and a watch of the same circle agree to the last bit.
 */
#ifndef HERD_COMMON_NEAR_AREA_H
#define HERD_COMMON_NEAR_AREA_H

#include "common/base/status.h"
#include "common/places/sphere.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AREA_POLE_E7 = 900000000,
    AREA_MERIDIAN_E7 = 1800000000, /* 180 degrees */
};

/* A position (open value struct), 1e-7 degree. */
typedef struct {
    int32_t latitude_e7;  /* -90e7 .. 90e7 */
    int32_t longitude_e7; /* -180e7 .. 180e7 */
} area_position_t;

/* A box between two parallels and two meridians, its edges included (open value struct), 1e-7
 * degree. It goes eastwards from `west_e7`: one with west > east crosses the meridian of 180
 * degrees (RFC 7946, 5.2). A pole is in each box that reaches it. */
typedef struct {
    int32_t west_e7;  /* -180e7 .. 180e7 */
    int32_t south_e7; /* -90e7 .. north_e7 */
    int32_t east_e7;  /* -180e7 .. 180e7 */
    int32_t north_e7; /* south_e7 .. 90e7 */
} area_box_t;

/* What is within a great-circle distance of a position, the edge included; made by area_circle
 * (open value struct). */
typedef struct {
    sphere_position_t from;
    double radius_m; /* >= 0 */
    double within;   /* what has a lesser haversine is inside, whatever the rounding */
    double beyond;   /* what has a greater haversine is outside, whatever the rounding */
} area_circle_t;

typedef enum { AREA_BOX, AREA_CIRCLE } area_kind_t;

/* Either of them (open value struct). */
typedef struct {
    area_kind_t kind;
    union {
        area_box_t box;
        area_circle_t circle;
    };
} area_t;

/* At most this many boxes stand for an area (area_boxes). */
enum { AREA_BOXES_MAX = 4 };

/* Whether latitude and longitude are in range. */
bool area_position_is_valid(area_position_t position);

/* The one way to write a position that is in range: longitude 180 is -180, that of a pole is 0. */
area_position_t area_canonical(area_position_t position);

/* The canonical position of degrees in range, rounded. */
area_position_t area_position_at(double latitude_deg, double longitude_deg);

/* Whether edges are in range, and south is not north of north. */
bool area_box_is_valid(const area_box_t *box);

/* Both in degrees and in range, the radius >= 0 (asserted); a radius of half the circumference or
 * more is the whole earth. */
area_circle_t area_circle(double latitude_deg, double longitude_deg, double radius_m);

/* Whether a canonical position is inside. */
bool area_box_contains(const area_box_t *box, area_position_t position);
bool area_circle_contains(const area_circle_t *circle, area_position_t position);
bool area_contains(const area_t *area, area_position_t position);

/* Whether what has that haversine (sphere.h) from the circle's centre is inside. */
static inline bool area_circle_reaches(const area_circle_t *circle, double haversine)
{
    return haversine < circle->within ||
           (haversine <= circle->beyond && sphere_distance_m(haversine) <= circle->radius_m);
}

/* Writes boxes of which none has west > east, and returns their count: a canonical position that is
 * inside the area lies between the edges of exactly one of them, by plain comparison. More than one
 * if the area touches the meridian of 180 degrees, or a pole. Of a circle they are a little more
 * than what is inside. */
size_t area_boxes(const area_t *area, area_box_t ret_boxes[AREA_BOXES_MAX]);

#endif
