/* Building is selecting: the middle element of each range by one axis, then both sides by the
 * other. Nothing but the order of the points is the tree.
 *
 * Searching keeps the best points so far, and a window: a rectangle of latitudes and longitudes
 * that holds everything that can still be among them. A range whose side of the split is outside
 * the window is left out whole; single points are compared with the window before their distance is
 * computed. The window begins as that of the radius, and shrinks to that of the worst point kept
 * once there are as many as wanted. It is always a little too large, never too small: so the result
 * is that of looking at every point, to the last bit. */
#include "common/places/kdtree.h"

#include "common/places/sphere.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* Ranges up to this length are searched point by point: 16 points are three cache lines. */
enum { LEAF_COUNT = 16 };
/* Ranges from this length on are split by a pivot of several samples. */
enum { SAMPLE_COUNT = 64 };

typedef enum { AXIS_LATITUDE, AXIS_LONGITUDE } axis_t;

static inline int32_t coordinate(const kdtree_point_t *point, axis_t axis)
{
    return axis == AXIS_LATITUDE ? point->latitude_e7 : point->longitude_e7;
}

static inline axis_t other_axis(axis_t axis)
{
    return axis == AXIS_LATITUDE ? AXIS_LONGITUDE : AXIS_LATITUDE;
}

static inline void swap(kdtree_point_t *one, kdtree_point_t *other)
{
    kdtree_point_t kept = *one;
    *one = *other;
    *other = kept;
}

static int32_t middle_of(int32_t a, int32_t b, int32_t c)
{
    int32_t low = a < b ? a : b;
    int32_t high = a < b ? b : a;
    return c < low ? low : (c > high ? high : c);
}

/* xorshift (G. Marsaglia, 2003): samples that no usual order of rows in a file matches. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int32_t pivot_of(const kdtree_point_t *points, size_t count, axis_t axis, uint64_t *random)
{
    int32_t middles[3];
    size_t rounds = count >= SAMPLE_COUNT ? 3 : 1;
    for (size_t i = 0; i < rounds; i++) {
        middles[i] = middle_of(coordinate(&points[random_next(random) % count], axis),
                               coordinate(&points[random_next(random) % count], axis),
                               coordinate(&points[random_next(random) % count], axis));
    }
    return rounds == 3 ? middle_of(middles[0], middles[1], middles[2]) : middles[0];
}

/* Puts the element at `nth` that sorting by `axis` would put there, none greater before it, none
 * less after it (C. A. R. Hoare's FIND, CACM 4 (1961), 321). Equal elements stop both scans, so
 * that many of them still split evenly. */
static void select_nth(kdtree_point_t *points, size_t count, size_t nth, axis_t axis)
{
    uint64_t random = UINT64_C(0x9e3779b97f4a7c15) ^ count;
    ptrdiff_t goal = (ptrdiff_t)nth;
    ptrdiff_t low = 0;
    ptrdiff_t high = (ptrdiff_t)count - 1;
    while (low < high) {
        int32_t pivot = pivot_of(points + low, (size_t)(high - low + 1), axis, &random);
        ptrdiff_t i = low;
        ptrdiff_t j = high;
        while (i <= j) {
            while (coordinate(&points[i], axis) < pivot) {
                i++;
            }
            while (coordinate(&points[j], axis) > pivot) {
                j--;
            }
            if (i <= j) {
                swap(&points[i++], &points[j--]);
            }
        }
        /* low .. j are <= pivot, i .. high are >= pivot, those between are equal to it. */
        low = goal > j ? i : low;
        high = goal < i ? j : high;
    }
}

static void build(kdtree_point_t *points, size_t count, axis_t axis)
{
    while (count > LEAF_COUNT) {
        size_t middle = count / 2;
        select_nth(points, count, middle, axis);
        axis = other_axis(axis);
        build(points, middle, axis);
        points += middle + 1;
        count -= middle + 1;
    }
}

void kdtree_build(kdtree_point_t *points, size_t count)
{
    build(points, count, AXIS_LATITUDE);
}

/* One search under way. The far meridian of the position asked about divides the points into two
 * halves, which are searched one after the other; in each, longitudes run without a seam, those of
 * the far half shifted by a whole turn. The window is a rectangle around everything that can still
 * be among the nearest; it shrinks as nearer points are found. */
typedef struct {
    sphere_position_t from;
    double radius_m;
    double radius_haversine; /* less than this is within the radius, whatever the rounding */
    size_t maximum;          /* points wanted */
    size_t count;            /* points in `hits` */
    kdtree_hit_t *hits;      /* nearest first */
    int64_t centre[2];       /* by axis_t: `from` as points of this half have it, 1e-7 degree */
    int64_t low[2];          /* by axis_t: the window, both ends included */
    int64_t high[2];
    int64_t first_e7; /* least longitude of this half */
    int64_t last_e7;  /* greatest longitude of this half */
    int64_t shift_e7; /* what to add to a longitude of this half to count from `from` */
} search_t;

/* Makes the window the rectangle that a cap of `angle_rad` around the position can touch. */
static void search_set_window(search_t *self, double angle_rad)
{
    /* 1e-9 rad, 6 mm, is far more than all rounding here and in the distances. */
    const double angle = angle_rad * (1 + 1e-12) + 1e-9;
    const double degree_e7 = (double)SPHERE_DEGREE_E7;
    double north_e7 = angle * (180 / M_PI) * degree_e7;
    double reach_deg = sphere_reach_deg(&self->from, angle);
    /* Cutting off decimals moves a number by less than 1. */
    self->low[AXIS_LATITUDE] = (int64_t)(self->from.latitude_deg * degree_e7 - north_e7) - 2;
    self->high[AXIS_LATITUDE] = (int64_t)(self->from.latitude_deg * degree_e7 + north_e7) + 2;
    double east_e7 = (self->from.longitude_deg + reach_deg) * degree_e7;
    double west_e7 = (self->from.longitude_deg - reach_deg) * degree_e7;
    int64_t low = (int64_t)west_e7 - 2 - self->shift_e7;
    int64_t high = (int64_t)east_e7 + 2 - self->shift_e7;
    self->low[AXIS_LONGITUDE] = low > self->first_e7 ? low : self->first_e7;
    self->high[AXIS_LONGITUDE] = high < self->last_e7 ? high : self->last_e7;
}

/* The angle beyond which no point can be among the nearest any more. */
static double search_angle_rad(const search_t *self)
{
    double angle = self->radius_m / SPHERE_RADIUS_M;
    if (self->count == self->maximum) {
        double worst = sphere_angle_rad(self->hits[self->count - 1].haversine);
        angle = worst < angle ? worst : angle;
    }
    return angle < M_PI ? angle : M_PI;
}

static bool is_nearer(const kdtree_hit_t *one, const kdtree_hit_t *other)
{
    if (one->haversine < other->haversine || one->haversine > other->haversine) {
        return one->haversine < other->haversine;
    }
    return one->point.value < other->point.value;
}

static void search_consider(search_t *self, const kdtree_point_t *point)
{
    if (point->latitude_e7 < self->low[AXIS_LATITUDE] ||
        point->latitude_e7 > self->high[AXIS_LATITUDE] ||
        point->longitude_e7 < self->low[AXIS_LONGITUDE] ||
        point->longitude_e7 > self->high[AXIS_LONGITUDE]) {
        return;
    }
    kdtree_hit_t hit = {.point = *point,
                        .haversine =
                            sphere_haversine(&self->from, point->latitude_e7, point->longitude_e7)};
    bool full = self->count == self->maximum;
    if ((full && !is_nearer(&hit, &self->hits[self->count - 1])) ||
        (hit.haversine >= self->radius_haversine &&
         sphere_distance_m(hit.haversine) > self->radius_m)) {
        return;
    }
    size_t rank = full ? self->count - 1 : self->count++;
    while (rank > 0 && is_nearer(&hit, &self->hits[rank - 1])) {
        self->hits[rank] = self->hits[rank - 1];
        rank--;
    }
    self->hits[rank] = hit;
    if (self->count == self->maximum) {
        search_set_window(self, search_angle_rad(self));
    }
}

static void search_range(search_t *self, const kdtree_point_t *points, size_t count, axis_t axis)
{
    if (count <= LEAF_COUNT) {
        for (size_t i = 0; i < count; i++) {
            search_consider(self, &points[i]);
        }
        return;
    }
    size_t middle = count / 2;
    int32_t split = coordinate(&points[middle], axis);
    bool low_first = self->centre[axis] <= split;
    for (int turn = 0; turn < 2; turn++) {
        if ((turn == 0) == low_first) {
            if (self->low[axis] <= split) {
                search_range(self, points, middle, other_axis(axis));
            }
        } else if (self->high[axis] >= split) {
            search_range(self, points + middle + 1, count - middle - 1, other_axis(axis));
        }
        if (turn == 0) {
            search_consider(self, &points[middle]);
        }
    }
}

/* Searches the points of one half: longitudes `first_e7` .. `last_e7`. */
static void search_half(search_t *self, const kdtree_point_t *points, size_t count)
{
    const double degree_e7 = (double)SPHERE_DEGREE_E7;
    self->centre[AXIS_LATITUDE] = (int64_t)(self->from.latitude_deg * degree_e7);
    self->centre[AXIS_LONGITUDE] = (int64_t)(self->from.longitude_deg * degree_e7) - self->shift_e7;
    search_set_window(self, search_angle_rad(self));
    if (self->low[AXIS_LONGITUDE] <= self->high[AXIS_LONGITUDE]) {
        search_range(self, points, count, AXIS_LATITUDE);
    }
}

/* A haversine a little less than that of `radius_m`: what is below it needs no distance. */
static double surely_within(double radius_m)
{
    double angle = radius_m / SPHERE_RADIUS_M;
    double sine = angle < M_PI ? sin(angle / 2) : 1;
    return sine * sine * (1 - 1e-9);
}

size_t kdtree_nearest(const kdtree_point_t *points, size_t count, const kdtree_query_t *query,
                      size_t maximum, kdtree_hit_t *ret_hits)
{
    assert(query->radius_m >= 0);
    if (count == 0 || maximum == 0) {
        return 0;
    }
    search_t search = {.from = sphere_position(query->latitude_deg, query->longitude_deg),
                       .radius_m = query->radius_m,
                       .radius_haversine = surely_within(query->radius_m),
                       .maximum = maximum,
                       .hits = ret_hits};
    /* The near half holds the position's own longitude; the other lies across the antimeridian. */
    bool east = query->longitude_deg >= 0;
    int64_t far_e7 = (int64_t)(query->longitude_deg * (double)SPHERE_DEGREE_E7) +
                     (east ? -SPHERE_HALF_TURN_E7 : SPHERE_HALF_TURN_E7);
    search.first_e7 = east ? far_e7 : -SPHERE_HALF_TURN_E7;
    search.last_e7 = east ? SPHERE_HALF_TURN_E7 : far_e7;
    search_half(&search, points, count);
    search.first_e7 = east ? -SPHERE_HALF_TURN_E7 : far_e7 + 1;
    search.last_e7 = east ? far_e7 - 1 : SPHERE_HALF_TURN_E7;
    search.shift_e7 = east ? 2 * SPHERE_HALF_TURN_E7 : -2 * SPHERE_HALF_TURN_E7;
    search_half(&search, points, count);
    return search.count;
}
