/* arguments.h - the command line of herd-sim.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_SIM_ARGUMENTS_H
#define HERD_TESTS_SIM_ARGUMENTS_H

#include "common/base/options.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim.h"

/* What it says (open value struct); the caller sets the defaults. */
typedef struct {
    sim_settings_t settings; /* of the first seed */
    bool stops_at_failure;   /* with the first seed that fails */
    uint64_t seed_count;     /* runs */
    bool all_graphs;         /* each seed has one of them */
    bool has_scenario;       /* one run of it, instead */
    scenario_kind_t scenario;
    size_t missed; /* updates */
} arguments_t;

/* Reads the command line. */
options_end_t arguments_read(int argc, char **argv, arguments_t *arguments);

#endif
