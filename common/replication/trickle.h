/* trickle.h - when to compare notes with a neighbour: often after a disagreement, rarely while all
 * agree.
 *
 * The Trickle algorithm, RFC 6206, section 4.2, with Imin 30 s, Imax an hour, k 1. Free of clocks:
 * times are steady nanoseconds, given by the caller. Owner: a link. Threads: one.
 */
#ifndef HERD_COMMON_REPLICATION_TRICKLE_H
#define HERD_COMMON_REPLICATION_TRICKLE_H

#include <stdbool.h>
#include <stdint.h>

/* Open only to be embedded. */
typedef struct {
    uint64_t random;     /* state of its random numbers */
    int64_t interval_ns; /* I */
    int64_t started_ns;  /* when the interval began */
    int64_t due_ns;      /* t */
    bool done;           /* transmitted, or suppressed, in this interval */
} trickle_t;

/* A timer that does not run yet. `seed`: any number, but another for each neighbour. */
void trickle_init(trickle_t *self, uint64_t seed);

/* Begin with the shortest interval: at the start, and after an inconsistency (rule 6: an interval
 * that is already the shortest goes on). */
void trickle_start(trickle_t *self, int64_t steady_ns);
void trickle_inconsistent(trickle_t *self, int64_t steady_ns);

/* The neighbour agrees: nothing needs to be transmitted in this interval (rule 3; k is 1). */
void trickle_consistent(trickle_t *self);

/* Whether to transmit now (rule 4). If that is not possible yet, it stays due, even beyond the
 * interval. When an interval is over, the next one begins, twice as long (rule 5). */
bool trickle_is_due(trickle_t *self, int64_t steady_ns);

/* It was transmitted. */
void trickle_sent(trickle_t *self);

#endif
