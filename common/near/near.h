/* near.h - clients that move, found by nearness: the nearest ones, or all in a box, page by page.
 *
 * Free of I/O, clocks and threads. Owner: the program that reads (herd-web), beside its copy of the
 * records. Threads: one.
 *
 * A client is a handle, a number that the caller chose: small numbers, since four bytes are kept
 * for each number below the greatest. Positions are integers of 1e-7 degree, latitude first; what
 * comes out is canonical (area_canonical): 180 degrees east is -180, the longitude of a pole is 0.
 *
 * The index is a trie over keys of 96 bits: a Z-order code of the position (G. M. Morton, 1966),
 * then the handle, so that a million clients in one place still come apart. Its leaves hold up to
 * 64 clients each. docs/near.md describes it, near_parts.h has its layout.
 */
#ifndef HERD_COMMON_NEAR_NEAR_H
#define HERD_COMMON_NEAR_NEAR_H

#include "common/base/status.h"
#include "common/near/area.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct near near_t;

enum {
    /* Least memory for an index, bytes. */
    NEAR_MEMORY_MIN = 1 << 18,
    /* A budget that suits queries of strangers: some milliseconds at most. */
    NEAR_BUDGET = 1 << 18,
};

/* A client and where it is (open value struct). */
typedef struct {
    uint32_t handle;
    area_position_t position;
} near_point_t;

/* Whom to look for (open value struct). */
typedef struct {
    double latitude_deg;  /* -90 .. 90 */
    double longitude_deg; /* -180 .. 180 */
    double radius_m;      /* >= 0; a client at exactly this distance is within it */
    size_t maximum;       /* clients wanted, at most */
    size_t budget;        /* clients looked at, at most; each node of the trie counts as 16 */
} near_query_t;

/* One client found (open value struct). */
typedef struct {
    near_point_t point;
    double haversine; /* of the angle to it; sphere_distance_m makes metres of it */
} near_hit_t;

/* What a search came to (open value struct). */
typedef struct {
    size_t count;  /* clients found */
    bool complete; /* false: the budget ended it, so there may be nearer ones than those found */
    size_t work;   /* spent of the budget */
} near_answer_t;

/* A page of a box (open value struct). */
typedef struct {
    area_box_t box; /* valid (area_box_is_valid, asserted) */
    size_t maximum; /* clients of a page, at most */
    size_t budget;  /* as in near_query_t; it ends a page early, never the walk */
} near_box_query_t;

/* How far a walk through a box has come: the key of the last client looked at (open value struct;
 * all zero before the first page). Any numbers are safe, so it may go to a stranger and come back.
 */
typedef struct {
    uint64_t code;
    uint32_t handle;
    bool begun;
} near_cursor_t;

/* What a page came to (open value struct). */
typedef struct {
    size_t count; /* clients of the page */
    bool more;    /* there may be others behind it */
    size_t work;  /* spent of the budget */
} near_page_t;

/* An empty index that takes at most `max_memory` bytes, NEAR_MEMORY_MIN or more (asserted). Caller
 * frees with near_destroy. */
near_t *near_new(size_t max_memory);

/* Frees it and clears the pointer; NULL is fine. */
void near_destroy(near_t **self_p);

/* Adds a client, or moves it. STATUS_OUT_OF_RANGE if latitude or longitude is, STATUS_FULL if there
 * is not the memory. Then nothing has changed: a client that could not be moved is where it was,
 * and can be removed. */
status_t near_put(near_t *self, near_point_t point) STATUS_MUST_USE;

/* Brings what near_put and near_find of these clients will read into the caches, so that they need
 * not wait for it; they may be unknown. A core has some ten fetches under way at most: more than
 * NEAR_FETCH_BATCH at a time gain nothing. */
enum { NEAR_FETCH_BATCH = 16 };
void near_fetch(const near_t *self, const uint32_t *handles, size_t count);

/* Removes a client; false if it is not there. Frees memory, and needs none. */
bool near_remove(near_t *self, uint32_t handle);

/* Where a client is; false if it is not there. */
bool near_find(const near_t *self, uint32_t handle, area_position_t *ret_position);

/* Clients there are. */
size_t near_count(const near_t *self);

/* Bytes of memory in use. */
size_t near_memory(const near_t *self);

/* Writes the clients nearest to the position to `ret_hits` (room for `maximum`), nearest first,
 * those at equal haversines by handle. A complete answer is the same, to the last bit, as if every
 * client were compared by sphere_haversine. Position and radius are in range (asserted). */
near_answer_t near_nearest(const near_t *self, const near_query_t *query, near_hit_t *ret_hits);

/* Writes the next clients in the box to `ret_points` (room for `maximum`), in the order of their
 * keys, and moves the cursor on. Go on while there are `more`: whoever stands still is shown once,
 * whatever happens between the pages; who moves may be shown at both positions, or not at all. */
near_page_t near_box(const near_t *self, const near_box_query_t *query, near_cursor_t *cursor,
                     near_point_t *ret_points);

#endif
