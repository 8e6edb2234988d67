/* A member's journal: what node/journal does, with the clock of the run in the place of its thread.
 *
 * A transaction that has ended is on the disk after a while, and the member hears so a little
 * later; a crash may come between the two. A disk that fails loses transactions. One without room
 * refuses a chunk in the middle of one; what came before that may stay. */
#include "tests/sim/member_parts.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CHUNK_SIZE = 600, /* bytes: a few records */
    SLACK_RECORDS = 12,
};

static const int64_t taken_max_ns = 20 * TIMESTAMP_NS_PER_MS;
static const int64_t commit_min_ns = 1 * TIMESTAMP_NS_PER_MS;
static const int64_t commit_max_ns = 2000 * TIMESTAMP_NS_PER_MS;
static const int64_t news_max_ns = 50 * TIMESTAMP_NS_PER_MS;

static void broke(const member_t *self, const char *what)
{
    const member_observer_t *observer = &self->context.observer;
    if (observer->broke != NULL) {
        observer->broke(observer->context, self, what);
    }
}

/* Changes a byte of some chunk. */
static void damage(member_t *self)
{
    size_t size;
    size_t count = journal_model_chunks(self->disk);
    if (count > 0) {
        char *chunk = journal_model_chunk(self->disk, random_below(&self->luck, count), &size);
        chunk[random_below(&self->luck, size)] ^= 1;
    }
}

static void bring_into(member_t *self, disk_state_t state)
{
    size_t commits = journal_model_commits(self->disk);
    self->lost_disk = self->lost_disk || (state != DISK_WHOLE && commits > 0);
    switch (state) {
    case DISK_EMPTY: journal_model_go_back(self->disk, 0); break;
    case DISK_OLD: journal_model_go_back(self->disk, random_below(&self->luck, commits + 1)); break;
    case DISK_DAMAGED: damage(self); break;
    default: break;
    }
}

/* Whether a start with all that was committed may lack a client's record. */
static bool may_lack(const member_t *self, size_t client, update_number_t found)
{
    return self->context.settings->expires ||
           updates_greater(self->context.updates, self->on_disk[client], found) == found;
}

/* J3: what was on the disk is there, whatever became of transactions since. */
static void check_restored(const member_t *self)
{
    for (size_t client = 0; client < updates_client_count(self->context.updates); client++) {
        char name[UPDATES_CLIENT_SIZE];
        record_t record;
        bool found = store_find_any(self->store, updates_client_name(client, name), &record);
        if (!may_lack(self, client,
                      found ? updates_find(self->context.updates, &record) : UPDATES_NONE)) {
            broke(self, "a start did not find what was on its disk");
        }
    }
}

/* Nothing is known of what it has. */
static void forget_disk(member_t *self)
{
    memset(self->on_disk, 0, updates_client_count(self->context.updates) * sizeof self->on_disk[0]);
}

/* What the store has now was seen. */
static void note_restored(member_t *self)
{
    store_cursor_t cursor;
    store_entry_t entry;
    forget_disk(self);
    store_cursor_open(self->store, &cursor);
    store_cursor_seek(&cursor, 0);
    for (; store_cursor_peek(&cursor, &entry); store_cursor_advance(&cursor)) {
        update_number_t number = updates_find(self->context.updates, &entry.record);
        if (number == UPDATES_NONE) {
            broke(self, "its disk had a record that no client sent");
        } else {
            size_t client = updates_client(self->context.updates, number);
            member_note_held(self, client, number);
            self->on_disk[client] = number;
        }
    }
    store_cursor_close(&cursor);
}

static void make_journal(member_t *self, const journal_recovery_result_t *result)
{
    static const int64_t intervals_ns[] = {0, 50 * TIMESTAMP_NS_PER_MS, 1 * TIMESTAMP_NS_PER_S};
    const journal_settings_t settings = {.store = self->store,
                                         .tail = result->tail,
                                         .records = result->records,
                                         .serial = result->serial,
                                         .interval_ns = intervals_ns[random_below(&self->luck, 3)],
                                         .chunk_size = CHUNK_SIZE,
                                         .slack = SLACK_RECORDS};
    self->journal = journal_new(&settings);
}

void member_journal_open(member_t *self, disk_state_t state, const generation_t *generation)
{
    journal_state_t before;
    bring_into(self, state);
    int64_t kept_ns = member_now_ns(self) - MEMBER_EXPIRE_AFTER_NS - MEMBER_EXPIRE_GRACE_NS;
    bool has_before = journal_model_state(self->disk, &before);
    journal_recovery_result_t result =
        journal_model_recover(self->disk, self->store, has_before ? &before : NULL,
                              self->context.settings->expires ? kept_ns : INT64_MIN);
    journal_recovery_begin_life(&result, has_before ? &before : NULL, generation, &self->identity);
    snprintf(self->identity.herd, sizeof self->identity.herd, "simulated");
    snprintf(self->identity.member, sizeof self->identity.member, "%s", self->name);
    self->counters.resumed += result.has_life ? 1 : 0;
    self->counters.recovered += has_before && !result.has_life ? 1 : 0;
    if (state == DISK_WHOLE) {
        check_restored(self);
    }
    note_restored(self);
    if (RULE(GENERATION_FIRST)) {
        journal_model_commit_state(self->disk, &self->identity);
    }
    make_journal(self, &result);
    if (has_before) {
        journal_state_done(&before);
    }
}

/* The open transaction is lost; some of its chunks may be on the disk. How many is no matter of
 * luck, so that a seed has the same luck as ever. */
static void lose_transaction(member_t *self)
{
    enum { STAGED_MAX = 12 };
    journal_model_tear(self->disk, (self->transaction + self->life) % (STAGED_MAX + 1));
}

void member_journal_close(member_t *self)
{
    if (self->journal == NULL) {
        return;
    }
    /* A transaction that was on its way may have come to its end all the same. */
    if (self->ending && random_once_in(&self->luck, 2)) {
        (void)journal_model_commit(self->disk, &self->end, &self->end_state);
        forget_disk(self); /* it was not looked at */
    }
    if (self->ending) {
        journal_state_done(&self->end_state);
    }
    self->ending = false;
    self->refused = 0;
    lose_transaction(self);
    journal_destroy(&self->journal);
}

/* J2 */
static void read_checkpoints(const member_t *self, journal_state_t *state)
{
    for (size_t i = 0; i < self->neighbour_count; i++) {
        const neighbour_t *neighbour = &self->neighbours[i];
        link_checkpoint_t checkpoint;
        if (neighbour->link != NULL && link_checkpoint(neighbour->link, &checkpoint)) {
            journal_state_add(state, text_of(neighbour->member->name), &checkpoint);
        }
    }
}

static journal_state_t state_of(const member_t *self, const journal_part_t *end)
{
    journal_state_t state = self->identity;
    state.checkpoints = NULL;
    state.checkpoint_count = 0;
    state.tail = end->tail;
    state.serial = end->serial;
    read_checkpoints(self, &state);
    return state;
}

/* J1, J4: the disk has each record of the list of that moment; or a greater one, which was purged
 * (R16), or lost. */
static void check_disk(member_t *self)
{
    updates_t *updates = self->context.updates;
    size_t client_count = updates_client_count(updates);
    journal_state_t state;
    store_t *store = store_new(client_count, 1);
    bool has_state = journal_model_state(self->disk, &state);
    assert(has_state);
    (void)journal_model_recover(self->disk, store, &state, INT64_MIN);
    for (size_t client = 0; client < client_count; client++) {
        char name[UPDATES_CLIENT_SIZE];
        record_t record;
        bool found = store_find_any(store, updates_client_name(client, name), &record);
        self->on_disk[client] = found ? updates_find(updates, &record) : UPDATES_NONE;
        if (updates_greater(updates, self->listed[client], self->on_disk[client]) !=
            self->on_disk[client]) {
            broke(self, "its disk is not the list of the moment when the transaction ended");
        }
    }
    journal_state_done(&state);
    store_destroy(&store);
}

static bool is_over(const member_t *self, uint64_t detail)
{
    return !self->alive || detail != self->life || self->journal == NULL;
}

static void on_news(void *subject, uint64_t detail)
{
    member_t *self = subject;
    if (is_over(self, detail)) {
        return;
    }
    if (self->lost) {
        journal_failed(self->journal, self->end.transaction, random_once_in(&self->luck, 4),
                       member_steady_ns(self));
    } else {
        journal_committed(self->journal, self->end.transaction, self->disk_records);
    }
    member_keep_promises(self);
    member_journal_pump(self);
}

static void on_disk(void *subject, uint64_t detail)
{
    member_t *self = subject;
    if (is_over(self, detail)) {
        return;
    }
    self->lost = self->disk_fails && !random_once_in(&self->luck, 8);
    if (self->lost) {
        lose_transaction(self);
    } else {
        if (!RULE(CHECKPOINT_MOMENT)) {
            journal_state_done(&self->end_state);
            self->end_state = state_of(self, &self->end);
        }
        self->disk_records = journal_model_commit(self->disk, &self->end, &self->end_state);
        check_disk(self);
    }
    journal_state_done(&self->end_state);
    self->ending = false;
    schedule_at(self->context.schedule,
                member_steady_ns(self) + (int64_t)random_below(&self->luck, (uint64_t)news_max_ns),
                on_news, self, self->life);
}

/* writer.c: the rest of a transaction that failed is passed over. */
static bool is_refused(const member_t *self, const journal_part_t *part)
{
    return part->transaction == self->refused;
}

static void begin_commit(member_t *self, const journal_part_t *end)
{
    if (is_refused(self, end)) {
        return;
    }
    self->end = *end;
    self->end_state = state_of(self, end);
    self->ending = true;
    size_t size = updates_client_count(self->context.updates) * sizeof self->listed[0];
    memcpy(self->listed, self->held, size);
    schedule_at(self->context.schedule,
                member_steady_ns(self) + random_duration(&self->luck, commit_min_ns, commit_max_ns),
                on_disk, self, self->life);
}

static void on_refused(void *subject, uint64_t detail)
{
    member_t *self = subject;
    if (!is_over(self, detail)) {
        journal_failed(self->journal, self->refused, false, member_steady_ns(self));
        member_keep_promises(self);
        member_journal_pump(self);
    }
}

static bool has_room(const member_t *self, size_t size)
{
    return size + journal_model_bytes(self->disk) + journal_model_open_bytes(self->disk) <=
           self->disk_size;
}

static void put(member_t *self, const journal_part_t *part)
{
    if (is_refused(self, part)) {
        return;
    }
    if (self->disk_size == MEMBER_ROOM_ENOUGH || has_room(self, part->size)) {
        journal_model_put(self->disk, part, self->chunk);
        return;
    }
    self->refused = part->transaction;
    lose_transaction(self);
    schedule_at(self->context.schedule,
                member_steady_ns(self) + (int64_t)random_below(&self->luck, (uint64_t)news_max_ns),
                on_refused, self, self->life);
}

static void on_taken(void *subject, uint64_t detail)
{
    member_t *self = subject;
    if (!is_over(self, detail)) {
        journal_taken(self->journal, self->transaction);
        member_journal_pump(self);
    }
}

/* One step; false if nothing more is to be done in this turn. */
static bool step(member_t *self)
{
    journal_part_t part;
    switch (journal_step(self->journal, member_steady_ns(self), self->chunk, &part)) {
    case JOURNAL_CHUNK:
        self->transaction = part.transaction;
        put(self, &part);
        schedule_at(self->context.schedule,
                    member_steady_ns(self) +
                        (int64_t)random_below(&self->luck, (uint64_t)taken_max_ns),
                    on_taken, self, self->life);
        return journal_must_end(self->journal, member_steady_ns(self));
    case JOURNAL_END: begin_commit(self, &part); return false;
    default: return false;
    }
}

void member_journal_pump(member_t *self)
{
    if (self->journal == NULL) {
        return;
    }
    if (self->context.settings->acknowledge_disk && self->promise_count > 0) {
        journal_hurry(self->journal);
    }
    while (journal_is_due(self->journal, member_steady_ns(self)) && step(self)) {
    }
}

/* keeper.c: a sum over the checkpoints would do as well. */
void member_journal_tick(member_t *self)
{
    if (self->journal != NULL) {
        journal_tick(self->journal, member_steady_ns(self));
        if (self->stopping) {
            journal_set_interval(self->journal, 0);
        }
        if (!self->touched && (self->stopping || random_once_in(&self->luck, 8))) {
            self->touched = self->stopping;
            journal_touch(self->journal);
        }
        member_journal_pump(self);
    }
}

bool member_journal_is_level(const member_t *self)
{
    return self->journal == NULL || journal_is_level(self->journal);
}

bool member_journal_holds(const member_t *self, uint64_t index)
{
    return self->journal != NULL && journal_held(self->journal) >= index;
}

bool member_journal_has_generation(const member_t *self)
{
    journal_state_t state;
    if (self->journal == NULL) {
        return true;
    }
    bool same = journal_model_state(self->disk, &state);
    if (same) {
        same = generation_equal(&state.generation, &self->identity.generation);
        journal_state_done(&state);
    }
    return same;
}

void member_lose_checkpoints(member_t *self)
{
    journal_state_t state;
    assert(!self->alive && self->disk != NULL);
    if (journal_model_state(self->disk, &state)) {
        state.checkpoint_count = 0;
        journal_model_commit_state(self->disk, &state);
        journal_state_done(&state);
    }
}

void member_lose_disk(member_t *self)
{
    assert(!self->alive && self->disk != NULL);
    journal_model_go_back(self->disk, 0);
}

void member_set_disk_fails(member_t *self, bool fails)
{
    self->disk_fails = fails;
}

void member_set_disk_room(member_t *self, size_t bytes)
{
    bool enough = bytes == MEMBER_ROOM_ENOUGH;
    self->disk_size = enough ? bytes : journal_model_bytes(self->disk) + bytes;
}

update_number_t member_on_disk(const member_t *self, size_t client)
{
    return self->on_disk[client];
}

bool member_lost_disk(const member_t *self)
{
    return self->lost_disk;
}
