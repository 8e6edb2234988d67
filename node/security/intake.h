/* intake.h - what each connection to a bound socket brings in, and the end of those that bring in
 * more than they may (meter.h).
 *
 * Owner: handshakes.c. Threads: one, except for the marks. Asks the kernel about descriptors
 * (connections.h).
 */
#ifndef HERD_NODE_SECURITY_INTAKE_H
#define HERD_NODE_SECURITY_INTAKE_H

#include "node/security/connections.h"
#include "node/security/meter.h"

#include <stdatomic.h>

/* Bits of a mark: what happened at a descriptor since the last look. */
enum { INTAKE_DELIVERED = 1, INTAKE_NAMED = 2 };

typedef struct intake intake_t;

/* Reports a connection that was cut, with `size` bytes behind its last whole message. */
typedef void intake_cut_fn(void *argument, const char *peer, uint64_t size, const char *reason);

/* No connection yet. Borrows for as long as it lives: `limits`; `marks`, LIMIT_HANDSHAKES of them
 * by descriptor, modulo their number, which any thread may set. `reserve`: see connections_end.
 * Caller frees with intake_destroy. */
intake_t *intake_new(const meter_limits_t *limits, atomic_uchar *marks, int reserve);

/* Frees it and clears the pointer; NULL is fine. */
void intake_destroy(intake_t **self_p);

/* Forgets all connections: the socket was closed. */
void intake_clear(intake_t *self);

/* A connection with that descriptor was accepted, or has ended. */
void intake_accepted(intake_t *self, int file);
void intake_ended(intake_t *self, int file);

/* Measures all connections and cuts those that are past a limit; returns how many are open. */
size_t intake_look(intake_t *self, intake_cut_fn *cut, void *argument);

#endif
