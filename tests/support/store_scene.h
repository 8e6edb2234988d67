/* store_scene.h - one store, empty at the start of each test, for tests of common/store/store.h. */
#ifndef HERD_TESTS_SUPPORT_STORE_SCENE_H
#define HERD_TESTS_SUPPORT_STORE_SCENE_H

#include "common/store/store.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/records.h"

#include <stdio.h>

#define store_test(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

static store_t *store;

static inline int open_store(void **state)
{
    (void)state;
    store = store_new(1000000000, 42);
    return 0;
}

static inline int close_store(void **state)
{
    (void)state;
    store_destroy(&store);
    return 0;
}

static inline store_outcome_t merge(const char *client, const char *time, const char *origin,
                                    int64_t receipt_s)
{
    record_t record = record_for_test(client, time, origin, receipt_s);
    return store_merge(store, &record, 0);
}

/* Writes the clients that the cursor passes up to the tail, as "client client ...". */
static inline void walk(store_cursor_t *cursor, char *out)
{
    store_entry_t entry;
    out[0] = '\0';
    while (store_cursor_peek(cursor, &entry)) {
        size_t used = strlen(out);
        snprintf(out + used, 64 - used, "%.*s ", (int)entry.record.client.size,
                 entry.record.client.data);
        store_cursor_advance(cursor);
        assert_true(store_cursor_index(cursor) == entry.index);
    }
}

#endif
