/* The policy of the journal: what is written when.
 *
 * IDLE until there is something to write: a change, a checkpoint, or more than three times as many
 * records on disk as there are clients. If someone waits (journal_hurry), FILLING begins at once,
 * else when the interval since the last beginning is over. While FILLING each step packs a chunk:
 * first, if the disk is to be compacted, some of what lies before the committed index, then what
 * lies behind it, up to the tail. At the tail the transaction ENDS (J1), and nothing is packed
 * until it is known what became of it: what changes meanwhile gathers in the list, not in memory.
 *
 * If it was committed, the index up to which the disk has the list is the tail of its end (J3). If
 * not, both cursors go back, and the journal PAUSES.
 *
 * A transaction of which updates outrun the disk would never meet the tail. So once it has passed
 * the tail of its beginning, it has a second; then it is ended as fast as may be, and what is on
 * its way to the disk has no bound but the list itself. */
#include "common/journal/journal.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/protocol/rules.h"

#include <assert.h>
#include <stdlib.h>

enum {
    /* More records on disk than so many times the list's, and some, are too many. */
    RECORDS_RATIO = 3,
    SLACK_RECORDS = 4096,
    /* Compacted chunks in a transaction, besides two for each chunk that the last one had. */
    COMPACTED_MIN = 2,
};

static const int64_t end_after_ns = 1 * TIMESTAMP_NS_PER_S;
static const int64_t pause_min_ns = 1 * TIMESTAMP_NS_PER_S;
static const int64_t pause_max_ns = 60 * TIMESTAMP_NS_PER_S;

typedef enum { IDLE, FILLING, ENDING, PAUSED } state_t;

struct journal {
    journal_settings_t settings;
    state_t state;
    journal_chunk_writer_t *writer;
    store_cursor_t fresh; /* behind what was packed */
    store_cursor_t old;   /* of the compaction: behind what was packed once more */
    uint64_t held;        /* J3 */
    uint64_t records;     /* on disk */
    uint32_t serial;
    uint64_t hurried_until; /* someone waits for this index */
    bool touched;           /* the state differs from that on disk */
    int64_t began_ns;       /* steady: the last transaction */
    int64_t ended_ns;       /* steady: its end: what has changed since is not in it */
    int64_t behind_ns;      /* steady: since when something is not on disk */
    bool behind;            /* behind_ns is set */
    int64_t pause_ns;       /* the last; 0 after a commit */
    int64_t paused_until_ns;
    /* Of the transaction that is open: */
    uint64_t transaction;
    uint64_t tail; /* at its end */
    uint64_t tail_at_begin;
    bool passed;        /* the fresh cursor has passed that */
    int64_t passed_ns;  /* steady: when */
    unsigned under_way; /* chunks that are in memory */
    unsigned fresh_chunks;
    unsigned old_chunks_left;
    /* Compaction: */
    bool compacting;     /* a pass has begun, and `old` is open */
    bool pass_ends;      /* with the open transaction */
    uint64_t compacted;  /* committed up to here in this pass */
    uint64_t pass_until; /* where the pass ends */
    uint64_t from;       /* where the open transaction's part of it began */
    uint64_t until;      /* where it ends */
};

journal_t *journal_new(const journal_settings_t *settings)
{
    journal_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->writer = journal_chunk_writer_new(settings->chunk_size);
    self->settings.slack = settings->slack > 0 ? settings->slack : SLACK_RECORDS;
    store_cursor_open(settings->store, &self->fresh);
    store_cursor_seek(&self->fresh, settings->tail);
    self->held = settings->tail;
    self->records = settings->records;
    self->serial = settings->serial;
    return self;
}

/* Each open cursor costs every merge a little. */
static void end_compaction(journal_t *self)
{
    if (self->compacting) {
        store_cursor_close(&self->old);
        self->compacting = false;
    }
}

void journal_destroy(journal_t **self_p)
{
    journal_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    end_compaction(self);
    store_cursor_close(&self->fresh);
    journal_chunk_writer_destroy(&self->writer);
    free(self);
    *self_p = NULL;
}

void journal_set_interval(journal_t *self, int64_t interval_ns)
{
    self->settings.interval_ns = interval_ns;
}

void journal_hurry(journal_t *self)
{
    self->hurried_until = store_tail(self->settings.store);
}

void journal_touch(journal_t *self)
{
    self->touched = true;
}

uint64_t journal_held(const journal_t *self)
{
    return self->held;
}

bool journal_is_writing(const journal_t *self)
{
    return self->state == FILLING || self->state == ENDING;
}

bool journal_is_level(const journal_t *self)
{
    return self->held >= store_tail(self->settings.store) && !self->touched && self->state == IDLE;
}

/* Whether the disk has too much that is of no use any more. */
static bool must_compact(const journal_t *self)
{
    const journal_settings_t *settings = &self->settings;
    uint64_t kept = settings->kept_until > 0 ? settings->records : 0;
    return self->records >
               kept + RECORDS_RATIO * (uint64_t)store_count(settings->store) + settings->slack &&
           self->held > settings->kept_until;
}

static bool has_work(const journal_t *self)
{
    return self->held < store_tail(self->settings.store) || self->touched || must_compact(self);
}

/* Whether a transaction is to begin. */
static bool must_begin(const journal_t *self, int64_t steady_ns)
{
    if (self->state == PAUSED) {
        return steady_ns >= self->paused_until_ns;
    }
    return self->state == IDLE && has_work(self) &&
           (self->hurried_until > self->held || self->transaction == 0 ||
            steady_ns - self->began_ns >= self->settings.interval_ns);
}

/* A pass goes from the oldest end of what may be replaced to what has as many indices behind it as
 * there are clients. So the disk has twice their records at most after it, and what was written a
 * moment ago, of which most still counts, is not written once more. With few clients it goes on to
 * the end. It rests while the disk is small enough, and goes on from there: if it began anew each
 * time, records that never change would be written again and again. */
static void begin_compaction(journal_t *self)
{
    uint64_t oldest = self->settings.kept_until;
    uint64_t young = store_count(self->settings.store);
    self->compacting = true;
    bool to_end = young <= self->settings.slack || self->held <= oldest + young;
    self->pass_until = to_end ? self->held : self->held - young;
    self->compacted = oldest;
    store_cursor_open(self->settings.store, &self->old);
    store_cursor_seek(&self->old, 0);
    store_entry_t entry;
    while (store_cursor_peek(&self->old, &entry) && entry.index <= oldest) {
        store_cursor_advance(&self->old);
    }
}

static void begin(journal_t *self, int64_t steady_ns)
{
    self->state = FILLING;
    self->transaction++;
    self->began_ns = steady_ns;
    self->touched = false;
    self->tail_at_begin = store_tail(self->settings.store);
    self->passed = false;
    self->pass_ends = false;
    self->old_chunks_left = 0;
    if (must_compact(self)) {
        if (!self->compacting) {
            begin_compaction(self);
        }
        self->old_chunks_left = COMPACTED_MIN + 2 * self->fresh_chunks;
    }
    self->from = self->until = self->compacted;
    self->fresh_chunks = 0;
}

void journal_tick(journal_t *self, int64_t steady_ns)
{
    if (!self->behind && self->held < store_tail(self->settings.store)) {
        self->behind = true;
        self->behind_ns = steady_ns;
    }
}

int64_t journal_lag_ns(const journal_t *self, int64_t steady_ns)
{
    if (self->behind) {
        return steady_ns - self->behind_ns;
    }
    return self->held < store_tail(self->settings.store) ? 1 : 0; /* since a moment ago */
}

/* Packs entries with an index of at most `until`; returns whether none is left. */
static bool pack(journal_t *self, store_cursor_t *cursor, uint64_t until)
{
    store_entry_t entry;
    while (store_cursor_peek(cursor, &entry) && entry.index <= until) {
        if (!journal_chunk_add(self->writer, &entry)) {
            return false;
        }
        store_cursor_advance(cursor);
    }
    return true;
}

static journal_step_t give_chunk(journal_t *self, bool compacted, journal_part_t *part)
{
    part->transaction = self->transaction;
    part->compacted = compacted;
    part->size = journal_chunk_end(self->writer, ++self->serial, &part->name);
    self->under_way++;
    return JOURNAL_CHUNK;
}

/* J4: what is read here stood in the list when the last transaction was committed; what has changed
 * since lies behind it, and is in the rest of this one. */
static bool step_compaction(journal_t *self, char *chunk, journal_part_t *part)
{
    journal_chunk_begin(self->writer, chunk);
    self->old_chunks_left--;
    if (pack(self, &self->old, self->pass_until)) {
        self->until = self->pass_until;
        self->old_chunks_left = 0;
        self->pass_ends = true;
    } else {
        self->until = store_cursor_index(&self->old);
    }
    if (journal_chunk_is_empty(self->writer)) {
        return false;
    }
    give_chunk(self, true, part);
    return true;
}

bool journal_part_replaces(const journal_part_t *end, const journal_chunk_name_t *name)
{
    uint64_t reaches = RULE(OVERLAP) ? name->last : name->first;
    return name->last > end->from && reaches <= end->until;
}

static journal_step_t end(journal_t *self, uint64_t tail, int64_t steady_ns, journal_part_t *part)
{
    self->state = ENDING;
    self->tail = tail;
    self->ended_ns = steady_ns;
    self->held = RULE(ACK_COMMITTED) ? self->held : tail;
    *part = (journal_part_t){.transaction = self->transaction,
                             .tail = self->tail,
                             .serial = self->serial,
                             .from = self->from,
                             .until = self->until};
    return JOURNAL_END;
}

static journal_step_t step_fresh(journal_t *self, int64_t steady_ns, char *chunk,
                                 journal_part_t *part)
{
    uint64_t tail = store_tail(self->settings.store);
    if (store_cursor_is_at_tail(&self->fresh)) {
        store_cursor_skip(&self->fresh, tail);
        return end(self, tail, steady_ns, part); /* J1 */
    }
    if (!RULE(AT_TAIL) && self->fresh_chunks > 0) {
        return end(self, store_cursor_index(&self->fresh), steady_ns, part);
    }
    journal_chunk_begin(self->writer, chunk);
    pack(self, &self->fresh, UINT64_MAX);
    self->fresh_chunks++;
    if (!self->passed && (store_cursor_is_at_tail(&self->fresh) ||
                          store_cursor_index(&self->fresh) >= self->tail_at_begin)) {
        self->passed = true;
        self->passed_ns = steady_ns;
    }
    return give_chunk(self, false, part);
}

bool journal_must_end(const journal_t *self, int64_t steady_ns)
{
    return self->state == FILLING && self->passed && steady_ns - self->passed_ns >= end_after_ns;
}

static bool has_room(const journal_t *self, int64_t steady_ns)
{
    return self->under_way < JOURNAL_CHUNKS_MAX || journal_must_end(self, steady_ns);
}

bool journal_is_due(const journal_t *self, int64_t steady_ns)
{
    return self->state == FILLING ? has_room(self, steady_ns) : must_begin(self, steady_ns);
}

journal_step_t journal_step(journal_t *self, int64_t steady_ns, char *chunk,
                            journal_part_t *ret_part)
{
    journal_tick(self, steady_ns);
    if (must_begin(self, steady_ns)) {
        begin(self, steady_ns);
    }
    if (self->state != FILLING || !has_room(self, steady_ns)) {
        return JOURNAL_NOTHING;
    }
    *ret_part = (journal_part_t){0};
    if (self->old_chunks_left > 0 && step_compaction(self, chunk, ret_part)) {
        return JOURNAL_CHUNK;
    }
    if (!RULE(COMPACT_AT_TAIL) && self->until > self->from && self->fresh_chunks == 0) {
        return end(self, self->held, steady_ns, ret_part);
    }
    return step_fresh(self, steady_ns, chunk, ret_part);
}

void journal_taken(journal_t *self, uint64_t transaction)
{
    if (transaction == self->transaction && self->under_way > 0) {
        self->under_way--;
    }
}

void journal_committed(journal_t *self, uint64_t transaction, uint64_t records)
{
    assert(self->state == ENDING && transaction == self->transaction);
    self->state = IDLE;
    self->held = self->tail;
    self->records = records;
    self->under_way = 0;
    self->pause_ns = 0;
    self->behind = self->held < store_tail(self->settings.store);
    self->behind_ns = self->ended_ns;
    self->compacted = self->until;
    if (self->pass_ends) {
        end_compaction(self);
    }
}

void journal_failed(journal_t *self, uint64_t transaction, bool at_once, int64_t steady_ns)
{
    if (transaction != self->transaction || (self->state != FILLING && self->state != ENDING)) {
        return;
    }
    if (RULE(RETRY)) {
        store_cursor_seek(&self->fresh, self->held);
    }
    end_compaction(self);
    self->touched = true;
    self->under_way = 0;
    self->state = PAUSED;
    if (at_once) {
        self->paused_until_ns = steady_ns;
        return;
    }
    self->pause_ns = self->pause_ns == 0 ? pause_min_ns : 2 * self->pause_ns;
    self->pause_ns = self->pause_ns < pause_max_ns ? self->pause_ns : pause_max_ns;
    self->paused_until_ns = steady_ns + self->pause_ns;
}
