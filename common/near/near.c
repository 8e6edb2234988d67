#include "common/near/near_parts.h"

#include "common/base/memory.h"

#include <stdlib.h>

near_t *near_new(size_t max_memory)
{
    assert(max_memory >= NEAR_MEMORY_MIN);
    near_t *self = memory_new(sizeof *self);
    self->max_memory = max_memory;
    self->memory = sizeof *self;
    status_t status = near_memory_reserve(self);
    assert(status == STATUS_OK); /* NEAR_MEMORY_MIN */
    uint32_t root = near_memory_take_node(self);
    assert(root == NEAR_ROOT);
    return self;
}

void near_destroy(near_t **self_p)
{
    if (*self_p != NULL) {
        near_memory_done(*self_p);
        free(*self_p);
        *self_p = NULL;
    }
}

static uint32_t locator_of(const near_t *self, uint32_t handle)
{
    return handle < self->locator_capacity ? self->locators[handle] : NEAR_NO_CLIENT;
}

/* Follows a key down; returns what is where the way ends: a leaf, or nothing. */
static near_ref_t descend(const near_t *self, near_key_t key, near_way_t *ret_way)
{
    near_ref_t ref = near_ref_to_node(NEAR_ROOT);
    ret_way->depth = -1;
    while (near_ref_is_node(ref)) {
        uint32_t node = near_ref_number(ref);
        ret_way->nodes[++ret_way->depth] = node;
        ref = near_node_at(self, node)->slots[near_key_slot(key, ret_way->depth)];
    }
    return ref;
}

/* The length of the shortest prefix of `key` whose slots of that node are all empty. */
static int empty_bits(const near_node_t *node, near_key_t key, int depth)
{
    int bits = NEAR_NODE_BITS * (depth + 1);
    while (bits > NEAR_NODE_BITS * depth) {
        unsigned count = NEAR_NODE_SLOTS >> (bits - 1 - NEAR_NODE_BITS * depth);
        unsigned first = near_key_slot(key, depth) & ~(count - 1);
        for (unsigned i = 0; i < count; i++) {
            if (node->slots[first + i] != NEAR_EMPTY) {
                return bits;
            }
        }
        bits--;
    }
    return bits;
}

static void insert(near_t *self, near_point_t point, near_key_t key)
{
    near_way_t way;
    near_ref_t ref = descend(self, key, &way);
    if (near_ref_is_leaf(ref)) {
        near_leaf_add(self, &way, near_ref_number(ref), point);
        return;
    }
    uint32_t node = way.nodes[way.depth];
    int bits = empty_bits(near_node_at(self, node), key, way.depth);
    uint32_t leaf = near_leaf_new(self, key, bits, point);
    near_leaf_hang(self, node, key, bits, near_ref_to_leaf(leaf));
    near_merge(self, &way, leaf);
}

static void take_out(near_t *self, uint32_t locator)
{
    near_way_t way;
    uint32_t leaf = near_locator_leaf(locator);
    const near_leaf_t *header = near_leaf_at(self, leaf);
    if (header->count == 1) {
        descend(self, near_leaf_key(header), &way);
        near_merge_empty(self, &way, leaf);
        return;
    }
    near_leaf_take_out(self, leaf, near_locator_place(locator));
    /* Not at each client that goes: it is seldom that anything merges. */
    if (header->count <= NEAR_MERGE_MAX && header->count % NEAR_CAPACITY_STEP == 0) {
        descend(self, near_leaf_key(header), &way);
        near_merge(self, &way, leaf);
    }
}

status_t near_put(near_t *self, near_point_t point)
{
    if (!area_position_is_valid(point.position)) {
        return STATUS_OUT_OF_RANGE;
    }
    point.position = area_canonical(point.position);
    near_key_t key = near_point_key(point);
    uint32_t locator = locator_of(self, point.handle);
    if (locator != NEAR_NO_CLIENT) {
        const near_leaf_t *leaf = near_leaf_at(self, near_locator_leaf(locator));
        if (near_leaf_covers(leaf, key)) {
            near_leaf_positions(leaf)[near_locator_place(locator)] = point.position;
            return STATUS_OK;
        }
    }
    status_t status = near_memory_reserve_handle(self, point.handle);
    status = status == STATUS_OK ? near_memory_reserve(self) : status;
    if (status != STATUS_OK) {
        return status;
    }
    if (locator != NEAR_NO_CLIENT) {
        take_out(self, locator);
    } else {
        self->count++;
    }
    insert(self, point, key);
    return STATUS_OK;
}

/* The locator, then the leaf, then the place in it: each step reads what the one before has
 * fetched. gcc 12 takes what only prefetches for a function without effect, and leaves its calls
 * out: the empty statement is an effect. */
void near_fetch(const near_t *self, const uint32_t *handles, size_t count)
{
    __asm__ volatile("");
    for (size_t i = 0; i < count; i++) {
        if (handles[i] < self->locator_capacity) {
            __builtin_prefetch(&self->locators[handles[i]], 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t locator = locator_of(self, handles[i]);
        if (locator != NEAR_NO_CLIENT) {
            __builtin_prefetch(near_leaf_at(self, near_locator_leaf(locator)), 1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t locator = locator_of(self, handles[i]);
        if (locator != NEAR_NO_CLIENT) {
            const near_leaf_t *leaf = near_leaf_at(self, near_locator_leaf(locator));
            __builtin_prefetch(near_leaf_positions(leaf) + near_locator_place(locator), 1);
        }
    }
}

bool near_remove(near_t *self, uint32_t handle)
{
    uint32_t locator = locator_of(self, handle);
    if (locator == NEAR_NO_CLIENT) {
        return false;
    }
    take_out(self, locator);
    self->locators[handle] = NEAR_NO_CLIENT;
    self->count--;
    return true;
}

bool near_find(const near_t *self, uint32_t handle, area_position_t *ret_position)
{
    uint32_t locator = locator_of(self, handle);
    if (locator == NEAR_NO_CLIENT) {
        return false;
    }
    const near_leaf_t *leaf = near_leaf_at(self, near_locator_leaf(locator));
    *ret_position = near_leaf_positions(leaf)[near_locator_place(locator)];
    return true;
}

size_t near_count(const near_t *self)
{
    return self->count;
}

size_t near_memory(const near_t *self)
{
    return self->memory;
}
