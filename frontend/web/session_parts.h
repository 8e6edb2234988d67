/* session_parts.h - what the files of a session share: session.c (bytes to requests, and answers to
 * bytes), session_answers.c (answers in their order) and session_times.c (what becomes due).
 *
 * session_parts.c has what these need of each other. Owner: session.c. Threads: the reactor's. Not
 * for other modules.
 */
#ifndef HERD_FRONTEND_WEB_SESSION_PARTS_H
#define HERD_FRONTEND_WEB_SESSION_PARTS_H

#include "frontend/clients/output.h"
#include "frontend/clients/traffic_share.h"
#include "frontend/web/http/http_body.h"
#include "frontend/web/session.h"

/* The time for a client to close while the program stops, which may take two seconds in all. */
enum { SESSION_STOP_LINGER_MS = 200 };

typedef enum {
    /* Reads and answers. */
    SESSION_OPEN,
    /* The client has half-closed: answers what is under way, then closes. */
    SESSION_INPUT_ENDED,
    /* We take no more requests: answers what is under way, then half-closes. */
    SESSION_FINISHING,
    /* We have half-closed: throws input away until the client closes, or until the deadline. To
     * close earlier would send an RST, which destroys answers on their way. */
    SESSION_DISCARDING,
    /* Waits for libuv to let go. */
    SESSION_CLOSING,
} session_state_t;

/* A request that is coming in; all zeros: none of it is there. */
typedef struct {
    http_scan_t scan;
    size_t head_size; /* bytes; 0: the head has not ended */
    http_body_t body;
    size_t body_size;    /* bytes behind the head that are the body */
    uint64_t since_ms;   /* steady time of the first bytes; 0: none are there */
    bool wants_continue; /* it waits for "100 Continue" */
} session_incoming_t;

struct session {
    uv_tcp_t tcp;
    session_shared_t *shared;
    uint64_t number; /* in shared->table */
    buffer_t kept;   /* what was read of requests that are not whole, or have to wait */
    session_incoming_t incoming;
    exchanges_t exchanges;    /* requests under way */
    exchange_manner_t manner; /* of the request that is being handled */
    output_t output;          /* answers */
    list_link_t waiting;      /* in shared->waiting */
    list_link_t unasked;      /* in shared->unasked */
    list_link_t unwritten;    /* in shared->unwritten */
    list_link_t active;       /* in shared->active */
    list_link_t order;        /* in shared->newcomers or ->idle */
    uint64_t moved_ms;        /* steady time of its last move, or of its beginning: idle since */
    uint64_t address;         /* what it counts as in shared->addresses */
    size_t unread;            /* bytes of output on their way at the last tick */
    uint64_t deadline_ms;     /* [DISCARDING] steady time of the end */
    uint32_t stream;          /* [streams] its number, the program's */
    size_t footprint;         /* bytes, its part of shared->memory */
    traffic_share_t traffic;
    session_state_t state : 8;
    bool reading : 1; /* libuv reads */
    bool put_off : 1; /* bytes wait for the next turn, or until output has left */
    bool streams : 1; /* it has had the head of an answer without an end */
    bool spoke : 1;   /* has sent a whole request */
    bool touched : 1; /* used since the last tick */
    char peer[];      /* e.g. "127.0.0.1:40112#7" */
};

static inline session_program_t *session_program(const session_shared_t *shared)
{
    return shared->program;
}

/* Brings the sum of all memory up to date; marks the session as used and lets the tick see it. */
void session_account(session_t *self);

/* The client has sent a request, or read of its answers: it is not idle. */
void session_note_move(session_t *self);

/* The end: from here on its number names no client. */
void session_close_because(session_t *self, const char *reason);

/* Takes no more requests; what is under way is still answered. */
void session_finish(session_t *self);

/* Answers with a problem in the turn of the request that is coming in, and takes no more. */
void session_refuse(session_t *self, http_status_t status, const char *detail);

/* Answers the oldest exchange with a problem, in the node's place. */
void session_answer_late(session_t *self);

/* libuv reads no more for now. */
void session_stop_reading(session_t *self);

/* Whether all clients together hold more than they may. */
bool session_is_crowded(const session_shared_t *shared);

/* Bytes that the client has yet to read, and the most that it may have. */
size_t session_load(const session_t *self);
size_t session_load_cap(const session_t *self);

/* Moves answers that are ready to the output, and goes on if they leave room. */
void session_advance(session_t *self);

#endif
