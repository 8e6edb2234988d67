/* operators.h - what a node answers to operators (herdctl): docs/bus-protocol.md, S1 to S6.
 *
 * Owner: the service, which embeds it. Threads: the reactor's. Free of sockets: a question comes
 * in, the body of its REPORT goes out. A RELOAD is only noted: it changes much of what an answer
 * stands on, so the node does it when the turn ends.
 */
#ifndef HERD_NODE_REQUESTS_OPERATORS_H
#define HERD_NODE_REQUESTS_OPERATORS_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/protocol/message.h"
#include "common/store/store.h"
#include "node/bus/herd_time.h"
#include "node/bus/neighbours.h"
#include "node/journal/keeper.h"
#include "node/places/actor.h"
#include "node/requests/followers.h"
#include "node/requests/frontends.h"
#include "node/requests/promises.h"
#include "node/requests/queries.h"
#include "node/requests/request.h"
#include "node/requests/request_log.h"
#include "node/requests/rises.h"
#include "node/security/guard.h"
#include "node/tap/tap.h"

#include <stdbool.h>
#include <stdint.h>

/* What the answers depend on (open value struct); all borrowed as long as it is used. */
typedef struct {
    const config_t *config; /* the settings in effect */
    const config_member_t *member;
    log_t *log;
    store_t *store;
    const neighbours_t *neighbours;
    const herd_time_t *herd_time;    /* NULL: nothing is said of clocks */
    const journal_keeper_t *journal; /* NULL: none */
    const places_actor_t *places;    /* NULL without a provider */
    const promises_t *promises;      /* NULL: no answer waits for neighbours */
    const queries_t *queries;
    const request_t *request;
    const request_log_t *request_log;
    frontends_t *frontends;
    const followers_t *followers; /* NULL: nothing is said of any */
    const tap_t *tap;             /* NULL: there is none */
    const guard_t *guard;         /* NULL: no one is turned away */
    int64_t started_ns;           /* POSIX time */
} operators_context_t;

/* Who waits for the REPORT of a RELOAD. */
typedef struct {
    bool wanted;
    char peer[FRONTENDS_ROUTING_ID_SIZE]; /* routing id */
    size_t peer_size;                     /* bytes */
    char header[LIMIT_HEADER_SIZE];       /* of the RELOAD, and so of its REPORT */
    size_t header_size;                   /* bytes */
} operators_reload_t;

/* Open only to be embedded. */
typedef struct {
    operators_context_t context;
    bool digest_asked; /* the last report had no digest: it is to be computed */
    operators_reload_t reload;
    bool reload_refused; /* the last reload took nothing of the herd file */
    rises_t rises;
} operators_t;

/* A question (open value struct); all borrowed for the call. */
typedef struct {
    const message_t *message;
    const char *by; /* who asks, for the log (sender.h) */
    int64_t now_ns; /* POSIX time */
    int64_t steady_ns;
} operators_question_t;

/* Does what a question asks for, except RELOAD, and writes the body of its REPORT to `out`, which
 * is empty. False, with nothing done, if its body is malformed (M3); `*ret_problem` then names the
 * problem, a constant. What it changes is logged, with who asked for it. */
bool operators_answer(operators_t *self, const operators_question_t *asked, buffer_t *out,
                      const char **ret_problem);

/* Notes and logs a RELOAD of `peer`, a routing id. There must not be one already. */
void operators_note_reload(operators_t *self, text_t peer, const operators_question_t *asked);

/* Whether a RELOAD was noted. */
static inline bool operators_want_reload(const operators_t *self)
{
    return self->reload.wanted;
}

/* Forgets the noted RELOAD; returns whom its REPORT is for, and the header, borrowed until the next
 * one is noted. */
text_t operators_end_reload(operators_t *self, text_t *ret_header);

/* What a reload came to (open value struct). */
typedef struct {
    bool refused;      /* nothing of the herd file was taken */
    bool keys_changed; /* keys came or went: those that were refused before are dealt with */
    int64_t now_ns;    /* POSIX time */
} operators_reload_end_t;

/* Notes it, whoever asked for it, for the reports until the next one. */
void operators_note_reload_end(operators_t *self, const operators_reload_end_t *end);

/* Notes which counts have risen. Call it several times a second. */
void operators_note_rises(operators_t *self, int64_t now_ns);

/* Whether an operator waits for the digest. */
bool operators_want_digest(operators_t *self);

#endif
