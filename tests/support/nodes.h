/* nodes.h - several real nodes in one process, a thread each, and a front-end's side of the request link.
 *
 * Owner: the test. Threads: the test's own; each node runs in a thread of its own.
 * Sockets are ipc ones in a folder of the test's workspace: no ports. Every wait has the limit WAIT_LIMIT_MS.
 */
#ifndef HERD_TESTS_SUPPORT_NODES_H
#define HERD_TESTS_SUPPORT_NODES_H

#include "common/protocol/message.h"

#include <stdbool.h>

typedef struct nodes nodes_t;
typedef struct asker asker_t;

/* A herd of `links`, e.g. "A=B,C B=A C=A", none of them running. Caller frees with nodes_destroy. */
nodes_t *nodes_new(const char *links);

/* Stops those that run, frees all, clears the pointer; NULL is fine. */
void nodes_destroy(nodes_t **self_p);

/* Starts one, or all; stops one cleanly. A started node is a new one: it remembers nothing. */
void nodes_start(nodes_t *self, const char *name);
void nodes_start_all(nodes_t *self);
void nodes_stop(nodes_t *self, const char *name);

/* What a node that was stopped has logged; caller frees with free(). */
char *nodes_read_log(const nodes_t *self, const char *name);

/* A connection to the bus ROUTER of `name`, or with `requests` to its requests ROUTER, under `routing_id`: a raw DEALER.
 * Caller closes it with zmq_close before nodes_destroy. */
void *nodes_connect(nodes_t *self, const char *name, bool requests, const char *routing_id);

/* A raw ROUTER in the place of the bus of `name`, which does not run. Caller closes it as above. */
void *nodes_pretend(nodes_t *self, const char *name);

/* A front-end's session with a node. Caller frees with asker_destroy. */
asker_t *asker_new(nodes_t *self, const char *name);
void asker_destroy(asker_t **self_p);

/* Asks one line, received at `receipt_ns` (0: now), and returns the reply, borrowed until the next question. */
text_t asker_ask_at(asker_t *self, const char *line, int64_t receipt_ns);
text_t asker_ask(asker_t *self, const char *line);

/* Asks until the reply is `reply`; false when it never was. */
bool asker_wait_for(asker_t *self, const char *line, const char *reply);

/* Asks STATUS and returns the report's body, borrowed until the next question. */
text_t asker_report(asker_t *self);

#endif
