#include "tests/sim/member.h"

#include "common/limits.h"
#include "common/memory.h"
#include "common/timestamp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_SIZE = 16,
    BATCHES_PER_TURN = 2, /* neighbour.c */
    DIGEST_STEP = 20,     /* node.c; there are fewer entries here */
};

/* node.c */
static const int64_t digest_pause_ns = 1 * TIMESTAMP_NS_PER_MS;
static const int64_t tick_ns = 100 * TIMESTAMP_NS_PER_MS;
static const int64_t absent_after_ns = 300 * TIMESTAMP_NS_PER_MS;
static const int64_t catch_up_max_ns = 4000 * TIMESTAMP_NS_PER_MS;
static const int64_t exit_grace_ns = 1000 * TIMESTAMP_NS_PER_MS;
/* The true time when the run begins: 2026. */
static const int64_t epoch_ns = 1772000000 * TIMESTAMP_NS_PER_S;

typedef struct {
    const member_t *member;
    size_t connection; /* ours; the neighbour's is its reverse */
    link_t *link;      /* NULL while the member is down */
} neighbour_t;

struct member {
    member_context_t context;
    size_t number;
    char name[NAME_SIZE];
    neighbour_t *neighbours;
    size_t neighbour_count;
    link_group_t link_group; /* of the links to them */
    bool alive;
    bool serving;               /* takes updates (R11) */
    bool stopping;              /* SIGTERM came */
    bool digesting;             /* on_digest is scheduled */
    uint64_t life;              /* ticks of an earlier one are void */
    int64_t started_ns;         /* steady */
    int64_t stopping_ns;        /* steady: since when */
    int64_t clock_offset_ns;    /* of its clock to the true time */
    store_t *store;             /* NULL while the member is down */
    store_cursor_t seen;        /* changes that were observed */
    update_number_t *held;      /* by client: the newest that was observed in this life */
    member_counters_t counters; /* of links that are no more */
};

member_t *member_new(const member_context_t *context, size_t number, size_t neighbour_count)
{
    member_t *self = memory_new(sizeof *self);
    self->context = *context;
    self->number = number;
    snprintf(self->name, sizeof self->name, "M%zu", number);
    self->neighbours = memory_new_array(neighbour_count, sizeof(neighbour_t));
    self->held = memory_new_array(updates_client_count(context->updates), sizeof(update_number_t));
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

/* Store and links go. */
static void end_life(member_t *self)
{
    if (!self->alive) {
        return;
    }
    for (size_t i = 0; i < self->neighbour_count; i++) {
        count_link(self->neighbours[i].link, &self->counters);
        link_destroy(&self->neighbours[i].link);
    }
    store_cursor_close(&self->seen);
    store_destroy(&self->store);
    self->alive = self->serving = self->stopping = self->digesting = false;
    self->life++;
}

void member_destroy(member_t **self_p)
{
    member_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    end_life(self);
    free(self->neighbours);
    free(self->held);
    free(self);
    *self_p = NULL;
}

void member_add_neighbour(member_t *self, const member_t *neighbour, size_t connection)
{
    self->neighbours[self->neighbour_count++] =
        (neighbour_t){.member = neighbour, .connection = connection};
}

static int64_t steady_ns(const member_t *self)
{
    return schedule_now_ns(self->context.schedule);
}

/* Tells the observer what the store took. */
static void observe(member_t *self)
{
    store_entry_t entry;
    while (store_cursor_peek(&self->seen, &entry)) {
        update_number_t now = updates_find(self->context.updates, &entry.record);
        if (now == UPDATES_NONE) {
            self->context.changed(self->context.observer, self, UPDATES_NONE, UPDATES_NONE);
        } else {
            size_t client = updates_client(self->context.updates, now);
            self->context.changed(self->context.observer, self, self->held[client], now);
            self->held[client] = now;
        }
        store_cursor_advance(&self->seen);
    }
}

/* neighbour.c, connect_dealer */
static void connect_dealer(member_t *self, neighbour_t *neighbour)
{
    self->counters.connected++;
    network_open(self->context.network, neighbour->connection);
    link_disconnected(neighbour->link, steady_ns(self));
}

/* neighbour.c, handle_link_event */
static void handle_link_event(member_t *self, neighbour_t *neighbour, link_event_t event)
{
    if (event == LINK_RESTARTED) {
        connect_dealer(self, neighbour);
    }
}

/* neighbour.c, send_answers: what is not taken is left. */
static void send_answers(member_t *self, neighbour_t *neighbour)
{
    message_t answer;
    while (link_next_answer(neighbour->link, steady_ns(self), &answer)) {
        (void)network_answer(self->context.network, network_reverse(neighbour->connection),
                             &answer);
    }
}

/* neighbour.c, neighbour_pump */
static void pump(member_t *self, neighbour_t *neighbour)
{
    network_t *network = self->context.network;
    link_t *link = neighbour->link;
    message_t message;
    send_answers(self, neighbour);
    for (int sent = 0; sent < BATCHES_PER_TURN && link_is_due(link, steady_ns(self)) &&
                       network_is_writable(network, neighbour->connection) &&
                       link_next(link, member_now_ns(self), steady_ns(self), &message);
         sent++) {
        /* Once in a while there was room, and there is none. */
        if (random_once_in(self->context.random, 32) ||
            !network_send(network, neighbour->connection, &message)) {
            link_unsent(link);
            break;
        }
        link_sent(link, steady_ns(self));
    }
    bool waiting = link_is_due(link, steady_ns(self)) || link_is_down(link);
    if (waiting && network_is_writable(network, neighbour->connection)) {
        network_want_writable(network, neighbour->connection);
    }
}

static void on_digest(void *subject, uint64_t life);

/* node.c, pump_all */
static void pump_all(member_t *self)
{
    for (size_t i = 0; i < self->neighbour_count; i++) {
        pump(self, &self->neighbours[i]);
    }
}

/* node.c, advance_digest */
static void advance_digest(member_t *self)
{
    bool wanted = false;
    for (size_t i = 0; i < self->neighbour_count && !wanted; i++) {
        wanted = link_wants_digest(self->neighbours[i].link, steady_ns(self));
    }
    if (wanted && store_digest_step(self->store, DIGEST_STEP)) {
        pump_all(self);
    } else if (wanted && !self->digesting) {
        self->digesting = true;
        schedule_at(self->context.schedule, steady_ns(self) + digest_pause_ns, on_digest, self,
                    self->life);
    }
}

static void on_digest(void *subject, uint64_t life)
{
    member_t *self = subject;
    if (self->alive && life == self->life) {
        self->digesting = false;
        advance_digest(self);
    }
}

/* node.c, has_caught_up: R11 */
static bool has_caught_up(const member_t *self)
{
    int64_t waited_ns = steady_ns(self) - self->started_ns;
    for (size_t i = 0; i < self->neighbour_count; i++) {
        const link_t *link = self->neighbours[i].link;
        bool absent = !link_has_heard(link) && waited_ns >= absent_after_ns;
        if (!link_has_caught_up(link) && !absent && waited_ns < catch_up_max_ns) {
            return false;
        }
    }
    return true;
}

static void serve_when_ready(member_t *self)
{
    self->serving = self->serving || (!self->stopping && has_caught_up(self));
}

/* node.c, neighbours_are_level */
static bool neighbours_are_level(const member_t *self)
{
    for (size_t i = 0; i < self->neighbour_count; i++) {
        const link_t *link = self->neighbours[i].link;
        if (link_is_up(link) && !link_is_level(link)) {
            return false;
        }
    }
    return true;
}

/* node.c, on_tick; neighbour.c, neighbour_tick */
static void on_tick(void *subject, uint64_t life)
{
    member_t *self = subject;
    if (!self->alive || life != self->life) {
        return;
    }
    for (size_t i = 0; i < self->neighbour_count; i++) {
        neighbour_t *neighbour = &self->neighbours[i];
        if (link_is_dead(neighbour->link, steady_ns(self))) {
            connect_dealer(self, neighbour);
        }
        pump(self, neighbour);
    }
    advance_digest(self);
    serve_when_ready(self);
    if (self->stopping &&
        (steady_ns(self) - self->stopping_ns > exit_grace_ns || neighbours_are_level(self))) {
        member_crash(self);
        return;
    }
    schedule_at(self->context.schedule, steady_ns(self) + tick_ns, on_tick, self, self->life);
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

void member_start(member_t *self)
{
    assert(!self->alive);
    size_t client_count = updates_client_count(self->context.updates);
    link_identity_t identity = {.herd = TEXT("simulated"),
                                .member = text_of(self->name),
                                .generation = make_generation(self->context.random)};
    self->alive = true;
    self->started_ns = steady_ns(self);
    self->store = store_new(client_count, random_next(self->context.random));
    store_cursor_open(self->store, &self->seen);
    memset(self->held, 0, client_count * sizeof self->held[0]);
    network_listen(self->context.network, self->number, true);
    for (size_t i = 0; i < self->neighbour_count; i++) {
        neighbour_t *neighbour = &self->neighbours[i];
        identity.neighbour = text_of(neighbour->member->name);
        identity.mark = (unsigned)i;
        identity.group = &self->link_group;
        identity.first_session = random_next(self->context.random) / 2;
        neighbour->link = link_new(&identity, self->store);
        connect_dealer(self, neighbour);
    }
    schedule_at(self->context.schedule, steady_ns(self) + tick_ns, on_tick, self, self->life);
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
        self->stopping_ns = steady_ns(self);
    }
}

static neighbour_t *find_neighbour(member_t *self, size_t connection)
{
    for (size_t i = 0; i < self->neighbour_count; i++) {
        size_t own = self->neighbours[i].connection;
        if (own == connection || network_reverse(own) == connection) {
            return &self->neighbours[i];
        }
    }
    assert(false); /* it is a connection of the member */
    return NULL;
}

/* neighbour.c, neighbour_take */
static void take(member_t *self, neighbour_t *neighbour, const message_t *message)
{
    link_event_t event = link_take(neighbour->link, message, member_now_ns(self), steady_ns(self));
    observe(self);
    handle_link_event(self, neighbour, event);
}

/* node.c, on_bus */
static void on_bus(member_t *self, size_t connection)
{
    neighbour_t *neighbour = find_neighbour(self, connection);
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        network_packet_t *packet =
            network_receive(self->context.network, connection, NETWORK_MESSAGE);
        if (packet == NULL) {
            break;
        }
        take(self, neighbour, &packet->message);
        free(packet);
    }
    pump_all(self);
    advance_digest(self);
    serve_when_ready(self);
}

/* neighbour.c, on_dealer */
static void on_dealer(member_t *self, size_t connection, bool writable)
{
    neighbour_t *neighbour = find_neighbour(self, connection);
    if (writable) {
        link_connected(neighbour->link, steady_ns(self));
    }
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        network_packet_t *packet =
            network_receive(self->context.network, connection, NETWORK_ANSWER);
        if (packet == NULL) {
            break;
        }
        handle_link_event(self, neighbour,
                          link_take_answer(neighbour->link, &packet->message, steady_ns(self)));
        free(packet);
    }
    pump(self, neighbour);
}

void member_ready(member_t *self, size_t connection, network_readiness_t readiness)
{
    if (!self->alive && readiness != NETWORK_WRITABLE) {
        /* Nobody reads: what comes is gone. */
        free(network_receive(self->context.network, connection, readiness));
    } else if (self->alive && readiness == NETWORK_MESSAGE) {
        on_bus(self, connection);
    } else if (self->alive) {
        on_dealer(self, connection, readiness == NETWORK_WRITABLE);
    }
}

void member_take_late(member_t *self, size_t connection, const message_t *message)
{
    if (self->alive) {
        take(self, find_neighbour(self, connection), message);
        pump_all(self);
    }
}

void member_update(member_t *self, update_number_t number)
{
    assert(self->serving);
    (void)store_merge(self->store, updates_record(self->context.updates, number), 0);
    observe(self);
    self->context.answered(self->context.observer, self, number);
    pump_all(self);
}

void member_set_clock(member_t *self, int64_t offset_ns)
{
    self->clock_offset_ns = offset_ns;
}

int64_t member_true_ns(const member_t *self)
{
    return epoch_ns + steady_ns(self);
}

int64_t member_now_ns(const member_t *self)
{
    return member_true_ns(self) + self->clock_offset_ns;
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

size_t member_neighbour_count(const member_t *self)
{
    return self->neighbour_count;
}

size_t member_neighbour(const member_t *self, size_t index)
{
    return self->neighbours[index].member->number;
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
    for (size_t i = 0; self->alive && i < self->neighbour_count; i++) {
        count_link(self->neighbours[i].link, counters);
    }
}
