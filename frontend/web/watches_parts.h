/* watches_parts.h - what the files of the watches share: watches.c (readers that come, take events,
 * are cut off and come back), watches_view.c (who is in a view) and watches_events.c (events as
 * readers get them).
 *
 * Owner: watches.c. Threads: the reactor's. Not for other modules.
 */
#ifndef HERD_FRONTEND_WEB_WATCHES_PARTS_H
#define HERD_FRONTEND_WEB_WATCHES_PARTS_H

#include "common/watch/past.h"
#include "common/watch/told.h"
#include "common/watch/views.h"
#include "frontend/web/watches.h"

enum { WATCHES_SCAN_SIZE = 1024 }; /* clients of a page, when a view begins */

/* There is one for each stream, idle ones too (docs/performance.md, An idle stream). */
typedef struct {
    uint32_t serial;        /* differs between two uses of a number */
    uint32_t number;        /* its own */
    uint32_t client_number; /* of its client in the copy; UINT32_MAX: it is none, or not known */
    uint32_t room;          /* clients in view, at most: view.limit, or less where that is large */
    uint64_t session;       /* 0: its reader is gone */
    uint64_t cut_ms;        /* steady: since when */
    watches_view_t view;    /* its client is ours; its area is borrowed by watches_t.views */
    watches_view_t *next;   /* the view that it is to have, likewise; NULL: it stays */
    uint64_t early_ms;      /* steady: until then it is too early for another change of the view */
    uint64_t filled_ms;     /* steady: who was left out was looked for */
    uint64_t view_id;       /* watch_id_view of it */
    uint64_t base;          /* till it begins: its reader knows what was told up to that index */
    told_t *told;
    list_link_t row;       /* in watches_t.due; in watches_t.cut while its reader is gone */
    list_link_t hurried;   /* in watches_t.hurried or .rushed: it is early for a view or batch */
    list_link_t of_client; /* in watches_t.clients, if it is of a single client */
    uint32_t batch_ms;     /* [in batches] steady, its low bits: when the last one was made */
    bool used : 1;
    bool begun : 1;      /* who is in view was looked for */
    bool is_partial : 1; /* its IDs are not of all in view, until it is up to date */
    bool reset : 1;      /* the reader is to forget what it knows */
    bool news : 1;       /* `up-to-date` is to be said once all is told */
    bool stale : 1;      /* it was said that the node is away */
    bool moved : 1;      /* the view has changed, and who left may make room for others */
} watch_t;

typedef struct watches_clients watches_clients_t;

struct watches {
    const session_shared_t *shared;
    mirror_t *mirror;
    views_t *views;
    watch_t **watches;  /* WATCHES_MAX; NULL: never used */
    uint32_t end;       /* numbers that were used */
    uint32_t free_from; /* of these all below are in use */
    size_t open;        /* with a reader */
    size_t kept;        /* without */
    size_t large;       /* with room for more than 10,000 clients, with a reader or without */
    watches_clients_t *clients; /* watches of single clients */
    list_link_t due;
    list_link_t cut;  /* watches without a reader, the one cut first is the first */
    past_t *past;     /* who is gone, for those who have to hear it */
    uint64_t life;    /* of the indices */
    uint64_t index;   /* of the newest change */
    uint64_t events;  /* told */
    uint64_t refused; /* watchers, for want of room */
    uint64_t steps;   /* of the timer, STEPS in a second */
    uint64_t views_changed;
    buffer_t out;               /* events, whole ones */
    buffer_t frame;             /* [in_frames] the content of the message that is made */
    websocket_writer_t *writer; /* [in_frames] borrowed */
    bool in_frames;             /* they are for a WebSocket ... */
    bool in_batch;              /* ... which takes many in a message */
    near_point_t *page;
    list_link_t hurried; /* watches that change the view too often, or gather a batch */
    list_link_t rushed;  /* of these, those that are looked at in this turn and the next ones */
    uv_timer_t timer;    /* runs while there are watches */
    uv_timer_t hurry;    /* runs while there are any hurried */
};

static inline bool watches_is_of_client(const watch_t *watch)
{
    return watch->view.client.size > 0;
}

/* ---- watches_clients.c ---- */

/* Empty; `seed`: random, of the hash of IDs. The caller frees it; then no watch may be in it. */
watches_clients_t *watches_clients_new(uint64_t seed);
void watches_clients_destroy(watches_clients_t **self_p);

/* Puts a watch of a single client where its changes find it: by its number in the copy, or, with
 * UINT32_MAX, by its ID: it is not there. */
void watches_clients_put(watches_clients_t *self, watch_t *watch, uint32_t number);

/* Takes it out; no effect if it is not in. */
void watches_clients_remove(watch_t *watch);

/* The client of this ID has come, with this number. */
void watches_clients_came(watches_clients_t *self, uint32_t number, text_t id);

/* Calls for each watch of the client of that number, which it may put elsewhere. */
void watches_clients_each(watches_clients_t *self, uint32_t number,
                          void (*call)(void *argument, watch_t *watch), void *argument);

/* ---- watches_view.c ---- */

/* Puts the view of a watch where changes find it. False: there is no room. */
bool watches_place_view(watches_t *self, watch_t *watch);

/* Takes it out there. */
void watches_remove_view(watches_t *self, watch_t *watch);

/* Looks who is in view, for the first time with this set, or after its base. False: the past does
 * not say enough of what was after that, and another set has to begin without it. */
bool watches_begin_view(watches_t *self, watch_t *watch);

/* The view has changed, or there is room for clients that were left out: looks anew. Whom the
 * reader knows it hears of only if they have moved or are not in view. */
void watches_look_anew(watches_t *self, watch_t *watch);

/* Makes a copy whose client is its own; frees that. */
void watches_init_view(watches_view_t *self, const watches_view_t *view);
void watches_done_view(watches_view_t *self);

/* A copy on the heap, whose client is its own; frees such a one, and clears the pointer. */
watches_view_t *watches_copy_view(const watches_view_t *view);
void watches_free_view(watches_view_t **view_p);

/* Puts `watch->next` in place of the view, which it takes. False: there is no room for it, and the
 * watch has no place any more. */
bool watches_replace_view(watches_t *self, watch_t *watch);

/* Whether a client is in view, where it is now; `ret_record` borrows as copy_read. */
bool watches_has_in_view(watches_t *self, const watch_t *watch, told_client_t client,
                         record_t *ret_record);

/* ---- watches_events.c ---- */

/* Appends the next event of those that wait to `out`. STATUS_NOT_FOUND if none does; STATUS_DAMAGED
 * if a client left whose ID is not known any more. */
status_t watches_put_next(watches_t *self, watch_t *watch) STATUS_MUST_USE;

/* Appends what is to be said before all others: `reset`. */
void watches_put_reset(watches_t *self, watch_t *watch);

/* Appends what is to be said beside clients. */
void watches_put_state(watches_t *self, watch_t *watch);

/* Events so far, in bytes, of the batch too. */
size_t watches_put_size(const watches_t *self);

/* Makes a message of the batch, if there is one, and appends it to `out`. */
status_t watches_put_batch(watches_t *self) STATUS_MUST_USE;

#endif
