/* A view lies in the cells that its boxes touch, on the level where a cell's side is at least the
 * shorter side of the box, and less than twice that: up to four cells of a square. One that is long
 * and thin goes to a higher level, so that it needs no more than CELLS_MAX. Each cell has its
 * views' boxes side by side; a circle is measured only if the position is in its box. Smaller cells
 * would have fewer boxes that a position is not in, but more of them would take the memory of an
 * idle watcher. */
#include "common/watch/views.h"

#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LEVEL_MIN = 8, /* cells of 2^8 units of 1e-7 degree, 3 m */
    LEVEL_MAX = 32,
    CELLS_MAX = 6,  /* of a box */
    TABLE_MIN = 64, /* slots */
    VIEW_MAX = INT32_MAX,
    X_SHIFT = 28, /* of a key: level, x, y */
    LEVEL_SHIFT = 56,
};

/* A box in a cell, with what has to be known before its view is looked at. */
typedef struct {
    area_box_t box;
    uint32_t view : 31;
    uint32_t is_circle : 1;
} entry_t;

typedef struct {
    uint64_t key; /* 0: a free slot */
    entry_t *entries;
    uint32_t count;
    uint32_t capacity;
} cell_t;

struct views {
    size_t max_memory;
    size_t memory;
    uint64_t seed;
    const area_t **views; /* by number, borrowed; NULL: there is none */
    size_t view_capacity;
    size_t count;
    cell_t *cells; /* open addressing, linear probing; at most half full */
    size_t cell_slots;
    size_t cell_count;
    size_t level_cells[LEVEL_MAX + 1]; /* cells of each level */
};

/* The cells of a box, from (x, y) on. */
typedef struct {
    unsigned level;
    uint64_t x;
    uint64_t y;
    size_t columns;
    size_t rows;
} grid_t;

views_t *views_new(size_t max_memory, uint64_t seed)
{
    views_t *self = memory_new(sizeof *self);
    self->max_memory = max_memory;
    self->seed = seed;
    self->memory = sizeof *self;
    return self;
}

void views_destroy(views_t **self_p)
{
    views_t *self = *self_p;
    if (self != NULL) {
        for (size_t i = 0; i < self->cell_slots; i++) {
            free(self->cells[i].entries);
        }
        free(self->cells);
        free(self->views);
        free(self);
        *self_p = NULL;
    }
}

/* Takes `size` bytes into account, if there is room for them. */
static bool take_memory(views_t *self, size_t size)
{
    if (self->memory > self->max_memory || size > self->max_memory - self->memory) {
        return false;
    }
    self->memory += size;
    return true;
}

static uint64_t x_of(int32_t longitude_e7)
{
    return (uint64_t)(longitude_e7 + SPHERE_HALF_TURN_E7);
}

static uint64_t y_of(int32_t latitude_e7)
{
    return (uint64_t)(latitude_e7 + SPHERE_HALF_TURN_E7 / 2);
}

static uint64_t key_of(unsigned level, uint64_t x, uint64_t y)
{
    return (uint64_t)level << LEVEL_SHIFT | x << X_SHIFT | y;
}

/* The mixing function of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static size_t home_of(const views_t *self, uint64_t key)
{
    key ^= self->seed;
    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(key ^ key >> 31) & (self->cell_slots - 1);
}

static grid_t grid_at(const area_box_t *box, unsigned level)
{
    uint64_t x = x_of(box->west_e7) >> level;
    uint64_t y = y_of(box->south_e7) >> level;
    return (grid_t){.level = level,
                    .x = x,
                    .y = y,
                    .columns = (size_t)((x_of(box->east_e7) >> level) - x + 1),
                    .rows = (size_t)((y_of(box->north_e7) >> level) - y + 1)};
}

static grid_t grid_of(const area_box_t *box)
{
    uint64_t width = x_of(box->east_e7) - x_of(box->west_e7) + 1;
    uint64_t height = y_of(box->north_e7) - y_of(box->south_e7) + 1;
    uint64_t side = width < height ? width : height;
    unsigned level = side > 1 ? 64 - (unsigned)__builtin_clzll(side - 1) : 0;
    grid_t grid = grid_at(box, level < LEVEL_MIN ? LEVEL_MIN : level);
    while (grid.columns > CELLS_MAX || grid.rows * grid.columns > CELLS_MAX) {
        grid = grid_at(box, grid.level + 1);
    }
    return grid;
}

/* The slot of a cell, or the free one where it would be. */
static cell_t *slot_of(const views_t *self, uint64_t key)
{
    size_t slot = home_of(self, key);
    while (self->cells[slot].key != 0 && self->cells[slot].key != key) {
        slot = (slot + 1) & (self->cell_slots - 1);
    }
    return &self->cells[slot];
}

/* Makes room for one more cell. */
static bool reserve_cell(views_t *self)
{
    if (self->cell_count < self->cell_slots / 2) {
        return true;
    }
    size_t old_slots = self->cell_slots;
    size_t slots = old_slots == 0 ? TABLE_MIN : 2 * old_slots;
    cell_t *old = self->cells;
    if (!take_memory(self, slots * sizeof *old)) {
        return false;
    }
    self->cells = memory_new_array(slots, sizeof *old);
    self->cell_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i].key != 0) {
            *slot_of(self, old[i].key) = old[i];
        }
    }
    self->memory -= old_slots * sizeof *old;
    free(old);
    return true;
}

/* Makes room for one more box in a cell. */
static bool reserve_entry(views_t *self, cell_t *cell)
{
    if (cell->count < cell->capacity) {
        return true;
    }
    uint32_t capacity = cell->capacity == 0 ? 1 : 2 * cell->capacity;
    if (!take_memory(self, (capacity - cell->capacity) * sizeof *cell->entries)) {
        return false;
    }
    cell->entries = memory_resize(cell->entries, capacity * sizeof *cell->entries);
    cell->capacity = capacity;
    return true;
}

/* Closes the gap of linear probing at a slot that is free now. */
static void close_gap(views_t *self, size_t gap)
{
    const size_t mask = self->cell_slots - 1;
    for (size_t i = (gap + 1) & mask; self->cells[i].key != 0; i = (i + 1) & mask) {
        size_t home = home_of(self, self->cells[i].key);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            self->cells[gap] = self->cells[i];
            self->cells[i] = (cell_t){0};
            gap = i;
        }
    }
}

static void remove_cell(views_t *self, cell_t *cell)
{
    self->memory -= cell->capacity * sizeof *cell->entries;
    self->level_cells[cell->key >> LEVEL_SHIFT]--;
    self->cell_count--;
    free(cell->entries);
    *cell = (cell_t){0};
    close_gap(self, (size_t)(cell - self->cells));
}

static bool add_entry(views_t *self, uint64_t key, const entry_t *entry)
{
    if (!reserve_cell(self)) {
        return false;
    }
    cell_t *cell = slot_of(self, key);
    if (!reserve_entry(self, cell)) {
        return false;
    }
    if (cell->key == 0) {
        cell->key = key;
        self->cell_count++;
        self->level_cells[key >> LEVEL_SHIFT]++;
    }
    cell->entries[cell->count++] = *entry;
    return true;
}

static void remove_entry(views_t *self, uint64_t key, uint32_t view)
{
    if (self->cell_slots == 0) {
        return;
    }
    cell_t *cell = slot_of(self, key);
    for (uint32_t i = 0; i < cell->count; i++) {
        if (cell->entries[i].view == view) {
            cell->entries[i] = cell->entries[--cell->count];
            break;
        }
    }
    if (cell->key != 0 && cell->count == 0) {
        remove_cell(self, cell);
    }
}

static uint64_t grid_key(const grid_t *grid, size_t number)
{
    return key_of(grid->level, grid->x + number % grid->columns, grid->y + number / grid->columns);
}

static bool add_box(views_t *self, const area_box_t *box, uint32_t view)
{
    grid_t grid = grid_of(box);
    entry_t entry = {
        .box = *box, .view = view & VIEW_MAX, .is_circle = self->views[view]->kind == AREA_CIRCLE};
    for (size_t i = 0; i < grid.columns * grid.rows; i++) {
        if (!add_entry(self, grid_key(&grid, i), &entry)) {
            return false;
        }
    }
    return true;
}

/* Takes a view, or what was added of it, out of all cells. */
static void remove_boxes(views_t *self, uint32_t view)
{
    area_box_t boxes[AREA_BOXES_MAX];
    size_t count = area_boxes(self->views[view], boxes);
    for (size_t i = 0; i < count; i++) {
        grid_t grid = grid_of(&boxes[i]);
        for (size_t j = 0; j < grid.columns * grid.rows; j++) {
            remove_entry(self, grid_key(&grid, j), view);
        }
    }
}

/* Makes room for a view of that number. */
static bool reserve_view(views_t *self, uint32_t view)
{
    if (view < self->view_capacity) {
        return true;
    }
    size_t capacity = self->view_capacity + self->view_capacity / 2 + 16;
    capacity = capacity > view ? capacity : (size_t)view + 1;
    if (!take_memory(self, (capacity - self->view_capacity) * sizeof(const area_t *))) {
        return false;
    }
    self->views = memory_resize(self->views, capacity * sizeof(const area_t *));
    for (size_t i = self->view_capacity; i < capacity; i++) {
        self->views[i] = NULL;
    }
    self->view_capacity = capacity;
    return true;
}

status_t views_add(views_t *self, uint32_t view, const area_t *area)
{
    area_box_t boxes[AREA_BOXES_MAX];
    assert(area->kind == AREA_CIRCLE || area_box_is_valid(&area->box));
    if (views_area(self, view) != NULL) {
        return STATUS_IN_USE;
    }
    if (!reserve_view(self, view)) {
        return STATUS_FULL;
    }
    assert(view <= VIEW_MAX);
    self->views[view] = area;
    size_t count = area_boxes(area, boxes);
    for (size_t i = 0; i < count; i++) {
        if (!add_box(self, &boxes[i], view)) {
            remove_boxes(self, view);
            self->views[view] = NULL;
            return STATUS_FULL;
        }
    }
    self->count++;
    return STATUS_OK;
}

bool views_remove(views_t *self, uint32_t view)
{
    if (views_area(self, view) == NULL) {
        return false;
    }
    remove_boxes(self, view);
    self->views[view] = NULL;
    self->count--;
    return true;
}

const area_t *views_area(const views_t *self, uint32_t view)
{
    return view < self->view_capacity ? self->views[view] : NULL;
}

static bool entry_contains(const views_t *self, const entry_t *entry, area_position_t position)
{
    return position.longitude_e7 >= entry->box.west_e7 &&
           position.longitude_e7 <= entry->box.east_e7 &&
           position.latitude_e7 >= entry->box.south_e7 &&
           position.latitude_e7 <= entry->box.north_e7 &&
           (!entry->is_circle || area_circle_contains(&self->views[entry->view]->circle, position));
}

size_t views_match(const views_t *self, area_position_t position, views_found_t *found,
                   void *argument)
{
    assert(area_position_is_valid(position));
    position = area_canonical(position);
    size_t count = 0;
    uint64_t x = x_of(position.longitude_e7);
    uint64_t y = y_of(position.latitude_e7);
    for (unsigned level = LEVEL_MIN; level <= LEVEL_MAX; level++) {
        if (self->level_cells[level] == 0) {
            continue;
        }
        const cell_t *cell = slot_of(self, key_of(level, x >> level, y >> level));
        for (uint32_t i = 0; i < cell->count; i++) {
            if (entry_contains(self, &cell->entries[i], position)) {
                found(argument, cell->entries[i].view);
                count++;
            }
        }
    }
    return count;
}

size_t views_count(const views_t *self)
{
    return self->count;
}

size_t views_memory(const views_t *self)
{
    return self->memory;
}
