/* session_shared.h - what the sessions of a program share, and what the program asks of them.
 *
 * Owner: the program. Threads: the reactor's.
 * A session is one connection of a client; each program has its own kind. Sessions put themselves
 * on the lists here; from these the program (serving.h) gives turns (`waiting`), takes requests
 * (`unasked`), writes output (`unwritten`) and checks times (`active`).
 */
#ifndef HERD_FRONTEND_CLIENTS_SESSION_SHARED_H
#define HERD_FRONTEND_CLIENTS_SESSION_SHARED_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "frontend/clients/addresses.h"
#include "frontend/clients/comings.h"
#include "frontend/clients/figures.h"
#include "frontend/clients/list.h"
#include "frontend/clients/sessions.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

/* What the sessions of one program share (open struct, the program's). */
typedef struct {
    uv_loop_t *loop;
    const config_t *config;
    log_t *log;
    sessions_t *table;
    addresses_t *addresses;  /* of all sessions */
    comings_t comings;       /* what the log says of them */
    char *read_buffer;       /* LIMIT_READ_SIZE bytes, used within one read */
    list_link_t unasked;     /* sessions with requests for the node */
    list_link_t waiting;     /* sessions that have had their part of a turn, and have lines left */
    list_link_t unwritten;   /* sessions with output, or whose output was just written */
    list_link_t newcomers;   /* sessions without a whole line yet, the oldest first */
    list_link_t idle;        /* the others, that which has been idle longest first */
    list_link_t active;      /* sessions that hold memory, wait for the node or have a deadline */
    uint64_t turn_end_ns;    /* steady: no more input is taken in this turn then; 0: none was yet */
    int64_t last_receipt_ns; /* POSIX time given to the newest request; the next gets a later one */
    size_t lookups;          /* WHATSATs under way */
    size_t memory;           /* bytes that all sessions hold for their clients */
    size_t memory_max;       /* past which each is held to its share; 0: LIMIT_CLIENTS_MEMORY */
    size_t given_back;       /* bytes that idle sessions freed since the last malloc_trim */
    size_t handles;          /* sessions not yet freed, closing ones too */
    uint64_t opened;         /* connections since the start */
    figures_t figures;
    bool node_serves;               /* the node is there */
    bool stopping;                  /* the program ends: each session does so when it is quiet */
    uint64_t finish_ms;             /* [stopping] steady time at which all end */
    void (*closed)(void *argument); /* called when a connection was closed */
    void *argument;                 /* for `closed` */
    void *program;                  /* what else these sessions share; their own */
} session_shared_t;

/* What each kind of session can do (open value struct); frontend/lines/session.h says what. Links
 * are those of the lists that are named. */
typedef struct {
    status_t (*open)(session_shared_t *shared, int file, const struct sockaddr *address);
    bool (*make_room)(session_shared_t *shared);
    void (*end_idle)(session_shared_t *shared);
    session_t *(*of_unasked)(list_link_t *link);
    session_t *(*of_waiting)(list_link_t *link);
    session_t *(*of_unwritten)(list_link_t *link);
    session_t *(*of_active)(list_link_t *link);
    uint64_t (*number)(const session_t *session);
    bool (*ask)(session_t *session, pipeline_request_t *ret_request);
    void (*ask_again)(session_t *session);
    void (*answer)(session_t *session, uint64_t sequence, text_t reply);
    void (*take_turn)(session_t *session);
    void (*flush)(session_t *session);
    void (*tick)(session_t *session);
    void (*stop)(session_t *session);
    void (*close)(session_t *session);
} session_kind_t;

#endif
