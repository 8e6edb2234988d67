/* service.h - the request link of a node: front-ends and operators that ask, WHATSATs that wait for
 * their places, IAMATs that wait for neighbours.
 *
 * docs/bus-protocol.md, Q1 to Q8, F1 to F7, S1 to S6.
 * Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_REQUESTS_SERVICE_H
#define HERD_NODE_REQUESTS_SERVICE_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "common/replication/generation.h"
#include "common/store/store.h"
#include "node/bus/herd_time.h"
#include "node/bus/neighbours.h"
#include "node/journal/keeper.h"
#include "node/places/actor.h"
#include "node/requests/desk.h"
#include "node/security/guard.h"
#include "node/tap/tap.h"

typedef struct service service_t;

/* What it works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    const config_t *config;
    const config_member_t *member;
    log_t *log;
    store_t *store;
    tap_t *tap;
    places_actor_t *places;         /* NULL without a provider */
    desk_t *desk;                   /* where requests come in */
    guard_t *guard;                 /* who may ask */
    const neighbours_t *neighbours; /* for reports and promises */
    const herd_time_t *herd_time;   /* for reports; NULL: they say nothing of clocks */
    journal_keeper_t *journal;      /* for the same; NULL: none */
    generation_t generation;
    int64_t started_ns; /* POSIX time */
} service_context_t;

/* A service without front-ends. Caller frees with service_destroy. */
service_t *service_new(const service_context_t *context);

/* Frees it and clears the pointer; NULL is fine. */
void service_destroy(service_t **self_p);

/* Makes anew what depends on the settings of `config` and on the neighbours, which have changed.
 * Must not be called from within the service. */
void service_apply(service_t *self);

/* Takes the messages of a turn from the desk and answers them; questions go to the
 * places actor. A RELOAD ends the turn, and waits for its answer (service_answer_reload). */
void service_receive(service_t *self);

/* Steady: when a client's request came last; 0: none has come. */
int64_t service_asked_ns(const service_t *self);

/* Whether an operator asked for a reload (S6). */
bool service_wants_reload(const service_t *self);

/* Sends the operator who asked for a reload what came of it, `report` (S6). */
void service_answer_reload(service_t *self, text_t report);

/* Notes what a reload came to, for the reports of this node: whether nothing of the herd file was
 * taken, and whether keys came or went. */
void service_note_reload(service_t *self, bool refused, bool keys_changed);

/* Takes the answers of a turn from the places actor, and sends them to the front-ends. */
void service_take_answers(service_t *self);

/* Sends the answers that waited for neighbours, or for the disk, and may leave now (R18). Call it
 * when a neighbour has acknowledged, or a transaction is on the disk. */
void service_release(service_t *self);

/* Sends records to followers. Call it at the end of each turn, and when there is room to send. */
void service_pump(service_t *self, int64_t now_ns, int64_t steady_ns);

/* Answers that wait for neighbours or the disk. */
size_t service_owed_answers(const service_t *self);

/* Whether an operator or a follower waits for the digest, and it has not been complete since. */
bool service_wants_digest(service_t *self, int64_t steady_ns);

/* Call it several times a second: drops front-ends that left, and what waited too long. */
void service_tick(service_t *self, int64_t steady_ns);

#endif
