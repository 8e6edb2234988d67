/* remote.h - asks a provider on the network: equal questions share a request, only a few requests
 * are under way at a time, and a provider that fails is left alone for a while.
 *
 * Owner: the worker of the places actor. Threads: the worker's. Only places_remote_wait waits.
 * Each question gets one answer, within the herd file's `timeout` or eight tenths of its
 * `request_timeout`, whichever is less, unless places_remote_destroy comes first.
 */
#ifndef HERD_NODE_PLACES_REMOTE_H
#define HERD_NODE_PLACES_REMOTE_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "node/places/query.h"

#include <stddef.h>

typedef struct places_remote places_remote_t;

/* Who gets the answers (open value struct). A text is borrowed for the call. */
typedef struct {
    places_answer_fn *answer;
    void *argument; /* of answer */
} places_asker_t;

/* Prepares for the provider of `config` (borrowed, as is the log, as long as it lives), which must
 * be one on the network; reads its key. If the key cannot be used, the reason is logged, and the
 * result is STATUS_NOT_FOUND or STATUS_INVALID. Caller frees with places_remote_destroy. */
status_t places_remote_new(const config_t *config, log_t *log, places_asker_t asker,
                           places_remote_t **ret_self) STATUS_MUST_USE;

/* Ends it, leaving questions unanswered, and clears the pointer; NULL is fine. */
void places_remote_destroy(places_remote_t **self_p);

/* Takes a question with a radius and a number of results > 0; some are answered within the call. */
void places_remote_ask(places_remote_t *self, const places_query_t *query);

/* Does what it can without waiting; answers what came, and what waited too long. */
void places_remote_step(places_remote_t *self);

/* Waits until places_remote_step has something to do, or one of `count` descriptors is readable. */
void places_remote_wait(places_remote_t *self, const int *descriptors, size_t count);

/* Reads the key again. If it cannot be used, the one that was read before stays, and the log says
 * why. */
void places_remote_read_key(places_remote_t *self);

/* How it went so far; borrowed. */
const places_figures_t *places_remote_figures(const places_remote_t *self);

#endif
