/* A node is made from below: sockets are bound, so that a second one of the same member ends here;
 * the journal gives back what an earlier life knew, and has this life on the disk (J5); places are
 * read; then the loop waits for all of it, and neighbours are connected to. */
#include "node/node_parts.h"

#include "common/base/entropy.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "node/binding.h"
#include "node/needs.h"
#include "node/security/accept4.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { IO_THREADS = 2 }; /* ZeroMQ's: one for bus and requests, one for the tap (tap.c) */

/* ROUTER numbers its peers from a number of rand(3) on, which czmq seeds with the time. A peer that
 * takes the next number for its own routing id before ROUTER gives it ends the process (libzmq
 * 4.3.4; docs/decisions/0021). */
static void make_unpredictable(void)
{
    zsys_set_max_sockets(
        0);            /* as many as ZeroMQ can have: a neighbour takes three, czmq has 1024 */
    (void)zsys_init(); /* seeds */
    srand((unsigned)entropy_number());
}

void node_prepare(void)
{
    zsys_handler_set(NULL); /* czmq would take the signals */
    zsys_set_io_threads(IO_THREADS);
    make_unpredictable();
}

config_traffic_t node_logged_traffic(const config_t *config)
{
    return config->bus_traffic ? CONFIG_TRAFFIC_YES : CONFIG_TRAFFIC_NO;
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
                    .bus_watch = self->bus_watch,
                    .acknowledge_peers = &self->settings.acknowledge_peers,
                    .asked_ns = &self->asked_ns,
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
                                      .in_one = self->hooks.passage != NULL,
                                      .log = self->log};
    self->reload = reload_new(&context);
}

/* Whether the loop waits for all that a start has. Requests are read later (R11). */
static bool watch_sockets(node_t *self)
{
    loop_t *loop = self->loop;
    bool fine = true;
    self->bus_watch = loop_watch_socket(loop, self->bus, ZMQ_POLLIN, node_on_bus, self);
    /* Before `wake_watch`: what a front-end says at its end is read before requests are no more. */
    self->more_watch = loop_watch_stirs(loop, node_on_requests, self);
    if (self->hooks.passage != NULL) {
        desk_join(self->desk, self->hooks.passage);
    }
    self->wake_watch = loop_watch_file(loop, self->wake, node_on_wake, self);
    if (desk_file(self->desk) >= 0) {
        self->desk_watch = loop_watch_file(loop, desk_file(self->desk), node_on_requests, self);
        fine = self->desk_watch != NULL;
    }
    if (guard_socket(self->guard) != NULL) {
        self->guard_watch =
            loop_watch_socket(loop, guard_socket(self->guard), ZMQ_POLLIN, node_on_guard, self);
        fine = fine && self->guard_watch != NULL;
    }
    if (self->places != NULL) {
        fine = fine && places_actor_watch(self->places, loop, node_on_places, self) == STATUS_OK;
    }
    if (self->journal != NULL) {
        fine = fine && journal_keeper_hook(self->journal, loop, node_on_journal, self) == STATUS_OK;
    }
    self->requests_watch = loop_watch_socket(loop, self->requests, 0, node_on_router, self);
    desk_set_watches(self->desk, self->requests_watch, self->more_watch);
    return fine && self->bus_watch != NULL && self->wake_watch != NULL &&
           self->requests_watch != NULL;
}

static status_t watch_all(node_t *self)
{
    if (watch_sockets(self)) {
        return STATUS_OK;
    }
    log_event(self->log, LOG_LOOP_FAILED, NULL,
              "its own sockets cannot be waited for: %s; the start ends here", strerror(errno));
    return STATUS_SYSTEM;
}

/* Connections leave some descriptors free (accept4.h). */
static void keep_files(const node_t *self)
{
    char what[1];
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        size_t needed = needs_reckon(self->config, self->member, self->hooks.passage != NULL, what,
                                     sizeof what);
        accept4_set_ceiling(needs_ceiling(limit.rlim_cur, needed));
    }
}

status_t node_new(const node_settings_t *settings, node_t **ret_self)
{
    const config_t *config = settings->config;
    node_t *self = memory_new(sizeof *self);
    self->config = config;
    self->settings = *config;
    reload_take_settings(&self->settings, config);
    self->member = settings->member;
    self->log = settings->log;
    self->hooks = *settings;
    keep_files(self);
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->signals = -1;
    self->loop = loop_new(settings->loop);
    self->tick = loop_timer_new(self->loop, node_on_tick, self);
    self->digest = loop_timer_new(self->loop, node_on_digest, self);
    self->generation = generation_new();
    self->store = store_new(config->max_clients, entropy_number());
    store_limit_memory(self->store, self->settings.max_memory);
    status_t status = bind_all(self);
    if (status == STATUS_OK) {
        status = start_journal(self);
    }
    if (status == STATUS_OK && config->places != CONFIG_PLACES_NONE) {
        status = places_actor_new(config, self->log, &self->places);
    }
    if (status == STATUS_OK) {
        status = watch_all(self);
    }
    if (status != STATUS_OK) {
        node_destroy(&self);
        return status;
    }
    make_neighbours(self);
    make_service(self);
    make_reload(self);
    loop_timer_start(self->tick, NODE_TICK_MS, NODE_TICK_MS);
    *ret_self = self;
    return STATUS_OK;
}

static void unwatch_all(node_t *self)
{
    loop_unwatch(&self->bus_watch);
    loop_unwatch(&self->requests_watch);
    loop_unwatch(&self->desk_watch);
    loop_unwatch(&self->more_watch);
    loop_unwatch(&self->guard_watch);
    loop_unwatch(&self->wake_watch);
    loop_unwatch(&self->signal_watch);
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
    places_actor_destroy(&self->places);
    journal_keeper_destroy(&self->journal);
    unwatch_all(self);
    desk_destroy(&self->desk);
    guard_close(self->guard, &self->requests);
    guard_close(self->guard, &self->bus);
    guard_destroy(&self->guard);
    store_destroy(&self->store);
    loop_timer_destroy(&self->tick);
    loop_timer_destroy(&self->digest);
    loop_destroy(&self->loop);
    close(self->wake);
    free(self);
    *self_p = NULL;
}
