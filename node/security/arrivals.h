/* arrivals.h - the connections of a bound socket: who made them, and which of them end before their
 * handshake is done, and why.
 *
 * Owner: handshakes.c; what each brings in is for intake.c. Threads: one. Asks the kernel about
 * descriptors (connections.h); free of other I/O.
 */
#ifndef HERD_NODE_SECURITY_ARRIVALS_H
#define HERD_NODE_SECURITY_ARRIVALS_H

#include "common/sockets/connections.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

enum {
    /* The events that arrivals_take takes (zmq_socket_monitor(3)). */
    ARRIVALS_EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                      ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                      ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED,
};

typedef struct arrivals arrivals_t;

/* A connection that was accepted (open value struct). */
typedef struct {
    bool open;
    bool established;                 /* its handshake has succeeded */
    bool named;                       /* it is known whose it is; for intake.c, as `base` */
    int file;                         /* its descriptor */
    uint64_t number;                  /* counts acceptances, and what intake.c takes for one */
    uint64_t cookie;                  /* connections_cookie */
    uint64_t base;                    /* bytes that it had brought in with its last whole message */
    char peer[CONNECTIONS_PEER_SIZE]; /* as connections_peer writes it, or that it left at once */
} arrival_t;

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

/* How many connections are open. */
size_t arrivals_count(const arrivals_t *self);

/* Where a descriptor has its place: 0 .. LIMIT_HANDSHAKES - 1. */
size_t arrivals_slot(int file);

/* The connection at a place, which may not be open; lent until the next event. */
arrival_t *arrivals_at(arrivals_t *self, size_t slot);

/* The number that a connection accepted now would get. */
uint64_t arrivals_next_number(arrivals_t *self);

#endif
