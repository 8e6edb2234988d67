/* check_clocks.h - what must hold in a simulated herd whatever its clocks say (replication.md, R16,
 * R19).
 *
 * Owner: the check. Threads: one.
 */
#ifndef HERD_TESTS_SIM_CHECK_CLOCKS_H
#define HERD_TESTS_SIM_CHECK_CLOCKS_H

#include "tests/sim/herd.h"

#include <stdbool.h>

/* Since when some clock of the herd is ahead (open value struct; all zero at first). */
typedef struct {
    bool ahead;
    int64_t since_ns;      /* steady: since when */
    int64_t calm_since_ns; /* steady: since when none was, before that */
} check_clocks_t;

/* A member's clock was set. */
void check_clocks_set(check_clocks_t *self, const herd_t *herd);

/* Whether this member must not expire anything too early: its clock and those of its neighbours are
 * right, as far as it can know, or the first of them was set forward just now. */
bool check_clocks_bind(const check_clocks_t *self, const herd_t *herd, const member_t *member);

/* Whether this member must not expire anything too late: of the clocks that it knows, its own among
 * them, fewer than half are behind. That of a neighbour that is away counts as it was. */
bool check_clocks_hurry(const member_t *member);

/* Whether what a link knows of its neighbour's clock is true, and as close as it should be at
 * rest. */
bool check_clocks_measured(const member_t *member, const link_t *link, const member_t *neighbour);

#endif
