#include "tests/support/near_model.h"

#include "common/base/memory.h"
#include "common/near/near_parts.h"
#include "tests/support/near_ahead.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 1000 };

near_model_t *near_model_new(uint32_t handle_end, size_t max_memory)
{
    near_model_t *self = memory_new(sizeof *self);
    self->near = near_new(max_memory);
    self->positions = memory_new_array(handle_end, sizeof *self->positions);
    self->is_there = memory_new_array(handle_end, sizeof *self->is_there);
    self->handle_end = handle_end;
    return self;
}

void near_model_destroy(near_model_t **self_p)
{
    near_destroy(&(*self_p)->near);
    free((*self_p)->positions);
    free((*self_p)->is_there);
    free(*self_p);
    *self_p = NULL;
}

static int32_t between(random_t *random, int64_t low, int64_t high)
{
    return (int32_t)(low + (int64_t)random_below(random, (uint64_t)(high - low + 1)));
}

static int32_t any_longitude(random_t *random)
{
    return between(random, -AREA_MERIDIAN_E7, AREA_MERIDIAN_E7);
}

/* Some at the pole itself, and some very near. */
static area_position_t polar_position(random_t *random, int sign)
{
    static const int32_t reaches_e7[] = {0, 3, 1000, 1000000, 20000000};
    int32_t away_e7 = between(random, 0, reaches_e7[random_below(random, 5)]);
    return (area_position_t){sign * (AREA_POLE_E7 - away_e7), any_longitude(random)};
}

area_position_t near_model_position(random_t *random, near_shape_t shape)
{
    int64_t turn = 1800000000 + (int64_t)between(random, -5000, 5000) * 1000;
    switch (shape) {
    case NEAR_SHAPE_TOWN:
        return (area_position_t){between(random, 340000000, 341000000),
                                 between(random, -1185000000, -1184000000)};
    case NEAR_SHAPE_ANTIMERIDIAN:
        return (area_position_t){between(random, -180000000, -170000000),
                                 (int32_t)(turn > AREA_MERIDIAN_E7 ? turn - 3600000000 : turn)};
    case NEAR_SHAPE_NORTH_POLE: return polar_position(random, 1);
    case NEAR_SHAPE_SOUTH_POLE: return polar_position(random, -1);
    case NEAR_SHAPE_CAP_EDGE:
        return (area_position_t){between(random, 879990000, 880010000) *
                                     (random_once_in(random, 2) ? 1 : -1),
                                 any_longitude(random)};
    case NEAR_SHAPE_GRID:
        return (area_position_t){between(random, -90, 90) * 10000000,
                                 between(random, -180, 180) * 10000000};
    case NEAR_SHAPE_STACK:
        return (area_position_t){340000000,
                                 random_once_in(random, 2) ? AREA_MERIDIAN_E7 : -AREA_MERIDIAN_E7};
    default:
        return (area_position_t){between(random, -AREA_POLE_E7, AREA_POLE_E7),
                                 any_longitude(random)};
    }
}

static void note(near_model_t *self, near_point_t point)
{
    self->count += !self->is_there[point.handle];
    self->is_there[point.handle] = true;
    self->positions[point.handle] = area_canonical(point.position);
}

bool near_model_put(near_model_t *self, near_point_t point)
{
    assert(point.handle < self->handle_end);
    status_t status = near_put(self->near, point);
    assert(status == STATUS_OK || status == STATUS_FULL);
    if (status == STATUS_OK) {
        note(self, point);
    }
    return status == STATUS_OK;
}

bool near_model_put_all(near_model_t *self, const near_point_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        near_ahead(self->near, points, count, i);
        if (!near_model_put(self, points[i])) {
            return false;
        }
    }
    return true;
}

void near_model_remove(near_model_t *self, uint32_t handle)
{
    bool was_there = near_remove(self->near, handle);
    assert(was_there == (handle < self->handle_end && self->is_there[handle]));
    if (was_there) {
        self->is_there[handle] = false;
        self->count--;
    }
}

/* What the walk through the trie counts. */
typedef struct {
    const near_model_t *model;
    bool is_pressed;
    const near_asked_t *asked; /* bounds are checked, if not NULL */
    size_t clients;
    size_t nodes;
    size_t leaves;
    size_t blocks[NEAR_CLASSES];
    double bounds[NEAR_DEPTH_MAX]; /* on the way */
    size_t slots[NEAR_DEPTH_MAX];
} tally_t;

static bool is_equal(area_position_t one, area_position_t other)
{
    return one.latitude_e7 == other.latitude_e7 && one.longitude_e7 == other.longitude_e7;
}

/* No bound on the way to a client is greater than its distance. */
static void check_way(const tally_t *self, near_point_t point, int depth, double bound)
{
    double haversine = sphere_haversine(&self->asked->from, point.position.latitude_e7,
                                        point.position.longitude_e7);
    for (int i = 0; i <= depth && i < NEAR_CODE_DEPTH; i++) {
        assert(self->bounds[i] <= haversine);
    }
    assert(bound <= haversine);
}

static void check_clients(const tally_t *self, uint32_t number, int depth)
{
    const near_t *near = self->model->near;
    const near_leaf_t *leaf = near_leaf_at(near, number);
    double bounds[NEAR_LEAF_MAX] = {0};
    if (self->asked != NULL) {
        near_bounds_positions(self->asked, near_leaf_positions(leaf), leaf->count, bounds);
    }
    for (unsigned i = 0; i < leaf->count; i++) {
        near_point_t point = near_leaf_point(leaf, i);
        assert(near_leaf_covers(leaf, near_point_key(point)));
        assert(near->locators[point.handle] == (number << NEAR_LOCATOR_SLOT_BITS | i));
        assert(self->model->is_there[point.handle]);
        assert(is_equal(self->model->positions[point.handle], point.position));
        if (self->asked != NULL) {
            check_way(self, point, depth, bounds[i]);
        }
    }
}

static void check_leaf(tally_t *self, uint32_t number, near_key_t prefix, int depth, unsigned slots)
{
    const near_leaf_t *leaf = near_leaf_at(self->model->near, number);
    assert(leaf->count > 0 && leaf->count <= leaf->capacity && leaf->capacity <= NEAR_LEAF_MAX);
    assert(leaf->capacity % NEAR_CAPACITY_STEP == 0);
    assert(self->is_pressed || leaf->capacity < leaf->count + 2 * NEAR_CAPACITY_STEP);
    assert(near_leaf_depth(leaf->bits) == depth && near_leaf_slot_count(leaf->bits) == slots);
    assert(depth == 0 || leaf->bits > NEAR_NODE_BITS * depth);
    assert(near_leaf_covers(leaf, prefix));
    self->leaves++;
    self->clients += leaf->count;
    self->blocks[leaf->capacity / NEAR_CAPACITY_STEP - 1]++;
    check_clients(self, number, depth);
}

static void check_node(tally_t *self, uint32_t number, near_key_t prefix, int depth)
{
    const near_node_t *node = near_node_at(self->model->near, number);
    double bounds[NEAR_NODE_SLOTS];
    unsigned children = 0;
    self->nodes++;
    if (self->asked != NULL && depth < NEAR_CODE_DEPTH) {
        near_bounds_slots(self->asked, prefix.code, depth, bounds);
    }
    for (unsigned i = 0; i < NEAR_NODE_SLOTS;) {
        near_ref_t ref = node->slots[i];
        unsigned first = i;
        near_key_t child = near_key_child(prefix, depth, first);
        double bound = bounds[i];
        for (; i < NEAR_NODE_SLOTS && node->slots[i] == ref; i++) {
            bound = bounds[i] < bound ? bounds[i] : bound;
        }
        self->bounds[depth] = bound;
        children += ref != NEAR_EMPTY;
        if (near_ref_is_leaf(ref)) {
            check_leaf(self, near_ref_number(ref), child, depth, i - first);
        } else if (ref != NEAR_EMPTY) {
            assert(i == first + 1);
            check_node(self, near_ref_number(ref), child, depth + 1);
        }
    }
    assert(children > 0 || number == NEAR_ROOT);
}

/* Each block in use lies in a page that is needed, and in no one else's place. */
static void check_memory(const tally_t *self)
{
    const near_t *near = self->model->near;
    size_t pages = near->spare_count;
    for (unsigned i = 0; i < NEAR_CLASSES; i++) {
        assert(near->classes[i].block_count == self->blocks[i]);
        const char *page = near->classes[i].last_page;
        while (page != NULL) {
            const char *before;
            memcpy(&before, page, sizeof before);
            page = before;
            pages++;
        }
        size_t size = (size_t)(i + 1) * NEAR_CAPACITY_STEP * NEAR_CLIENT_SIZE;
        size_t each = (NEAR_PAGE_SIZE - sizeof(char *)) / size;
        pages -= (self->blocks[i] + each - 1) / each;
    }
    assert(pages == near->spare_count);
    assert(near->nodes.end - near->nodes.free_count == self->nodes);
    assert(near->leaves.end - near->leaves.free_count == self->leaves);
    assert(near->memory <= near->max_memory);
}

void near_model_check(const near_model_t *self, bool is_pressed)
{
    tally_t tally = {.model = self, .is_pressed = is_pressed};
    check_node(&tally, NEAR_ROOT, (near_key_t){0}, 0);
    assert(tally.clients == self->count && near_count(self->near) == self->count);
    assert(self->count > 0 || tally.nodes == 1);
    check_memory(&tally);
    for (uint32_t i = 0; i < self->handle_end; i++) {
        area_position_t position;
        assert(near_find(self->near, i, &position) == self->is_there[i]);
        assert(!self->is_there[i] || is_equal(position, self->positions[i]));
    }
}

void near_model_check_bounds(const near_model_t *self, double latitude_deg, double longitude_deg)
{
    sphere_position_t from = sphere_position(latitude_deg, longitude_deg);
    near_asked_t asked = near_bounds_from(&from);
    tally_t tally = {.model = self, .asked = &asked, .is_pressed = true};
    check_node(&tally, NEAR_ROOT, (near_key_t){0}, 0);
}

static int compare_hits(const void *one_p, const void *other_p)
{
    const near_hit_t *one = one_p;
    const near_hit_t *other = other_p;
    if (one->haversine < other->haversine || one->haversine > other->haversine) {
        return one->haversine < other->haversine ? -1 : 1;
    }
    return one->point.handle < other->point.handle ? -1 : 1;
}

/* By a look at every client; `hits` has room for all of them. */
static size_t brute_force(const near_model_t *self, const near_query_t *query, near_hit_t *hits)
{
    sphere_position_t from = sphere_position(query->latitude_deg, query->longitude_deg);
    size_t count = 0;
    for (uint32_t i = 0; i < self->handle_end; i++) {
        area_position_t position = self->positions[i];
        double haversine = sphere_haversine(&from, position.latitude_e7, position.longitude_e7);
        if (self->is_there[i] && sphere_distance_m(haversine) <= query->radius_m) {
            hits[count++] =
                (near_hit_t){.point = {.handle = i, .position = position}, .haversine = haversine};
        }
    }
    qsort(hits, count, sizeof *hits, compare_hits);
    return count < query->maximum ? count : query->maximum;
}

void near_model_check_nearest(const near_model_t *self, const near_query_t *query)
{
    near_hit_t *expected = memory_new_array(self->handle_end + 1, sizeof *expected);
    near_hit_t *hits = memory_new_array(query->maximum + 1, sizeof *hits);
    size_t count = brute_force(self, query, expected);
    near_answer_t answer = near_nearest(self->near, query, hits);
    assert(answer.complete && answer.count == count);
    for (size_t i = 0; i < count; i++) {
        assert(hits[i].point.handle == expected[i].point.handle);
        assert(is_equal(hits[i].point.position, expected[i].point.position));
        assert(hits[i].haversine <= expected[i].haversine &&
               hits[i].haversine >= expected[i].haversine);
    }
    free(expected);
    free(hits);
}

/* By the words of the contract, not by the function that the index uses. */
static bool is_in_box(const area_box_t *box, area_position_t position)
{
    bool is_pole = abs(position.latitude_e7) == AREA_POLE_E7;
    bool is_meridian = abs(position.longitude_e7) == AREA_MERIDIAN_E7;
    int64_t turn = 2 * (int64_t)AREA_MERIDIAN_E7;
    int64_t width = ((int64_t)box->east_e7 - box->west_e7 + turn) % turn;
    width = box->west_e7 <= box->east_e7 ? (int64_t)box->east_e7 - box->west_e7 : width;
    int64_t way = ((int64_t)position.longitude_e7 - box->west_e7 + 2 * turn) % turn;
    bool is_between = way <= width || (is_meridian && abs(box->west_e7) == AREA_MERIDIAN_E7);
    return position.latitude_e7 >= box->south_e7 && position.latitude_e7 <= box->north_e7 &&
           (is_pole || is_between);
}

void near_model_check_box(const near_model_t *self, const near_box_query_t *query)
{
    static near_point_t points[PAGE_MAX];
    uint8_t *shown = memory_new_array(self->handle_end, 1);
    near_cursor_t cursor = {0};
    near_page_t page = {.more = true};
    near_key_t last = {0};
    assert(query->maximum <= PAGE_MAX && query->maximum > 0);
    for (size_t pages = 0; page.more; pages++) {
        page = near_box(self->near, query, &cursor, points);
        assert(page.count <= query->maximum);
        for (size_t i = 0; i < page.count; i++) {
            near_key_t key = near_point_key(points[i]);
            assert((pages == 0 && i == 0) || near_key_is_less(last, key));
            shown[points[i].handle]++;
            last = key;
        }
    }
    for (uint32_t i = 0; i < self->handle_end; i++) {
        bool is_due = self->is_there[i] && is_in_box(&query->box, self->positions[i]);
        assert(shown[i] == is_due);
    }
    free(shown);
}
