/* node_parts.h - what the files of a node share: node.c (the reactor) and node_start.c (what it is
 * made of).
 *
 * Owner: node.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_NODE_NODE_PARTS_H
#define HERD_NODE_NODE_PARTS_H

#include "node/node.h"

#include "common/replication/generation.h"
#include "common/store/store.h"
#include "node/bus/herd_time.h"
#include "node/bus/neighbours.h"
#include "node/journal/keeper.h"
#include "node/loop/loop.h"
#include "node/places/actor.h"
#include "node/reload.h"
#include "node/requests/service.h"

enum { NODE_TICK_MS = 100 };

struct node {
    const config_t *config; /* of the start: names, endpoints, folders, places */
    config_t settings;      /* of it, with what reloads have changed (reload.h) */
    reload_t *reload;
    const config_member_t *member;
    log_t *log;
    generation_t generation; /* R7 */
    loop_t *loop;
    loop_timer_t *tick;
    loop_timer_t *digest; /* runs while `digesting` */
    guard_t *guard;       /* who may speak to us */
    void *requests;       /* ROUTER */
    void *bus;            /* ROUTER */
    loop_watch_t *requests_watch;
    loop_watch_t *bus_watch;
    loop_watch_t *desk_watch;  /* of the desk's file; NULL: it has none */
    loop_watch_t *more_watch;  /* the desk's: there is more to do */
    loop_watch_t *guard_watch; /* NULL without keys */
    loop_watch_t *wake_watch;
    loop_watch_t *signal_watch; /* NULL: none */
    desk_t *desk;               /* at `requests` */
    store_t *store;
    tap_t *tap;
    neighbours_t *neighbours;
    herd_time_t *herd_time;
    places_actor_t *places;    /* NULL without a provider */
    journal_keeper_t *journal; /* NULL without one */
    service_t *service;
    int64_t started_steady_ns; /* when node_run began */
    int64_t asked_ns;          /* steady: when a client asked last; 0: not yet */
    int64_t stopping_ns;       /* steady: since when it stops; 0 while it does not */
    node_settings_t hooks;     /* what to call */
    bool serving;              /* requests are read */
    bool digesting;            /* the timer of on_digest runs */
    int wake;                  /* eventfd of node_stop */
    int signals;               /* signalfd; -1: none */
};

/* Handlers of the loop; `argument` is the node. */
void node_on_bus(void *argument, short events);
void node_on_requests(void *argument, short events); /* of the desk, but for the ROUTER */
void node_on_router(void *argument, short events);
void node_on_journal(void *argument, short events);
void node_on_places(void *argument, short events);
void node_on_guard(void *argument, short events);
void node_on_wake(void *argument, short events);
void node_on_tick(void *argument, short events);
void node_on_digest(void *argument, short events);

#endif
