/* Leaves: their clients lie in a block of just about the size that they need. A leaf that is full
 * is split at the first bit in which its clients differ: all of the slots between, where no one is,
 * become empty. */
#include "common/near/near_parts.h"

#include <string.h>

void near_leaf_hang(near_t *self, uint32_t node, near_key_t prefix, int bits, near_ref_t ref)
{
    near_ref_t *slots = near_node_at(self, node)->slots;
    unsigned first = near_leaf_first_slot(prefix, bits);
    for (unsigned i = 0; i < near_leaf_slot_count(bits); i++) {
        slots[first + i] = ref;
    }
}

void near_leaf_write(near_t *self, uint32_t leaf, unsigned place, near_point_t point)
{
    const near_leaf_t *header = near_leaf_at(self, leaf);
    near_leaf_positions(header)[place] = point.position;
    near_leaf_handles(header)[place] = point.handle;
    self->locators[point.handle] = leaf << NEAR_LOCATOR_SLOT_BITS | place;
}

/* The least capacity for so many. */
static unsigned capacity_for(unsigned count)
{
    return (count + NEAR_CAPACITY_STEP - 1) / NEAR_CAPACITY_STEP * NEAR_CAPACITY_STEP;
}

/* Gives a leaf without a block one with these clients. */
static void fill(near_t *self, uint32_t leaf, const near_point_t *points, unsigned count)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    header->capacity = (uint8_t)capacity_for(count);
    header->count = (uint8_t)count;
    header->block = near_memory_take_block(self, header->capacity);
    for (unsigned i = 0; i < count; i++) {
        near_leaf_write(self, leaf, i, points[i]);
    }
}

/* Places in the block stay the same, and with them the locators. */
void near_leaf_refit(near_t *self, uint32_t leaf, unsigned capacity)
{
    area_position_t positions[NEAR_LEAF_MAX];
    uint32_t handles[NEAR_LEAF_MAX];
    near_leaf_t *header = near_leaf_at(self, leaf);
    memcpy(positions, near_leaf_positions(header), header->count * sizeof *positions);
    memcpy(handles, near_leaf_handles(header), header->count * sizeof *handles);
    near_memory_give_block(self, header->block, header->capacity);
    header->capacity = (uint8_t)capacity_for(capacity);
    header->block = near_memory_take_block(self, header->capacity);
    memcpy(near_leaf_positions(header), positions, header->count * sizeof *positions);
    memcpy(near_leaf_handles(header), handles, header->count * sizeof *handles);
}

uint32_t near_leaf_new(near_t *self, near_key_t prefix, int bits, near_point_t point)
{
    uint32_t leaf = near_memory_take_leaf(self);
    near_key_t begin = near_key_prefix(prefix, bits);
    *near_leaf_at(self, leaf) =
        (near_leaf_t){.code = begin.code, .handle = begin.handle, .bits = (uint8_t)bits};
    fill(self, leaf, &point, 1);
    return leaf;
}

/* Bits that all of these keys begin with. */
static int common_bits(const near_key_t *keys, unsigned count)
{
    near_key_t differing = {0};
    for (unsigned i = 1; i < count; i++) {
        differing.code |= keys[i].code ^ keys[0].code;
        differing.handle |= keys[i].handle ^ keys[0].handle;
    }
    if (differing.code != 0) {
        return __builtin_clzll(differing.code);
    }
    assert(differing.handle != 0);
    return NEAR_CODE_BITS + __builtin_clz(differing.handle);
}

/* Makes the nodes on the way of `key` down to `depth`. */
static void deepen(near_t *self, near_way_t *way, near_key_t key, int depth)
{
    while (way->depth < depth) {
        uint32_t node = near_memory_take_node(self);
        near_node_at(self, way->nodes[way->depth])->slots[near_key_slot(key, way->depth)] =
            near_ref_to_node(node);
        way->nodes[++way->depth] = node;
    }
}

/* Of two sides, gives the clients whose key has that bit to a leaf, and hangs it on the node. */
static void fill_side(near_t *self, uint32_t node, uint32_t leaf, near_point_t *points,
                      unsigned count)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    near_key_t prefix = near_key_prefix(near_point_key(points[0]), header->bits);
    header->code = prefix.code;
    header->handle = prefix.handle;
    fill(self, leaf, points, count);
    near_leaf_hang(self, node, prefix, header->bits, near_ref_to_leaf(leaf));
}

/* A full leaf gets one more. */
static void split(near_t *self, near_way_t *way, uint32_t leaf, near_point_t point)
{
    near_point_t points[NEAR_LEAF_MAX + 1];
    near_point_t sides[2][NEAR_LEAF_MAX + 1];
    near_key_t keys[NEAR_LEAF_MAX + 1];
    unsigned counts[2] = {0, 0};
    near_leaf_t *header = near_leaf_at(self, leaf);
    unsigned count = header->count;
    for (unsigned i = 0; i <= count; i++) {
        points[i] = i < count ? near_leaf_point(header, i) : point;
        keys[i] = near_point_key(points[i]);
    }
    int common = common_bits(keys, count + 1);
    for (unsigned i = 0; i <= count; i++) {
        unsigned side = near_key_bit(keys[i], common);
        sides[side][counts[side]++] = points[i];
    }
    near_leaf_hang(self, way->nodes[way->depth], near_leaf_key(header), header->bits, NEAR_EMPTY);
    near_memory_give_block(self, header->block, header->capacity);
    deepen(self, way, keys[0], near_leaf_depth(common + 1));
    uint32_t other = near_memory_take_leaf(self);
    header->bits = (uint8_t)(common + 1);
    near_leaf_at(self, other)->bits = header->bits;
    fill_side(self, way->nodes[way->depth], leaf, sides[0], counts[0]);
    fill_side(self, way->nodes[way->depth], other, sides[1], counts[1]);
}

void near_leaf_add(near_t *self, near_way_t *way, uint32_t leaf, near_point_t point)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    if (header->count == NEAR_LEAF_MAX) {
        split(self, way, leaf, point);
        return;
    }
    if (header->count == header->capacity) {
        near_leaf_refit(self, leaf, header->capacity + NEAR_CAPACITY_STEP);
    }
    near_leaf_write(self, leaf, header->count++, point);
}

void near_leaf_take_out(near_t *self, uint32_t leaf, unsigned place)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    unsigned last = --header->count;
    if (place != last) {
        near_leaf_write(self, leaf, place, near_leaf_point(header, last));
    }
    bool is_loose = header->capacity >= header->count + 2 * NEAR_CAPACITY_STEP;
    if (is_loose && header->count > 0 && near_memory_has_page(self)) {
        near_leaf_refit(self, leaf, header->capacity - NEAR_CAPACITY_STEP);
    }
}
