/* The nearest clients: depth first, each node's slots in the order of their bounds, so that good
 * ones are found soon and most of the trie is never looked at. What is found lies in a heap whose
 * top is the worst; a slot whose bound is worse than that cannot help any more. In a leaf a bound
 * for each client keeps most of them from being measured. Only sphere_haversine decides. */
#include "common/near/near_parts.h"

#include <math.h>

typedef struct {
    const near_t *near;
    near_asked_t asked;
    area_circle_t circle;
    near_hit_t *hits; /* a heap: none is worse than its parent */
    size_t maximum;
    size_t count;
    size_t work;
    size_t budget;
    bool complete;
} search_t;

/* A slot, or a leaf's adjacent ones, to be visited. */
typedef struct {
    near_ref_t ref;
    unsigned slot;
    double bound;
} visit_t;

static bool is_worse(const near_hit_t *one, const near_hit_t *other)
{
    if (one->haversine < other->haversine || one->haversine > other->haversine) {
        return one->haversine > other->haversine;
    }
    return one->point.handle > other->point.handle;
}

/* Lets `hit` sink from the top of the first `count` hits. */
static void sink(near_hit_t *hits, size_t count, near_hit_t hit)
{
    size_t place = 0;
    for (size_t below = 1; below < count; below = 2 * place + 1) {
        if (below + 1 < count && is_worse(&hits[below + 1], &hits[below])) {
            below++;
        }
        if (!is_worse(&hits[below], &hit)) {
            break;
        }
        hits[place] = hits[below];
        place = below;
    }
    hits[place] = hit;
}

static void rise(near_hit_t *hits, size_t place, near_hit_t hit)
{
    while (place > 0 && is_worse(&hit, &hits[(place - 1) / 2])) {
        hits[place] = hits[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    hits[place] = hit;
}

/* Nearest first. */
static void sort(near_hit_t *hits, size_t count)
{
    while (count > 1) {
        near_hit_t worst = hits[0];
        sink(hits, count - 1, hits[count - 1]);
        hits[--count] = worst;
    }
}

static void add(search_t *self, near_hit_t hit)
{
    if (!area_circle_reaches(&self->circle, hit.haversine)) {
        return;
    }
    if (self->count < self->maximum) {
        rise(self->hits, self->count++, hit);
    } else if (is_worse(&self->hits[0], &hit)) {
        sink(self->hits, self->maximum, hit);
    }
}

/* The haversine beyond which no one is wanted. */
static double limit_of(const search_t *self)
{
    double worst = self->count == self->maximum ? self->hits[0].haversine : self->circle.beyond;
    return worst < self->circle.beyond ? worst : self->circle.beyond;
}

/* Whether someone with that bound and handle, or a greater one, is still wanted. */
static bool is_wanted(const search_t *self, double bound, uint32_t handle)
{
    double limit = limit_of(self);
    return bound < limit || (bound <= limit &&
                             (self->count < self->maximum || handle <= self->hits[0].point.handle));
}

static void search_leaf(search_t *self, const near_leaf_t *leaf)
{
    double bounds[NEAR_LEAF_MAX];
    near_bounds_positions(&self->asked, near_leaf_positions(leaf), leaf->count, bounds);
    self->work += leaf->count;
    double limit = limit_of(self);
    for (unsigned i = 0; i < leaf->count; i++) {
        if (bounds[i] > limit) {
            continue;
        }
        near_point_t point = near_leaf_point(leaf, i);
        add(self, (near_hit_t){.point = point,
                               .haversine =
                                   sphere_haversine(&self->asked.from, point.position.latitude_e7,
                                                    point.position.longitude_e7)});
        limit = limit_of(self);
    }
}

/* Fills `ret_visits` with what is worth a visit, the nearest first; returns the count. */
static unsigned plan(const search_t *self, const near_node_t *node, const double *bounds,
                     visit_t ret_visits[NEAR_NODE_SLOTS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < NEAR_NODE_SLOTS;) {
        visit_t visit = {.ref = node->slots[i], .slot = i, .bound = bounds[i]};
        for (i++; i < NEAR_NODE_SLOTS && node->slots[i] == visit.ref; i++) {
            visit.bound = bounds[i] < visit.bound ? bounds[i] : visit.bound;
        }
        if (visit.ref == NEAR_EMPTY || !is_wanted(self, visit.bound, 0)) {
            continue;
        }
        unsigned place = count++;
        for (; place > 0 && visit.bound < ret_visits[place - 1].bound; place--) {
            ret_visits[place] = ret_visits[place - 1];
        }
        ret_visits[place] = visit;
    }
    return count;
}

/* Below the code all are at one position, but for those of a cap: its distance is their bound. */
static double bound_of_code(const search_t *self, near_ref_t ref, double bound)
{
    while (near_ref_is_node(ref)) {
        const near_node_t *node = near_node_at(self->near, near_ref_number(ref));
        unsigned slot = 0;
        while (node->slots[slot] == NEAR_EMPTY) {
            slot++;
        }
        ref = node->slots[slot];
    }
    const near_leaf_t *leaf = near_leaf_at(self->near, near_ref_number(ref));
    area_position_t position = near_leaf_positions(leaf)[0];
    if (near_key_region(leaf->code) != NEAR_GLOBE &&
        position.latitude_e7 != 90 * SPHERE_DEGREE_E7 &&
        position.latitude_e7 != -90 * SPHERE_DEGREE_E7) {
        return bound;
    }
    return sphere_haversine(&self->asked.from, position.latitude_e7, position.longitude_e7);
}

static void search_node(search_t *self, uint32_t number, near_key_t prefix, int depth,
                        double bound);

static void search_visit(search_t *self, const visit_t *visit, near_key_t prefix, int depth)
{
    if (self->work >= self->budget) {
        self->complete = false;
    } else if (near_ref_is_leaf(visit->ref)) {
        search_leaf(self, near_leaf_at(self->near, near_ref_number(visit->ref)));
    } else {
        search_node(self, near_ref_number(visit->ref), near_key_child(prefix, depth, visit->slot),
                    depth + 1, visit->bound);
    }
}

static void search_node(search_t *self, uint32_t number, near_key_t prefix, int depth, double bound)
{
    double bounds[NEAR_NODE_SLOTS];
    visit_t visits[NEAR_NODE_SLOTS];
    self->work += NEAR_NODE_SLOTS;
    if (depth == NEAR_CODE_DEPTH) {
        bound = bound_of_code(self, near_ref_to_node(number), bound);
    }
    if (depth < NEAR_CODE_DEPTH) {
        near_bounds_slots(&self->asked, prefix.code, depth, bounds);
    } else {
        for (unsigned i = 0; i < NEAR_NODE_SLOTS; i++) {
            bounds[i] = bound;
        }
    }
    unsigned count = plan(self, near_node_at(self->near, number), bounds, visits);
    for (unsigned i = 0; i < count && self->complete; i++) {
        uint32_t least = near_key_child(prefix, depth, visits[i].slot).handle;
        if (is_wanted(self, visits[i].bound, least)) {
            search_visit(self, &visits[i], prefix, depth);
        }
    }
}

near_answer_t near_nearest(const near_t *self, const near_query_t *query, near_hit_t *ret_hits)
{
    search_t search = {
        .near = self,
        .circle = area_circle(query->latitude_deg, query->longitude_deg, query->radius_m),
        .hits = ret_hits,
        .maximum = query->maximum,
        .budget = query->budget,
        .complete = true,
    };
    search.asked = near_bounds_from(&search.circle.from);
    if (query->maximum > 0 && self->count > 0) {
        search_node(&search, NEAR_ROOT, (near_key_t){0}, 0, 0);
    }
    sort(ret_hits, search.count);
    return (near_answer_t){.count = search.count, .complete = search.complete, .work = search.work};
}
