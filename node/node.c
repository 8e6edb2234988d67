#include "node/node_parts.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/signals.h"
#include "common/protocol/message.h"
#include "common/sockets/transport.h"

#include <assert.h>
#include <czmq.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The reactor of a member. What comes in at a socket is taken by its handler, up to a limit for
 * each turn, and given to the module that decides; then what became due is sent.
 *   - Start: sockets are bound, links to all neighbours begin, and the node takes what these have.
 *     It reads no requests before it has that, or has waited long enough (R11).
 *   - bus: records and acknowledgements of neighbours; strangers are refused (B1, K4).
 *   - requests: front-ends and operators (service.c). A RELOAD is done when their turn is over
 *     (S6).
 *   - places: answers of the places actor. guard: who wants to connect (K3).
 *   - Ten times a second: links, expiry (R16), tap, and what waited too long.
 *   - The digest is computed in steps, when a link or an operator waits for it (R12).
 *   - SIGHUP: reopens the log, and reloads (reload.c). SIGTERM, SIGINT: no more requests are read;
 *     it ends when the neighbours have all records, and all answers have left, or after a
 * second. */

enum {
    /* A neighbour that has neither spoken nor answered this long after the start is taken to be
     * down (R11). */
    ABSENT_AFTER_MS = 300,
    /* The node serves after this time at the latest, whatever a neighbour still has to send
     * (R11). */
    CATCH_UP_MAX_MS = 4000,
    /* Entries in a step of the digest: about a millisecond. Clients have their turn in the
     * pause. */
    DIGEST_STEP = 8192,
    DIGEST_PAUSE_MS = 1,
    /* Slots of the table that a tick looks at for what has expired: some ten microseconds, unless
     * much has. */
    PURGE_SLOTS_MAX = 4096,
};

/* Answers that wait for the disk have it written at once. */
static void pump_journal(node_t *self, int64_t steady_ns)
{
    if (self->journal == NULL) {
        return;
    }
    size_t waiting = service_owed_answers(self->service);
    if (self->settings.acknowledge_disk && waiting > 0) {
        journal_keeper_hurry(self->journal, waiting, steady_ns);
    }
    journal_keeper_pump(self->journal, steady_ns);
}

static void pump_all(node_t *self, int64_t now_ns, int64_t steady_ns)
{
    tap_changes(self->tap);
    neighbours_pump(self->neighbours, now_ns, steady_ns);
    service_pump(self->service, now_ns, steady_ns);
    pump_journal(self, steady_ns);
}

/* B1: only a HELLO is answered. */
static void refuse_stranger(node_t *self, text_t sender, const transport_inbound_t *inbound)
{
    log_dropped(self->log, NULL, "bus", "no neighbour of this member", sender);
    tap_message(self->tap, PUBLICATION_IN, TEXT("?"), &inbound->message);
    if (inbound->message.type != MESSAGE_HELLO) {
        return;
    }
    const message_t refused = {.type = MESSAGE_REFUSED,
                               .header = inbound->message.header,
                               .body = TEXT("you are no neighbour of this member\n")};
    status_t status = transport_send(self->bus, inbound->peer, &refused);
    loop_stir(self->bus_watch);
    if (status == STATUS_OK) {
        tap_message(self->tap, PUBLICATION_OUT, TEXT("?"), &refused);
    } else if (status == STATUS_SYSTEM) {
        log_event(self->log, LOG_LINK_ANSWER_FAILED, NULL,
                  "a stranger cannot be answered: %s; it goes on asking",
                  zmq_strerror(zmq_errno()));
    }
}

/* R16: what expired here by a clock that was ahead, others still hold. */
static void compare_after_lead(node_t *self)
{
    for (size_t i = 0; i < neighbours_count(self->neighbours); i++) {
        neighbour_compare_anew(neighbours_all(self->neighbours)[i]);
    }
}

/* R16: what is too old is neither served nor taken. */
static int64_t set_horizon(node_t *self, int64_t now_ns, int64_t steady_ns)
{
    const offset_ours_t ours = {.now_ns = now_ns, .steady_ns = steady_ns};
    int64_t grace_ns = self->settings.expire_grace_s * TIMESTAMP_NS_PER_S;
    int64_t served_from_ns =
        herd_time_now(self->herd_time, &ours) - self->settings.expire_after_s * TIMESTAMP_NS_PER_S;
    if (self->settings.expire_after_s > 0) {
        store_set_horizon(self->store, served_from_ns, served_from_ns - grace_ns / 2);
    }
    if (herd_time_take_went_back(self->herd_time) && self->settings.expire_after_s > 0) {
        compare_after_lead(self);
    }
    return served_from_ns - grace_ns;
}

/* `sender`: a name of this herd, or what a stranger calls itself. */
static void take_bus_message(node_t *self, text_t sender, const transport_inbound_t *inbound,
                             int64_t now_ns, int64_t steady_ns)
{
    neighbour_t *neighbour = neighbours_find(self->neighbours, sender);
    guard_know(self->guard, inbound, neighbour != NULL ? neighbour_source(neighbour) : NULL);
    if (neighbour != NULL) {
        neighbour_take(neighbour, inbound, now_ns, steady_ns);
        if (inbound->message.type == MESSAGE_HELLO) {
            set_horizon(self, now_ns, steady_ns); /* it says a clock, and records follow */
        }
    } else {
        refuse_stranger(self, sender, inbound);
    }
}

static bool digest_is_wanted(const node_t *self, int64_t steady_ns)
{
    return service_wants_digest(self->service, steady_ns) ||
           neighbours_want_digest(self->neighbours, steady_ns);
}

/* R12: takes a step of the digest if it is waited for, and sets the time of the next one. */
static void advance_digest(node_t *self, int64_t steady_ns)
{
    if (self->digesting || !digest_is_wanted(self, steady_ns)) {
        return;
    }
    if (store_digest_step(self->store, DIGEST_STEP)) {
        pump_all(self, clock_now_ns(), steady_ns);
    } else {
        self->digesting = true;
        loop_timer_start(self->digest, DIGEST_PAUSE_MS, 0);
    }
}

void node_on_digest(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    self->digesting = false;
    advance_digest(self, clock_steady_ns());
}

/* R11: whether each neighbour that is up has given us what it had. */
static bool has_caught_up(const node_t *self, int64_t steady_ns)
{
    int64_t waited_ms = (steady_ns - self->started_steady_ns) / TIMESTAMP_NS_PER_MS;
    return waited_ms >= CATCH_UP_MAX_MS ||
           neighbours_have_caught_up(self->neighbours, waited_ms >= ABSENT_AFTER_MS);
}

static void serve_when_ready(node_t *self, int64_t steady_ns)
{
    if (self->serving || self->stopping_ns != 0 || !has_caught_up(self, steady_ns)) {
        return;
    }
    self->serving = true;
    desk_open(self->desk, true);
    loop_set_events(self->requests_watch, ZMQ_POLLIN);
    log_event(self->log, LOG_SERVING,
              LOG_ABOUT(NULL, LOG_NUMBER("records", store_count(self->store))),
              "%zu clients known; serving front-ends at %s", store_count(self->store),
              self->member->requests);
}

void node_on_bus(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    int64_t now_ns = clock_now_ns();
    int64_t steady_ns = clock_steady_ns();
    int64_t end_ns = steady_ns + LIMIT_MESSAGES_TURN_NS;
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN && (i == 0 || clock_steady_ns() < end_ns); i++) {
        transport_inbound_t inbound;
        status_t status = transport_receive(self->bus, true, &inbound);
        if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
            break;
        }
        const security_holder_t *holder;
        bool admitted = guard_admits(self->guard, ROLES_DOMAIN_BUS, &inbound, &holder);
        /* B1, K4: its key says who it is; without keys, its routing id. */
        text_t sender = holder != NULL ? text_of(holder->name) : inbound.peer;
        if (admitted && status == STATUS_OK) {
            take_bus_message(self, sender, &inbound, now_ns, steady_ns);
        } else if (admitted) {
            guard_know(self->guard, &inbound, NULL);
            log_dropped(self->log, NULL, "bus", status_text(status), sender);
        }
        transport_inbound_done(&inbound);
    }
    pump_all(self, now_ns, steady_ns);
    advance_digest(self, steady_ns);
    serve_when_ready(self, steady_ns);
}

/* S6: at the end of the turn, when nothing stands on what changes. */
static void reload_for_operator(node_t *self)
{
    buffer_t report;
    buffer_init(&report, LIMIT_BODY_SIZE);
    reload_run(self->reload, &report);
    service_answer_reload(self->service, buffer_text(&report));
    buffer_done(&report);
}

/* At the Unix socket, which is also attended to while nothing is served, at the ROUTER, or because
 * there is more to do. */
void node_on_requests(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    if (!self->serving) {
        desk_begin_turn(self->desk, clock_steady_ns());
        desk_end_turn(self->desk);
        return;
    }
    service_receive(self->service);
    self->asked_ns = service_asked_ns(self->service);
    if (service_wants_reload(self->service)) {
        reload_for_operator(self);
    }
    int64_t steady_ns = clock_steady_ns();
    pump_all(self, clock_now_ns(), steady_ns);
    advance_digest(self, steady_ns);
}

void node_on_router(void *argument, short events)
{
    const node_t *self = argument;
    desk_note_router(self->desk);
    node_on_requests(argument, events);
}

/* The journal's thread has done something, or its timer has come to its end. */
void node_on_journal(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    int64_t steady_ns = clock_steady_ns();
    size_t waiting = service_owed_answers(self->service);
    if (journal_keeper_receive(self->journal, waiting, steady_ns)) {
        service_release(self->service);
    }
    pump_journal(self, steady_ns);
}

void node_on_places(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    service_take_answers(self->service);
}

/* R16: slots for a tick, so that the table is gone through in a quarter of the grace, if it is not
 * too large for that. */
static size_t purge_slots(const node_t *self)
{
    size_t ticks = (size_t)self->settings.expire_grace_s * 1000 / 4 / NODE_TICK_MS;
    size_t slots = store_slot_count(self->store) / ticks + 1;
    return slots < PURGE_SLOTS_MAX ? slots : PURGE_SLOTS_MAX;
}

/* R16: what is too old goes; not before the neighbours have said what their clocks are. */
static void expire(node_t *self, int64_t now_ns, int64_t steady_ns)
{
    int64_t kept_from_ns = set_horizon(self, now_ns, steady_ns);
    if (self->settings.expire_after_s > 0 && self->serving) {
        store_purge(self->store, kept_from_ns, purge_slots(self));
    }
}

static bool is_grace_over(const node_t *self, int64_t grace_ms, int64_t steady_ns)
{
    return steady_ns - self->stopping_ns > grace_ms * TIMESTAMP_NS_PER_MS;
}

/* A node that stops: when. A disk that works has longer than the neighbours. */
static bool may_end(const node_t *self, int64_t steady_ns)
{
    if (self->journal != NULL && !journal_keeper_is_level(self->journal)) {
        bool is_failing = journal_keeper_figures(self->journal, steady_ns).failing;
        return is_grace_over(self, is_failing ? NODE_EXIT_GRACE_MS : NODE_JOURNAL_GRACE_MS,
                             steady_ns);
    }
    return is_grace_over(self, NODE_EXIT_GRACE_MS, steady_ns) ||
           (neighbours_are_level(self->neighbours) && service_owed_answers(self->service) == 0);
}

/* Once. */
static void tell_stopped(node_t *self)
{
    if (self->hooks.loop == NULL) {
        loop_end(self->loop);
    } else if (self->hooks.stopped != NULL) {
        self->hooks.stopped(self->hooks.argument);
        self->hooks.stopped = NULL;
    }
}

void node_on_tick(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    int64_t now_ns = clock_now_ns();
    int64_t steady_ns = clock_steady_ns();
    neighbours_tick(self->neighbours, now_ns, steady_ns);
    herd_time_tick(self->herd_time, &(offset_ours_t){.now_ns = now_ns, .steady_ns = steady_ns});
    expire(self, now_ns, steady_ns);
    tap_tick(self->tap, steady_ns);
    guard_tick(self->guard, steady_ns);
    service_tick(self->service, steady_ns);
    if (self->journal != NULL) {
        journal_keeper_tick(self->journal, steady_ns);
    }
    advance_digest(self, steady_ns);
    serve_when_ready(self, steady_ns);
    loop_stir_all(self->loop); /* what was bound anew has been used without a word */
    if (self->stopping_ns != 0 && may_end(self, steady_ns)) {
        tell_stopped(self);
    }
}

/* R11: no more requests; the loop goes on until the neighbours have what was answered, and the
 * answers that wait for them have left. */
static void begin_to_stop(node_t *self, const char *reason)
{
    if (self->stopping_ns != 0) {
        return;
    }
    log_event(self->log, LOG_STOPPING, NULL,
              "%s: no more requests are read; the neighbours take what they lack", reason);
    self->stopping_ns = clock_steady_ns();
    if (self->journal != NULL) {
        journal_keeper_stop(self->journal);
    }
    if (self->serving) {
        loop_set_events(self->requests_watch, 0);
        desk_open(self->desk, false);
        self->serving = false;
    }
}

void node_on_wake(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    eventfd_t count;
    eventfd_read(self->wake, &count);
    begin_to_stop(self, "asked to");
}

void node_on_guard(void *argument, short events)
{
    (void)events;
    const node_t *self = argument;
    guard_answer(self->guard);
}

/* SIGHUP */
static void reopen_and_reload(node_t *self, long process, unsigned user)
{
    log_reopen(self->log);
    log_event(self->log, LOG_OPERATOR_COMMAND, LOG_ABOUT(NULL, LOG_TEXT("command", "reload")),
              "reload, by SIGHUP of process %ld of user %u", process, user);
    log_event(self->log, LOG_REOPENED, NULL,
              "SIGHUP: log opened anew; reading keys and herd file again");
    reload_run(self->reload, NULL);
}

static void on_signal(void *argument, short events)
{
    (void)events;
    node_t *self = argument;
    int signal;
    long process;
    unsigned user;
    while ((signal = signals_take_from(self->signals, &process, &user)) != 0) {
        if (signal == SIGHUP) {
            reopen_and_reload(self, process, user);
            if (self->hooks.reloaded != NULL) {
                self->hooks.reloaded(self->hooks.argument);
            }
        } else {
            const char *name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
            log_event(self->log, LOG_OPERATOR_COMMAND, LOG_ABOUT(NULL, LOG_TEXT("command", "stop")),
                      "stop, by %s of process %ld of user %u", name, process, user);
            if (self->hooks.stop_asked != NULL) {
                self->hooks.stop_asked(self->hooks.argument);
            } else {
                begin_to_stop(self, name);
            }
        }
    }
}

void node_begin(node_t *self, int signals)
{
    self->started_steady_ns = clock_steady_ns();
    /* Before the neighbours send what they have. */
    set_horizon(self, clock_now_ns(), self->started_steady_ns);
    self->signals = signals;
    if (signals >= 0) {
        self->signal_watch = loop_watch_file(self->loop, signals, on_signal, self);
        assert(self->signal_watch != NULL); /* at the start */
    }
    log_event(self->log, LOG_STARTED,
              LOG_ABOUT(NULL, LOG_TEXT("version", HERD_VERSION), LOG_NUMBER("pid", getpid())),
              "started: version %s, process %ld, bus %s, %zu neighbours; taking what they have",
              HERD_VERSION, (long)getpid(), self->member->bus, self->member->neighbour_count);
    reload_tell_memory(&self->settings, self->log);
}

bool node_end(const node_t *self)
{
    uint64_t missing = self->journal != NULL
                           ? journal_keeper_figures(self->journal, clock_steady_ns()).lag_records
                           : 0;
    if (missing > 0) {
        log_event(self->log, LOG_JOURNAL_FAILED, NULL,
                  "the node ends, and its journal lacks its newest %llu records",
                  (unsigned long long)missing);
    }
    log_event(self->log, LOG_STOPPED, NULL, "stopped");
    return missing == 0;
}

bool node_run(node_t *self, int signals)
{
    node_begin(self, signals);
    loop_run(self->loop);
    return node_end(self);
}

void node_stop(node_t *self)
{
    eventfd_write(self->wake, 1);
}
