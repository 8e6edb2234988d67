/* clocks.h - what a member makes of clocks: whether its own was set, and by which time records
 * expire.
 *
 * docs/replication.md, R16 and R19. Two clocks come in at each tick, the one that people set and
 * the steady one. Where they part by more than a tolerance between two ticks, the first was set, or
 * the machine slept. Records expire by the herd's time, which is that of the middle one of this
 * member's clock and its neighbours'. If it leaps forward, it is followed only when the leap has
 * lasted: what has expired is purged, and a clock that is set right does not bring it back.
 *
 * Owner: the node; the simulator's member. Threads: one. Free of I/O and clocks. */
#ifndef HERD_COMMON_REPLICATION_CLOCKS_H
#define HERD_COMMON_REPLICATION_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open value struct; all zero at first, every field its own. */
typedef struct {
    bool ticked;
    int64_t apart_ns; /* the clock minus the steady one, at the last tick */
    uint64_t steps;   /* times that the clock was set */
    int64_t step_ns;  /* by how much the last time, forward or back */
    bool has_time;
    bool went_back;  /* the herd's time, since clocks_take_went_back */
    bool doubts;     /* the middle clock has leapt forward, and is not followed yet */
    int64_t herd_ns; /* the herd's time, and when that was: steady */
    int64_t herd_steady_ns;
    int64_t doubts_from_ns; /* steady: since when it is so far ahead ... */
    int64_t doubts_lead_ns; /* ... of the herd's time */
} clocks_t;

/* Compares the clocks; returns how far the clock was set forward since the last tick, or back: 0
 * if by no more than `tolerance_ns`. */
int64_t clocks_tick(clocks_t *self, int64_t now_ns, int64_t steady_ns, int64_t tolerance_ns);

/* Clocks of neighbours (open value struct). */
typedef struct {
    int64_t *ahead_ns; /* of each that is known: of this member's, or behind; 0 if within the
                        * tolerance. They are put in order. */
    size_t count;
    int64_t tolerance_ns;
    int64_t doubt_ns; /* how long a leap forward must last until it is followed */
} clocks_others_t;

/* The time by which records expire. */
int64_t clocks_herd_time(clocks_t *self, const clocks_others_t *others, int64_t now_ns,
                         int64_t steady_ns);

/* Whether the herd's time has gone back since the last call: this member purged and refused what
 * others still hold. */
bool clocks_take_went_back(clocks_t *self);

#endif
