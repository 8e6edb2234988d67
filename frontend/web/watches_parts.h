/* watches_parts.h - what the files of the watches share: watches.c (readers that come, take events,
 * are cut off and come back), watches_view.c (who is in a view) and watches_events.c (events as
 * readers get them).
 *
 * Owner: watches.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_WATCHES_PARTS_H
#define HERD_FRONTEND_WEB_WATCHES_PARTS_H

#include "common/watch/told.h"
#include "common/watch/views.h"
#include "frontend/web/watches.h"

enum {
    WATCHES_MAX = 16384,      /* all */
    WATCHES_SCAN_SIZE = 1024, /* clients of a page, when a view begins */
    WATCHES_ID_DIGITS = 32,   /* of an ID, before its index */
};

typedef struct {
    bool used;
    uint32_t serial;        /* differs between two uses of a number */
    uint64_t session;       /* 0: its reader is gone */
    uint64_t cut_ms;        /* steady: since when */
    uint64_t said_ms;       /* steady: the last word to the reader */
    watches_view_t view;    /* its client is ours */
    size_t room;            /* clients in view, at most: view.limit, or less where that is large */
    uint32_t number;        /* its own */
    uint32_t client_number; /* of its client in the copy; UINT32_MAX: it is none, or not known */
    told_t *told;
    bool begun;      /* who is in view was looked for */
    bool reset;      /* the reader is to forget what it knows */
    bool news;       /* `up-to-date` is to be said once all is told */
    bool stale;      /* it was said that the node is away */
    list_link_t due; /* in watches_t.due */
    list_link_t cut; /* in watches_t.cut, while its reader is gone */
} watch_t;

struct watches {
    const session_shared_t *shared;
    mirror_t *mirror;
    views_t *views;
    watch_t **watches;    /* WATCHES_MAX; NULL: never used */
    uint32_t end;         /* numbers that were used */
    size_t open;          /* with a reader */
    size_t kept;          /* without */
    size_t large;         /* with room for more than 10,000 clients, with a reader or without */
    uint32_t *of_clients; /* watches of single clients */
    size_t of_client_count;
    list_link_t due;
    list_link_t cut;       /* watches without a reader, the one cut first is the first */
    char **departed;       /* by number: the ID of who is gone, for those who have to hear it */
    uint32_t departed_end; /* of these */
    uint64_t life;         /* of the indices */
    uint64_t index;        /* of the newest change */
    uint64_t events;       /* told */
    uint64_t refused;      /* watchers, for want of room */
    buffer_t out;
    near_point_t *page;
    uv_timer_t timer;
};

static inline bool watches_is_of_client(const watch_t *watch)
{
    return watch->view.client.size > 0;
}

/* ---- watches_view.c ---- */

/* Puts the view of a watch where changes find it. False: there is no room. */
bool watches_place_view(watches_t *self, watch_t *watch);

/* Takes it out there. */
void watches_remove_view(watches_t *self, const watch_t *watch);

/* Looks who is in view, for the first time with this set. */
void watches_begin_view(watches_t *self, watch_t *watch);

/* Whether a client is in view, where it is now. */
bool watches_has_in_view(watches_t *self, const watch_t *watch, told_client_t client);

/* ---- watches_events.c ---- */

/* Appends the next event of those that wait to `out`; false if none does. */
bool watches_put_next(watches_t *self, watch_t *watch);

/* Appends what is to be said before all others: `reset`. */
void watches_put_reset(watches_t *self, watch_t *watch);

/* Appends what is to be said beside clients. */
void watches_put_state(watches_t *self, watch_t *watch);

#endif
