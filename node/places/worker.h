/* worker.h - the thread of the places actor: takes questions, and sends its provider's answers.
 *
 * Owner: the actor (actor.c), whose sockets it speaks with. Threads: places_worker_run is the
 * thread. What passes between the two is drawn in actor.c.
 */
#ifndef HERD_NODE_PLACES_WORKER_H
#define HERD_NODE_PLACES_WORKER_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "node/places/query.h"

#include <czmq.h>
#include <stdint.h>

/* What the starting thread hands over (open value struct): borrowed until the worker signals that
 * it is ready, or that it cannot work. */
typedef struct {
    const config_t *config; /* borrowed as long as the worker runs, and so is the log */
    log_t *log;
    const char *endpoint;     /* of the actor's PAIR */
    places_figures_t figures; /* of the start; written by the worker before it signals */
    _Atomic int status;       /* a status_t; written by the worker before it signals */
} places_worker_start_t;

/* Which question an answer belongs to, and its part of the frame of texts (open value struct). */
typedef struct {
    uint64_t ticket;
    uint64_t size; /* bytes */
} places_worker_header_t;

/* A zactor_fn; `argument` is a places_worker_start_t. Signals `pipe` once, when `status` is known;
 * runs until $TERM comes, or ends at once if the provider cannot work. */
void places_worker_run(zsock_t *pipe, void *argument);

#endif
