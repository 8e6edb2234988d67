/* session.h - one connection of HTTP: bytes in, requests, answers in their order, bytes out.
 *
 * Owner: itself, from session_open until it has called shared->closed. Threads: the reactor's.
 * A session never talks to the node, and knows no paths: each whole request goes to
 * `handle` of session_program_t, which answers it (session_reply) or has the node asked
 * (session_ask_node). It puts itself on the lists that all sessions share, as those of
 * frontend/lines do.
 */
#ifndef HERD_FRONTEND_WEB_SESSION_H
#define HERD_FRONTEND_WEB_SESSION_H

#include "frontend/clients/session_shared.h"
#include "frontend/web/exchanges.h"
#include "frontend/web/http/http_answer.h"
#include "frontend/web/http/http_head.h"

#include <stdbool.h>

/* What these sessions share beside that (open struct): `program` of session_shared_t. */
typedef struct {
    int64_t date_s; /* of `date` */
    char date[HTTP_ANSWER_DATE_SIZE];
    /* A whole request: to be answered, or asked of the node. `head` and `body` are borrowed. */
    void (*handle)(void *argument, session_t *session, const http_head_t *head, text_t body);
    /* The node has replied to one: to be answered. */
    void (*replied)(void *argument, const exchange_t *exchange, text_t reply,
                    http_answer_t *ret_answer);
    /* An answer was given: of what route, after so many ms. */
    void (*counted)(void *argument, uint8_t route, http_status_t status, uint64_t took_ms);
    /* A session that streams can take more; it is gone. */
    void (*drained)(void *argument, uint32_t stream);
    void (*cut)(void *argument, uint32_t stream);
    void *argument; /* for all of these */
} session_program_t;

/* As those of frontend/lines/session.h. session_answer turns the node's reply into an answer. */
bool session_make_room(session_shared_t *shared);
void session_end_idle(session_shared_t *shared);
status_t session_open(session_shared_t *shared, int file,
                      const struct sockaddr *address) STATUS_MUST_USE;
uint64_t session_number(const session_t *self);
session_t *session_of_waiting(list_link_t *link);
session_t *session_of_unasked(list_link_t *link);
session_t *session_of_unwritten(list_link_t *link);
session_t *session_of_active(list_link_t *link);
void session_take_turn(session_t *self);
bool session_ask(session_t *self, pipeline_request_t *ret_request);
void session_ask_again(session_t *self);
void session_answer(session_t *self, uint64_t sequence, text_t reply);
void session_flush(session_t *self);
void session_tick(session_t *self);
void session_stop(session_t *self);
void session_close(session_t *self);

/* Within `handle`: what is being answered belongs to this route, a number of the handler's. */
void session_set_route(session_t *self, uint8_t route);

/* Within `handle`: the answer. It leaves when those before it have left. */
void session_reply(session_t *self, const http_answer_t *answer);

/* The same with a problem as its content (RFC 9457). `fields` as in http_answer_t. */
void session_reply_problem(session_t *self, http_status_t status, const char *detail,
                           const char *fields);

/* Within `handle`: answers with a head whose content follows for as long as the connection lasts,
 * `first` at once. No more requests of it are taken. */
void session_stream(session_t *self, uint32_t stream, const http_answer_t *answer, text_t first);

/* Whether all that was written of a stream has left, so that more may be. */
bool session_stream_takes(const session_t *self);

/* Writes more of it. */
void session_stream_write(session_t *self, text_t content);

/* Within `handle`: has the node asked with that line of at most LIMIT_LINE_SIZE bytes. `fresh`: of
 * a PUT, the client is not known yet. */
void session_ask_node(session_t *self, exchange_kind_t kind, text_t line, bool fresh);

#endif
