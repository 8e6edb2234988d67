/* arrivals.h - connections to a bound socket: which of them end before their handshake is done, and
 * why.
 *
 * Owner: handshakes.c. Threads: one. Asks the kernel about descriptors (connections.h); free of
 * other I/O.
 */
#ifndef HERD_NODE_SECURITY_ARRIVALS_H
#define HERD_NODE_SECURITY_ARRIVALS_H

#include "node/security/connections.h"

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

enum {
    /* The events that arrivals_take takes (zmq_socket_monitor(3)). */
    ARRIVALS_EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                      ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                      ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED,
};

typedef struct arrivals arrivals_t;

/* A connection that came to nothing (open value struct). */
typedef struct {
    const char *reason;               /* "it ..."; a constant */
    char peer[CONNECTIONS_PEER_SIZE]; /* as connections_peer writes it, or that it left at once */
} arrivals_failure_t;

/* No connection yet. `secure`: the socket has keys. Caller frees with arrivals_destroy. */
arrivals_t *arrivals_new(bool secure);

/* Frees it and clears the pointer; NULL is fine. */
void arrivals_destroy(arrivals_t **self_p);

/* Forgets all connections: the socket was closed, and the next events are another one's. */
void arrivals_clear(arrivals_t *self);

/* Takes the next event of the socket with its value, a descriptor or a reason of ZeroMQ's. True if
 * it ends a connection whose handshake was never done. What ZAP refused is none of these. */
bool arrivals_take(arrivals_t *self, uint16_t event, uint32_t value,
                   arrivals_failure_t *ret_failure);

#endif
