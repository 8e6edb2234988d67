/* frontend.h - one front-end: its loop, listeners, client sessions, and the link to its node.
 *
 * Owner: the program. Threads: one runs it; any may call frontend_stop.
 */
#ifndef HERD_FRONTEND_LINES_FRONTEND_H
#define HERD_FRONTEND_LINES_FRONTEND_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/sockets/passage.h"

#include <stdbool.h>
#include <uv.h>

typedef struct frontend frontend_t;

/* What a front-end is made of (open value struct); it borrows everything until frontend_destroy. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
    log_t *log;
    size_t memory_max; /* bytes of all clients together; 0: LIMIT_CLIENTS_MEMORY */
    bool signals;      /* SIGTERM and SIGINT stop it, SIGHUP reopens the log */
    /* All that follows is 0 for one that has a process of its own. */
    size_t files_max;   /* descriptors of the process, if it may not use all that are allowed */
    uv_loop_t *loop;    /* that others run, instead of frontend_run */
    passage_t *passage; /* to the node, which is in this process */
    void (*ended)(void *argument); /* after frontend_stop: it is done; it frees what it can */
    void *argument;                /* for `ended` */
} frontend_settings_t;

/* Listens and begins to connect to the node, which may be away. STATUS_INVALID, STATUS_SYSTEM: it
 * cannot serve, and logged why. Caller frees with frontend_destroy. */
status_t frontend_new(const frontend_settings_t *settings, frontend_t **ret_self) STATUS_MUST_USE;

/* Serves until frontend_stop or a signal. */
void frontend_run(frontend_t *self);

/* Opens the log anew and reads keys again, as SIGHUP does. */
void frontend_reload(frontend_t *self);

/* Asks it to stop: it takes no more clients, and answers the requests under way and those that come
 * until a connection is quiet or a second has passed; frontend_run returns within two seconds. Any
 * thread, before frontend_run or while it runs. */
void frontend_stop(frontend_t *self);

/* Frees it, not while frontend_run runs. Clears the pointer; NULL is fine. */
void frontend_destroy(frontend_t **self_p);

#endif
