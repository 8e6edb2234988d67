#include "tests/sim/member_parts.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* The true time when the run begins: 2026. */
static const int64_t epoch_ns = 1772000000 * TIMESTAMP_NS_PER_S;

member_t *member_new(const member_context_t *context, size_t number, size_t neighbour_count)
{
    size_t client_count = updates_client_count(context->updates);
    member_t *self = memory_new(sizeof *self);
    self->context = *context;
    self->number = number;
    snprintf(self->name, sizeof self->name, "M%zu", number);
    self->neighbours = memory_new_array(neighbour_count + 1, sizeof(neighbour_t));
    self->held = memory_new_array(client_count, sizeof(update_number_t));
    if (context->settings->acknowledge_peers > 0 || context->settings->acknowledge_disk) {
        self->ever = memory_new_array(client_count, sizeof(update_number_t));
    }
    if (context->settings->has_disk) {
        self->disk = journal_model_new();
        self->chunk = memory_new(JOURNAL_CHUNK_SIZE);
        self->listed = memory_new_array(client_count, sizeof(update_number_t));
        self->on_disk = memory_new_array(client_count, sizeof(update_number_t));
        self->disk_size = MEMBER_ROOM_ENOUGH;
        random_init(&self->luck, random_next(context->random), 7);
    }
    return self;
}

static void count_link(const link_t *link, member_counters_t *counters)
{
    const link_counters_t *of_link = link_counters(link);
    counters->sent += of_link->sent;
    counters->received += of_link->received;
    counters->newer += of_link->newer;
    counters->same += of_link->same;
    counters->refused += of_link->refused;
    counters->gaps += of_link->gaps;
    counters->bad += of_link->bad_messages;
    counters->audits += of_link->audits;
    counters->comparisons += of_link->comparisons;
    counters->repaired += of_link->repaired;
}

static void end_link(member_t *self, neighbour_t *neighbour)
{
    if (neighbour->link != NULL) {
        count_link(neighbour->link, &self->counters);
        link_group_give_mark(&self->link_group, neighbour->mark);
        link_destroy(&neighbour->link);
    }
}

/* Destroys store and links. */
static void end_life(member_t *self)
{
    if (!self->alive) {
        return;
    }
    for (size_t i = 0; i < self->neighbour_count; i++) {
        end_link(self, &self->neighbours[i]);
    }
    self->counters.unanswered += self->promise_count;
    self->promise_count = 0;
    member_journal_close(self);
    journal_state_done(&self->identity);
    store_cursor_close(&self->seen);
    store_destroy(&self->store);
    self->alive = self->serving = self->stopping = self->digesting = self->started = false;
    self->touched = false;
    self->life++;
}

void member_destroy(member_t **self_p)
{
    member_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    end_life(self);
    journal_model_destroy(&self->disk);
    free(self->chunk);
    free(self->listed);
    free(self->on_disk);
    free(self->neighbours);
    free(self->held);
    free(self->ever);
    free(self->promises);
    free(self);
    *self_p = NULL;
}

void member_add_neighbour(member_t *self, const member_t *neighbour, size_t connection)
{
    self->neighbours[self->neighbour_count++] =
        (neighbour_t){.member = neighbour, .connection = connection, .configured = true};
}

void member_note_held(member_t *self, size_t client, update_number_t number)
{
    self->held[client] = number;
    if (self->ever != NULL) {
        self->ever[client] = updates_greater(self->context.updates, self->ever[client], number);
    }
}

void member_observe(member_t *self)
{
    const member_observer_t *observer = &self->context.observer;
    store_entry_t entry;
    while (store_cursor_peek(&self->seen, &entry)) {
        update_number_t now = updates_find(self->context.updates, &entry.record);
        if (now == UPDATES_NONE) {
            observer->changed(observer->context, self, UPDATES_NONE, UPDATES_NONE);
        } else {
            size_t client = updates_client(self->context.updates, now);
            observer->changed(observer->context, self, self->held[client], now);
            member_note_held(self, client, now);
        }
        store_cursor_advance(&self->seen);
    }
}

void member_note_purged(member_t *self)
{
    for (size_t client = 0; client < updates_client_count(self->context.updates); client++) {
        char name[UPDATES_CLIENT_SIZE];
        record_t record;
        if (self->held[client] != UPDATES_NONE &&
            !store_find_any(self->store, updates_client_name(client, name), &record)) {
            const member_observer_t *observer = &self->context.observer;
            observer->purged(observer->context, self, self->held[client]);
            self->held[client] = UPDATES_NONE;
        }
    }
}

void member_connect(member_t *self, neighbour_t *neighbour)
{
    self->counters.connected++;
    network_open(self->context.network, neighbour->connection);
    link_disconnected(neighbour->link, member_steady_ns(self));
}

static generation_t make_generation(random_t *random)
{
    static const char digits[] = "0123456789abcdef";
    generation_t generation;
    for (size_t i = 0; i < GENERATION_SIZE; i++) {
        generation.hex[i] = digits[random_below(random, 16)];
    }
    return generation;
}

/* neighbours.c, neighbours_add */
static void make_link(member_t *self, neighbour_t *neighbour)
{
    link_checkpoint_t checkpoint;
    neighbour->mark = link_group_take_mark(&self->link_group);
    link_identity_t identity = {.herd = TEXT("simulated"),
                                .member = text_of(self->name),
                                .neighbour = text_of(neighbour->member->name),
                                .generation = self->identity.generation,
                                .mark = neighbour->mark,
                                .group = &self->link_group,
                                .batch_size = self->context.settings->batch_size,
                                .has_parent = self->identity.has_parent,
                                .parent = self->identity.parent,
                                .first_session = random_next(self->context.random) / 2};
    neighbour->link = link_new(&identity, self->store);
    if (!self->started &&
        journal_state_find(&self->identity, text_of(neighbour->member->name), &checkpoint)) {
        link_restore(neighbour->link, &checkpoint);
    }
    member_connect(self, neighbour);
}

void member_set_neighbour(member_t *self, size_t index, bool configured)
{
    neighbour_t *neighbour = &self->neighbours[index];
    if (neighbour->configured == configured) {
        return;
    }
    neighbour->configured = configured;
    if (self->alive && configured) {
        make_link(self, neighbour);
    } else if (self->alive) {
        end_link(self, neighbour);
        network_close(self->context.network, neighbour->connection);
        network_break(self->context.network, network_reverse(neighbour->connection));
    }
}

static void begin_life(member_t *self, disk_state_t state)
{
    size_t client_count = updates_client_count(self->context.updates);
    self->alive = true;
    self->started_ns = member_steady_ns(self);
    self->clocks = (clocks_t){0};
    self->store = store_new(client_count, random_next(self->context.random));
    memset(self->held, 0, client_count * sizeof self->held[0]);
    generation_t generation = make_generation(self->context.random);
    journal_state_init(&self->identity);
    self->identity.generation = generation;
    if (self->disk != NULL) {
        member_journal_open(self, state, &generation);
    }
    store_cursor_open(self->store, &self->seen);
    member_expire(self);
}

void member_start(member_t *self, disk_state_t state)
{
    assert(!self->alive);
    begin_life(self, state);
    network_listen(self->context.network, self->number, true);
    for (size_t i = 0; i < self->neighbour_count; i++) {
        if (self->neighbours[i].configured) {
            make_link(self, &self->neighbours[i]);
        }
    }
    self->started = true;
    member_schedule_tick(self);
}

void member_crash(member_t *self)
{
    network_t *network = self->context.network;
    end_life(self);
    network_listen(network, self->number, false);
    for (size_t i = 0; i < self->neighbour_count; i++) {
        size_t connection = self->neighbours[i].connection;
        network_close(network, connection);
        network_break(network, network_reverse(connection));
    }
}

void member_stop(member_t *self)
{
    if (self->alive && !self->stopping) {
        self->stopping = true;
        self->serving = false;
        self->stopping_ns = member_steady_ns(self);
    }
}

void member_set_clock(member_t *self, int64_t offset_ns, int drift_ppm)
{
    const member_observer_t *observer = &self->context.observer;
    self->clock_offset_ns = offset_ns;
    self->clock_drift_ppm = drift_ppm;
    self->clock_since_ns = member_steady_ns(self);
    observer->clock_set(observer->context);
}

int64_t member_clock_offset(const member_t *self)
{
    int64_t since_us = (member_steady_ns(self) - self->clock_since_ns) / 1000;
    return self->clock_offset_ns + since_us * self->clock_drift_ppm / 1000;
}

int64_t member_life_since(const member_t *self)
{
    return self->started_ns;
}

const schedule_t *member_schedule(const member_t *self)
{
    return self->context.schedule;
}

int64_t member_true_ns(const member_t *self)
{
    return epoch_ns + member_steady_ns(self);
}

int64_t member_now_ns(const member_t *self)
{
    return member_true_ns(self) + member_clock_offset(self);
}

text_t member_name(const member_t *self)
{
    return text_of(self->name);
}

size_t member_number(const member_t *self)
{
    return self->number;
}

bool member_is_alive(const member_t *self)
{
    return self->alive;
}

bool member_is_serving(const member_t *self)
{
    return self->serving;
}

const store_t *member_store(const member_t *self)
{
    return self->store;
}

update_number_t member_holds(const member_t *self, size_t client)
{
    return self->held[client];
}

update_number_t member_ever_held(const member_t *self, size_t client)
{
    return self->ever != NULL ? self->ever[client] : self->held[client];
}

size_t member_neighbour_count(const member_t *self)
{
    return self->neighbour_count;
}

size_t member_neighbour(const member_t *self, size_t index)
{
    return self->neighbours[index].member->number;
}

bool member_is_configured(const member_t *self, size_t index)
{
    return self->neighbours[index].configured;
}

const link_t *member_link(const member_t *self, size_t index)
{
    return self->neighbours[index].link;
}

void member_add_counters(const member_t *self, member_counters_t *counters)
{
    const member_counters_t *own = &self->counters;
    counters->sent += own->sent;
    counters->received += own->received;
    counters->newer += own->newer;
    counters->same += own->same;
    counters->refused += own->refused;
    counters->gaps += own->gaps;
    counters->bad += own->bad;
    counters->audits += own->audits;
    counters->comparisons += own->comparisons;
    counters->repaired += own->repaired;
    counters->connected += own->connected;
    counters->answered += own->answered;
    counters->unanswered += own->unanswered;
    counters->resumed += own->resumed;
    counters->recovered += own->recovered;
    for (size_t i = 0; self->alive && i < self->neighbour_count; i++) {
        if (self->neighbours[i].link != NULL) {
            count_link(self->neighbours[i].link, counters);
        }
    }
}
