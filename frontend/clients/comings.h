/* comings.h - which of the clients that come and leave are in the log.
 *
 * Owner: the front-end. Threads: the reactor's.
 * A machine that connects and leaves without end must not fill the disk: of each address the log
 * takes as many such lines a second as it takes traffic of one client (common/log/shares.h). The
 * rest is counted, and the count is logged once a second.
 */
#ifndef HERD_FRONTEND_CLIENTS_COMINGS_H
#define HERD_FRONTEND_CLIENTS_COMINGS_H

#include "common/log/log.h"

#include <stdbool.h>
#include <stdint.h>

/* Open struct, for embedding; the fields are this module's alone. */
typedef struct {
    log_t *log;
    uint64_t left_out; /* lines that were not logged, and not told */
    uint64_t told_ms;  /* steady: when that was told last */
} comings_t;

/* Borrows the log. */
void comings_init(comings_t *self, log_t *log);

/* Logs that a client, of `address` as addresses_of has it, came. */
void comings_came(comings_t *self, uint64_t address, const char *peer);

/* Logs that it left, and why. */
void comings_left(comings_t *self, uint64_t address, const char *peer, const char *reason);

/* Call this about every 100 ms while comings_wait: logs how many lines were left out. */
void comings_tick(comings_t *self, uint64_t now_ms);

/* Whether lines that were left out are still to be told. */
static inline bool comings_wait(const comings_t *self)
{
    return self->left_out > 0;
}

#endif
