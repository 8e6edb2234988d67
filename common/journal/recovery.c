#include "common/journal/recovery.h"

#include "common/base/memory.h"
#include "common/protocol/rules.h"

#include <stdlib.h>

struct journal_recovery {
    store_t *store;
    const journal_state_t *state; /* NULL: none, or damaged */
    uint64_t tail;                /* with a state: of the newest transaction that counts ... */
    uint32_t serial;              /* ... and its serial */
    int64_t kept_from_ns;
    journal_chunk_reader_t *reader;
    journal_recovery_result_t result;
};

journal_recovery_t *journal_recovery_new(store_t *store, const journal_state_t *state, bool damaged,
                                         int64_t kept_from_ns)
{
    journal_recovery_t *self = memory_new(sizeof *self);
    self->store = store;
    self->state = state;
    self->kept_from_ns = kept_from_ns;
    self->reader = journal_chunk_reader_new();
    self->result.damaged = damaged ? 1 : 0;
    self->result.serial = state != NULL ? state->serial : 0;
    journal_recovery_unbound(self);
    return self;
}

void journal_recovery_destroy(journal_recovery_t **self_p)
{
    journal_recovery_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    journal_chunk_reader_destroy(&self->reader);
    free(self);
    *self_p = NULL;
}

void journal_recovery_bound(journal_recovery_t *self, uint64_t tail, uint32_t serial)
{
    self->tail = tail;
    self->serial = serial;
}

void journal_recovery_unbound(journal_recovery_t *self)
{
    if (self->state != NULL) {
        journal_recovery_bound(self, self->state->tail, self->state->serial);
    }
}

void journal_recovery_damage(journal_recovery_t *self)
{
    self->result.damaged++;
}

/* Chunks of all the transactions that may have failed since the last commit. Serials go round; a
 * chunk of long ago is none of these. */
enum { SERIALS_UNCOMMITTED_MAX = 1 << 28 };

/* Whether the state is that of the chunk's transaction, or of a later one. A compacted chunk (J4)
 * lies before the tail, but may be on the disk without the end of its transaction, among those that
 * it would have replaced: what had moved on when it was packed is only in these. */
static bool is_committed(const journal_recovery_t *self, const journal_chunk_name_t *name)
{
    if (self->state == NULL) {
        return true;
    }
    uint32_t after = name->serial - self->serial; /* modulo 2^32 */
    bool cut_off = after > 0 && after <= SERIALS_UNCOMMITTED_MAX && RULE(STAGED);
    return name->first <= self->tail && !cut_off;
}

/* A chunk that was kept when others took the place of its first records (J4) has these once more:
 * what stands up to the tail so far has been read, or does not count any more. */
static void restore(journal_recovery_t *self, const store_entry_t *entry)
{
    bool beyond = self->state != NULL && entry->index > self->tail;
    if (entry->index <= store_tail(self->store) || beyond) {
        return;
    }
    if (record_age_from(&entry->record) < self->kept_from_ns) {
        self->result.expired++;
        return;
    }
    switch (store_restore(self->store, &entry->record, entry->index)) {
    case STORE_NEWER: self->result.restored++; break;
    case STORE_FULL: self->result.refused++; break;
    default: break;
    }
}

static bool is_same_name(const journal_chunk_name_t *one, const journal_chunk_name_t *other)
{
    return one->first == other->first && one->last == other->last && one->count == other->count &&
           one->serial == other->serial;
}

static status_t damaged(journal_recovery_t *self)
{
    self->result.damaged++;
    return STATUS_DAMAGED;
}

status_t journal_recovery_take(journal_recovery_t *self, text_t key, text_t chunk)
{
    journal_recovery_result_t *result = &self->result;
    journal_chunk_name_t of_key;
    journal_chunk_name_t name;
    store_entry_t entry;
    if (!journal_chunk_parse_key(key, &of_key)) {
        return damaged(self);
    }
    if (journal_chunk_open(self->reader, chunk, &name) != STATUS_OK ||
        !is_same_name(&name, &of_key)) {
        return damaged(self);
    }
    /* Only now: a key that is wrong may say that the chunk never counted. */
    if (!is_committed(self, &name)) {
        return STATUS_NOT_FOUND;
    }
    status_t status;
    while ((status = journal_chunk_next(self->reader, &entry)) == STATUS_OK) {
        restore(self, &entry);
    }
    if (status != STATUS_NOT_FOUND) {
        return damaged(self);
    }
    result->chunks++;
    result->bytes += chunk.size;
    result->records += name.count;
    result->serial = name.serial > result->serial ? name.serial : result->serial;
    return STATUS_OK;
}

journal_recovery_result_t journal_recovery_end(journal_recovery_t *self)
{
    journal_recovery_result_t *result = &self->result;
    uint64_t tail = store_tail(self->store);
    if (self->state != NULL && self->state->tail > tail) {
        tail = self->state->tail;
    }
    store_restore_tail(self->store, tail);
    result->tail = tail;
    result->has_life = self->state != NULL && (result->damaged == 0 || !RULE(DAMAGE));
    /* J2: a checkpoint says that what a neighbour sent is here. */
    result->resumes = result->has_life && result->refused == 0;
    return *result;
}

void journal_recovery_begin_life(const journal_recovery_result_t *result,
                                 const journal_state_t *before, const generation_t *generation,
                                 journal_state_t *ret_state)
{
    journal_state_init(ret_state);
    ret_state->generation = *generation;
    ret_state->tail = result->tail;
    ret_state->serial = result->serial;
    ret_state->refused = result->refused;
    if (!result->has_life) {
        return;
    }
    /* What had found no room was not in that list, and may be in this one. */
    ret_state->has_parent = before->refused == 0;
    ret_state->parent =
        (link_checkpoint_t){.generation = before->generation, .index = result->tail};
    if (!RULE(GENERATION)) {
        ret_state->generation = before->generation;
        ret_state->has_parent = before->has_parent;
        ret_state->parent = before->parent;
    }
    for (size_t i = 0; result->resumes && i < before->checkpoint_count; i++) {
        journal_state_add(ret_state, text_of(before->checkpoints[i].neighbour),
                          &before->checkpoints[i].checkpoint);
    }
}
