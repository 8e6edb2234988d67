/* nodes.h - several real nodes in one process, and a front-end's side of the request link.
 *
 * Owner: the test. Threads: the test's own; each node runs in a thread of its own. Sockets are ipc
 * ones in a folder of the test's workspace, so no ports are needed. Every wait has the limit
 * WAIT_LIMIT_MS.
 */
#ifndef HERD_TESTS_SUPPORT_NODES_H
#define HERD_TESTS_SUPPORT_NODES_H

#include "common/protocol/message.h"

#include <stdbool.h>

typedef struct nodes nodes_t;
typedef struct asker asker_t;

/* A herd of `links`, e.g. "A=B,C B=A C=A"; no node runs yet. Caller frees with nodes_destroy. */
nodes_t *nodes_new(const char *links);

/* Stops the nodes that run, frees everything, clears the pointer; NULL is fine. */
void nodes_destroy(nodes_t **self_p);

/* Starts one node, or all; stops one cleanly. A node that is started again remembers nothing. */
void nodes_start(nodes_t *self, const char *name);
void nodes_start_all(nodes_t *self);
void nodes_stop(nodes_t *self, const char *name);

/* The log of a node that was stopped; caller frees with free(). */
char *nodes_read_log(const nodes_t *self, const char *name);

/* A raw DEALER with `routing_id`, connected to the bus ROUTER of `name`, or with `requests` to its
 * requests ROUTER. Caller closes it with zmq_close before nodes_destroy. */
void *nodes_connect(nodes_t *self, const char *name, bool requests, const char *routing_id);

/* A raw ROUTER, bound in place of the bus of `name`, which must not run. Caller closes it
 * likewise. */
void *nodes_pretend(nodes_t *self, const char *name);

/* A front-end's session with a node. Caller frees with asker_destroy. */
asker_t *asker_new(nodes_t *self, const char *name);
void asker_destroy(asker_t **self_p);

/* Asks one line, received at `receipt_ns` (0: now); the reply, borrowed until the next question. */
text_t asker_ask_at(asker_t *self, const char *line, int64_t receipt_ns);
text_t asker_ask(asker_t *self, const char *line);

/* Asks until the reply is `reply`; false at WAIT_LIMIT_MS. */
bool asker_wait_for(asker_t *self, const char *line, const char *reply);

/* Asks STATUS; the body of the report, borrowed until the next question. */
text_t asker_report(asker_t *self);

#endif
