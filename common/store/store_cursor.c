/* Cursors: places in the list of changes that outlast what happens to it. Each leads to the entry
 * that is read next; the store moves it on where that one goes away, and puts it before what comes
 * when it stood at the tail (list_remove, list_append). */
#include "common/store/store_parts.h"

void store_cursor_open(store_t *self, store_cursor_t *ret_cursor)
{
    *ret_cursor = (store_cursor_t){
        .store = self, .next = SLAB_NONE, .index = self->tail, .sibling = self->cursors};
    self->cursors = ret_cursor;
}

void store_cursor_close(store_cursor_t *cursor)
{
    store_cursor_t **link = &cursor->store->cursors;
    while (*link != cursor) {
        link = &(*link)->sibling;
    }
    *link = cursor->sibling;
}

bool store_cursor_seek_near(store_cursor_t *cursor, uint64_t index, size_t steps)
{
    const store_t *store = cursor->store;
    cursor->next = SLAB_NONE;
    cursor->index = index;
    if (index == 0) {
        cursor->next = store->oldest;
        return true;
    }
    for (slab_handle_t handle = store->newest; handle != SLAB_NONE; steps--) {
        const entry_t *entry = store_entry_at(store, handle);
        if (entry->index <= index) {
            return true;
        }
        if (steps == 0) {
            cursor->next = store->oldest;
            cursor->index = 0;
            return false;
        }
        cursor->next = handle;
        handle = entry->previous;
    }
    return true;
}

void store_cursor_seek(store_cursor_t *cursor, uint64_t index)
{
    (void)store_cursor_seek_near(cursor, index, SIZE_MAX);
}

/* The list leads from one place in memory to any other: while an entry is made use of, the next one
 * arrives. */
static inline void fetch_next(const store_t *self, const entry_t *entry)
{
    const char *next = slab_at(&self->slab, entry->next);
    __builtin_prefetch(next);
    __builtin_prefetch(next + STORE_CACHE_LINE_SIZE);
}

bool store_cursor_peek(const store_cursor_t *cursor, store_entry_t *ret_entry)
{
    if (cursor->next == SLAB_NONE) {
        return false;
    }
    const entry_t *entry = store_entry_at(cursor->store, cursor->next);
    fetch_next(cursor->store, entry);
    *ret_entry = store_entry_read(cursor->store, entry);
    return true;
}

void store_cursor_advance(store_cursor_t *cursor)
{
    assert(cursor->next != SLAB_NONE);
    const entry_t *entry = store_entry_at(cursor->store, cursor->next);
    cursor->index = entry->index;
    cursor->next = entry->next;
}

bool store_cursor_pass_run(store_cursor_t *cursor, uint32_t marks, uint64_t from)
{
    const store_t *store = cursor->store;
    if ((store->run_marks & marks) == 0 || cursor->next == SLAB_NONE) {
        return false;
    }
    uint64_t index = store_entry_at(store, cursor->next)->index;
    if (index < store->run_from || index <= from) {
        return false;
    }
    cursor->index = store->tail;
    cursor->next = SLAB_NONE;
    return true;
}

size_t store_cursor_pass_marked(store_cursor_t *cursor, uint32_t marks, uint64_t from, size_t max)
{
    const store_t *store = cursor->store;
    size_t passed = 0;
    while (cursor->next != SLAB_NONE && passed < max &&
           !store_cursor_pass_run(cursor, marks, from)) {
        const entry_t *entry = store_entry_at(store, cursor->next);
        if ((entry->marks & marks) == 0 || entry->index <= from) {
            break;
        }
        fetch_next(store, entry);
        cursor->index = entry->index;
        cursor->next = entry->next;
        passed++;
    }
    return passed;
}

void store_cursor_skip(store_cursor_t *cursor, uint64_t index)
{
    const store_t *store = cursor->store;
    assert(index >= cursor->index);
    assert(cursor->next == SLAB_NONE ? index <= store->tail
                                     : index < store_entry_at(store, cursor->next)->index);
    cursor->index = index;
}
