/* session.h - one connection of a client, whatever it speaks: bytes in and out, when it is idle,
 * and its end.
 *
 * Owner: itself, from session_open until it has called shared->closed. Threads: the reactor's.
 * A session never talks to the node. It puts itself on the lists that all sessions share; from
 * these the program (serving.h) gives turns (`waiting`), takes requests (`unasked`), writes output
 * (`unwritten`) and checks times (`active`). What the bytes mean, and what is under way, is a
 * matter of its kind: a struct that begins with session_t, and a session_kind_t.
 */
#ifndef HERD_FRONTEND_CLIENTS_SESSION_H
#define HERD_FRONTEND_CLIENTS_SESSION_H

#include "common/base/limits.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "frontend/clients/addresses.h"
#include "frontend/clients/comings.h"
#include "frontend/clients/figures.h"
#include "frontend/clients/list.h"
#include "frontend/clients/output.h"
#include "frontend/clients/sessions.h"
#include "frontend/clients/traffic_share.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

typedef struct session_kind session_kind_t;

/* What the sessions of one program share (open struct, the program's). */
typedef struct {
    const session_kind_t *kind; /* of all of them */
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

/* How long a session waits for its client to close while the program stops, which may take two
 * seconds in all. */
enum { SESSION_STOP_LINGER_MS = 200 };

typedef enum {
    /* Reads and answers. */
    SESSION_OPEN,
    /* The client has half-closed: answers what is under way, then closes. */
    SESSION_INPUT_ENDED,
    /* We take no more input: answers what is under way, then half-closes. */
    SESSION_FINISHING,
    /* We have half-closed: throws input away until the client closes, or until the deadline. To
     * close earlier would send an RST, which destroys answers on their way. */
    SESSION_DISCARDING,
    /* Waits for libuv to let go. */
    SESSION_CLOSING,
} session_state_t;

/* What all kinds have in common (open struct: the beginning of each kind's own, which its files may
 * use; its peer's name, e.g. "127.0.0.1:40112#7", stands behind that). */
struct session {
    uv_tcp_t tcp;
    session_shared_t *shared;
    uint64_t number;       /* in shared->table */
    output_t output;       /* answers */
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
    traffic_share_t traffic;
    session_state_t state : 8;
    bool reading : 1; /* libuv reads */
    bool put_off : 1; /* input waits for the next turn, or until output has left */
    bool streams : 1; /* has begun an answer without an end */
    bool spoke : 1;   /* has sent a whole request */
    bool touched : 1; /* used since the last tick */
};

/* A kind of session (open value struct). All are called with sessions of this kind; `begin` to
 * `end` by this module, the others by the program, through the functions below. */
struct session_kind {
    size_t size;        /* bytes of its struct */
    const char *silent; /* for the log, of a client that never spoke: " without a line" */
    /* Makes its own fields, of zeros; allocates nothing. NULL: they stay zeros. */
    void (*begin)(session_t *self);
    /* Takes bytes of an open session, which it may change; 0: the client has half-closed. */
    void (*read)(session_t *self, char *bytes, size_t size);
    /* Whether the next read is to be a short one. */
    bool (*reads_little)(const session_t *self);
    /* All output of an open session has left. */
    void (*go_on)(session_t *self);
    /* Whether requests are under way. */
    bool (*is_busy)(const session_t *self);
    /* Bytes that it holds beside its output. */
    size_t (*footprint)(const session_t *self);
    /* Frees buffers without content. */
    void (*trim)(session_t *self);
    /* Forgets its input: no more will be taken. */
    void (*drop_input)(session_t *self);
    /* The connection is closed: frees all that it holds. */
    void (*end)(session_t *self);
    bool (*ask)(session_t *self, pipeline_request_t *ret_request);
    void (*ask_again)(session_t *self);
    void (*answer)(session_t *self, uint64_t sequence, text_t reply);
    void (*take_turn)(session_t *self);
    void (*tick)(session_t *self);
};

/* ---- for the program ---- */

/* Disconnects the client that has been idle longest, so that a new one has room: one without a
 * request for LIMIT_NEWCOMER_IDLE_MS, or else any for LIMIT_IDLE_MS. False if there is none. */
bool session_make_room(session_shared_t *shared);

/* Disconnects clients that have been idle for `idle_timeout`, if that is set. */
void session_end_idle(session_shared_t *shared);

/* Takes `file`, a connected, non-blocking socket, even if it fails; makes a session of shared->kind
 * of it and begins to read. `address` is the client's. STATUS_FULL: the table of sessions is full.
 * STATUS_SYSTEM: the socket is unusable. */
status_t session_open(session_shared_t *shared, int file,
                      const struct sockaddr *address) STATUS_MUST_USE;

/* Its number on the request link. */
static inline uint64_t session_number(const session_t *self)
{
    return self->number;
}

/* The session that a link of shared->waiting, ->unasked, ->unwritten or ->active belongs to. */
static inline session_t *session_of_waiting(list_link_t *link)
{
    return LIST_OWNER(link, session_t, waiting);
}

static inline session_t *session_of_unasked(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unasked);
}

static inline session_t *session_of_unwritten(list_link_t *link)
{
    return LIST_OWNER(link, session_t, unwritten);
}

static inline session_t *session_of_active(list_link_t *link)
{
    return LIST_OWNER(link, session_t, active);
}

/* Its turn, taken out of shared->waiting: takes some of what it has read, at most what its kind
 * allows, and goes back to the end of the list if more is left. */
static inline void session_take_turn(session_t *self)
{
    self->shared->kind->take_turn(self);
}

/* Takes the next request for the node; false if there is none, and then the session reads on. */
static inline bool session_ask(session_t *self, pipeline_request_t *ret_request)
{
    return self->shared->kind->ask(self, ret_request);
}

/* The node has forgotten us: asks again what was asked and not answered. */
static inline void session_ask_again(session_t *self)
{
    self->shared->kind->ask_again(self);
}

/* Takes the node's reply to request `sequence`; ignores one that was not asked or has its reply. */
static inline void session_answer(session_t *self, uint64_t sequence, text_t reply)
{
    self->shared->kind->answer(self, sequence, reply);
}

/* Call this about every 100 ms while the session is in shared->active: gives back idle memory, ends
 * a session that is overdue. May close it. */
static inline void session_tick(session_t *self)
{
    self->shared->kind->tick(self);
}

/* Writes the output; once all of it is written, does what waited for that: reads on, or closes. */
void session_flush(session_t *self);

/* Answers what is under way and what still comes, and closes when nothing has come for a while, or
 * at shared->finish_ms. Set shared->stopping before. */
void session_stop(session_t *self);

/* Closes at once. */
void session_close(session_t *self);

/* ---- for the kinds ---- */

static inline const char *session_peer(const session_t *self)
{
    return (const char *)self + self->shared->kind->size;
}

/* Whose traffic is logged by `traffic`, and where. */
static inline traffic_of_t session_traffic(const session_t *self)
{
    return (traffic_of_t){.log = self->shared->log,
                          .peer = session_peer(self),
                          .cut = &self->shared->figures.traffic_cut};
}

/* The end: from here on its number names no client. */
void session_close_because(session_t *self, const char *reason);

/* Takes no more input; what is under way is still answered. */
void session_finish(session_t *self);

/* libuv reads on, and no more for now. */
void session_start_reading(session_t *self);
void session_stop_reading(session_t *self);

/* The client has sent a request, or read of its answers: it is not idle. No effect once it is
 * closing. */
void session_note_move(session_t *self);

/* The same as session_account with what session_kind_t's footprint says. */
static inline void session_account_size(session_t *self, size_t size)
{
    if (self->state != SESSION_CLOSING) {
        size += output_footprint(&self->output);
        self->shared->memory += size - self->footprint;
        self->footprint = size;
        self->touched = true;
        list_append(&self->shared->active, &self->active);
    }
}

/* Brings the sum of all memory up to date; marks the session as used and lets the tick see it. */
void session_account(session_t *self);

/* Whether all clients together hold more than they may. */
static inline bool session_is_crowded(const session_shared_t *shared)
{
    return shared->memory > (shared->memory_max > 0 ? shared->memory_max : LIMIT_CLIENTS_MEMORY);
}

/* When clients hold too much together, one with more than its share of `input`, bytes of an
 * unfinished `what` ("line"), has to go. */
void session_check_share(session_t *self, size_t input, const char *what);

/* The most bytes that the client may have yet to read. */
size_t session_load_cap(const session_t *self);

/* Of a tick: whether the client reads of its answers, slowly perhaps. */
void session_watch_reading(session_t *self);

/* [stopping] Of a tick: finishes if all is answered and no more has come for a while, or it is time
 * to end. */
void session_finish_if_quiet(session_t *self, uint64_t now_ms);

/* Of a tick: closes a session that has half-closed when its time is over. True: it has. */
bool session_end_if_overdue(session_t *self, uint64_t now_ms);

/* The end of a tick: an idle connection costs nothing but its struct. `waits`: it has to be looked
 * at again. */
void session_end_tick(session_t *self, bool waits);

#endif
