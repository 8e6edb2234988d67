/* web_session_parts.h - what the files of a session of HTTP share: web_session.c (bytes to
 * requests), web_session_answers.c (answers in their order), web_session_socket.c (what remains of
 * it as a WebSocket) and web_session_times.c (what becomes due).
 *
 * Owner: web_session.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_WEB_SESSION_PARTS_H
#define HERD_FRONTEND_WEB_WEB_SESSION_PARTS_H

#include "frontend/web/http/http_body.h"
#include "frontend/web/web_session.h"
#include "frontend/web/websocket/websocket_reader.h"

/* A request that is coming in; but for `kept`, all zeros: none of it is there. */
typedef struct {
    buffer_t kept; /* what was read of requests that are not whole, or have to wait */
    http_scan_t scan;
    size_t head_size; /* bytes; 0: the head has not ended */
    http_body_t body;
    size_t body_size;    /* bytes behind the head that are the body */
    uint64_t since_ms;   /* steady time of the first bytes; 0: none are there */
    bool wants_continue; /* it waits for "100 Continue" */
} web_incoming_t;

/* What a connection has beside that has become a WebSocket. */
typedef struct {
    websocket_reader_t *reader; /* NULL: no frame and no message has begun */
    uint64_t heard_ms;          /* steady time of its last sign of life */
    uint64_t since_ms;          /* steady time since when a message is awaited; 0: none is */
    bool asked;                 /* a ping was sent since it was heard */
    bool in_batches;            /* it takes many events in a message */
} web_socket_t;

/* An idle one is little more than its connection (docs/performance.md, An idle stream). */
typedef struct {
    session_t base;
    web_incoming_t *incoming; /* NULL: nothing of a request, and none is awaited any more */
    exchanges_t exchanges;    /* requests under way */
    exchange_manner_t manner; /* of the request that is being handled */
    bool waits;               /* the next one is a stream: it waits for those under way */
    uint32_t stream;          /* [base.streams] its number, the program's */
    web_socket_t *socket;     /* NULL: it speaks HTTP */
} web_session_t;

static inline web_session_t *web_session_of(session_t *base)
{
    return (web_session_t *)base;
}

/* Bytes that were kept of requests. */
static inline size_t web_session_kept(const web_session_t *self)
{
    return self->incoming != NULL ? self->incoming->kept.size : 0;
}

/* Steady time since when a request is coming in; 0: none is. */
static inline uint64_t web_session_since_ms(const web_session_t *self)
{
    return self->incoming != NULL ? self->incoming->since_ms : 0;
}

static inline web_session_program_t *web_session_program(const session_shared_t *shared)
{
    return shared->program;
}

/* Bytes that the client has yet to read. */
static inline size_t web_session_load(const web_session_t *self)
{
    return output_size(&self->base.output) + exchanges_memory(&self->exchanges);
}

/* `tick`, `ask`, `ask_again` and `answer` of its kind. */
void web_session_tick(session_t *base);
bool web_session_ask(session_t *base, pipeline_request_t *ret_request);
void web_session_ask_again(session_t *base);
void web_session_answer(session_t *base, uint64_t sequence, text_t reply);

/* Answers with a problem in the turn of the request that is coming in, and takes no more. */
void web_session_refuse(web_session_t *self, http_status_t status, const char *detail);

/* What a WebSocket sent; its reader has let go of the bytes. */
void web_session_socket_take(web_session_t *self, text_t bytes);

/* Of a tick: has it end if its time is over, or the program's. `reads`: it has read of the output
 * since the last one. */
void web_session_socket_tick(web_session_t *self, bool reads);

/* Frees its reader; all of it; the bytes that it takes. */
void web_session_socket_drop(web_session_t *self);
void web_session_socket_done(web_session_t *self);
size_t web_session_socket_memory(const web_session_t *self);

/* Answers the oldest exchange with a problem, in the node's place. */
void web_session_answer_late(web_session_t *self);

#endif
