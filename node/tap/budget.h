/* budget.h - how much of the reactor's time the tap may take: an eighth, and what it saved.
 *
 * Each publication costs time for each subscriber, read or not; the clients' answers come first
 * (docs/bus-protocol.md, T8). What the budget does not cover is left out, and counted.
 *
 * Owner: the tap, which embeds it. Threads: any. Free of I/O and clocks.
 */
#ifndef HERD_NODE_TAP_BUDGET_H
#define HERD_NODE_TAP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BUDGET_SHARE = 8,            /* one part of so many of the time */
    BUDGET_SAVED_NS = 100000000, /* at most: some 50,000 records that come at once */
};

/* Open struct, for embedding: all zeros at first. */
typedef struct {
    int64_t saved_ns;  /* that may be spent; < 0: overdrawn by one publication */
    int64_t steady_ns; /* as of then; 0: never yet */
} budget_t;

/* Whether something may be published at `steady_ns`. */
bool budget_covers(budget_t *self, int64_t steady_ns);

/* Something was: it took from the last call of budget_covers to `steady_ns`. */
void budget_spend(budget_t *self, int64_t steady_ns);

#endif
