/* reload.h - the keys and the herd file read again while the node runs, and what changed put into
 * effect.
 *
 * docs/operations.md says which keys take effect at once; the others are logged, and wait for a
 * restart. A file with an error changes nothing.
 *
 * Owner: the node. Threads: the reactor's, which waits meanwhile for a local file: one of 1,024
 * members takes some 50 ms.
 */
#ifndef HERD_NODE_RELOAD_H
#define HERD_NODE_RELOAD_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/store/store.h"
#include "node/bus/neighbours.h"
#include "node/places/actor.h"
#include "node/requests/service.h"
#include "node/security/guard.h"

typedef struct reload reload_t;

/* What it works on (open value struct); all borrowed as long as it lives. */
typedef struct {
    const config_t *config;        /* of the start */
    const config_member_t *member; /* of that */
    config_t *settings;            /* those in effect: at first a copy of `config` */
    guard_t *guard;
    neighbours_t *neighbours;
    store_t *store;
    service_t *service;
    places_actor_t *places; /* NULL without a provider */
    bool in_one;            /* the member's front-end is in this process: herd-single */
    log_t *log;
} reload_context_t;

/* Caller frees with reload_destroy. */
reload_t *reload_new(const reload_context_t *context);

/* Frees it and clears the pointer; NULL is fine. */
void reload_destroy(reload_t **self_p);

/* Reads keys and herd file again, and puts into effect what can be: keys, settings, neighbours.
 * Must not be called from within the service or a neighbour, whose ground it changes. Appends the
 * body of a REPORT (bus-protocol.md, S6) to `report`, which has room for LIMIT_BODY_SIZE; NULL:
 * only the log says what came of it. Nothing changes but keys if the file has an error, is of
 * another herd, or has no member of our name, or if the keys could not be read. */
void reload_run(reload_t *self, buffer_t *report);

/* Takes over into `settings` what a reload can change, from `config`. Memory that is not limited
 * there is limited to half of what the process may take (allowance.h). */
void reload_take_settings(config_t *settings, const config_t *config);

/* Logs how much memory the records may take with these settings, and the process. */
void reload_tell_memory(const config_t *settings, log_t *log);

#endif
