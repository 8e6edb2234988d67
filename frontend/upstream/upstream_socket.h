/* upstream_socket.h - the ZeroMQ socket of one session with the node, watched by a libuv loop.
 *
 * Owner: the upstream. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_H

#include "common/base/status.h"
#include "common/security/security.h"

#include <stdbool.h>
#include <uv.h>

typedef struct upstream_socket upstream_socket_t;

/* What it is made of (open value struct). */
typedef struct {
    uv_loop_t *loop;
    void *context;              /* ZeroMQ's */
    const char *endpoint;       /* the node's; borrowed for the call */
    const char *name;           /* the member's, for the routing id; borrowed for the call */
    const security_t *security; /* NULL without keys; borrowed for the call */
    /* Something may have happened: look at ZMQ_EVENTS and upstream_socket_is_lost. */
    void (*stirred)(void *argument);
    void *argument; /* for `stirred` */
} upstream_socket_settings_t;

/* Makes a DEALER that connects to the endpoint; without keys it has a routing id of its own (K4).
 * STATUS_NOT_FOUND: the node's key is not there. STATUS_SYSTEM, with errno: ZeroMQ refuses. Caller
 * ends it with upstream_socket_close. */
status_t upstream_socket_open(const upstream_socket_settings_t *settings,
                              upstream_socket_t **ret_self) STATUS_MUST_USE;

/* The ZeroMQ socket; owned by `self`. */
void *upstream_socket_zmq(const upstream_socket_t *self);

/* Whether its connection broke: what was sent on it may be lost, so the socket must be made
 * anew. */
bool upstream_socket_is_lost(const upstream_socket_t *self);

/* A message of `size` bytes was received. */
void upstream_socket_delivered(upstream_socket_t *self, size_t size);

/* Looks at what the node has sent, several times a second, for it may send without end; `drained`:
 * no whole message waits. False: too much, and the connection is cut, see
 * upstream_socket_problem. */
bool upstream_socket_look(upstream_socket_t *self, bool drained);

/* Why the connection to the node fails; ZeroMQ may then try no more. NULL if nothing is known. */
const char *upstream_socket_problem(const upstream_socket_t *self);

/* Closes it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void upstream_socket_close(upstream_socket_t **self_p);

#endif
