/* api.h - what is answered: paths and methods of docs/web-api.md.
 *
 * Owner: the program. Threads: the reactor's.
 * A handler answers the request that it is given before it returns (web_session_reply), or has the
 * node asked (web_session_ask_node) and turns the reply into an answer then.
 */
#ifndef HERD_FRONTEND_WEB_API_H
#define HERD_FRONTEND_WEB_API_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "frontend/web/listings.h"
#include "frontend/web/mirror.h"
#include "frontend/web/names.h"
#include "frontend/web/pushes.h"
#include "frontend/web/roster.h"
#include "frontend/web/watches.h"
#include "frontend/web/web_figures.h"
#include "frontend/web/web_session.h"

/* Open struct, the program's. */
typedef struct {
    const config_t *config;
    const config_member_t *member;
    const session_shared_t *shared;
    int64_t started_ns; /* POSIX time */
    web_figures_t figures;
    buffer_t id;          /* the ID of the request that is handled */
    buffer_t line;        /* the line for the node */
    buffer_t content;     /* of the answer */
    mirror_t *mirror;     /* borrowed; the program's */
    watches_t *watches;   /* likewise */
    roster_t *roster;     /* likewise */
    listings_t *listings; /* likewise */
    names_t *names;       /* likewise */
    pushes_t *pushes;     /* likewise */
    near_hit_t *hits;     /* of one search */
    near_point_t *points; /* of one page */
} api_t;

/* Borrows the rest until api_done. */
void api_init(api_t *self, const config_t *config, const config_member_t *member,
              const session_shared_t *shared);

void api_done(api_t *self);

/* As web_session_program_t has them; the argument is the api. */
bool api_streams(const http_head_t *head);
void api_handle(void *argument, session_t *session, const http_head_t *head, text_t body);
void api_replied(void *argument, const exchange_t *exchange, text_t reply,
                 http_answer_t *ret_answer);
void api_received(void *argument, session_t *session, uint32_t stream, text_t text);
void api_counted(void *argument, uint8_t route, http_status_t status, uint64_t took_ms);

#endif
