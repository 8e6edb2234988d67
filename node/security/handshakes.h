/* handshakes.h - connections to a node's sockets that end before their handshake is done.
 *
 * They are counted, and logged with their peer. ZAP is not asked about them (guard.h).
 *
 * Owner: the guard. Threads: the reactor's. A thread inside reads ZeroMQ's monitors and logs: it
 * asks for a peer before the connection is gone, however busy the reactor is.
 */
#ifndef HERD_NODE_SECURITY_HANDSHAKES_H
#define HERD_NODE_SECURITY_HANDSHAKES_H

#include "common/log/log.h"
#include "common/security/security.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct handshakes handshakes_t;

/* `secure`: the sockets have keys. Caller frees with handshakes_destroy. */
handshakes_t *handshakes_new(log_t *log, bool secure);

/* Call it after the sockets were closed. Clears the pointer; NULL is fine. */
void handshakes_destroy(handshakes_t **self_p);

/* Watches a socket that is about to be bound, instead of the former one of its domain. */
void handshakes_watch(handshakes_t *self, void *socket, roles_domain_t domain);

/* Ends that. Call it before the socket is closed: an event without a reader would block ZeroMQ's
 * I/O thread. */
void handshakes_leave(void *socket);

/* A whole message came by the connection with that descriptor; `named`: from someone who is known
 * and may send there. What a connection brings in is counted from its last message on (meter.h). */
void handshakes_delivered(handshakes_t *self, int file, bool named);

/* Who used that descriptor, maybe -1, is known by another one now. */
void handshakes_forget(handshakes_t *self, int file);

/* The same about connections that ZeroMQ does not know, those of streams; told by the reactor.
 * `peer` is as connections_peer writes it. */
/* It came to nothing: `reason` is "it ...". */
void handshakes_note_failed(handshakes_t *self, roles_domain_t domain, const char *peer,
                            const char *reason);

/* It was cut, with `size` bytes of a message. */
void handshakes_note_cut(handshakes_t *self, roles_domain_t domain, const char *peer, uint64_t size,
                         const char *reason);

/* It was turned away, because the last descriptors are kept; `crowded`: strangers at ZeroMQ's
 * sockets are to give way. */
void handshakes_note_turned_away(handshakes_t *self, roles_domain_t domain, bool crowded);

/* The number of connections so far that were cut because they brought in too much. */
uint64_t handshakes_cut(const handshakes_t *self);

/* The number of connections so far that were turned away, because the last descriptors are kept
 * (accept4.h). */
uint64_t handshakes_turned_away(const handshakes_t *self);

/* The number of connections so far that ended before their handshake was done. */
uint64_t handshakes_failed(const handshakes_t *self);

#endif
