/* api_parts.h - what the files of the api share: api.c (paths to handlers) and one file for each
 * kind of answer. Owner: api.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_API_PARTS_H
#define HERD_FRONTEND_WEB_API_PARTS_H

#include "frontend/web/api.h"
#include "frontend/web/geo/feature.h"
#include "frontend/web/handshake.h"
#include "frontend/web/query.h"

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
api_handler_fn api_get_names;   /* GET /v1/names */
api_handler_fn api_get_tiles;   /* GET /v1/tiles */
api_handler_fn api_get_metrics; /* GET /metrics */
api_handler_fn api_get_health;  /* GET /healthz */
api_handler_fn api_get_root;    /* GET / */
api_handler_fn api_get_page;    /* GET / and /app.js, ... for browsers */

api_handler_fn api_get_landing;     /* GET / for programs */
api_handler_fn api_get_conformance; /* GET /conformance */
api_handler_fn api_get_collections; /* GET /collections */
api_handler_fn api_get_collection;  /* GET /collections/clients */
api_handler_fn api_get_items;       /* GET /collections/clients/items */
api_handler_fn api_get_item;        /* GET /collections/clients/items/{id} */

api_handler_fn api_get_recorder_version;   /* GET and POST /api/0/version */
api_handler_fn api_get_recorder_list;      /* GET and POST /api/0/list */
api_handler_fn api_get_recorder_last;      /* GET and POST /api/0/last */
api_handler_fn api_get_recorder_locations; /* GET and POST /api/0/locations */
api_handler_fn api_get_recorder_socket;    /* GET /ws/last */

/* Whether the request is one for a WebSocket, and with what to answer its key (handshake.h); if
 * not, that was answered. */
bool api_takes_socket(const api_request_t *request, char ret_accept[HANDSHAKE_ACCEPT_SIZE]);

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

/* The ID that the path has, decoded, in `self->id`; false: it was refused. */
bool api_take_id(api_t *self, const api_request_t *request);

/* Reads the parameters, the client's ID into `self->id`; false: they were refused. */
bool api_take_query(api_t *self, const api_request_t *request, const query_bounds_t *bounds,
                    query_t *ret_query);

/* Whether the copy can be asked; if not, that was answered. */
bool api_copy_is_ready(const api_t *self, const api_request_t *request);

/* Answers with the content that the sheet has made of what the copy has, and says how old it is.
 */
void api_reply_copy(api_t *self, const api_request_t *request, const char *type, sheet_t *sheet);

/* Number and record of a client by its ID, or by what answers have in the place of one that is no
 * printable UTF-8 (quote.h). Borrows as copy_find. */
bool api_find_client(api_t *self, text_t id, uint32_t *ret_number, record_t *ret_record);

/* Appends the Feature of a client, behind a comma if it is not the first; false: it is not there
 * any more. `distance_m` as in feature_t. */
bool api_put_feature(api_t *self, uint32_t number, double distance_m, bool *first, sheet_t *sheet);

/* The most clients of one answer. */
enum { API_CLIENTS_MAX = 1000 };

/* Bytes of a collection, behind which it ends: IDs may be long. */
enum { API_TEXT_SIZE = 1 << 22 };

/* A walk through the clients in a box, a page at a time (open value struct; all zeros but the
 * cursor at first). */
typedef struct {
    near_cursor_t cursor;
    bool more;       /* there may be others behind this page */
    size_t returned; /* clients of the page */
    size_t looked;   /* clients whose records were read */
    size_t work;     /* spent of NEAR_BUDGET */
} api_walk_t;

/* Appends the Features of the next page: those in the box, the span of time and the heights of the
 * query, at most as many as its limit (1 .. API_CLIENTS_MAX). */
void api_walk(api_t *self, const query_t *query, api_walk_t *walk, sheet_t *sheet);

/* Counts the clients in the box behind the page; false: there are too many to be counted. */
bool api_count_rest(api_t *self, const query_t *query, const api_walk_t *walk, size_t *ret_count);

/* A cursor as the parameter `after`. */
bool api_read_cursor(text_t text, near_cursor_t *ret_cursor);
void api_put_cursor(const near_cursor_t *cursor, sheet_t *sheet);

/* Appends the query of a page, which has passed query_read, with that cursor as `after`. */
void api_put_next_query(const near_cursor_t *cursor, text_t query, sheet_t *sheet);

/* Begins the content of an answer, in `self->content`. */
sheet_t api_begin(api_t *self);

/* Ends it, and answers with it: `answer` has all but the content. */
void api_reply(api_t *self, const api_request_t *request, http_answer_t answer, sheet_t *sheet);

/* Answers with a problem: a sentence. */
void api_refuse(const api_request_t *request, http_status_t status, const char *detail);

/* Puts a problem into an answer that is being made. */
void api_make_problem(api_t *self, http_status_t status, const char *detail,
                      http_answer_t *ret_answer);

#endif
