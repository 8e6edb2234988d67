/* actor.h - the places actor: answers "what is around this position" from the configured provider.
 *
 * Owner: the node. Threads: every function here belongs to the node's reactor thread; the work (searching,
 * HTTP) happens in a thread of the actor's own (zactor), and queries and answers pass between them as
 * messages, as many in one as there are in a turn.
 */
#ifndef HERD_NODE_PLACES_ACTOR_H
#define HERD_NODE_PLACES_ACTOR_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct places_actor places_actor_t;

/* Starts the actor for `config` (borrowed as long as the actor lives) and waits until its provider is ready. A provider that cannot
 * work (file missing, no usable row, no key) is logged with the reason and returned as STATUS_NOT_FOUND or
 * STATUS_INVALID. Caller ends it with places_actor_destroy. */
status_t places_actor_new(const config_t *config, log_t *log,
                          places_actor_t **ret_self) STATUS_MUST_USE;

/* Ends the actor, unanswered questions with it, and clears the pointer; NULL is fine. */
void places_actor_destroy(places_actor_t **self_p);

/* The ZeroMQ socket to poll for answers (ZMQ_POLLIN); owned by `self`. */
void *places_actor_socket(places_actor_t *self);

/* Asks `count` questions in one message; never blocks. STATUS_AGAIN, with none of them asked, where the
 * actor's queue is full. */
status_t places_actor_ask(places_actor_t *self, const places_query_t *queries,
                          size_t count) STATUS_MUST_USE;

/* Takes one message of answers, calling `answer` for each in it; false where none is there. Never blocks. */
bool places_actor_receive(places_actor_t *self, places_answer_fn *answer, void *argument);

/* How the provider did when its last answer came; borrowed. */
const places_figures_t *places_actor_figures(const places_actor_t *self);

#endif
