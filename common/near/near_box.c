/* All clients in a box, in the order of their keys, page by page. A page begins behind the cursor's
 * key, wherever in the trie that is by now, and leaves out what lies outside the box: cells of the
 * globe by their edges, those of a cap by their distance from the pole. The walk goes on to the
 * first client that finds the page full, so that a full page knows whether it is the last. */
#include "common/near/near_parts.h"

#include <math.h>

#define SLACK 1e-12 /* of a distance from the earth's axis, in its radii */

enum { RANGES_MAX = 2 };

/* Both ends belong to it. */
typedef struct {
    int64_t low;
    int64_t high;
} range_t;

typedef struct {
    const near_t *near;
    const near_box_query_t *query;
    near_cursor_t *cursor;
    near_point_t *points;
    size_t count;
    size_t work;
    bool has_passed; /* the cursor has moved: without that, no budget ends a page */
    bool is_ended;   /* by the budget, or because there is one more than the page takes */
    range_t columns[RANGES_MAX]; /* x of clients outside the caps */
    size_t column_count;
    range_t rows;         /* their y */
    double axis_least[2]; /* clients in the northern cap, and in the southern: their distance from
                             the axis; greater than axis_most if no one there is wanted */
    double axis_most[2];
} walk_t;

static int64_t column_of(int32_t longitude_e7)
{
    return longitude_e7 + SPHERE_HALF_TURN_E7;
}

static void set_columns(walk_t *self, const area_box_t *box)
{
    const int64_t turn = 2 * SPHERE_HALF_TURN_E7;
    int64_t west = column_of(box->west_e7);
    int64_t east = column_of(box->east_e7);
    self->columns[0] = (range_t){west, west <= east ? east : turn};
    self->column_count = 1;
    if (west > east) {
        self->columns[self->column_count++] = (range_t){0, east};
    } else if (east == turn) {
        self->columns[self->column_count++] = (range_t){0, 0}; /* the same meridian */
    }
}

/* What a box has of the cap of the pole that lies at `sign` * 90 degrees. */
static void set_axis(walk_t *self, const area_box_t *box, int sign)
{
    int near_cap = sign > 0 ? 0 : 1;
    double low = (sign > 0 ? box->south_e7 : -box->north_e7) / 1e7;
    double high = (sign > 0 ? box->north_e7 : -box->south_e7) / 1e7;
    self->axis_least[near_cap] = 1;
    self->axis_most[near_cap] = 0;
    if (high >= 88) {
        self->axis_least[near_cap] = cos(high * SPHERE_DEGREE_RAD) - SLACK;
        self->axis_most[near_cap] = cos((low > 88 ? low : 88) * SPHERE_DEGREE_RAD) + SLACK;
    }
}

static void walk_init(walk_t *self, const area_box_t *box)
{
    set_columns(self, box);
    self->rows = (range_t){2 * (box->south_e7 + SPHERE_HALF_TURN_E7 / 2),
                           2 * (box->north_e7 + SPHERE_HALF_TURN_E7 / 2)};
    set_axis(self, box, 1);
    set_axis(self, box, -1);
}

/* Distances from 0 of the numbers in a range. */
static double least_of(double low, double high)
{
    return low > 0 ? low : (high < 0 ? -high : 0);
}

static double most_of(double low, double high)
{
    return -low > high ? -low : high;
}

static bool cap_cell_meets(const walk_t *self, uint32_t x, uint32_t y, int64_t size,
                           near_region_t region)
{
    const uint32_t mask = (UINT32_C(1) << NEAR_CAP_SHIFT) - 1;
    int cap = region == NEAR_NORTH_CAP ? 0 : 1;
    double west = (x & mask) * NEAR_CAP_UNIT - NEAR_CAP_HALF;
    double south = (y & mask) * NEAR_CAP_UNIT - NEAR_CAP_HALF;
    double east = west + (double)size * NEAR_CAP_UNIT;
    double north = south + (double)size * NEAR_CAP_UNIT;
    double least = hypot(least_of(west, east), least_of(south, north));
    double most = hypot(most_of(west, east), most_of(south, north));
    return least <= self->axis_most[cap] + SLACK && most >= self->axis_least[cap] - SLACK &&
           self->axis_least[cap] <= self->axis_most[cap];
}

static bool globe_cell_meets(const walk_t *self, uint32_t x, uint32_t y, int64_t size)
{
    if (y > self->rows.high || y + size - 1 < self->rows.low) {
        return false;
    }
    for (size_t i = 0; i < self->column_count; i++) {
        if (x <= self->columns[i].high && x + size - 1 >= self->columns[i].low) {
            return true;
        }
    }
    return false;
}

/* Whether a slot of a node of `depth` may have clients in the box. */
static bool slot_meets(const walk_t *self, near_key_t child, int depth)
{
    uint32_t x;
    uint32_t y;
    if (depth >= NEAR_CODE_DEPTH) {
        return true; /* as its node had */
    }
    near_key_split(child.code, &x, &y);
    int64_t size = INT64_C(1) << (32 - 2 * (depth + 1));
    near_region_t region = near_key_region(child.code);
    if (depth > 0 && region != NEAR_GLOBE) {
        return cap_cell_meets(self, x, y, size, region);
    }
    bool has_cap = depth == 0 && x >> 30 == 3 && (y >> 30 == 0 || y >> 30 == 3);
    return has_cap || globe_cell_meets(self, x, y, size);
}

static near_key_t cursor_key(const near_cursor_t *cursor)
{
    return (near_key_t){.code = cursor->code, .handle = cursor->handle};
}

/* Whether a key was looked at on an earlier page, or before on this one. */
static bool is_passed(const walk_t *self, near_key_t key)
{
    return self->cursor->begun && !near_key_is_less(cursor_key(self->cursor), key);
}

static void pass(walk_t *self, near_key_t key)
{
    if (!is_passed(self, key)) {
        *self->cursor = (near_cursor_t){.code = key.code, .handle = key.handle, .begun = true};
        self->has_passed = true;
    }
}

/* A client of a leaf that is due. */
typedef struct {
    near_key_t key;
    near_point_t point;
} due_t;

/* Finds those of a leaf that are in the box and not passed, in the order of keys. */
static unsigned find_due(const walk_t *self, const near_leaf_t *leaf, due_t ret_due[NEAR_LEAF_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < leaf->count; i++) {
        due_t due = {.point = near_leaf_point(leaf, i)};
        if (!area_box_contains(&self->query->box, due.point.position)) {
            continue;
        }
        due.key = near_point_key(due.point);
        if (is_passed(self, due.key)) {
            continue;
        }
        unsigned place = count++;
        for (; place > 0 && near_key_is_less(due.key, ret_due[place - 1].key); place--) {
            ret_due[place] = ret_due[place - 1];
        }
        ret_due[place] = due;
    }
    return count;
}

static void walk_leaf(walk_t *self, const near_leaf_t *leaf)
{
    due_t due[NEAR_LEAF_MAX];
    self->work += leaf->count;
    unsigned count = find_due(self, leaf, due);
    for (unsigned i = 0; i < count; i++) {
        if (self->count == self->query->maximum) {
            self->is_ended = true;
            return;
        }
        self->points[self->count++] = due[i].point;
        pass(self, due[i].key);
    }
    pass(self, near_key_last(near_leaf_key(leaf), leaf->bits));
}

static void walk_node(walk_t *self, uint32_t number, near_key_t prefix, int depth)
{
    const near_node_t *node = near_node_at(self->near, number);
    const int bits = NEAR_NODE_BITS * (depth + 1);
    self->work += NEAR_NODE_SLOTS;
    for (unsigned i = 0; i < NEAR_NODE_SLOTS && !self->is_ended;) {
        near_ref_t ref = node->slots[i];
        near_key_t child = near_key_child(prefix, depth, i);
        near_key_t last = child;
        bool meets = false;
        for (; i < NEAR_NODE_SLOTS && node->slots[i] == ref; i++) {
            last = near_key_child(prefix, depth, i);
            meets = meets || (ref != NEAR_EMPTY && slot_meets(self, last, depth));
        }
        last = near_key_last(last, bits);
        if (!meets || is_passed(self, last)) {
            continue;
        }
        if (self->work >= self->query->budget && self->has_passed) {
            self->is_ended = true;
        } else if (near_ref_is_leaf(ref)) {
            walk_leaf(self, near_leaf_at(self->near, near_ref_number(ref)));
        } else {
            walk_node(self, near_ref_number(ref), child, depth + 1);
        }
    }
}

near_page_t near_box(const near_t *self, const near_box_query_t *query, near_cursor_t *cursor,
                     near_point_t *ret_points)
{
    assert(area_box_is_valid(&query->box));
    walk_t walk = {.near = self, .query = query, .cursor = cursor, .points = ret_points};
    walk_init(&walk, &query->box);
    walk_node(&walk, NEAR_ROOT, (near_key_t){0}, 0);
    return (near_page_t){.count = walk.count, .more = walk.is_ended, .work = walk.work};
}
