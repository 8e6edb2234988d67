/* What splits made goes again, so that the trie is that of the clients there are: a leaf widens
 * over the empty half beside it, two small ones become one, and a node that a single leaf owns, or
 * that is empty, goes. Two leaves of 32 become one where a leaf of 65 is split: so a client that
 * goes to and fro does not split and join all the time. */
#include "common/near/near_parts.h"

/* What all slots of a range hold; false if they differ. */
static bool is_uniform(const near_ref_t *slots, unsigned count, near_ref_t *ret_ref)
{
    for (unsigned i = 1; i < count; i++) {
        if (slots[i] != slots[0]) {
            return false;
        }
    }
    *ret_ref = slots[0];
    return true;
}

/* Moves all clients of `other` to `leaf`, and frees it. */
static void join(near_t *self, uint32_t leaf, uint32_t other)
{
    near_point_t points[NEAR_MERGE_MAX];
    const near_leaf_t *header = near_leaf_at(self, other);
    unsigned count = header->count;
    for (unsigned i = 0; i < count; i++) {
        points[i] = near_leaf_point(header, i);
    }
    near_memory_give_block(self, header->block, header->capacity);
    near_memory_give_leaf(self, other);
    near_leaf_refit(self, leaf, near_leaf_at(self, leaf)->count + count);
    for (unsigned i = 0; i < count; i++) {
        near_leaf_write(self, leaf, near_leaf_at(self, leaf)->count++, points[i]);
    }
}

/* Makes the leaf own the half beside it too. */
static void widen(near_t *self, near_way_t *way, uint32_t leaf)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    near_key_t prefix = near_key_prefix(near_leaf_key(header), --header->bits);
    header->code = prefix.code;
    header->handle = prefix.handle;
    if (near_leaf_depth(header->bits) < way->depth) { /* it owns all of the node */
        near_memory_give_node(self, way->nodes[way->depth--]);
    }
    near_leaf_hang(self, way->nodes[way->depth], prefix, header->bits, near_ref_to_leaf(leaf));
}

/* One step; false if the leaf stays as it is. */
static bool merge_once(near_t *self, near_way_t *way, uint32_t leaf)
{
    const near_leaf_t *header = near_leaf_at(self, leaf);
    near_ref_t beside;
    if (header->count > NEAR_MERGE_MAX || header->bits == 0) {
        return false;
    }
    unsigned count = near_leaf_slot_count(header->bits);
    unsigned first = near_leaf_first_slot(near_leaf_key(header), header->bits) ^ count;
    if (!is_uniform(near_node_at(self, way->nodes[way->depth])->slots + first, count, &beside) ||
        near_ref_is_node(beside)) {
        return false;
    }
    if (near_ref_is_leaf(beside)) {
        uint32_t other = near_ref_number(beside);
        if (near_leaf_at(self, other)->count + header->count > NEAR_MERGE_MAX ||
            !near_memory_has_page(self)) {
            return false;
        }
        join(self, leaf, other);
    }
    widen(self, way, leaf);
    return true;
}

void near_merge(near_t *self, near_way_t *way, uint32_t leaf)
{
    while (merge_once(self, way, leaf)) {
    }
}

void near_merge_empty(near_t *self, near_way_t *way, uint32_t leaf)
{
    near_leaf_t *header = near_leaf_at(self, leaf);
    near_key_t prefix = near_leaf_key(header);
    int bits = header->bits;
    near_memory_give_block(self, header->block, header->capacity);
    near_memory_give_leaf(self, leaf);
    near_leaf_hang(self, way->nodes[way->depth], prefix, bits, NEAR_EMPTY);
    near_ref_t beside = NEAR_EMPTY;
    while (bits > 0) {
        unsigned count = near_leaf_slot_count(bits);
        unsigned first = near_leaf_first_slot(prefix, bits) ^ count;
        if (!is_uniform(near_node_at(self, way->nodes[way->depth])->slots + first, count,
                        &beside) ||
            beside != NEAR_EMPTY) {
            break;
        }
        if (near_leaf_depth(--bits) < way->depth) { /* the node is empty */
            near_memory_give_node(self, way->nodes[way->depth--]);
            near_leaf_hang(self, way->nodes[way->depth], prefix, bits, NEAR_EMPTY);
        }
    }
    if (bits > 0 && near_ref_is_leaf(beside)) {
        near_merge(self, way, near_ref_number(beside));
    }
}
