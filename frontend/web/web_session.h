/* web_session.h - a connection that speaks HTTP: requests in, answers in their order out.
 *
 * Owner and threads: as frontend/clients/session.h says, which has all that any session can do.
 * A session knows no paths: each whole request goes to `handle` of web_session_program_t, which
 * answers it (web_session_reply) or has the node asked (web_session_ask_node).
 */
#ifndef HERD_FRONTEND_WEB_WEB_SESSION_H
#define HERD_FRONTEND_WEB_WEB_SESSION_H

#include "frontend/clients/session.h"
#include "frontend/web/exchanges.h"
#include "frontend/web/http/http_answer.h"
#include "frontend/web/http/http_head.h"
#include "frontend/web/websocket/websocket_writer.h"

#include <stdbool.h>

/* What these sessions share beside that (open struct): `program` of session_shared_t. */
typedef struct {
    int64_t date_s;   /* of `date` */
    uint64_t date_ms; /* of the loop, when the clock was read for it last */
    char date[HTTP_ANSWER_DATE_SIZE];
    /* A whole request: to be answered, or asked of the node. `head` and `body` are borrowed. */
    void (*handle)(void *argument, session_t *session, const http_head_t *head, text_t body);
    /* Whether the answer to such a request may be a stream. */
    bool (*streams)(const http_head_t *head);
    /* The node has replied to one: to be answered. */
    void (*replied)(void *argument, const exchange_t *exchange, text_t reply,
                    http_answer_t *ret_answer);
    /* An answer was given: of what route, after so many ms. */
    void (*counted)(void *argument, uint8_t route, http_status_t status, uint64_t took_ms);
    /* A WebSocket sent a message, which is borrowed; `stream` as it was given. */
    void (*received)(void *argument, session_t *session, uint32_t stream, text_t message);
    /* A session that streams can take more; it is gone. */
    void (*drained)(void *argument, uint32_t stream);
    void (*cut)(void *argument, uint32_t stream);
    void *argument;             /* for all of these */
    websocket_writer_t *writer; /* borrowed */
    size_t sockets;             /* WebSockets that are open */
} web_session_program_t;

extern const session_kind_t web_session_kind;

/* Within `handle`: what is being answered belongs to this route, a number of the handler's. */
void web_session_set_route(session_t *base, uint8_t route);

/* Within `handle`: the answer. It leaves when those before it have left. */
void web_session_reply(session_t *base, const http_answer_t *answer);

/* The same with a problem as its content (RFC 9457). `fields` as in http_answer_t. */
void web_session_reply_problem(session_t *base, http_status_t status, const char *detail,
                               const char *fields);

/* Within `handle`: answers with a head whose content follows for as long as the connection lasts,
 * `first` at once. No more requests of it are taken. If earlier ones are still under way, because
 * it did not wait for them (`streams`), the connection ends, which cuts the stream before this
 * returns. */
void web_session_stream(session_t *base, uint32_t stream, const http_answer_t *answer,
                        text_t first);

/* A stream of a WebSocket that has none yet: it has to send a message within
 * LIMIT_HTTP_ARRIVAL_MS, and gets a number with web_session_set_stream then. */
#define WEB_SESSION_NO_STREAM UINT32_MAX

/* Within `handle`: the connection becomes a WebSocket; `accept` answers its key (handshake.h). From
 * here on it is a stream, of whole frames, that may send messages, and that takes many events in a
 * message if it is `in_batches`; else as web_session_stream. */
void web_session_upgrade(session_t *base, uint32_t stream, const char *accept, bool in_batches);

/* [WebSocket] What it watches from now on. */
void web_session_set_stream(session_t *base, uint32_t stream);

bool web_session_is_socket(const session_t *base);

/* Whether it is a WebSocket that takes many events in a message. */
bool web_session_takes_batches(const session_t *base);

/* WebSockets that are open. */
size_t web_session_sockets(const session_shared_t *shared);

/* [WebSocket] Once a second or so: disconnects who does not answer, and, if it `asks`, asks by a
 * ping whether who is silent is there. */
void web_session_beat(session_t *base, bool asks);

/* [WebSocket] Ends it with a close frame, if it has not ended. `reason` is cut to 123 bytes. */
void web_session_end_socket(session_t *base, uint16_t code, const char *reason);

/* Whether all that was written of a stream has left, so that more may be. */
bool web_session_stream_takes(const session_t *base);

/* Writes more of it. */
void web_session_stream_write(session_t *base, text_t content);

/* Within `handle`: has the node asked with that line of at most LIMIT_LINE_SIZE bytes. `fresh`: of
 * a PUT, the client is not known yet. */
void web_session_ask_node(session_t *base, exchange_kind_t kind, text_t line, bool fresh);

#endif
