/* What comes in are messages of the node; the link decides what they mean (link_incoming.c), and
 * gives each record to `take`. The node's record replaces what is here, also by an older one: what
 * a client sent to an earlier life of the node, and that life has lost, is of no member any more.
 * A record that stays the same is confirmed.
 *
 * When the node's list cannot be resumed, the link asks for all of it, or for the leaves that
 * differ; from then on what comes is confirmed, and once the node has sent all that it has, up to
 * one DATA at whose end nothing was left, what was not confirmed there is not at the node,
 * and goes (copy_step.c). A client that changes meanwhile moves to the end of the node's list, and
 * is confirmed when it comes from there. So nothing goes only to come again, however the link was
 * cut: what was asked for stays so while the node's list is resumed, and is asked for anew when it
 * is compared again.
 *
 * Expiry goes by what DATA says of the node's time. If that goes back behind what went or was not
 * taken, the node may have it again: the list is compared. */
#include "common/copy/copy_parts.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

bool copy_serves(const copy_t *self, const record_t *record)
{
    int64_t served_from_ns;
    int64_t taken_from_ns;
    store_horizon(self->store, &served_from_ns, &taken_from_ns);
    return !record_is_tombstone(record) && record_age_from(record) >= served_from_ns;
}

void copy_show(copy_t *self, uint32_t number, const record_t *record, bool changed)
{
    const copy_settings_t *settings = &self->settings;
    bool shown = numbers_has(&self->numbers, number, NUMBERS_SHOWN);
    bool serves = copy_serves(self, record);
    if (serves == shown && !(serves && changed)) {
        return;
    }
    if (!serves) {
        self->numbers.flags[number] &= (uint8_t)~NUMBERS_SHOWN;
        self->served--;
        if (settings->removed != NULL) {
            settings->removed(settings->argument, number, record->client);
        }
        return;
    }
    self->numbers.flags[number] |= NUMBERS_SHOWN;
    self->served += shown ? 0 : 1;
    if (settings->changed != NULL) {
        settings->changed(settings->argument, number, record, shown);
    }
}

/* The store has it no more. */
static void forget_number(copy_t *self, uint32_t number, text_t client)
{
    bool shown = numbers_has(&self->numbers, number, NUMBERS_SHOWN);
    numbers_give(&self->numbers, number);
    if (!shown) {
        return;
    }
    self->served--;
    if (self->settings.removed != NULL) {
        self->settings.removed(self->settings.argument, number, client);
    }
}

void copy_remove(copy_t *self, uint32_t number)
{
    store_entry_t entry;
    store_entry(self->store, self->numbers.handles[number], &entry);
    char *client = memory_copy_text(entry.record.client.data, entry.record.client.size);
    text_t text = {.data = client, .size = entry.record.client.size};
    (void)store_drop(self->store, text);
    forget_number(self, number, text);
    free(client);
}

static void note_gone(copy_t *self, const record_t *record)
{
    int64_t age_ns = record_age_from(record);
    self->gone_ns = age_ns > self->gone_ns ? age_ns : self->gone_ns;
}

/* The record has been given to the store, under that number. */
static void note_outcome(copy_t *self, store_outcome_t outcome, uint32_t number,
                         const record_t *record)
{
    switch (outcome) {
    case STORE_NEWER:
        self->changes++;
        self->numbers.handles[number] = store_newest(self->store);
        self->numbers.flags[number] |= NUMBERS_CONFIRMED;
        copy_show(self, number, record, true);
        break;
    case STORE_EXPIRED: note_gone(self, record); break;
    case STORE_FULL: self->unstored++; break;
    case STORE_SAME:
    case STORE_OLDER: break;
    }
}

static store_outcome_t take_new(copy_t *self, uint32_t number, const record_t *record)
{
    store_outcome_t outcome = store_merge(self->store, record, number);
    note_outcome(self, outcome, number, record);
    if (outcome != STORE_NEWER) {
        forget_number(self, number, record->client);
    }
    return outcome;
}

/* Of the same era as what is known. */
static store_outcome_t take_known(copy_t *self, uint32_t number, const record_t *record)
{
    self->numbers.flags[number] |= NUMBERS_CONFIRMED;
    store_outcome_t outcome = store_merge(self->store, record, number);
    note_outcome(self, outcome, number, record);
    return outcome;
}

/* Whether a record is to be here. */
static bool keeps(const copy_t *self, const record_t *record)
{
    const copy_settings_t *settings = &self->settings;
    return settings->keeps == NULL ||
           (!record_is_tombstone(record) &&
            settings->keeps(settings->argument, record, copy_serves(self, record)));
}

/* A record of the node: it is what the node has now. */
static store_outcome_t take(void *argument, const record_t *record)
{
    copy_t *self = argument;
    store_entry_t known;
    uint32_t number;
    self->received++;
    bool is_kept = keeps(self, record);
    if (is_kept && store_is_later(self->store, record, &number)) {
        return take_known(self, number, record);
    }
    if (!store_find_entry(self->store, record->client, &known)) {
        return is_kept ? take_new(self, numbers_take(&self->numbers), record) : STORE_OLDER;
    }
    number = known.marks;
    if (!is_kept) {
        copy_remove(self, number);
        return STORE_OLDER;
    }
    self->numbers.flags[number] |= NUMBERS_CONFIRMED;
    int order = record_compare_eras(record, &known.record);
    if (order == 0) {
        return STORE_SAME;
    }
    if (RULE(FOLLOWER_REPLACES) && (order < 0 || record->era_ns != known.record.era_ns)) {
        (void)store_drop(self->store, record->client);
        return take_new(self, number, record);
    }
    return take_known(self, number, record);
}

/* The node will send all that it has in these leaves. */
static void on_asked(void *argument, const uint64_t *leaves)
{
    copy_t *self = argument;
    numbers_clear(&self->numbers, NUMBERS_CONFIRMED);
    self->doubt = COPY_ASKED;
    if (leaves != NULL) {
        memcpy(self->asked, leaves, sizeof self->asked);
    } else {
        memset(self->asked, UINT8_MAX, sizeof self->asked);
    }
}

static void on_coming(void *argument, const uint32_t *hashes, size_t count)
{
    const copy_t *self = argument;
    uint32_t numbers[STORE_FETCH_BATCH];
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (store_fetched_marks(self->store, hashes[i], &numbers[known])) {
            numbers_fetch(&self->numbers, numbers[known++]);
        }
    }
    if (self->settings.coming != NULL) {
        self->settings.coming(self->settings.argument, numbers, known);
    }
}

copy_t *copy_new(const copy_settings_t *settings)
{
    copy_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->herd = memory_copy_text(settings->herd.data, settings->herd.size);
    self->follower = memory_copy_text(settings->follower.data, settings->follower.size);
    self->store = store_new(settings->max_clients, settings->seed);
    if (settings->max_memory > 0) {
        store_limit_memory(self->store, settings->max_memory);
    }
    numbers_init(&self->numbers, settings->rest);
    self->sink =
        (link_sink_t){.take = take, .asked = on_asked, .coming = on_coming, .argument = self};
    self->gone_ns = INT64_MIN;
    return self;
}

static void end_link(copy_t *self)
{
    if (self->link != NULL) {
        const link_counters_t *counters = link_counters(self->link);
        self->before.comparisons += counters->comparisons;
        self->before.repaired += counters->repaired;
        self->before.bad_messages += counters->bad_messages;
        link_destroy(&self->link);
    }
}

void copy_destroy(copy_t **self_p)
{
    copy_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    end_link(self);
    store_destroy(&self->store);
    numbers_done(&self->numbers);
    free(self->herd);
    free(self->follower);
    free(self);
    *self_p = NULL;
}

void copy_follow(copy_t *self, text_t name)
{
    const link_identity_t identity = {.kind = LINK_OF_FOLLOWER,
                                      .sink = &self->sink,
                                      .herd = text_of(self->herd),
                                      .member = text_of(self->follower),
                                      .neighbour = name,
                                      .generation = self->settings.life,
                                      .mark = LIMIT_MARKED_NEIGHBOURS};
    end_link(self);
    self->doubt = COPY_SURE;
    self->link = link_new(&identity, self->store);
}

void copy_lost(copy_t *self)
{
    link_lost(self->link);
}

/* R16: the time of the node has gone back behind what went here. */
static void look_at_horizon(copy_t *self)
{
    int64_t served_from_ns;
    int64_t taken_from_ns;
    store_horizon(self->store, &served_from_ns, &taken_from_ns);
    if (self->gone_ns != INT64_MIN && taken_from_ns <= self->gone_ns) {
        self->gone_ns = INT64_MIN;
        link_compare_anew(self->link);
    }
}

link_event_t copy_take(copy_t *self, const message_t *message, int64_t now_ns, int64_t steady_ns)
{
    if (message->type == MESSAGE_AUDIT && self->settings.keeps != NULL) {
        return LINK_NOTHING; /* digests differ where a part is left out */
    }
    link_event_t event = link_take(self->link, message, now_ns, steady_ns);
    if (event == LINK_OPENED && !link_has_resumed(self->link)) {
        self->doubt = COPY_SURE; /* until the comparison says otherwise */
    }
    if (message->type == MESSAGE_DATA && event != LINK_BAD && event != LINK_GAP) {
        self->heard_ns = steady_ns;
        look_at_horizon(self);
    }
    return event;
}

bool copy_next_answer(copy_t *self, int64_t now_ns, int64_t steady_ns, message_t *ret_message)
{
    return link_next_answer(self->link, now_ns, steady_ns, ret_message);
}

bool copy_read(const copy_t *self, uint32_t number, record_t *ret_record)
{
    if (!numbers_has(&self->numbers, number, NUMBERS_USED)) {
        return false;
    }
    store_entry_t entry;
    store_entry(self->store, self->numbers.handles[number], &entry);
    if (!copy_serves(self, &entry.record)) {
        return false;
    }
    *ret_record = entry.record;
    return true;
}

bool copy_find(const copy_t *self, text_t client, uint32_t *ret_number, record_t *ret_record)
{
    store_entry_t entry;
    if (!store_find_entry(self->store, client, &entry) || !copy_serves(self, &entry.record)) {
        return false;
    }
    *ret_number = entry.marks;
    *ret_record = entry.record;
    return true;
}

bool copy_serves_client(const copy_t *self, text_t client)
{
    return store_serves(self->store, client);
}

uint32_t copy_fetch_begin(const copy_t *self, text_t client)
{
    return store_fetch_begin(self->store, client);
}

void copy_fetch_entry(const copy_t *self, uint32_t hash)
{
    store_fetch_entry(self->store, hash);
}

uint32_t copy_number_end(const copy_t *self)
{
    return self->numbers.end;
}

uint32_t copy_serial(const copy_t *self, uint32_t number)
{
    return number < self->numbers.end ? self->numbers.serials[number] : 0;
}

copy_state_t copy_state(const copy_t *self)
{
    copy_state_t state = {.heard_ns = self->heard_ns,
                          .served = self->served,
                          .unstored = self->unstored,
                          .received = self->received,
                          .changes = self->changes,
                          .dropped = self->dropped,
                          .comparisons = self->before.comparisons,
                          .repaired = self->before.repaired,
                          .bad = self->before.bad_messages};
    if (self->link == NULL) {
        return state;
    }
    const link_counters_t *counters = link_counters(self->link);
    link_checkpoint_t position = link_position(self->link);
    state.open = link_has_heard(self->link);
    state.current = link_has_caught_up(self->link) && self->doubt == COPY_SURE;
    state.node = position.generation;
    state.index = position.index;
    state.behind = link_behind(self->link);
    state.comparisons += counters->comparisons;
    state.repaired += counters->repaired;
    state.bad += counters->bad_messages;
    return state;
}

size_t copy_memory(const copy_t *self)
{
    return store_memory(self->store) + numbers_memory(&self->numbers);
}

const generation_t *copy_life(const copy_t *self)
{
    return &self->settings.life;
}

uint64_t copy_tail(const copy_t *self)
{
    return store_tail(self->store);
}

uint64_t copy_changed_at(const copy_t *self, uint32_t number)
{
    if (!numbers_has(&self->numbers, number, NUMBERS_USED)) {
        return 0;
    }
    store_entry_t entry;
    store_entry(self->store, self->numbers.handles[number], &entry);
    return entry.index;
}

bool copy_changes_open(copy_t *self, uint64_t index, size_t steps, copy_changes_t *ret_changes)
{
    ret_changes->copy = self;
    store_cursor_open(self->store, &ret_changes->cursor);
    if (!store_cursor_seek_near(&ret_changes->cursor, index, steps)) {
        store_cursor_close(&ret_changes->cursor);
        return false;
    }
    return true;
}

void copy_changes_close(copy_changes_t *changes)
{
    store_cursor_close(&changes->cursor);
}

bool copy_changes_next(copy_changes_t *changes, copy_change_t *ret_change)
{
    store_entry_t entry;
    if (!store_cursor_peek(&changes->cursor, &entry)) {
        return false;
    }
    *ret_change = (copy_change_t){.number = entry.marks,
                                  .index = entry.index,
                                  .record = entry.record,
                                  .served = copy_serves(changes->copy, &entry.record)};
    store_cursor_advance(&changes->cursor);
    return true;
}

const digest_t *copy_digest(copy_t *self)
{
    self->wants_digest = true;
    return store_digest(self->store);
}
