/* actor.h - the places actor: answers "what is around this position" from the configured provider.
 *
 * Owner: the node. Threads: all functions belong to the node's reactor thread. The work, searching
 * and HTTP, is done in a thread of the actor's own (worker.h). Questions and answers pass between
 * the two as messages, each with all that a turn has of them.
 */
#ifndef HERD_NODE_PLACES_ACTOR_H
#define HERD_NODE_PLACES_ACTOR_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "node/loop/loop.h"
#include "node/places/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct places_actor places_actor_t;

/* Starts the actor for `config` (borrowed, as is the log, as long as the actor lives) and waits
 * until its provider is ready. If the provider cannot work (file missing, no usable row, no key),
 * the reason is logged, and the result is STATUS_NOT_FOUND or STATUS_INVALID. Caller ends it with
 * places_actor_destroy. */
status_t places_actor_new(const config_t *config, log_t *log,
                          places_actor_t **ret_self) STATUS_MUST_USE;

/* Ends the actor, leaving questions unanswered, and clears the pointer; NULL is fine. */
void places_actor_destroy(places_actor_t **self_p);

/* Has the provider look again at what it read from the disk: its file, or its key. Never blocks;
 * what comes of it is in the log, and in the figures. */
void places_actor_look_again(places_actor_t *self);

/* The ZeroMQ socket to poll for answers (ZMQ_POLLIN); owned by `self`. */
void *places_actor_socket(places_actor_t *self);

/* Has the loop call this when there are answers, until places_actor_destroy. STATUS_SYSTEM: see
 * errno. */
status_t places_actor_watch(places_actor_t *self, loop_t *loop, loop_fn *call,
                            void *argument) STATUS_MUST_USE;

/* Asks `count` questions in one message; never blocks. STATUS_AGAIN, with none of them asked, if
 * the actor's queue is full. */
status_t places_actor_ask(places_actor_t *self, const places_query_t *queries,
                          size_t count) STATUS_MUST_USE;

/* Takes the next message, and calls `answer` for each answer in it; never blocks. False if there is
 * no message. */
bool places_actor_receive(places_actor_t *self, places_answer_fn *answer, void *argument);

/* How the provider did when its last answer came; borrowed. */
const places_figures_t *places_actor_figures(const places_actor_t *self);

#endif
