#include "node/node.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/program/signals.h"
#include "common/protocol/message.h"
#include "common/replication/generation.h"
#include "common/sockets/transport.h"
#include "common/store/store.h"
#include "node/binding.h"
#include "node/bus/herd_time.h"
#include "node/bus/neighbours.h"
#include "node/journal/keeper.h"
#include "node/needs.h"
#include "node/places/actor.h"
#include "node/reload.h"
#include "node/requests/service.h"
#include "node/security/accept4.h"
#include "node/security/guard.h"

#include <assert.h>
#include <czmq.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
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
    TICK_MS = 100,
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

struct node {
    const config_t *config; /* of the start: names, endpoints, folders, places */
    config_t settings;      /* of it, with what reloads have changed (reload.h) */
    reload_t *reload;
    const config_member_t *member;
    log_t *log;
    generation_t generation; /* R7 */
    zloop_t *loop;
    guard_t *guard; /* who may speak to us */
    void *requests; /* ROUTER */
    void *bus;      /* ROUTER */
    desk_t *desk;   /* at `requests` */
    store_t *store;
    tap_t *tap;
    neighbours_t *neighbours;
    herd_time_t *herd_time;
    places_actor_t *places;    /* NULL without a provider */
    journal_keeper_t *journal; /* NULL without one */
    service_t *service;
    int64_t started_steady_ns; /* when node_run began */
    int64_t stopping_ns;       /* steady: since when it stops; 0 while it does not */
    bool serving;              /* requests are read */
    bool digesting;            /* the timer of on_digest runs */
    int wake;                  /* eventfd of node_stop */
};

static void poll_for(node_t *self, zmq_pollitem_t item, zloop_fn *handler)
{
    item.events = ZMQ_POLLIN;
    zloop_poller(self->loop, &item, handler, self);
    zloop_poller_set_tolerant(self->loop, &item);
}

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
    return service_wants_digest(self->service) ||
           neighbours_want_digest(self->neighbours, steady_ns);
}

static int on_digest(zloop_t *loop, int timer, void *argument);

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
        zloop_timer(self->loop, DIGEST_PAUSE_MS, 1, on_digest, self);
    }
}

static int on_digest(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    node_t *self = argument;
    self->digesting = false;
    advance_digest(self, clock_steady_ns());
    return 0;
}

/* R11: whether each neighbour that is up has given us what it had. */
static bool has_caught_up(const node_t *self, int64_t steady_ns)
{
    int64_t waited_ms = (steady_ns - self->started_steady_ns) / TIMESTAMP_NS_PER_MS;
    return waited_ms >= CATCH_UP_MAX_MS ||
           neighbours_have_caught_up(self->neighbours, waited_ms >= ABSENT_AFTER_MS);
}

static int on_requests(zloop_t *loop, zmq_pollitem_t *item, void *argument);

static void serve_when_ready(node_t *self, int64_t steady_ns)
{
    if (self->serving || self->stopping_ns != 0 || !has_caught_up(self, steady_ns)) {
        return;
    }
    self->serving = true;
    desk_open(self->desk, true);
    poll_for(self, (zmq_pollitem_t){.socket = self->requests}, on_requests);
    log_event(self->log, LOG_SERVING,
              LOG_ABOUT(NULL, LOG_NUMBER("records", store_count(self->store))),
              "%zu clients known; serving front-ends at %s", store_count(self->store),
              self->member->requests);
}

static int on_bus(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    int64_t now_ns = clock_now_ns();
    int64_t steady_ns = clock_steady_ns();
    int64_t end_ns = steady_ns + LIMIT_MESSAGES_TURN_NS;
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN && (i == 0 || clock_steady_ns() < end_ns); i++) {
        transport_inbound_t inbound;
        status_t status = transport_receive(item->socket, true, &inbound);
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
    return 0;
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

/* At the ROUTER, or at the Unix socket, which is also attended to while nothing is served. */
static int on_requests(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    if (item->socket != NULL) {
        desk_note_router(self->desk);
    }
    if (!self->serving) {
        desk_begin_turn(self->desk, clock_steady_ns());
        desk_end_turn(self->desk);
        return 0;
    }
    service_receive(self->service);
    if (service_wants_reload(self->service)) {
        reload_for_operator(self);
    }
    int64_t steady_ns = clock_steady_ns();
    pump_all(self, clock_now_ns(), steady_ns);
    advance_digest(self, steady_ns);
    return 0;
}

/* The journal's thread has done something, or its timer has come to its end. */
static int on_journal(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    node_t *self = argument;
    int64_t steady_ns = clock_steady_ns();
    size_t waiting = service_owed_answers(self->service);
    if (journal_keeper_receive(self->journal, waiting, steady_ns)) {
        service_release(self->service);
    }
    pump_journal(self, steady_ns);
    return 0;
}

static int on_places(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    node_t *self = argument;
    service_take_answers(self->service);
    return 0;
}

/* R16: slots for a tick, so that the table is gone through in a quarter of the grace, if it is not
 * too large for that. */
static size_t purge_slots(const node_t *self)
{
    size_t ticks = (size_t)self->settings.expire_grace_s * 1000 / 4 / TICK_MS;
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

static int on_tick(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
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
    return self->stopping_ns != 0 && may_end(self, steady_ns) ? -1 : 0;
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
        zmq_pollitem_t item = {.socket = self->requests, .events = ZMQ_POLLIN};
        zloop_poller_end(self->loop, &item);
        desk_open(self->desk, false);
        self->serving = false;
    }
}

static int on_wake(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    eventfd_t count;
    eventfd_read(item->fd, &count);
    begin_to_stop(argument, "asked to");
    return 0;
}

static int on_guard(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    node_t *self = argument;
    guard_answer(self->guard);
    return 0;
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

static int on_signal(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    int signal;
    long process;
    unsigned user;
    while ((signal = signals_take_from(item->fd, &process, &user)) != 0) {
        if (signal == SIGHUP) {
            reopen_and_reload(self, process, user);
        } else {
            const char *name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
            log_event(self->log, LOG_OPERATOR_COMMAND, LOG_ABOUT(NULL, LOG_TEXT("command", "stop")),
                      "stop, by %s of process %ld of user %u", name, process, user);
            begin_to_stop(self, name);
        }
    }
    return 0;
}

/* The sockets for others, and who may use them. */
static status_t bind_all(node_t *self)
{
    const config_member_t *member = self->member;
    status_t status = guard_new(self->config, member, self->log, &self->guard);
    if (status == STATUS_OK) {
        const binding_context_t binding = {
            .member = member, .log = self->log, .guard = self->guard};
        status = binding_bus(&binding, &self->bus);
        if (status == STATUS_OK) {
            status = binding_requests(&binding, &self->requests, &self->desk);
        }
    }
    if (status == STATUS_OK) {
        const tap_context_t tap = {.loop = self->loop,
                                   .log = self->log,
                                   .store = self->store,
                                   .member = member->name,
                                   .guard = self->guard,
                                   .endpoint = member->tap};
        status = tap_new(&tap, &self->tap);
    }
    return status;
}

static void on_acknowledged(void *argument)
{
    node_t *self = argument;
    service_release(self->service);
}

/* J5: this life is on the disk before a link speaks of it. */
static status_t start_journal(node_t *self)
{
    const journal_keeper_context_t context = {.config = &self->settings,
                                              .member = self->member,
                                              .log = self->log,
                                              .store = self->store,
                                              .generation = self->generation};
    return self->settings.journal ? journal_keeper_new(&context, &self->journal) : STATUS_OK;
}

/* How far its list was processed in an earlier life. */
static void restore_neighbour(node_t *self, const config_member_t *member)
{
    link_checkpoint_t checkpoint;
    if (self->journal != NULL && journal_state_find(journal_keeper_life(self->journal),
                                                    text_of(member->name), &checkpoint)) {
        neighbour_restore(neighbours_find(self->neighbours, text_of(member->name)), &checkpoint);
    }
}

static void make_neighbours(node_t *self)
{
    const config_member_t *member = self->member;
    const journal_state_t *life = self->journal != NULL ? journal_keeper_life(self->journal) : NULL;
    static const link_checkpoint_t no_parent;
    const neighbours_settings_t settings = {
        .context = {.loop = self->loop,
                    .log = self->log,
                    .store = self->store,
                    .tap = self->tap,
                    .security = guard_security(self->guard),
                    .bus = self->bus,
                    .acknowledged = on_acknowledged,
                    .argument = self},
        .herd = text_of(self->config->herd_name),
        .member = text_of(member->name),
        .generation = self->generation,
        .has_parent = life != NULL && life->has_parent,
        .parent = life != NULL ? life->parent : no_parent,
    };
    self->neighbours = neighbours_new(&settings);
    for (size_t i = 0; i < member->neighbour_count; i++) {
        const config_member_t *neighbour = &self->config->members[member->neighbours[i]];
        neighbours_add(self->neighbours, neighbour->name, neighbour->bus);
        restore_neighbour(self, neighbour);
    }
    if (self->journal != NULL) {
        journal_keeper_watch(self->journal, self->neighbours);
    }
    const herd_time_context_t time = {.log = self->log,
                                      .neighbours = self->neighbours,
                                      .tolerance_ms = &self->settings.clock_warning_ms};
    self->herd_time = herd_time_new(&time);
}

static void make_service(node_t *self)
{
    service_context_t context = {
        .config = &self->settings,
        .member = self->member,
        .log = self->log,
        .store = self->store,
        .tap = self->tap,
        .places = self->places,
        .desk = self->desk,
        .guard = self->guard,
        .neighbours = self->neighbours,
        .herd_time = self->herd_time,
        .journal = self->journal,
        .generation = self->generation,
        .started_ns = clock_now_ns(),
    };
    self->service = service_new(&context);
}

static void make_reload(node_t *self)
{
    const reload_context_t context = {.config = self->config,
                                      .member = self->member,
                                      .settings = &self->settings,
                                      .guard = self->guard,
                                      .neighbours = self->neighbours,
                                      .store = self->store,
                                      .service = self->service,
                                      .places = self->places,
                                      .log = self->log};
    self->reload = reload_new(&context);
}

/* All sockets except requests, which is read later (R11). */
static void poll_all(node_t *self)
{
    poll_for(self, (zmq_pollitem_t){.socket = self->bus}, on_bus);
    poll_for(self, (zmq_pollitem_t){.fd = self->wake}, on_wake);
    if (desk_file(self->desk) >= 0) {
        poll_for(self, (zmq_pollitem_t){.fd = desk_file(self->desk)}, on_requests);
    }
    if (guard_socket(self->guard) != NULL) {
        poll_for(self, (zmq_pollitem_t){.socket = guard_socket(self->guard)}, on_guard);
    }
    if (self->places != NULL) {
        poll_for(self, (zmq_pollitem_t){.socket = places_actor_socket(self->places)}, on_places);
    }
    if (self->journal != NULL) {
        poll_for(self, (zmq_pollitem_t){.socket = journal_keeper_socket(self->journal)},
                 on_journal);
        poll_for(self, (zmq_pollitem_t){.fd = journal_keeper_timer(self->journal)}, on_journal);
    }
}

/* Connections leave some descriptors free (accept4.h). */
static void keep_files(const node_t *self)
{
    char what[1];
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        size_t needed = needs_files(self->config, self->member, what, sizeof what);
        accept4_set_ceiling(needs_ceiling(limit.rlim_cur, needed));
    }
}

status_t node_new(const config_t *config, const config_member_t *member, log_t *log,
                  node_t **ret_self)
{
    node_t *self = memory_new(sizeof *self);
    self->config = config;
    self->settings = *config;
    reload_take_settings(&self->settings, config);
    self->member = member;
    self->log = log;
    keep_files(self);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->loop = zloop_new();
    self->generation = generation_new();
    self->store = store_new(config->max_clients, entropy_number());
    store_limit_memory(self->store, self->settings.max_memory);
    status_t status = bind_all(self);
    if (status == STATUS_OK) {
        status = start_journal(self);
    }
    if (status == STATUS_OK && config->places != CONFIG_PLACES_NONE) {
        status = places_actor_new(config, log, &self->places);
    }
    if (status != STATUS_OK) {
        node_destroy(&self);
        return status;
    }
    make_neighbours(self);
    make_service(self);
    make_reload(self);
    poll_all(self);
    zloop_timer(self->loop, TICK_MS, 0, on_tick, self);
    *ret_self = self;
    return STATUS_OK;
}

void node_destroy(node_t **self_p)
{
    node_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    reload_destroy(&self->reload);
    service_destroy(&self->service);
    herd_time_destroy(&self->herd_time);
    neighbours_destroy(&self->neighbours);
    tap_destroy(&self->tap);
    zloop_destroy(&self->loop);
    places_actor_destroy(&self->places);
    journal_keeper_destroy(&self->journal);
    desk_destroy(&self->desk);
    guard_close(self->guard, &self->requests);
    guard_close(self->guard, &self->bus);
    guard_destroy(&self->guard);
    store_destroy(&self->store);
    close(self->wake);
    free(self);
    *self_p = NULL;
}

bool node_run(node_t *self, int signals)
{
    self->started_steady_ns = clock_steady_ns();
    /* Before the neighbours send what they have. */
    set_horizon(self, clock_now_ns(), self->started_steady_ns);
    if (signals >= 0) {
        poll_for(self, (zmq_pollitem_t){.fd = signals}, on_signal);
    }
    log_event(self->log, LOG_STARTED,
              LOG_ABOUT(NULL, LOG_TEXT("version", HERD_VERSION), LOG_NUMBER("pid", getpid())),
              "started: version %s, process %ld, bus %s, %zu neighbours; taking what they have",
              HERD_VERSION, (long)getpid(), self->member->bus, self->member->neighbour_count);
    reload_tell_memory(&self->settings, self->log);
    zloop_start(self->loop);
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

void node_stop(node_t *self)
{
    eventfd_write(self->wake, 1);
}
