/* kdtree.h - points on the earth, found by nearness: a k-d tree in the points' own array.
 *
 * Owner: the caller owns the array. Threads: kdtree_build has the points to itself; any number of
 * threads may search.
 * Source: J. L. Bentley, "Multidimensional binary search trees used for associative searching",
 * CACM 18 (1975), 509-517. The tree is implicit: the middle element of a range splits it, by
 * latitude at even depths and by longitude at odd ones. No point before it is greater in that
 * coordinate, none after it less, and each side is a tree in turn. Short ranges are left unordered.
 */
#ifndef HERD_COMMON_PLACES_KDTREE_H
#define HERD_COMMON_PLACES_KDTREE_H

#include <stddef.h>
#include <stdint.h>

/* 12 bytes a point, all that the index needs (open value struct). */
typedef struct {
    int32_t latitude_e7;  /* 1e-7 degree, -90e7 .. 90e7 */
    int32_t longitude_e7; /* 1e-7 degree, -180e7 .. 180e7 */
    uint32_t value;       /* the caller's, e.g. an offset in a file; orders equally near points */
} kdtree_point_t;

/* What to look for (open value struct). */
typedef struct {
    double latitude_deg;  /* -90 .. 90 */
    double longitude_deg; /* -180 .. 180 */
    double radius_m;      /* >= 0; a point at exactly this distance is within it */
} kdtree_query_t;

/* One point found (open value struct). */
typedef struct {
    kdtree_point_t point;
    double haversine; /* of the angle from the position asked about (sphere.h) */
} kdtree_hit_t;

/* Orders `points` as a tree, by O(n log n) comparisons and without further memory. The same points
 * in the same order give the same tree. */
void kdtree_build(kdtree_point_t *points, size_t count);

/* Writes the points nearest to the query, at most `maximum`, to `ret_hits` (room for `maximum`),
 * nearest first, equally near ones by value; returns the count. `points` must be as kdtree_build
 * left them. The result is the same, to the last bit, as if every point were compared by
 * sphere_haversine. */
size_t kdtree_nearest(const kdtree_point_t *points, size_t count, const kdtree_query_t *query,
                      size_t maximum, kdtree_hit_t *ret_hits);

#endif
