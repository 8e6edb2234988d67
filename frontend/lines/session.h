/* session.h - one client connection: bytes in, lines, requests, replies in their order, bytes out.
 *
 * Owner: itself, from session_open until it has called shared->closed. Threads: the reactor's.
 * A session never talks to the node. It puts itself on the lists that all sessions share; from
 * these the front-end gives turns (`waiting`), takes requests (`unasked`), writes output
 * (`unwritten`) and checks times (`active`).
 */
#ifndef HERD_FRONTEND_LINES_SESSION_H
#define HERD_FRONTEND_LINES_SESSION_H

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

/* What the sessions of one front-end share (open struct, the front-end's). */
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
    bool stopping;                  /* the front-end ends: each session does so when it is quiet */
    uint64_t finish_ms;             /* [stopping] steady time at which all end */
    void (*closed)(void *argument); /* called when a connection was closed */
    void *argument;                 /* for `closed` */
} session_shared_t;

/* Disconnects the client that has been idle longest, so that a new one has room: one without a line
 * for LIMIT_NEWCOMER_IDLE_MS, or else any for LIMIT_IDLE_MS. False if there is none. */
bool session_make_room(session_shared_t *shared);

/* Disconnects clients that have been idle for `idle_timeout`, if that is set. */
void session_end_idle(session_shared_t *shared);

/* Takes `file`, a connected, non-blocking socket, even if it fails; makes a session of it and
 * begins to read. `address` is the client's. STATUS_FULL: the table of sessions is full.
 * STATUS_SYSTEM: the socket is unusable. */
status_t session_open(session_shared_t *shared, int file,
                      const struct sockaddr *address) STATUS_MUST_USE;

/* Its number on the request link. */
uint64_t session_number(const session_t *self);

/* The session that a link of shared->waiting, ->unasked, ->unwritten or ->active belongs to. */
session_t *session_of_waiting(list_link_t *link);
session_t *session_of_unasked(list_link_t *link);
session_t *session_of_unwritten(list_link_t *link);
session_t *session_of_active(list_link_t *link);

/* Its turn, taken out of shared->waiting: takes some of the lines that it has read, at most what
 * LIMIT_TURN_COST allows, and goes back to the end of the list if more are left. */
void session_take_turn(session_t *self);

/* Takes the next request for the node; false if there is none, and then the session reads on. */
bool session_ask(session_t *self, pipeline_request_t *ret_request);

/* The node has forgotten us: asks again what was asked and not answered. */
void session_ask_again(session_t *self);

/* Takes the node's reply to request `sequence`; ignores one that was not asked or has its reply. */
void session_answer(session_t *self, uint64_t sequence, text_t reply);

/* Writes the output; once all of it is written, does what waited for that: reads on, or closes. */
void session_flush(session_t *self);

/* Call this about every 100 ms while the session is in shared->active: gives back idle memory, ends
 * a session that is overdue. May close it. */
void session_tick(session_t *self);

/* Answers what is under way and what still comes, and closes when nothing has come for a while, or
 * at shared->finish_ms. Set shared->stopping before. */
void session_stop(session_t *self);

/* Closes at once. */
void session_close(session_t *self);

#endif
