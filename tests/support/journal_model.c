#include "tests/support/journal_model.h"

#include "common/base/memory.h"

#include <stdlib.h>

typedef struct {
    unsigned char key[JOURNAL_CHUNK_KEY_SIZE];
    journal_chunk_name_t name;
    unsigned users; /* snapshots that have it */
    size_t size;
    char bytes[];
} piece_t;

/* The disk after a commit. */
typedef struct {
    piece_t **pieces; /* by key */
    size_t count;
    buffer_t state; /* its text; empty: none */
} snapshot_t;

struct journal_model {
    snapshot_t *history; /* commit_count of them */
    size_t commit_count;
    piece_t **open; /* of the transaction */
    size_t open_count;
    const piece_t **dead; /* that go with the next commit */
    size_t dead_count;
};

static int compare_pieces(const void *one, const void *other)
{
    const piece_t *const *left = one;
    const piece_t *const *right = other;
    return memcmp((*left)->key, (*right)->key, JOURNAL_CHUNK_KEY_SIZE);
}

journal_model_t *journal_model_new(void)
{
    return memory_new(sizeof(journal_model_t));
}

static void drop_piece(piece_t *piece)
{
    if (--piece->users == 0) {
        free(piece);
    }
}

static void drop_snapshot(snapshot_t *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        drop_piece(snapshot->pieces[i]);
    }
    free(snapshot->pieces);
    buffer_done(&snapshot->state);
}

void journal_model_abort(journal_model_t *self)
{
    for (size_t i = 0; i < self->open_count; i++) {
        drop_piece(self->open[i]);
    }
    self->open_count = 0;
}

void journal_model_go_back(journal_model_t *self, size_t count)
{
    self->dead_count = 0;
    while (self->commit_count > count) {
        drop_snapshot(&self->history[--self->commit_count]);
    }
}

void journal_model_destroy(journal_model_t **self_p)
{
    journal_model_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    journal_model_abort(self);
    journal_model_go_back(self, 0);
    free(self->history);
    free(self->open);
    free(self->dead);
    free(self);
    *self_p = NULL;
}

void journal_model_put(journal_model_t *self, const journal_part_t *part, const char *chunk)
{
    piece_t *piece = memory_new(sizeof *piece + part->size);
    piece->name = part->name;
    piece->users = 1;
    piece->size = part->size;
    memcpy(piece->bytes, chunk, part->size);
    journal_chunk_seal(piece->bytes, piece->size);
    journal_chunk_write_key(&piece->name, piece->key);
    size_t count = self->open_count + 1;
    self->open = memory_resize(self->open, count * sizeof(piece_t *));
    self->open[self->open_count] = piece;
    self->open_count = count;
}

static const snapshot_t *newest(const journal_model_t *self)
{
    return self->commit_count > 0 ? &self->history[self->commit_count - 1] : NULL;
}

/* A new end of the history, with room for the pieces of the one before and those that are open. */
static snapshot_t *add_snapshot(journal_model_t *self, const journal_state_t *state)
{
    size_t count = self->commit_count + 1;
    self->history = memory_resize(self->history, count * sizeof(snapshot_t));
    snapshot_t *added = &self->history[self->commit_count];
    size_t before = self->commit_count > 0 ? self->history[self->commit_count - 1].count : 0;
    *added =
        (snapshot_t){.pieces = memory_new_array(before + self->open_count + 1, sizeof(piece_t *))};
    buffer_init(&added->state, JOURNAL_STATE_SIZE);
    if (state != NULL) {
        journal_state_write(state, &added->state);
    }
    return added;
}

static bool is_dead(const journal_model_t *self, const piece_t *piece)
{
    size_t i = 0;
    while (i < self->dead_count && self->dead[i] != piece) {
        i++;
    }
    return i < self->dead_count;
}

uint64_t journal_model_commit(journal_model_t *self, const journal_part_t *end,
                              const journal_state_t *state)
{
    uint64_t records = 0;
    snapshot_t *added = add_snapshot(self, state);
    const snapshot_t *before = newest(self);
    for (size_t i = 0; before != NULL && i < before->count; i++) {
        if (!journal_part_replaces(end, &before->pieces[i]->name) &&
            !is_dead(self, before->pieces[i])) {
            added->pieces[added->count++] = before->pieces[i];
            before->pieces[i]->users++;
        }
    }
    for (size_t i = 0; i < self->open_count; i++) {
        added->pieces[added->count++] = self->open[i];
    }
    self->open_count = self->dead_count = 0;
    self->commit_count++;
    qsort(added->pieces, added->count, sizeof(piece_t *), compare_pieces);
    for (size_t i = 0; i < added->count; i++) {
        records += added->pieces[i]->name.count;
    }
    return records;
}

void journal_model_commit_state(journal_model_t *self, const journal_state_t *state)
{
    journal_model_abort(self);
    (void)journal_model_commit(self, &(journal_part_t){0}, state);
}

size_t journal_model_commits(const journal_model_t *self)
{
    return self->commit_count;
}

size_t journal_model_chunks(const journal_model_t *self)
{
    return self->commit_count > 0 ? newest(self)->count : 0;
}

size_t journal_model_bytes(const journal_model_t *self)
{
    size_t bytes = 0;
    for (size_t i = 0; i < journal_model_chunks(self); i++) {
        bytes += newest(self)->pieces[i]->size;
    }
    return bytes;
}

size_t journal_model_open_bytes(const journal_model_t *self)
{
    size_t bytes = 0;
    for (size_t i = 0; i < self->open_count; i++) {
        bytes += self->open[i]->size;
    }
    return bytes;
}

char *journal_model_chunk(journal_model_t *self, size_t index, size_t *ret_size)
{
    piece_t *piece = newest(self)->pieces[index];
    *ret_size = piece->size;
    return piece->bytes;
}

bool journal_model_state(const journal_model_t *self, journal_state_t *ret_state)
{
    const snapshot_t *snapshot = newest(self);
    return snapshot != NULL && snapshot->state.size > 0 &&
           journal_state_read(buffer_text(&snapshot->state), ret_state) == STATUS_OK;
}

static void note_dead(journal_model_t *self, const piece_t *piece)
{
    self->dead = memory_resize(self->dead, (self->dead_count + 1) * sizeof(piece_t *));
    self->dead[self->dead_count++] = piece;
}

/* They lie beside what the newest commit left; those beyond its tail go with the next one. */
void journal_model_tear(journal_model_t *self, size_t staged)
{
    journal_state_t state;
    bool known = journal_model_state(self, &state);
    staged = known ? staged : 0;
    for (size_t i = 0; i < staged && i < self->open_count; i++) {
        snapshot_t *snapshot = &self->history[self->commit_count - 1];
        piece_t *piece = self->open[i];
        snapshot->pieces =
            memory_resize(snapshot->pieces, (snapshot->count + 1) * sizeof(piece_t *));
        snapshot->pieces[snapshot->count++] = piece;
        piece->users++;
        if (piece->name.first > state.tail) {
            note_dead(self, piece);
        }
    }
    if (staged > 0) {
        const snapshot_t *snapshot = newest(self);
        qsort(snapshot->pieces, snapshot->count, sizeof(piece_t *), compare_pieces);
    }
    if (known) {
        journal_state_done(&state);
    }
    journal_model_abort(self);
}

journal_recovery_result_t journal_model_recover(journal_model_t *self, store_t *store,
                                                const journal_state_t *state, int64_t kept_from_ns)
{
    journal_recovery_t *recovery = journal_recovery_new(store, state, false, kept_from_ns);
    self->dead_count = 0;
    for (size_t i = 0; i < journal_model_chunks(self); i++) {
        const piece_t *piece = newest(self)->pieces[i];
        text_t key = {.data = (const char *)piece->key, .size = sizeof piece->key};
        text_t bytes = {.data = piece->bytes, .size = piece->size};
        if (journal_recovery_take(recovery, key, bytes) != STATUS_OK) {
            note_dead(self, piece);
        }
    }
    journal_recovery_result_t result = journal_recovery_end(recovery);
    journal_recovery_destroy(&recovery);
    return result;
}
