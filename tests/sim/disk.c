#include "tests/sim/disk.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* The most entries of the journal that a crash takes with it. */
enum { TORN_MAX = 64 };

typedef enum { ENTRY_LIFE, ENTRY_RECORD, ENTRY_PURGE, ENTRY_CHECKPOINT, ENTRY_STOP } entry_kind_t;

typedef struct {
    entry_kind_t kind;
    update_number_t number;       /* RECORD */
    size_t of;                    /* RECORD, PURGE: client; CHECKPOINT: member; LIFE: in `lives` */
    link_checkpoint_t checkpoint; /* CHECKPOINT; RECORD, STOP: its index */
} journal_entry_t;

/* A neighbour's checkpoint. */
typedef struct {
    bool known; /* there is one */
    link_checkpoint_t checkpoint;
} neighbour_checkpoint_t;

struct disk {
    journal_entry_t *entries;
    size_t count;
    size_t capacity; /* entries allocated */
    disk_life_t *lives;
    size_t life_count; /* all that ever began */
    size_t life_capacity;
    size_t member_count;
    size_t client_count;
    /* What came of the entries, since disk_recover: */
    bool has_life;
    disk_life_t life;
    uint64_t tail;
    disk_record_t *records;              /* by client */
    neighbour_checkpoint_t *checkpoints; /* by member */
};

disk_t *disk_new(size_t member_count, size_t client_count)
{
    disk_t *self = memory_new(sizeof *self);
    self->member_count = member_count;
    self->client_count = client_count;
    self->records = memory_new_array(client_count, sizeof(disk_record_t));
    self->checkpoints = memory_new_array(member_count, sizeof(neighbour_checkpoint_t));
    return self;
}

void disk_destroy(disk_t **self_p)
{
    disk_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->entries);
    free(self->lives);
    free(self->records);
    free(self->checkpoints);
    free(self);
    *self_p = NULL;
}

static void append(disk_t *self, const journal_entry_t *entry)
{
    if (self->count == self->capacity) {
        self->capacity = 2 * self->capacity + 64;
        self->entries = memory_resize(self->entries, self->capacity * sizeof(journal_entry_t));
    }
    self->entries[self->count++] = *entry;
}

void disk_begin_life(disk_t *self, const disk_life_t *life)
{
    if (self->life_count == self->life_capacity) {
        self->life_capacity = 2 * self->life_capacity + 4;
        self->lives = memory_resize(self->lives, self->life_capacity * sizeof(disk_life_t));
    }
    self->lives[self->life_count] = *life;
    append(self, &(journal_entry_t){.kind = ENTRY_LIFE, .of = self->life_count++});
}

void disk_put_record(disk_t *self, update_number_t number, size_t client, uint64_t index)
{
    append(self,
           &(journal_entry_t){
               .kind = ENTRY_RECORD, .number = number, .of = client, .checkpoint.index = index});
}

void disk_purge_record(disk_t *self, size_t client)
{
    append(self, &(journal_entry_t){.kind = ENTRY_PURGE, .of = client});
}

void disk_put_checkpoint(disk_t *self, size_t neighbour, const link_checkpoint_t *checkpoint)
{
    append(self, &(journal_entry_t){
                     .kind = ENTRY_CHECKPOINT, .of = neighbour, .checkpoint = *checkpoint});
}

void disk_stop(disk_t *self, uint64_t tail)
{
    append(self, &(journal_entry_t){.kind = ENTRY_STOP, .checkpoint.index = tail});
}

void disk_forget_checkpoints(disk_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->entries[i].kind != ENTRY_CHECKPOINT) {
            self->entries[kept++] = self->entries[i];
        }
    }
    self->count = kept;
}

static void replay_entry(disk_t *self, const journal_entry_t *entry)
{
    switch (entry->kind) {
    case ENTRY_LIFE:
        self->has_life = true;
        self->life = self->lives[entry->of];
        break;
    case ENTRY_RECORD:
        self->records[entry->of] =
            (disk_record_t){.number = entry->number, .index = entry->checkpoint.index};
        self->tail = entry->checkpoint.index;
        break;
    case ENTRY_PURGE: self->records[entry->of] = (disk_record_t){0}; break;
    case ENTRY_CHECKPOINT:
        self->checkpoints[entry->of] =
            (neighbour_checkpoint_t){.known = true, .checkpoint = entry->checkpoint};
        break;
    case ENTRY_STOP: self->tail = entry->checkpoint.index; break;
    }
}

static void replay(disk_t *self)
{
    self->has_life = false;
    self->tail = 0;
    memset(self->records, 0, self->client_count * sizeof(disk_record_t));
    memset(self->checkpoints, 0, self->member_count * sizeof(neighbour_checkpoint_t));
    for (size_t i = 0; i < self->count; i++) {
        replay_entry(self, &self->entries[i]);
    }
}

static bool is_stopped(const disk_t *self)
{
    return self->count > 0 && self->entries[self->count - 1].kind == ENTRY_STOP;
}

bool disk_recover(disk_t *self, disk_state_t state, random_t *random)
{
    bool whole = state == DISK_WHOLE && is_stopped(self);
    size_t torn_max = self->count < TORN_MAX ? self->count : TORN_MAX;
    if (state == DISK_EMPTY) {
        self->count = 0;
    } else if (state == DISK_OLD) {
        self->count = random_below(random, self->count + 1);
    } else if (!whole) {
        self->count -= random_below(random, torn_max + 1);
    }
    replay(self);
    return whole;
}

bool disk_life(const disk_t *self, disk_life_t *ret_life)
{
    if (!self->has_life) {
        return false;
    }
    *ret_life = self->life;
    return true;
}

uint64_t disk_tail(const disk_t *self)
{
    return self->tail;
}

static int compare_records(const void *one, const void *other)
{
    uint64_t one_index = ((const disk_record_t *)one)->index;
    uint64_t other_index = ((const disk_record_t *)other)->index;
    return (one_index > other_index) - (one_index < other_index);
}

size_t disk_records(const disk_t *self, disk_record_t *ret_records)
{
    size_t count = 0;
    for (size_t client = 0; client < self->client_count; client++) {
        if (self->records[client].number != UPDATES_NONE) {
            ret_records[count++] = self->records[client];
        }
    }
    qsort(ret_records, count, sizeof(disk_record_t), compare_records);
    return count;
}

bool disk_checkpoint(const disk_t *self, size_t neighbour, link_checkpoint_t *ret_checkpoint)
{
    if (!self->checkpoints[neighbour].known) {
        return false;
    }
    *ret_checkpoint = self->checkpoints[neighbour].checkpoint;
    return true;
}
