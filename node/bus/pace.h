/* pace.h - how fast one neighbour takes a long list over, while clients ask us.
 *
 * A newcomer takes all records, as fast as they come: so many that for half a second both nodes do
 * nothing else, and clients wait behind each other's turns and for a processor. So while somebody
 * asks, a DATA leaves only when the records before it have had their time: 800 of them one
 * millisecond, or less if the list is so long that it would not be there within `PACE_LIST_MS`, for
 * the newcomer does not wait longer before it serves (R11). While no one asks there is no bound.
 *
 * Owner: neighbour.c. Threads: the reactor's.
 */
#ifndef HERD_NODE_BUS_PACE_H
#define HERD_NODE_BUS_PACE_H

#include <stdint.h>

enum {
    PACE_RECORDS_PER_MS = 800,
    PACE_LIST_MS = 2500,
    /* Who asked so lately asks: also a client that just now waits for a processor. */
    PACE_ASKED_MS = 1000,
};

/* Open value struct; all zero at first. */
typedef struct {
    int64_t next_ns; /* steady: when the next records may leave */
    uint64_t list;   /* records of the list that is taken over, at its beginning */
} pace_t;

/* How long the next records of a list have to wait, ns; 0: not at all. `asked_ns`: steady, when a
 * client asked last. */
int64_t pace_wait_ns(const pace_t *self, int64_t asked_ns, int64_t steady_ns);

/* So many records have left, of a list of which `left` are missing yet. */
void pace_spend(pace_t *self, uint64_t records, uint64_t left, int64_t steady_ns);

/* No list is taken over. */
void pace_end(pace_t *self);

#endif
