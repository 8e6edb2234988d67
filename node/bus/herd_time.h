/* herd_time.h - clocks: ours and those of the neighbours, watched and told of; the herd's time.
 *
 * docs/replication.md, R16 and R19; what is decided is decided in common/replication/clocks.h.
 * Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_BUS_HERD_TIME_H
#define HERD_NODE_BUS_HERD_TIME_H

#include "common/log/log.h"
#include "common/replication/clocks.h"
#include "common/replication/offset.h"
#include "node/bus/neighbours.h"

typedef struct herd_time herd_time_t;

/* What it works with (open value struct); borrowed as long as it lives. */
typedef struct {
    log_t *log;
    const neighbours_t *neighbours;
    const int64_t *tolerance_ms; /* clock_warning */
} herd_time_context_t;

/* Nothing is known yet. Caller frees with herd_time_destroy. */
herd_time_t *herd_time_new(const herd_time_context_t *context);

/* Frees it and clears the pointer; NULL is fine. */
void herd_time_destroy(herd_time_t **self_p);

/* Call it several times a second: logs that our clock was set, and that a neighbour's differs from
 * it, or does no more. */
void herd_time_tick(herd_time_t *self, const offset_ours_t *ours);

/* The time by which records expire (R16). */
int64_t herd_time_now(herd_time_t *self, const offset_ours_t *ours);

/* Whether that has gone back since the last call: others may hold what has expired here. */
bool herd_time_take_went_back(herd_time_t *self);

/* For reports (open value struct). */
typedef struct {
    int64_t tolerance_ns; /* clock_warning */
    uint64_t steps;       /* times that our clock was set */
    int64_t step_ns;      /* by how much the last time, forward or back */
    int64_t
        doubted_ns; /* how far the middle clock is ahead of the herd's time; 0: it is followed */
} herd_time_figures_t;

herd_time_figures_t herd_time_figures(const herd_time_t *self);

#endif
