/* frontend.h - one front-end: its loop, listeners, client sessions and the link to its node.
 *
 * Owner: the program. Threads: one runs it; frontend_stop may be called from any.
 */
#ifndef HERD_FRONTEND_LINES_FRONTEND_H
#define HERD_FRONTEND_LINES_FRONTEND_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"

#include <stdbool.h>

typedef struct frontend frontend_t;

/* What a front-end is made of (open value struct); all borrowed until frontend_destroy. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
    log_t *log;
    bool signals; /* SIGTERM and SIGINT stop it, SIGHUP reopens the log */
} frontend_settings_t;

/* Listens and begins to connect to the node, which may be away. What goes wrong is logged.
 * STATUS_INVALID, STATUS_SYSTEM: it cannot serve. Caller frees with frontend_destroy. */
status_t frontend_new(const frontend_settings_t *settings, frontend_t **ret_self) STATUS_MUST_USE;

/* Serves until it is stopped. */
void frontend_run(frontend_t *self);

/* Asks it to stop: no more clients and requests are taken, what is under way is answered, frontend_run
 * returns within two seconds. Any thread, while frontend_run runs or before. */
void frontend_stop(frontend_t *self);

/* Frees it and clears the pointer; NULL is fine. Not while frontend_run runs. */
void frontend_destroy(frontend_t **self_p);

#endif
