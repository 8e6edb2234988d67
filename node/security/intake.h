/* intake.h - what each connection to a bound socket brings in, and the end of those that take more
 * than they may (meter.h).
 *
 * Owner: handshakes.c. Threads: one, except for the marks. Asks the kernel about descriptors
 * (connections.h).
 */
#ifndef HERD_NODE_SECURITY_INTAKE_H
#define HERD_NODE_SECURITY_INTAKE_H

#include "common/sockets/meter.h"
#include "node/security/arrivals.h"

#include <stdatomic.h>

/* Bits of a mark: what happened at a descriptor since the last look. */
enum {
    INTAKE_DELIVERED = 1, /* a message came by it */
    INTAKE_NAMED = 2,     /* whose it is is known */
    INTAKE_FORGOTTEN = 4, /* it is not, any more */
};

typedef struct intake intake_t;

/* What an intake works with (open value struct); all borrowed for as long as it lives. */
typedef struct {
    const meter_limits_t *limits;
    arrivals_t *arrivals; /* the connections of the socket */
    atomic_uchar *marks;  /* LIMIT_HANDSHAKES, by arrivals_slot; any thread may set them */
    int reserve;          /* see connections_end */
    /* Who has just delivered a message counts as one who has just come: where strangers are served,
     * those that say nothing give way first. */
    bool renewing;
} intake_settings_t;

/* Reports a connection that was cut, with `size` bytes behind its last whole message. */
typedef void intake_cut_fn(void *argument, const char *peer, uint64_t size, const char *reason);

/* Caller frees with intake_destroy. */
intake_t *intake_new(const intake_settings_t *settings);

/* Frees it and clears the pointer; NULL is fine. */
void intake_destroy(intake_t **self_p);

/* Measures all connections and cuts those that are past a limit; of strangers no more than
 * `stranger_max` stay. */
void intake_look(intake_t *self, size_t stranger_max, intake_cut_fn *cut, void *argument);

/* How many connections that can be cut, and have not said whose they are, the last look left. */
size_t intake_strangers(const intake_t *self);

#endif
