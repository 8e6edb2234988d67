/* watches.h - who watches which part of the earth, or which client, and is told by events
 * (server-sent events of the HTML standard, section 9.2).
 *
 * Owner: the program. Threads: the reactor's.
 * A watch is a view and a set of the clients that its reader was told of (common/watch/told.h).
 * Events are made when the reader can take them, of where clients are by then. One whose reader is
 * gone is kept for some minutes, so that who comes back with the ID of its last event hears what it
 * missed, once; later it also hears of clients that it never knew that they left (resume.h).
 */
#ifndef HERD_FRONTEND_WEB_WATCHES_H
#define HERD_FRONTEND_WEB_WATCHES_H

#include "frontend/web/mirror.h"
#include "frontend/web/web_session.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct watches watches_t;

/* What is watched (open value struct): an area, or one client. */
typedef struct {
    area_t area;
    text_t client; /* copied; empty: the area */
    size_t limit;  /* clients in view, at most */
} watches_view_t;

enum { WATCHES_MAX = 16384 }; /* all, with a reader or without */

/* What is counted (open value struct). */
typedef struct {
    size_t open;            /* watchers that are connected */
    size_t kept;            /* that may come back */
    size_t large;           /* of both, with room for more than 10,000 clients */
    uint64_t refused;       /* for want of room */
    uint64_t views_changed; /* by their readers */
    uint64_t events;        /* told */
} watches_figures_t;

/* Borrows loop, sessions, mirror and writer. Caller ends it with watches_stop, then
 * watches_destroy. */
watches_t *watches_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror,
                       websocket_writer_t *writer);

/* Closes what it has on the loop. */
void watches_stop(watches_t *self);

/* After the loop has ended. Clears the pointer; NULL is fine. */
void watches_destroy(watches_t **self_p);

/* A new watch for a session that will stream, or the one that `last_id` names, if its events can go
 * on. Returns its number; UINT32_MAX: there are as many as there may be. */
uint32_t watches_open(watches_t *self, uint64_t session, const watches_view_t *view,
                      text_t last_id);

/* As mirror_settings_t has it. */
void watches_changed(watches_t *self, uint32_t number, const mirror_place_t *was,
                     const mirror_place_t *is);

/* A client is going, with the next watches_changed of its number: its ID is kept for those who have
 * to hear of it, now or when they come back. */
void watches_departed(watches_t *self, uint32_t number, text_t client);

/* Tells what is due to those who can take it. */
void watches_turn(watches_t *self);

/* The reader of a watch, a WebSocket, has another view from now on: of several within
 * LIMIT_WEBSOCKET_VIEW_MS the newest counts. Where its limit is another one, the watch begins anew
 * (`reset`). Ends the WebSocket if there is no room. */
void watches_change_view(watches_t *self, uint32_t watch, const watches_view_t *view);

/* The limit of its newest view; 0: there is no such watch. */
size_t watches_limit(const watches_t *self, uint32_t watch);

/* The session of this watch can take more; it is gone. */
void watches_drained(watches_t *self, uint32_t watch);
void watches_cut(watches_t *self, uint32_t watch);

watches_figures_t watches_figures(const watches_t *self);

#endif
