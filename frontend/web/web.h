/* web.h - one herd-web: its loop, listeners, connections of HTTP, and the link to its node.
 *
 * Owner: the program. Threads: one runs it; any may call web_stop.
 */
#ifndef HERD_FRONTEND_WEB_WEB_H
#define HERD_FRONTEND_WEB_WEB_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"

#include <stdbool.h>

typedef struct web web_t;

/* What it is made of (open value struct); it borrows everything until web_destroy. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config`; it has `web` */
    log_t *log;
    size_t memory_max;  /* bytes of all clients together */
    size_t records_max; /* bytes of records in the copy; 0: no bound */
    bool signals;       /* SIGTERM and SIGINT stop it, SIGHUP reopens the log */
} web_settings_t;

/* Listens and begins to connect to the node, which may be away. STATUS_INVALID, STATUS_SYSTEM: it
 * cannot serve, and logged why. Caller frees with web_destroy. */
status_t web_new(const web_settings_t *settings, web_t **ret_self) STATUS_MUST_USE;

/* Serves until web_stop or a signal. */
void web_run(web_t *self);

/* Asks it to stop: it takes no more clients, and answers what is under way; web_run returns within
 * two seconds. Any thread, before web_run or while it runs. */
void web_stop(web_t *self);

/* Frees it, not while web_run runs. Clears the pointer; NULL is fine. */
void web_destroy(web_t **self_p);

#endif
