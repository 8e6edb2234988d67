/* The digest of the store, computed only when someone wants it (R12).
 *
 * The list of changes is counted from its beginning up to the index `digested`; an entry that
 * changes goes behind that. So a merge hashes only when it changes an entry that is counted: once,
 * to take it out. `digest_next` is a cursor, but not in the list of cursors, since each of those
 * costs every merge. */
#include "common/store/store_parts.h"

void store_undigest(store_t *self, const entry_t *entry)
{
    record_t record = store_entry_texts(self, entry);
    if (RULE(UNDIGEST)) {
        digest_subtract(self->digest, &record);
    }
}

bool store_digest_step(store_t *self, size_t step)
{
    if (self->digest == NULL) {
        self->digest = digest_new();
        self->digest_next = self->oldest;
    }
    for (; step > 0 && self->digest_next != SLAB_NONE; step--) {
        const entry_t *entry = store_entry_at(self, self->digest_next);
        record_t record = store_entry_texts(self, entry);
        digest_add(self->digest, &record);
        self->digested = entry->index;
        self->digest_next = entry->next;
    }
    return self->digest_next == SLAB_NONE;
}

const digest_t *store_digest(const store_t *self)
{
    return self->digest_next == SLAB_NONE ? self->digest : NULL;
}
