/* session_parts.h - what the files of a session share: session.c (bytes to lines to requests, and
 * replies to bytes) and session_times.c (what becomes due: idle clients, late answers, the end).
 *
 * Owner: session.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_LINES_SESSION_PARTS_H
#define HERD_FRONTEND_LINES_SESSION_PARTS_H

#include "frontend/clients/output.h"
#include "frontend/clients/traffic_share.h"
#include "frontend/lines/foreign.h"
#include "frontend/lines/lines.h"
#include "frontend/lines/session.h"

/* The same as LINGER_MS while the front-end stops, which may take two seconds in all. */
enum { SESSION_STOP_LINGER_MS = 200 };

typedef enum {
    /* Reads and answers. */
    SESSION_OPEN,
    /* The client has half-closed: answers what is under way, then closes. */
    SESSION_INPUT_ENDED,
    /* We take no more lines: answers what is under way, then half-closes. */
    SESSION_FINISHING,
    /* We have half-closed: throws input away until the client closes, or until the deadline. To
     * close earlier would send an RST, which destroys replies on their way. */
    SESSION_DISCARDING,
    /* Waits for libuv to let go. */
    SESSION_CLOSING,
} session_state_t;

struct session {
    uv_tcp_t tcp;
    session_shared_t *shared;
    uint64_t number;       /* in shared->table */
    lines_t lines;         /* input */
    pipeline_t pipeline;   /* requests under way */
    output_t output;       /* replies */
    list_link_t waiting;   /* in shared->waiting */
    list_link_t unasked;   /* in shared->unasked */
    list_link_t unwritten; /* in shared->unwritten */
    list_link_t active;    /* in shared->active */
    list_link_t order;     /* in shared->newcomers or ->idle */
    uint64_t moved_ms;     /* steady time of its last move, or of its beginning: idle since */
    uint64_t address;      /* what it counts as in shared->addresses */
    size_t unread;         /* bytes of output on their way at the last tick */
    uint64_t deadline_ms;  /* [DISCARDING] steady time of the end */
    size_t footprint;      /* bytes, its part of shared->memory */
    size_t lookups;        /* its part of shared->lookups */
    traffic_share_t traffic;
    foreign_head_t head; /* what it began with */
    session_state_t state : 8;
    bool reading : 1;  /* libuv reads */
    bool put_off : 1;  /* lines wait for the next turn, or until output has left */
    bool crowding : 1; /* was read while requests were unasked: reads on when they are asked */
    bool held : 1;     /* a WHATSAT waits until fewer are under way */
    bool spoke : 1;    /* has sent a whole line */
    bool begun : 1;    /* has sent one that is not empty */
    bool touched : 1;  /* used since the last tick */
    char peer[];       /* e.g. "127.0.0.1:40112#7" */
};

/* Brings the sum of all memory up to date; marks the session as used and lets the tick see it. */
void session_account(session_t *self);

/* The client has sent a line, or read of its answers: it is not idle. */
void session_note_move(session_t *self);

/* The end: from here on its number names no client. */
void session_close_because(session_t *self, const char *reason);

/* Takes no more lines; what is under way is still answered. */
void session_finish(session_t *self);

/* Takes as lines what is held back because a proxy's head may come of it. */
void session_take_held(session_t *self);

/* Ends the connection with the replies that are there: drops the oldest request without a reply and
 * all behind it. */
void session_give_up(session_t *self, const char *reason);

#endif
