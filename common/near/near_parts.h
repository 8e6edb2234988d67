/* near_parts.h - what only the files of the index share: the layout of the trie.
 *
 * near.c: clients come, move and go. near_leaf.c: what leaves hold, and their splits. near_merge.c:
 * leaves and nodes that go again. near_memory.c: tables and blocks. near_key.c: positions to keys.
 * near_bounds.c: how near the clients of a slot can be. near_nearest.c, near_box.c: the searches.
 *
 * A key is 96 bits: the code of the position (near_key.c), then the handle. A node of depth d
 * stands for a prefix of 4 d bits and has 16 slots, one for each value of the next four. A leaf
 * stands for a prefix of any length, and owns all slots of one node below it: 1, 2, 4, 8 or 16
 * adjacent ones. A slot without clients is empty, without a leaf.
 */
#ifndef HERD_COMMON_NEAR_NEAR_PARTS_H
#define HERD_COMMON_NEAR_NEAR_PARTS_H

#include "common/near/near.h"

#include <assert.h>

enum {
    NEAR_CODE_BITS = 64,
    NEAR_KEY_BITS = 96,
    NEAR_NODE_BITS = 4, /* of the key, for each node on the way */
    NEAR_NODE_SLOTS = 16,
    NEAR_DEPTH_MAX = NEAR_KEY_BITS / NEAR_NODE_BITS, /* nodes on a way */
    NEAR_CODE_DEPTH = NEAR_CODE_BITS / NEAR_NODE_BITS,

    NEAR_LEAF_MAX = 64,  /* clients of a leaf */
    NEAR_MERGE_MAX = 32, /* two leaves with no more between them become one */
    NEAR_CAPACITY_STEP = 4,
    NEAR_CLASSES = NEAR_LEAF_MAX / NEAR_CAPACITY_STEP,
    NEAR_CLIENT_SIZE = 12, /* bytes of a client in a block: position, handle */
    NEAR_PAGE_SIZE = 16384,

    NEAR_LOCATOR_SLOT_BITS = 6,
    NEAR_LEAVES_MAX = (1 << (32 - NEAR_LOCATOR_SLOT_BITS)) - 1,
    NEAR_EMPTY = 0, /* a reference */
    NEAR_ROOT = 0,  /* the number of the first node */
};

#define NEAR_NO_CLIENT UINT32_MAX /* a locator */

/* What a slot holds: 0, or the number of a leaf or node, plus 1, with the lowest bit set for a
 * leaf. */
typedef uint32_t near_ref_t;

typedef struct {
    uint64_t code;
    uint32_t handle;
} near_key_t;

typedef struct {
    near_ref_t slots[NEAR_NODE_SLOTS];
} near_node_t;

/* A leaf; its clients are in a block elsewhere: `capacity` positions, then as many handles. */
typedef struct {
    uint64_t code;    /* the prefix; bits behind it are 0 */
    uint32_t handle;  /* its part beyond the code */
    uint8_t bits;     /* length of the prefix, 0 .. NEAR_KEY_BITS */
    uint8_t count;    /* clients, 1 .. capacity */
    uint8_t capacity; /* a multiple of NEAR_CAPACITY_STEP, at most NEAR_LEAF_MAX */
    void *block;      /* capacity * NEAR_CLIENT_SIZE bytes */
} near_leaf_t;

/* The blocks of one capacity: each page but the last is full of them. */
typedef struct {
    char *last_page; /* begins with the address of the page before it */
    size_t block_count;
} near_class_t;

/* An array that grows, with those of its elements that are free again. */
typedef struct {
    void *memory;        /* as allocated */
    void *array;         /* in it, aligned to a line of the cache */
    size_t capacity;     /* elements there is room for */
    size_t end;          /* elements that were ever in use */
    size_t free_count;   /* elements of the chain of those that are free again */
    uint32_t free_first; /* the first of it, if there is one */
} near_table_t;

enum { NEAR_SPARE_PAGES = 16 };

struct near {
    size_t max_memory; /* bytes */
    size_t memory;     /* bytes in use */
    size_t count;      /* clients */

    near_table_t nodes;  /* near_node_t; the first is the root */
    near_table_t leaves; /* near_leaf_t */

    uint32_t *locators; /* of each handle: number of its leaf, and place in it; NEAR_NO_CLIENT */
    size_t locator_capacity;

    near_class_t classes[NEAR_CLASSES];
    char *spare_pages[NEAR_SPARE_PAGES];
    size_t spare_count;
};

/* The way from the root to where a key belongs. */
typedef struct {
    uint32_t nodes[NEAR_DEPTH_MAX];
    int depth; /* of the last node */
} near_way_t;

/* near_key.c */

/* The code of a canonical position. */
uint64_t near_key_code(area_position_t position);

/* The coordinates of a code, each of 32 bits. */
void near_key_split(uint64_t code, uint32_t *ret_x, uint32_t *ret_y);

/* Outside the caps the units of the axes are 1e-7 degree of longitude, and half that of latitude,
 * from -180 and -90 degrees. */
enum { NEAR_CAP_SHIFT = 29 }; /* a cap is a square of 2^29 units, in the top eighth of the x axis */
#define NEAR_CAP_LATITUDE_E7 INT32_C(880000000)    /* from here to its pole it is a cap's */
#define NEAR_CAP_SINE        0.9993908270190957631 /* of that latitude */
/* Half a side of the square, and a unit of its axes, in radii of the earth. */
#define NEAR_CAP_HALF 0.035
#define NEAR_CAP_UNIT (NEAR_CAP_HALF / (double)(1 << (NEAR_CAP_SHIFT - 1)))

typedef enum { NEAR_GLOBE, NEAR_NORTH_CAP, NEAR_SOUTH_CAP } near_region_t;

/* Where a cell of 6 bits or more lies. */
near_region_t near_key_region(uint64_t code);

/* The 4 bits of a key at `depth`. */
static inline unsigned near_key_slot(near_key_t key, int depth)
{
    return depth < NEAR_CODE_DEPTH
               ? (unsigned)(key.code >> (NEAR_CODE_BITS - NEAR_NODE_BITS * (depth + 1))) & 15
               : (key.handle >> (NEAR_KEY_BITS - NEAR_NODE_BITS * (depth + 1))) & 15;
}

/* The prefix of a slot of a node of `depth`, whose prefix is `key`. */
static inline near_key_t near_key_child(near_key_t key, int depth, unsigned slot)
{
    if (depth < NEAR_CODE_DEPTH) {
        key.code |= (uint64_t)slot << (NEAR_CODE_BITS - NEAR_NODE_BITS * (depth + 1));
    } else {
        key.handle |= (uint32_t)slot << (NEAR_KEY_BITS - NEAR_NODE_BITS * (depth + 1));
    }
    return key;
}

/* The bit of a key behind its first `bits`. */
static inline unsigned near_key_bit(near_key_t key, int bits)
{
    return bits < NEAR_CODE_BITS ? (unsigned)(key.code >> (NEAR_CODE_BITS - 1 - bits)) & 1
                                 : key.handle >> (NEAR_KEY_BITS - 1 - bits) & 1;
}

/* The first `bits` of a key, zeros behind them. */
static inline near_key_t near_key_prefix(near_key_t key, int bits)
{
    if (bits >= NEAR_CODE_BITS) {
        uint64_t mask = UINT64_MAX << (NEAR_KEY_BITS - bits);
        return (near_key_t){.code = key.code, .handle = key.handle & (uint32_t)mask};
    }
    return (near_key_t){.code = bits == 0 ? 0 : key.code & UINT64_MAX << (NEAR_CODE_BITS - bits)};
}

/* The last key that begins with the first `bits` of `key`. */
static inline near_key_t near_key_last(near_key_t key, int bits)
{
    if (bits >= NEAR_CODE_BITS) {
        uint64_t mask = (UINT64_C(1) << (NEAR_KEY_BITS - bits)) - 1;
        return (near_key_t){.code = key.code, .handle = key.handle | (uint32_t)mask};
    }
    uint64_t code = bits == 0 ? UINT64_MAX : key.code | UINT64_MAX >> bits;
    return (near_key_t){.code = code, .handle = UINT32_MAX};
}

static inline bool near_key_is_less(near_key_t one, near_key_t other)
{
    return one.code < other.code || (one.code == other.code && one.handle < other.handle);
}

static inline near_node_t *near_node_at(const near_t *self, uint32_t node)
{
    return (near_node_t *)self->nodes.array + node;
}

static inline near_leaf_t *near_leaf_at(const near_t *self, uint32_t leaf)
{
    return (near_leaf_t *)self->leaves.array + leaf;
}

/* References */

static inline bool near_ref_is_leaf(near_ref_t ref)
{
    return (ref & 1) != 0;
}

static inline bool near_ref_is_node(near_ref_t ref)
{
    return ref != NEAR_EMPTY && (ref & 1) == 0;
}

static inline uint32_t near_ref_number(near_ref_t ref)
{
    return (ref >> 1) - 1;
}

static inline near_ref_t near_ref_to_leaf(uint32_t leaf)
{
    return (leaf + 1) << 1 | 1;
}

static inline near_ref_t near_ref_to_node(uint32_t node)
{
    return (node + 1) << 1;
}

/* Leaves */

static inline area_position_t *near_leaf_positions(const near_leaf_t *leaf)
{
    return leaf->block;
}

static inline uint32_t *near_leaf_handles(const near_leaf_t *leaf)
{
    return (uint32_t *)(void *)(near_leaf_positions(leaf) + leaf->capacity);
}

static inline near_point_t near_leaf_point(const near_leaf_t *leaf, unsigned place)
{
    return (near_point_t){.handle = near_leaf_handles(leaf)[place],
                          .position = near_leaf_positions(leaf)[place]};
}

static inline near_key_t near_leaf_key(const near_leaf_t *leaf)
{
    return (near_key_t){.code = leaf->code, .handle = leaf->handle};
}

static inline near_key_t near_point_key(near_point_t point)
{
    return (near_key_t){.code = near_key_code(point.position), .handle = point.handle};
}

/* Whether a key belongs to a leaf. */
static inline bool near_leaf_covers(const near_leaf_t *leaf, near_key_t key)
{
    near_key_t prefix = near_key_prefix(key, leaf->bits);
    return prefix.code == leaf->code && prefix.handle == leaf->handle;
}

/* Depth of the node that a leaf of `bits` hangs on, unless there are deeper ones: it owns all 16
 * slots only of the root. */
static inline int near_leaf_depth(int bits)
{
    return bits == 0 ? 0 : (bits - 1) / NEAR_NODE_BITS;
}

/* Slots that it owns, from the first one on. */
static inline unsigned near_leaf_slot_count(int bits)
{
    return 1U << (NEAR_NODE_BITS * (near_leaf_depth(bits) + 1) - bits);
}

static inline unsigned near_leaf_first_slot(near_key_t prefix, int bits)
{
    return near_key_slot(prefix, near_leaf_depth(bits)) & ~(near_leaf_slot_count(bits) - 1);
}

/* Where the client of a locator is. */
static inline uint32_t near_locator_leaf(uint32_t locator)
{
    return locator >> NEAR_LOCATOR_SLOT_BITS;
}

static inline unsigned near_locator_place(uint32_t locator)
{
    return locator & ((1U << NEAR_LOCATOR_SLOT_BITS) - 1);
}

/* Writes a new leaf's reference, or NEAR_EMPTY, to all slots of a prefix in `node`. */
void near_leaf_hang(near_t *self, uint32_t node, near_key_t prefix, int bits, near_ref_t ref);

/* Writes a client into place `place` of a leaf, and its locator. */
void near_leaf_write(near_t *self, uint32_t leaf, unsigned place, near_point_t point);

/* Puts the clients of a leaf into a block of that capacity. */
void near_leaf_refit(near_t *self, uint32_t leaf, unsigned capacity);

/* Adds a client whose key belongs to the leaf, splitting it where it is full. `way` ends at the
 * leaf's node. */
void near_leaf_add(near_t *self, near_way_t *way, uint32_t leaf, near_point_t point);

/* Makes a leaf of `bits` with one client, without a slot yet. */
uint32_t near_leaf_new(near_t *self, near_key_t prefix, int bits, near_point_t point);

/* Takes the client at `place` out; the last one fills its place. */
void near_leaf_take_out(near_t *self, uint32_t leaf, unsigned place);

/* near_merge.c */

/* A leaf has become smaller, or is new: widens it where its neighbours are empty, joins it with one
 * that is small too, and so on upwards. `way` ends at its node. */
void near_merge(near_t *self, near_way_t *way, uint32_t leaf);

/* The last client of a leaf has gone: frees it, and the nodes that are empty now. */
void near_merge_empty(near_t *self, near_way_t *way, uint32_t leaf);

/* near_bounds.c */

/* The position asked about, in all forms that bounds are made of (open value struct). */
typedef struct {
    sphere_position_t from;
    double x; /* as coordinates of codes outside the caps */
    double y;
    double east;  /* as a point of the unit sphere, from the centre of the earth ... */
    double north; /* ... towards 90 degrees east on the equator ... */
    double up;    /* ... and towards the north pole */
} near_asked_t;

near_asked_t near_bounds_from(const sphere_position_t *from);

/* For each slot of a node of `depth` < NEAR_CODE_DEPTH, whose prefix is `code`: a number that is
 * not greater than sphere_haversine of any client there. */
void near_bounds_slots(const near_asked_t *asked, uint64_t code, int depth,
                       double ret_bounds[NEAR_NODE_SLOTS]);

/* The same for each of `count` <= NEAR_LEAF_MAX positions. */
void near_bounds_positions(const near_asked_t *asked, const area_position_t *positions,
                           unsigned count, double *ret_bounds);

/* near_memory.c */

/* Makes sure that the next change finds all memory that it can need. STATUS_FULL, without a change,
 * if there is not that much. */
status_t near_memory_reserve(near_t *self) STATUS_MUST_USE;

/* Makes room for the locator of `handle`. */
status_t near_memory_reserve_handle(near_t *self, uint32_t handle) STATUS_MUST_USE;

/* Whether a page is at hand for a block that saves memory: where nothing was reserved. */
static inline bool near_memory_has_page(const near_t *self)
{
    return self->spare_count > 0;
}

/* Numbers of a node and of a leaf, as reserved; the node is empty, the leaf undefined. */
uint32_t near_memory_take_node(near_t *self);
void near_memory_give_node(near_t *self, uint32_t node);
uint32_t near_memory_take_leaf(near_t *self);
void near_memory_give_leaf(near_t *self, uint32_t leaf);

/* A block, as reserved. Each block in use must name its leaf, by the locator of its first handle,
 * before any block of its capacity is given back. */
void *near_memory_take_block(near_t *self, unsigned capacity);

/* Gives one back: the last block of its capacity moves there. */
void near_memory_give_block(near_t *self, void *block, unsigned capacity);

void near_memory_done(near_t *self);

#endif
