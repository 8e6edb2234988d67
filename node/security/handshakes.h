/* handshakes.h - connections to a node's sockets that end before their handshake was done: counted, and logged with their
 * peer. ZAP is asked about the others only (guard.h).
 *
 * Owner: the guard. Threads: the reactor's calls; a thread inside reads the monitors of ZeroMQ and logs, so that a peer is
 * asked for before its connection is gone, and a busy reactor holds up no event.
 */
#ifndef HERD_NODE_SECURITY_HANDSHAKES_H
#define HERD_NODE_SECURITY_HANDSHAKES_H

#include "common/log/log.h"
#include "common/security/security.h"

#include <stdint.h>

typedef struct handshakes handshakes_t;

/* `secure`: the sockets have keys. Caller frees with handshakes_destroy. */
handshakes_t *handshakes_new(log_t *log, bool secure);

/* After the sockets were closed. Clears the pointer; NULL is fine. */
void handshakes_destroy(handshakes_t **self_p);

/* Watches a socket that is about to be bound, from now on the only one of its domain. */
void handshakes_watch(handshakes_t *self, void *socket, roles_domain_t domain);

/* Ends that, before the socket is closed: an event without a reader would hold up ZeroMQ's I/O thread. */
void handshakes_leave(void *socket);

/* Connections that came to nothing so far. */
uint64_t handshakes_failed(const handshakes_t *self);

#endif
