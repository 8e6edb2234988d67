/* The digest of the store, computed only when someone wants it.
 *
 * A merge does no hashing: it only takes the entry that it replaces out of the digest, where that counts it. What is behind the
 * cursor `digested` in the list of changes is counted, what is before it is not yet. */
#include "node/store_parts.h"

void store_undigest(store_t *self, const entry_t *entry)
{
    record_t record = store_entry_texts(self, entry);
    digest_subtract(self->digest, &record);
}

bool store_digest_step(store_t *self, size_t step)
{
    if (self->digest == NULL) {
        self->digest = digest_new();
        store_cursor_open(self, &self->digested);
        store_cursor_seek(&self->digested, 0);
    }
    for (; step > 0 && self->digested.next != SLAB_NONE; step--) {
        record_t record = store_entry_texts(self, store_entry_at(self, self->digested.next));
        digest_add(self->digest, &record);
        store_cursor_advance(&self->digested);
    }
    return self->digested.next == SLAB_NONE;
}

const digest_t *store_digest(const store_t *self)
{
    bool complete = self->digest != NULL && self->digested.next == SLAB_NONE;
    return complete ? self->digest : NULL;
}
