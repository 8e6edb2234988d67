/* serving.h - a program that serves clients: its loop, listeners, sessions, and the link to its
 * node.
 *
 * Owner: the program, which embeds it and has its own kind of sessions. Threads: one runs it; any
 * may call serving_stop.
 */
#ifndef HERD_FRONTEND_CLIENTS_SERVING_H
#define HERD_FRONTEND_CLIENTS_SERVING_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "frontend/clients/doors.h"
#include "frontend/clients/file_budget.h"
#include "frontend/clients/node_keys.h"
#include "frontend/clients/reactor.h"
#include "frontend/clients/session.h"
#include "frontend/upstream/upstream.h"

#include <stdbool.h>

/* What it is made of (open value struct); it borrows everything until serving_done. */
typedef struct {
    const config_t *config;
    const config_member_t *member; /* of `config` */
    log_t *log;
    const char *program;          /* what HELLO says of it; NULL: herd-frontend */
    const char *const *endpoints; /* where clients come in, "tcp://host:port" each */
    size_t endpoint_count;        /* 1 .. LIMIT_LISTENERS */
    uint64_t patience_ms;         /* how long clients are taken while the node is away; 0: always */
    size_t memory_max;            /* bytes of all clients together; 0: LIMIT_CLIENTS_MEMORY */
    bool signals;                 /* SIGTERM and SIGINT stop it, SIGHUP reopens the log */
    const session_kind_t *kind;
    void *sessions;                /* `program` of session_shared_t */
    void (*ended)(void *argument); /* closes what else is on the loop; may be NULL */
    void *ended_argument;
    /* All that follows is 0 for a program that serves clients alone. */
    size_t files_max;   /* descriptors of the process, if it may not use all that are allowed */
    uv_loop_t *loop;    /* that others run, instead of serving_run */
    passage_t *passage; /* to the node, which is in this process */
} serving_settings_t;

/* Open struct, for embedding; `reactor`, `shared` and `keys` may be read. */
typedef struct {
    serving_settings_t settings;
    reactor_t reactor;
    session_shared_t shared; /* with all sessions */
    upstream_t *upstream;    /* the link to the node */
    list_link_t asking; /* sessions out of shared.unasked that have had their part of a batch */
    bool row;           /* whose turn is next in a batch: theirs, or that of shared.unasked */
    node_keys_t keys;
    doors_t *doors;
    file_budget_t files;
} serving_t;

/* Listens and begins to connect to the node, which may be away. STATUS_INVALID, STATUS_SYSTEM: it
 * cannot serve, and logged why; then there is nothing to free. */
status_t serving_init(serving_t *self, const serving_settings_t *settings) STATUS_MUST_USE;

/* Serves until serving_stop or a signal. */
void serving_run(serving_t *self);

/* Opens the log anew and reads keys again, as SIGHUP does. */
void serving_reload(serving_t *self);

/* Asks it to stop: it takes no more clients, and answers the requests under way and those that come
 * until a connection is quiet or a second has passed; serving_run returns within two seconds. Any
 * thread, before serving_run or while it runs. */
void serving_stop(serving_t *self);

/* Frees what it has, not while serving_run runs. */
void serving_done(serving_t *self);

#endif
