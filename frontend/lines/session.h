/* session.h - one client connection: bytes in, lines, requests, replies in their order, bytes out.
 *
 * Owner: itself; it lives from session_open until it has told shared->closed. Threads: the reactor's.
 * A session never talks to the node. It stands in the lists of what all sessions share, from which the
 * front-end takes its requests (`unasked`), writes its output (`unwritten`) and looks at its times (`active`).
 */
#ifndef HERD_FRONTEND_LINES_SESSION_H
#define HERD_FRONTEND_LINES_SESSION_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "frontend/lines/list.h"
#include "frontend/lines/sessions.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

/* Counts since the start, for PING (bus-protocol.md, Q8; open value struct). */
typedef struct {
    uint64_t lines;       /* of clients */
    uint64_t malformed;   /* lines answered here */
    uint64_t received;    /* bytes from clients */
    uint64_t sent;        /* bytes to clients, given to the kernel or to libuv */
    uint64_t slow;        /* times that a client was not read from until it had read its answers */
    uint64_t turned_away; /* clients beyond max_connections */
    uint64_t given_up;    /* clients whose connection ended before all was answered */
} session_counters_t;

/* What the sessions of one front-end share (open struct, the front-end's). */
typedef struct {
    uv_loop_t *loop;
    const config_t *config;
    log_t *log;
    sessions_t *table;
    char *read_buffer;       /* LIMIT_READ_SIZE bytes, used within one read */
    list_link_t unasked;     /* sessions with requests that the node is to be asked */
    list_link_t unwritten;   /* sessions with output, or whose output was just written */
    list_link_t active;      /* sessions that hold memory, wait for the node or have a deadline */
    int64_t last_receipt_ns; /* POSIX time given to the newest request; the next gets a later one */
    size_t memory;           /* bytes that all sessions hold for their clients */
    size_t
        given_back; /* bytes that idle ones let go of, since malloc was asked to let go of them too */
    size_t handles;  /* sessions not yet freed, closing ones too */
    uint64_t opened; /* connections since the start */
    session_counters_t counters;
    bool stopping;                  /* the front-end ends: nothing more is read */
    void (*closed)(void *argument); /* called when a connection was closed */
    void *argument;                 /* for `closed` */
} session_shared_t;

/* Makes a session of the connected, non-blocking socket `file`, which it takes (also where it fails), and begins to read. `address`:
 * the client's. STATUS_FULL: as many connections as allowed. STATUS_SYSTEM: the socket is unusable. */
status_t session_open(session_shared_t *shared, int file,
                      const struct sockaddr *address) STATUS_MUST_USE;

/* Its number on the request link. */
uint64_t session_number(const session_t *self);

/* The session that stands in shared->unasked, ->unwritten or ->active by this link. */
session_t *session_of_unasked(list_link_t *link);
session_t *session_of_unwritten(list_link_t *link);
session_t *session_of_active(list_link_t *link);

/* Next request to ask the node; false where there is none, then it reads on. */
bool session_ask(session_t *self, pipeline_request_t *ret_request);

/* The node has forgotten us: what was asked and not answered is to be asked again. */
void session_ask_again(session_t *self);

/* The node's reply to request `sequence`; one that was not asked or has its reply is ignored. */
void session_answer(session_t *self, uint64_t sequence, text_t reply);

/* Writes what there is to write; when all is written, does what was waiting for that: reads on, or closes. */
void session_flush(session_t *self);

/* To be called every 100 ms or so while it is in shared->active: ends what is overdue, gives memory back.
 * May close the session. */
void session_tick(session_t *self);

/* Reads no more, answers what is under way, closes. */
void session_stop(session_t *self);

/* Closes at once. */
void session_close(session_t *self);

#endif
