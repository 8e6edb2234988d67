/* sim.h - one run of the simulator: a herd, its updates, its faults, and what must hold afterwards.
 *
 * Owner: values. Threads: one for each run.
 */
#ifndef HERD_TESTS_SIM_SIM_H
#define HERD_TESTS_SIM_SIM_H

#include "tests/sim/faults.h"
#include "tests/sim/graph.h"
#include "tests/sim/member.h"
#include "tests/sim/network.h"
#include "tests/sim/spread.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_FAILURE_SIZE = 256 };

/* Open value struct: all of a run follows from it. */
typedef struct {
    uint64_t seed;
    size_t member_count; /* 1 .. LIMIT_MEMBERS */
    graph_kind_t graph;
    fault_set_t faults;
    bool some_faults; /* only those of `faults` that the seed chooses */
    size_t update_count;
    size_t client_count;
    int64_t latency_ns; /* of all connections, one way; 0: by chance */
    int64_t within_ns;  /* from faults and updates until all must agree; 0: however long it takes */
    int64_t seconds;    /* of faults, virtual time; more than 1 */
} sim_settings_t;

/* Open value struct. */
typedef struct {
    char failure[SIM_FAILURE_SIZE]; /* empty: all checks held */
    fault_set_t faults;             /* that could happen */
    uint64_t updates;               /* that a member took */
    uint64_t least;                 /* records that they cost at least: one to each other member */
    uint64_t flooded;               /* without marks: two more for each link beyond a tree */
    size_t diameter;                /* links */
    spread_result_t spread;
    network_counters_t network;
    member_counters_t members;
    int64_t converged_ns; /* from the end of faults and updates to the last change of a store */
    int64_t virtual_ns;   /* length of the run */
} sim_result_t;

/* Runs it. Returns whether all checks held. */
bool sim_run(const sim_settings_t *settings, sim_result_t *ret_result);

#endif
