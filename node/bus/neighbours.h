/* neighbours.h - all neighbours of a member: who they are now, and what is done with all of them.
 *
 * Owner: the node. Threads: the reactor's. Neighbours come and go while the node runs; the mark
 * (replication.md, R6) of one that has gone is given to another.
 */
#ifndef HERD_NODE_BUS_NEIGHBOURS_H
#define HERD_NODE_BUS_NEIGHBOURS_H

#include "node/bus/neighbour.h"

typedef struct neighbours neighbours_t;

/* What each of them is made with (open value struct); borrowed as long as any lives. */
typedef struct {
    neighbour_context_t context;
    text_t herd;              /* name of the herd */
    text_t member;            /* our name */
    generation_t generation;  /* ours */
    bool has_parent;          /* our list goes on where that of an earlier life ... */
    link_checkpoint_t parent; /* ... was recovered up to (R7) */
} neighbours_settings_t;

/* Empty at first. Caller frees with neighbours_destroy, before the loop ends. */
neighbours_t *neighbours_new(const neighbours_settings_t *settings);

/* Ends all links, frees it and clears the pointer; NULL is fine. */
void neighbours_destroy(neighbours_t **self_p);

/* Adds a member that is not a neighbour yet; there must be fewer than LIMIT_MEMBERS. Copies its
 * texts. */
void neighbours_add(neighbours_t *self, const char *name, const char *endpoint);

/* Ends the link to one of them, and frees it. */
void neighbours_remove(neighbours_t *self, neighbour_t *neighbour);

/* The one of that name; NULL if there is none. Borrowed. */
neighbour_t *neighbours_find(const neighbours_t *self, text_t name);

size_t neighbours_count(const neighbours_t *self);

/* All of them; neighbours_count says how many. Borrowed until one comes or goes. */
neighbour_t *const *neighbours_all(const neighbours_t *self);

/* neighbour_pump or neighbour_tick for each. */
void neighbours_pump(neighbours_t *self, int64_t now_ns, int64_t steady_ns);
void neighbours_tick(neighbours_t *self, int64_t now_ns, int64_t steady_ns);

/* Whether any waits for the digest of the store. */
bool neighbours_want_digest(const neighbours_t *self, int64_t steady_ns);

/* Whether we have everything that each had when it said HELLO (R11). `absent_too`: neighbours
 * that were never heard are passed over. */
bool neighbours_have_caught_up(const neighbours_t *self, bool absent_too);

/* Whether each whose link is up has acknowledged everything that we have. */
bool neighbours_are_level(const neighbours_t *self);

#endif
