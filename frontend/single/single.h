/* single.h - a member in one process: a node and a front-end that share a loop, and a passage
 * instead of a socket between them.
 *
 * docs/decisions/0035. Owner: the program. Threads: one.
 */
#ifndef HERD_FRONTEND_SINGLE_SINGLE_H
#define HERD_FRONTEND_SINGLE_SINGLE_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct single single_t;

/* What it is made of (open value struct); it borrows everything until single_destroy. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
    log_t *node_log;
    log_t *frontend_log;
    size_t memory_max; /* bytes of all clients together */
} single_settings_t;

/* Binds, reads, listens. Another status than STATUS_OK: it cannot serve, and one of the two logged
 * why. Caller frees with single_destroy. */
status_t single_new(const single_settings_t *settings, single_t **ret_self) STATUS_MUST_USE;

/* Serves until `signals`, a signalfd(2), delivers SIGTERM or SIGINT: then the clients get what is
 * under way, and after that the neighbours and the journal what they lack. SIGHUP reopens the logs
 * and reloads. Returns as node_run. */
bool single_run(single_t *self, int signals);

/* Frees it and clears the pointer; NULL is fine. */
void single_destroy(single_t **self_p);

#endif
