/* upstream_socket.h - the socket of one session with the node, whatever carries it: a passage where
 * the node is in this process, a stream where it is on this machine and there are no keys, else
 * ZeroMQ.
 *
 * Owner: the upstream. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_H

#include "frontend/upstream/upstream_socket_settings.h"

#include "common/sockets/transport.h"

#include <stdbool.h>

typedef struct upstream_socket upstream_socket_t;

/* Begins to connect. STATUS_NOT_FOUND: the node's key is not there. STATUS_SYSTEM, with errno: it
 * cannot be made. Caller ends it with upstream_socket_close. */
status_t upstream_socket_open(const upstream_socket_settings_t *settings,
                              upstream_socket_t **ret_self) STATUS_MUST_USE;

/* Sends without waiting. STATUS_AGAIN: not now. Else the connection has ended. */
status_t upstream_socket_send(upstream_socket_t *self, const message_t *message) STATUS_MUST_USE;

/* The next message; as transport_receive. What is malformed may end the connection. */
status_t upstream_socket_receive(upstream_socket_t *self,
                                 transport_inbound_t *ret_inbound) STATUS_MUST_USE;

/* ZMQ_POLLIN: there may be a message. ZMQ_POLLOUT: one can be sent. When neither is there, and not
 * before, `stirred` tells of the next change. */
int upstream_socket_events(upstream_socket_t *self);

/* While it is held, `stirred` does not tell of messages, so that the loop can sleep though some
 * wait. A passage is not held: it wakes its loop once. */
void upstream_socket_hold(upstream_socket_t *self, bool held);

/* Whether its connection broke: what was sent on it may be lost, so the socket must be made
 * anew. */
bool upstream_socket_is_lost(const upstream_socket_t *self);

/* The same, and the node speaks ZeroMQ alone: the next one is to be made with `zeromq`. */
bool upstream_socket_finds_zeromq(const upstream_socket_t *self);

/* Looks at what the node has sent, several times a second, for over TCP it may send without end.
 * False: too much, and the connection is cut, see upstream_socket_problem. */
bool upstream_socket_look(upstream_socket_t *self);

/* Why the connection to the node fails, and may not be tried any more. NULL if nothing is known. */
const char *upstream_socket_problem(const upstream_socket_t *self);

/* Closes it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void upstream_socket_close(upstream_socket_t **self_p);

#endif
