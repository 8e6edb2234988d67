/* near_model.h - an index of clients beside a plain list of where they are, which every answer is
 * compared with. For the unit tests and the fuzz driver of common/near; positions also for the test
 * of views.
 *
 * Owner: the test. Threads: one. Whatever differs fails an assertion (assert.h).
 */
#ifndef HERD_TESTS_SUPPORT_NEAR_MODEL_H
#define HERD_TESTS_SUPPORT_NEAR_MODEL_H

#include "common/near/near.h"
#include "tests/sim/random.h"

/* Where test clients are; each has broken some index or other. */
typedef enum {
    NEAR_SHAPE_WORLD,        /* anywhere */
    NEAR_SHAPE_TOWN,         /* within some kilometres of each other */
    NEAR_SHAPE_ANTIMERIDIAN, /* both sides of 180 degrees, some exactly on it */
    NEAR_SHAPE_NORTH_POLE,   /* within some kilometres, some at it */
    NEAR_SHAPE_SOUTH_POLE,
    NEAR_SHAPE_CAP_EDGE, /* around 88 degrees */
    NEAR_SHAPE_GRID,     /* few different coordinates */
    NEAR_SHAPE_STACK,    /* one position, spelled in more than one way */
    NEAR_SHAPE_COUNT
} near_shape_t;

/* Both (open value struct); made by near_model_new. */
typedef struct {
    near_t *near;
    area_position_t *positions; /* by handle, canonical */
    bool *is_there;
    uint32_t handle_end;
    size_t count;
} near_model_t;

/* An empty one for handles below `handle_end`. Caller frees with near_model_destroy. */
near_model_t *near_model_new(uint32_t handle_end, size_t max_memory);
void near_model_destroy(near_model_t **self_p);

/* A position of that shape; not canonical. */
area_position_t near_model_position(random_t *random, near_shape_t shape);

/* The same change at both. False if the index has no memory for it. */
bool near_model_put(near_model_t *self, near_point_t point);
bool near_model_put_all(near_model_t *self, const near_point_t *points, size_t count);
void near_model_remove(near_model_t *self, uint32_t handle);

/* Looks at all of the trie: each client once and in its place, no leaf and no node too many, each
 * block in its place. `is_pressed`: it was short of memory, so some leaves may be smaller than they
 * need be. */
void near_model_check(const near_model_t *self, bool is_pressed);

/* Looks at all bounds on the way to each client, from a position. */
void near_model_check_bounds(const near_model_t *self, double latitude_deg, double longitude_deg);

/* Asks both, and compares. The budget is one that does not end it. */
void near_model_check_nearest(const near_model_t *self, const near_query_t *query);

/* Walks through a box by pages of both sizes, and compares. */
void near_model_check_box(const near_model_t *self, const near_box_query_t *query);

#endif
