/* api_parts.h - what the files of the api share: api.c (paths to handlers) and one file for each
 * kind of answer. Owner: api.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_API_PARTS_H
#define HERD_FRONTEND_WEB_API_PARTS_H

#include "frontend/web/api.h"
#include "frontend/web/geo/feature.h"

#define API_GEOJSON "application/geo+json"

/* A request as handlers see it (open value struct); all is borrowed, and gone once it is answered.
 */
typedef struct {
    session_t *session;
    const http_head_t *head;
    text_t segment; /* what stands for {id} or {file} in the path, escapes not undone */
    text_t body;
} api_request_t;

/* Answers a request. */
typedef void api_handler_fn(api_t *self, const api_request_t *request);

api_handler_fn api_get_client;  /* GET /v1/clients/{id} */
api_handler_fn api_put_client;  /* PUT /v1/clients/{id} */
api_handler_fn api_get_near;    /* GET /v1/near */
api_handler_fn api_get_clients; /* GET /v1/clients */
api_handler_fn api_get_openapi; /* GET /v1/openapi.json */
api_handler_fn api_get_watch;   /* GET /v1/watch */
api_handler_fn api_get_places;  /* GET /v1/places */
api_handler_fn api_get_herd;    /* GET /v1/herd */
api_handler_fn api_get_metrics; /* GET /metrics */
api_handler_fn api_get_health;  /* GET /healthz */
api_handler_fn api_get_root;    /* GET / */
api_handler_fn api_get_page;    /* GET / and /app.js, ... for browsers */

/* Whether who asks for / takes a page. */
bool api_page_is_wanted(const api_request_t *request);

/* Whether an ID has white space: a line cannot carry such a one. */
bool api_id_has_space(text_t id);

/* Has the node asked with the line that was made, unless it is too long: then that was answered.
 * `self->id` is the client's ID. */
void api_ask(api_t *self, const api_request_t *request, exchange_kind_t kind, sheet_t *sheet);

/* What the node says of a client, as an answer; and of the same after a PUT. */
void api_answer_client(api_t *self, const exchange_t *exchange, text_t reply,
                       http_answer_t *ret_answer);

/* What the node says of places, as an answer. */
void api_answer_places(api_t *self, text_t reply, http_answer_t *ret_answer);

/* Whether the copy can be asked; if not, that was answered. */
bool api_copy_is_ready(const api_t *self, const api_request_t *request);

/* The most clients of one answer. */
enum { API_CLIENTS_MAX = 1000 };

/* Answers with a problem: a sentence. */
void api_refuse(const api_request_t *request, http_status_t status, const char *detail);

/* Puts a problem into an answer that is being made. */
void api_make_problem(api_t *self, http_status_t status, const char *detail,
                      http_answer_t *ret_answer);

#endif
