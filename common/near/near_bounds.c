/* How near can a client be that lies in a cell? A bound below costs a few multiplications where the
 * distance costs three calls of the library, and is allowed to be too small, never too great.
 *
 * Outside the caps, the haversine is sin^2 (dy / 2) + cos (y1) cos (y2) sin^2 (dx / 2), and each of
 * its parts is least by itself: for the nearest parallel and the nearest meridian of the cell, and
 * for its latitude nearest to a pole. Sine and cosine are cut series that end in a negative term.
 * In a cap the chord does: its square is four times the haversine, and the square of its shadow on
 * the equator's plane, plus that of the difference in height, which is nearly the same for all of
 * the cap.
 *
 * All angles are made 1e-12 rad (6 um) less, and results by 1e-12 of them: far more than rounding
 * can do, here and in sphere_haversine, where distances are small as where they are great. */
#include "common/near/near_parts.h"

#include <math.h>

#define HALF_X         (SPHERE_DEGREE_RAD / 2 * 1e-7) /* half the angle of a unit of x, and ... */
#define HALF_Y         (SPHERE_DEGREE_RAD / 4 * 1e-7) /* ... of one of y, which is half as large */
#define TURN           3600000000.0                   /* units of x */
#define EQUATOR        1800000000.0                   /* its y */
#define SLACK_RAD      1e-12
#define SLACK          (1 - 1e-12)
#define GLOBE_LATITUDE (88 * SPHERE_DEGREE_RAD) /* beyond are caps */

enum { ROWS = 4 };

/* At most sin^2 (half), for 0 <= half <= pi / 2. */
static inline double sine_square(double half)
{
    double square = half * half;
    return square * (1 - square * (1.0 / 3 - square * (2.0 / 45 - square * (1.0 / 315))));
}

/* At most cos (angle), at least 0, for 0 <= angle <= 88 degrees. */
static inline double cosine(double angle)
{
    double square = angle * angle;
    double value =
        1 -
        square * (1.0 / 2 -
                  square * (1.0 / 24 - square * (1.0 / 720 - square * (1.0 / 40320 -
                                                                       square * (1.0 / 3628800)))));
    return value > 0 ? value : 0;
}

static inline double greater(double one, double other)
{
    return one > other ? one : other;
}

static inline double lesser(double one, double other)
{
    return one < other ? one : other;
}

/* How far a number is from a range; 0 inside. */
static inline double gap(double number, double low, double high)
{
    return greater(greater(low - number, number - high), 0);
}

static inline double slackened(double angle)
{
    return greater(angle - SLACK_RAD, 0);
}

near_asked_t near_bounds_from(const sphere_position_t *from)
{
    double latitude = from->latitude_deg * SPHERE_DEGREE_RAD;
    double longitude = from->longitude_deg * SPHERE_DEGREE_RAD;
    return (near_asked_t){.from = *from,
                          .x = (from->longitude_deg + 180) * 1e7,
                          .y = (from->latitude_deg + 90) * 2e7,
                          .east = from->latitude_cosine * cos(longitude),
                          .north = from->latitude_cosine * sin(longitude),
                          .up = sin(latitude)};
}

/* Slots are numbered by bits x1 y1 x0 y0: their column is x, their row is y. */
static inline unsigned slot_at(unsigned column, unsigned row)
{
    return (column & 2) << 2 | (row & 2) << 1 | (column & 1) << 1 | (row & 1);
}

/* Of the 16 cells of `size` units from (x, y) on. */
static void bound_globe(const near_asked_t *asked, double x, double y, double size,
                        double ret_bounds[NEAR_NODE_SLOTS])
{
    double meridians[ROWS];
    for (unsigned i = 0; i < ROWS; i++) {
        double low = x + i * size;
        double high = low + size - 1;
        double distance = gap(asked->x, low, high);
        distance = lesser(distance, greater(low + TURN - asked->x, 0)); /* the other way round */
        distance = lesser(distance, greater(asked->x + TURN - high, 0));
        meridians[i] = sine_square(slackened(distance * HALF_X)) * asked->from.latitude_cosine;
    }
    for (unsigned i = 0; i < ROWS; i++) {
        double low = y + i * size;
        double high = low + size - 1;
        double north = sine_square(slackened(gap(asked->y, low, high) * HALF_Y));
        double farthest = greater(fabs(low - EQUATOR), fabs(high - EQUATOR)) * (2 * HALF_Y);
        double shrink = cosine(lesser(farthest, GLOBE_LATITUDE));
        for (unsigned j = 0; j < ROWS; j++) {
            ret_bounds[slot_at(j, i)] = (north + shrink * meridians[j]) * SLACK;
        }
    }
}

/* The least height of a cap above or below a position, as a haversine. */
static double bound_height(const near_asked_t *asked, near_region_t region)
{
    double height = region == NEAR_NORTH_CAP ? gap(asked->up, NEAR_CAP_SINE, 1)
                                             : gap(asked->up, -1, -NEAR_CAP_SINE);
    height = slackened(height);
    return height * height * (SLACK / 4);
}

/* Of the 16 cells of `size` units from (x, y) on, of a cap's square. */
static void bound_cap(const near_asked_t *asked, const uint32_t corner[2], double size,
                      near_region_t region, double ret_bounds[NEAR_NODE_SLOTS])
{
    const uint32_t mask = (UINT32_C(1) << NEAR_CAP_SHIFT) - 1;
    double easts[ROWS];
    double height = bound_height(asked, region);
    double x = (corner[0] & mask) * NEAR_CAP_UNIT - NEAR_CAP_HALF;
    double y = (corner[1] & mask) * NEAR_CAP_UNIT - NEAR_CAP_HALF;
    double side = size * NEAR_CAP_UNIT;
    for (unsigned i = 0; i < ROWS; i++) {
        double east = slackened(gap(asked->east, x + i * side, x + (i + 1) * side));
        easts[i] = east * east * (SLACK / 4) + height;
    }
    for (unsigned i = 0; i < ROWS; i++) {
        double north = slackened(gap(asked->north, y + i * side, y + (i + 1) * side));
        for (unsigned j = 0; j < ROWS; j++) {
            ret_bounds[slot_at(j, i)] = north * north * (SLACK / 4) + easts[j];
        }
    }
}

/* On the two upper levels slots of caps lie among others, or have only a part of one: the first of
 * these are simply visited. */
static void bound_caps_apart(const near_asked_t *asked, uint64_t code, int depth,
                             double bounds[NEAR_NODE_SLOTS])
{
    const int width = NEAR_CODE_BITS - NEAR_NODE_BITS * (depth + 1);
    for (unsigned i = 0; i < NEAR_NODE_SLOTS; i++) {
        uint64_t cell = code | (uint64_t)i << width;
        near_region_t region = near_key_region(cell);
        if (depth == 0) {
            bounds[i] = i == slot_at(3, 0) || i == slot_at(3, 3) ? 0 : bounds[i];
        } else if (region != NEAR_GLOBE) {
            bounds[i] = bound_height(asked, region);
        }
    }
}

void near_bounds_slots(const near_asked_t *asked, uint64_t code, int depth,
                       double ret_bounds[NEAR_NODE_SLOTS])
{
    uint32_t corner[2];
    double size = (double)(UINT64_C(1) << (32 - 2 * (depth + 1)));
    near_key_split(code, &corner[0], &corner[1]);
    near_region_t region = depth < 2 ? NEAR_GLOBE : near_key_region(code);
    if (region != NEAR_GLOBE) {
        bound_cap(asked, corner, size, region, ret_bounds);
        return;
    }
    bound_globe(asked, corner[0], corner[1], size, ret_bounds);
    if (depth < 2) {
        bound_caps_apart(asked, code, depth, ret_bounds);
    }
}

void near_bounds_positions(const near_asked_t *asked, const area_position_t *positions,
                           unsigned count, double *ret_bounds)
{
    const double latitude_e7 = asked->from.latitude_deg * 1e7;
    const double longitude_e7 = asked->from.longitude_deg * 1e7;
    const double shrink = asked->from.latitude_cosine;
    for (unsigned i = 0; i < count; i++) {
        double north = fabs(positions[i].latitude_e7 - latitude_e7);
        double turn = fabs(positions[i].longitude_e7 - longitude_e7);
        turn = lesser(turn, TURN - turn);
        /* The cosine changes by no more than the angle does. */
        double least = greater(shrink - north * (2 * HALF_X), 0);
        ret_bounds[i] = (sine_square(slackened(north * HALF_X)) +
                         sine_square(slackened(turn * HALF_X)) * shrink * least) *
                        SLACK;
    }
}
