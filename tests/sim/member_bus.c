/* A member's turns: what node.c and neighbour.c do with messages and with the clock. */
#include "tests/sim/member_parts.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

enum {
    BATCHES_PER_TURN = 2, /* neighbour.c */
    /* node.c takes 8,192. With as few clients as here, the digest takes about as many steps. */
    DIGEST_STEP = 20,
    DIGEST_STEPS_MAX = 12,
    NEIGHBOURS_ASKED_MAX = 64, /* for their clocks; node/clock.c asks all */
    PURGE_ROUND_TICKS = 8,     /* ticks in which the whole table is looked at */
};

/* node.c */
static const int64_t digest_pause_ns = 1 * TIMESTAMP_NS_PER_MS;
static const int64_t tick_ns = 100 * TIMESTAMP_NS_PER_MS;
static const int64_t absent_after_ns = 300 * TIMESTAMP_NS_PER_MS;
static const int64_t catch_up_max_ns = 4000 * TIMESTAMP_NS_PER_MS;
static const int64_t exit_grace_ns = 1000 * TIMESTAMP_NS_PER_MS;

/* neighbour.c, handle_link_event */
static void handle_link_event(member_t *self, neighbour_t *neighbour, link_event_t event)
{
    if (event == LINK_RESTARTED) {
        member_connect(self, neighbour);
    }
}

/* neighbour.c, send_answers: what the pipe does not take is dropped. */
static void send_answers(member_t *self, neighbour_t *neighbour)
{
    message_t answer;
    while (
        link_next_answer(neighbour->link, member_now_ns(self), member_steady_ns(self), &answer)) {
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
    if (link == NULL) {
        return;
    }
    int64_t steady_ns = member_steady_ns(self);
    send_answers(self, neighbour);
    link_await_acks(link, self->context.settings->acknowledge_peers > 0);
    for (int sent = 0; sent < BATCHES_PER_TURN && link_is_due(link, steady_ns) &&
                       network_is_writable(network, neighbour->connection) &&
                       link_next(link, member_now_ns(self), steady_ns, &message);
         sent++) {
        /* Now and then there was room, and there is none any more. */
        if (message.type == MESSAGE_HELLO && !member_journal_has_generation(self)) {
            self->context.observer.broke(self->context.observer.context, self,
                                         "it spoke of a generation that is not on its disk");
        }
        if (random_once_in(self->context.random, 32) ||
            !network_send(network, neighbour->connection, &message)) {
            link_unsent(link);
            break;
        }
        link_sent(link, steady_ns);
    }
    bool waiting = link_is_due(link, steady_ns) || link_is_down(link);
    if (waiting && network_is_writable(network, neighbour->connection)) {
        network_want_writable(network, neighbour->connection);
    }
}

/* node.c, pump_all */
void member_pump_all(member_t *self)
{
    for (size_t i = 0; i < self->neighbour_count; i++) {
        pump(self, &self->neighbours[i]);
    }
    member_journal_pump(self);
}

static void on_digest(void *subject, uint64_t life);

/* node.c, advance_digest */
static void advance_digest(member_t *self)
{
    int64_t steady_ns = member_steady_ns(self);
    bool wanted = false;
    if (self->digesting) {
        return;
    }
    for (size_t i = 0; i < self->neighbour_count && !wanted; i++) {
        link_t *link = self->neighbours[i].link;
        wanted = link != NULL && link_wants_digest(link, steady_ns);
    }
    if (!wanted) {
        return;
    }
    if (store_digest_step(self->store, DIGEST_STEP + store_count(self->store) / DIGEST_STEPS_MAX)) {
        member_pump_all(self);
    } else {
        self->digesting = true;
        schedule_at(self->context.schedule, steady_ns + digest_pause_ns, on_digest, self,
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
    int64_t waited_ns = member_steady_ns(self) - self->started_ns;
    for (size_t i = 0; i < self->neighbour_count; i++) {
        const link_t *link = self->neighbours[i].link;
        if (link == NULL) {
            continue;
        }
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
        if (link != NULL && link_is_up(link) && !link_is_level(link)) {
            return false;
        }
    }
    return true;
}

/* R16: node/clock.c, node_clock_herd_time */
static int64_t herd_time(member_t *self)
{
    int64_t ahead_ns[NEIGHBOURS_ASKED_MAX];
    offset_ours_t ours = {.now_ns = member_now_ns(self), .steady_ns = member_steady_ns(self)};
    clocks_others_t others = {.ahead_ns = ahead_ns,
                              .tolerance_ns = MEMBER_CLOCK_TOLERANCE_NS,
                              .doubt_ns = MEMBER_CLOCK_DOUBT_NS};
    for (size_t i = 0; i < self->neighbour_count && others.count < NEIGHBOURS_ASKED_MAX; i++) {
        const link_t *link = self->neighbours[i].link;
        if (link != NULL && link_clock(link)->known) {
            int64_t certain_ns = offset_certain(link_clock(link), &ours);
            bool differs = certain_ns > others.tolerance_ns || certain_ns < -others.tolerance_ns;
            ahead_ns[others.count++] = differs ? offset_difference(link_clock(link), &ours) : 0;
        }
    }
    return clocks_herd_time(&self->clocks, &others, ours.now_ns, ours.steady_ns);
}

/* node.c, expire */
void member_expire(member_t *self)
{
    if (!self->context.settings->expires) {
        return;
    }
    int64_t now_ns = herd_time(self);
    store_set_horizon(self->store, now_ns - MEMBER_EXPIRE_AFTER_NS,
                      now_ns - MEMBER_EXPIRE_AFTER_NS - MEMBER_EXPIRE_GRACE_NS / 2);
    if (clocks_take_went_back(&self->clocks)) {
        for (size_t i = 0; i < self->neighbour_count; i++) {
            if (self->neighbours[i].link != NULL) {
                link_compare_anew(self->neighbours[i].link);
            }
        }
    }
    if (store_purge(self->store, now_ns - MEMBER_EXPIRE_AFTER_NS - MEMBER_EXPIRE_GRACE_NS,
                    store_slot_count(self->store) / PURGE_ROUND_TICKS + 1) > 0) {
        member_note_purged(self);
    }
}

/* neighbour.c, neighbour_tick */
static void tick_neighbour(member_t *self, neighbour_t *neighbour)
{
    if (neighbour->link != NULL && link_is_dead(neighbour->link, member_steady_ns(self))) {
        member_connect(self, neighbour);
    }
    pump(self, neighbour);
}

/* node.c, on_tick */
static void on_tick(void *subject, uint64_t life)
{
    member_t *self = subject;
    if (!self->alive || life != self->life) {
        return;
    }
    member_expire(self);
    for (size_t i = 0; i < self->neighbour_count; i++) {
        tick_neighbour(self, &self->neighbours[i]);
    }
    member_journal_tick(self);
    member_keep_promises(self);
    advance_digest(self);
    serve_when_ready(self);
    bool grace_over = member_steady_ns(self) - self->stopping_ns > exit_grace_ns;
    bool done = neighbours_are_level(self) && member_journal_is_level(self);
    if (self->stopping && (grace_over || done)) {
        member_crash(self);
        return;
    }
    member_schedule_tick(self);
}

void member_schedule_tick(member_t *self)
{
    schedule_at(self->context.schedule, member_steady_ns(self) + tick_ns, on_tick, self,
                self->life);
}

/* node.c, take_bus_message: from a sender that is not a neighbour, or no longer */
static void refuse(member_t *self, const neighbour_t *neighbour, const message_t *message)
{
    message_t refused = {.type = MESSAGE_REFUSED,
                         .header = message->header,
                         .body = TEXT("you are no neighbour of this member\n")};
    if (message->type == MESSAGE_HELLO) {
        (void)network_answer(self->context.network, network_reverse(neighbour->connection),
                             &refused);
    }
}

/* neighbour.c, neighbour_take */
static void take(member_t *self, neighbour_t *neighbour, const message_t *message)
{
    if (neighbour->link == NULL) {
        refuse(self, neighbour, message);
        return;
    }
    link_event_t event =
        link_take(neighbour->link, message, member_now_ns(self), member_steady_ns(self));
    if (message->type == MESSAGE_HELLO) {
        member_expire(self); /* it says the neighbour's clock, and records follow */
    }
    member_observe(self);
    handle_link_event(self, neighbour, event);
}

static void take_answer(member_t *self, neighbour_t *neighbour, const message_t *message)
{
    if (neighbour->link != NULL) {
        handle_link_event(self, neighbour,
                          link_take_answer(neighbour->link, message, member_steady_ns(self)));
    }
}

/* node.c, on_bus */
static void on_bus(member_t *self, neighbour_t *neighbour)
{
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        network_packet_t *packet = network_receive(
            self->context.network, network_reverse(neighbour->connection), NETWORK_MESSAGE);
        if (packet == NULL) {
            break;
        }
        take(self, neighbour, &packet->message);
        free(packet);
    }
    member_pump_all(self);
    advance_digest(self);
    serve_when_ready(self);
}

/* neighbour.c, on_dealer */
static void on_dealer(member_t *self, neighbour_t *neighbour, bool writable)
{
    if (writable && neighbour->link != NULL) {
        link_connected(neighbour->link, member_steady_ns(self));
    }
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        network_packet_t *packet =
            network_receive(self->context.network, neighbour->connection, NETWORK_ANSWER);
        if (packet == NULL) {
            break;
        }
        take_answer(self, neighbour, &packet->message);
        free(packet);
    }
    pump(self, neighbour);
    member_keep_promises(self);
}

void member_ready(member_t *self, size_t index, network_readiness_t readiness)
{
    neighbour_t *neighbour = &self->neighbours[index];
    if (!self->alive && readiness != NETWORK_WRITABLE) {
        /* No one reads: what comes is lost. */
        size_t connection = readiness == NETWORK_MESSAGE ? network_reverse(neighbour->connection)
                                                         : neighbour->connection;
        free(network_receive(self->context.network, connection, readiness));
    } else if (self->alive && readiness == NETWORK_MESSAGE) {
        on_bus(self, neighbour);
    } else if (self->alive) {
        on_dealer(self, neighbour, readiness == NETWORK_WRITABLE);
    }
}

void member_take_late(member_t *self, size_t index, network_readiness_t readiness,
                      const message_t *message)
{
    neighbour_t *neighbour = &self->neighbours[index];
    if (!self->alive) {
        return;
    }
    if (readiness == NETWORK_MESSAGE) {
        take(self, neighbour, message);
    } else {
        take_answer(self, neighbour, message);
        member_keep_promises(self);
    }
    member_pump_all(self);
}
