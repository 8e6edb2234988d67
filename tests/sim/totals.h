/* totals.h - the figures of all runs, and how they are printed.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_SIM_TOTALS_H
#define HERD_TESTS_SIM_TOTALS_H

#include "tests/sim/sim.h"

/* Over all runs (open value struct). */
typedef struct {
    uint64_t runs;
    uint64_t failed;
    uint64_t updates;
    uint64_t messages;
    uint64_t bytes;
    uint64_t batches; /* DATA with records */
    uint64_t batch_bytes;
    uint64_t least;   /* records, see sim_result_t */
    uint64_t flooded; /* records, see sim_result_t */
    uint64_t lost;
    uint64_t late;
    uint64_t sent; /* records */
    uint64_t newer;
    uint64_t same;
    uint64_t gaps;
    uint64_t connected; /* connections made */
    uint64_t audits;
    uint64_t comparisons;
    uint64_t repaired;
    uint64_t answered;
    uint64_t unanswered;
    uint64_t resumed;
    uint64_t recovered;
    uint64_t spread;           /* updates that reached all members ... */
    int64_t spread_ns;         /* of these updates, from the first member to the last */
    double spread_round_trips; /* ... in this many round trips over the herd, all together */
    double spread_longest;     /* round trips */
    uint64_t trace;
    int64_t converged_max_ns;
    int64_t virtual_ns;
} totals_t;

/* Adds a run. */
void totals_add(totals_t *self, const sim_settings_t *settings, const sim_result_t *result);

void totals_print(const totals_t *self);

/* `count` divided by `of`; 0 if that is 0. */
double totals_per(uint64_t count, uint64_t of);

#endif
