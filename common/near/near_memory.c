/* Memory of the trie: nodes and leaves are numbers in arrays that grow; blocks lie in pages, those
 * of one capacity without a hole, since the last block moves to where one was given back. Only its
 * leaf knows where a block is, and the leaf is found by the block's first client. So nothing is
 * fragmented whatever clients do, and a change asks the system for memory only where the index
 * grows: a few pages that came free are kept. */
#include "common/near/near_parts.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_SIZE = 64,     /* bytes of a line of the cache */
    RESERVED_PAGES = 6, /* blocks that one change may take: a move joins, shrinks, grows, splits */
    RESERVED_LEAVES = 3,
    TABLE_STEP = 64, /* elements by which a table grows at least */
    LOCATOR_STEP = 1024,
    PAGE_HEAD_SIZE = sizeof(char *), /* the page before it, of the same capacity */
};

static near_class_t *class_of(near_t *self, unsigned capacity)
{
    return &self->classes[capacity / NEAR_CAPACITY_STEP - 1];
}

/* Blocks of a page. */
static size_t blocks_of_page(unsigned capacity)
{
    return (NEAR_PAGE_SIZE - PAGE_HEAD_SIZE) / (capacity * NEAR_CLIENT_SIZE);
}

static bool has_room(const near_t *self, size_t size)
{
    return size <= self->max_memory && self->memory <= self->max_memory - size;
}

/* Makes room for `wanted` more elements of `size` bytes; sets the array, aligned to a line. */
static status_t table_reserve(near_t *self, near_table_t *table, size_t wanted, size_t size)
{
    size_t step = table->capacity / 4;
    size_t capacity = table->capacity + (step < TABLE_STEP ? TABLE_STEP : step);
    if (table->capacity - table->end + table->free_count >= wanted) {
        return STATUS_OK;
    }
    if (!has_room(self, capacity * size + LINE_SIZE)) {
        return STATUS_FULL;
    }
    char *memory = memory_new(capacity * size + LINE_SIZE);
    char *array = memory + LINE_SIZE - (uintptr_t)memory % LINE_SIZE;
    if (table->memory != NULL) {
        memcpy(array, table->array, table->end * size);
        self->memory -= table->capacity * size + LINE_SIZE;
        free(table->memory);
    }
    self->memory += capacity * size + LINE_SIZE;
    table->memory = memory;
    table->array = array;
    table->capacity = capacity;
    return STATUS_OK;
}

/* A number that is free; the caller takes it out of the chain, if it is the chain's first. */
static uint32_t table_take(near_table_t *table, uint32_t next_free)
{
    if (table->free_count == 0) {
        return (uint32_t)table->end++;
    }
    uint32_t number = table->free_first;
    table->free_first = next_free;
    table->free_count--;
    return number;
}

static void table_give(near_table_t *table, uint32_t number)
{
    table->free_first = number;
    table->free_count++;
}

/* Keeps enough pages at hand. */
static status_t reserve_pages(near_t *self)
{
    while (self->spare_count < RESERVED_PAGES) {
        if (!has_room(self, NEAR_PAGE_SIZE)) {
            return STATUS_FULL;
        }
        self->spare_pages[self->spare_count++] = memory_new(NEAR_PAGE_SIZE);
        self->memory += NEAR_PAGE_SIZE;
    }
    return STATUS_OK;
}

status_t near_memory_reserve(near_t *self)
{
    status_t status = reserve_pages(self);
    if (status == STATUS_OK) {
        status = table_reserve(self, &self->nodes, NEAR_DEPTH_MAX, sizeof(near_node_t));
    }
    if (status == STATUS_OK) {
        status = table_reserve(self, &self->leaves, RESERVED_LEAVES, sizeof(near_leaf_t));
    }
    bool can_number = self->leaves.end - self->leaves.free_count <
                      NEAR_LEAVES_MAX - RESERVED_LEAVES; /* what a locator can say */
    return status == STATUS_OK && !can_number ? STATUS_FULL : status;
}

status_t near_memory_reserve_handle(near_t *self, uint32_t handle)
{
    if (handle < self->locator_capacity) {
        return STATUS_OK;
    }
    size_t step = self->locator_capacity / 4;
    size_t capacity = self->locator_capacity + (step < LOCATOR_STEP ? LOCATOR_STEP : step);
    capacity = capacity > handle ? capacity : (size_t)handle + 1;
    size_t old_size = self->locator_capacity * sizeof *self->locators;
    size_t size = capacity * sizeof *self->locators;
    if (!has_room(self, size)) {
        return STATUS_FULL;
    }
    self->locators = memory_resize(self->locators, size);
    memset(self->locators + self->locator_capacity, 0xff, size - old_size); /* NEAR_NO_CLIENT */
    self->memory += size - old_size;
    self->locator_capacity = capacity;
    return STATUS_OK;
}

uint32_t near_memory_take_node(near_t *self)
{
    uint32_t next =
        self->nodes.free_count > 0 ? near_node_at(self, self->nodes.free_first)->slots[0] : 0;
    uint32_t number = table_take(&self->nodes, next);
    *near_node_at(self, number) = (near_node_t){{NEAR_EMPTY}};
    return number;
}

void near_memory_give_node(near_t *self, uint32_t node)
{
    near_node_at(self, node)->slots[0] = self->nodes.free_first;
    table_give(&self->nodes, node);
}

uint32_t near_memory_take_leaf(near_t *self)
{
    uint32_t next =
        self->leaves.free_count > 0 ? near_leaf_at(self, self->leaves.free_first)->handle : 0;
    return table_take(&self->leaves, next);
}

void near_memory_give_leaf(near_t *self, uint32_t leaf)
{
    *near_leaf_at(self, leaf) = (near_leaf_t){.handle = self->leaves.free_first};
    table_give(&self->leaves, leaf);
}

static void take_page(near_t *self, near_class_t *class)
{
    assert(self->spare_count > 0); /* near_memory_reserve */
    char *page = self->spare_pages[--self->spare_count];
    memcpy(page, &class->last_page, PAGE_HEAD_SIZE);
    class->last_page = page;
}

/* The last page has no block any more. */
static void give_page(near_t *self, near_class_t *class)
{
    char *page = class->last_page;
    memcpy(&class->last_page, page, PAGE_HEAD_SIZE);
    if (self->spare_count < NEAR_SPARE_PAGES) {
        self->spare_pages[self->spare_count++] = page;
        return;
    }
    free(page);
    self->memory -= NEAR_PAGE_SIZE;
}

void *near_memory_take_block(near_t *self, unsigned capacity)
{
    near_class_t *class = class_of(self, capacity);
    size_t place = class->block_count % blocks_of_page(capacity);
    if (place == 0) {
        take_page(self, class);
    }
    class->block_count++;
    return class->last_page + PAGE_HEAD_SIZE + place * capacity * NEAR_CLIENT_SIZE;
}

void near_memory_give_block(near_t *self, void *block, unsigned capacity)
{
    near_class_t *class = class_of(self, capacity);
    size_t size = (size_t)capacity * NEAR_CLIENT_SIZE;
    size_t place = --class->block_count % blocks_of_page(capacity);
    char *last = class->last_page + PAGE_HEAD_SIZE + place * size;
    if (last != block) {
        memcpy(block, last, size);
        uint32_t handle;
        memcpy(&handle, last + capacity * sizeof(area_position_t), sizeof handle);
        near_leaf_at(self, near_locator_leaf(self->locators[handle]))->block = block;
    }
    if (place == 0) {
        give_page(self, class);
    }
}

void near_memory_done(near_t *self)
{
    for (size_t i = 0; i < NEAR_CLASSES; i++) {
        near_class_t *class = &self->classes[i];
        while (class->last_page != NULL) {
            char *page = class->last_page;
            memcpy(&class->last_page, page, PAGE_HEAD_SIZE);
            free(page);
        }
    }
    while (self->spare_count > 0) {
        free(self->spare_pages[--self->spare_count]);
    }
    free(self->nodes.memory);
    free(self->leaves.memory);
    free(self->locators);
}
