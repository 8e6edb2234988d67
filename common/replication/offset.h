/* offset.h - how far another member's clock is from ours, by what answers say.
 *
 * docs/replication.md, R19. Each answer that says the neighbour's clock bounds the difference: that
 * clock was read between the moment that we sent what is answered, and the moment that the answer
 * came. The middle is the estimate, half of the time between is its error (Cristian 1989; RFC 5905
 * bounds it alike). The best measurement of late counts: its error grows by what clocks may drift
 * apart. One that contradicts it shows that the neighbour's clock was set. Ours may be set at any
 * moment: so what is kept is the difference from our steady clock.
 *
 * Owner: the link. Threads: one. Free of I/O and clocks.
 */
#ifndef HERD_COMMON_REPLICATION_OFFSET_H
#define HERD_COMMON_REPLICATION_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

/* Open value struct; all zero: nothing is known. */
typedef struct {
    bool known;
    int64_t apart_ns;  /* its clock minus our steady one */
    int64_t error_ns;  /* what is true is no further away, when it was measured */
    int64_t steady_ns; /* when it was measured */
} offset_t;

/* Its clock was `clock_ns` at some moment from `from_ns` to `until_ns` (steady): keeps that, if it
 * is better than what is known, or contradicts it. */
void offset_take(offset_t *self, int64_t clock_ns, int64_t from_ns, int64_t until_ns);

/* Our clocks at one moment (open value struct). */
typedef struct {
    int64_t now_ns;
    int64_t steady_ns;
} offset_ours_t;

/* Its clock minus ours; 0 if it is not known. */
int64_t offset_difference(const offset_t *self, const offset_ours_t *ours);

/* How far that may be from what is true. */
int64_t offset_error(const offset_t *self, int64_t steady_ns);

/* By how much the clocks differ at least: positive if its clock is ahead of ours, negative if it is
 * behind, 0 if nothing is known for sure. */
int64_t offset_certain(const offset_t *self, const offset_ours_t *ours);

#endif
