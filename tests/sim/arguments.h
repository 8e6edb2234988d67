/* arguments.h - the command line of herd-sim.
 *
 * Owner: the program. Threads: one.
 */
#ifndef HERD_TESTS_SIM_ARGUMENTS_H
#define HERD_TESTS_SIM_ARGUMENTS_H

#include "tests/sim/scenario.h"
#include "tests/sim/sim.h"

enum { ARGUMENTS_EXIT_USAGE = 2 };

/* What it said (open value struct); the caller sets the defaults. */
typedef struct {
    sim_settings_t settings; /* of the first seed */
    bool stops_at_failure;   /* with the first seed that fails */
    uint64_t seed_count;     /* runs */
    bool all_graphs;         /* each seed has one of them */
    bool has_scenario;       /* one run of it, instead */
    scenario_kind_t scenario;
    size_t missed; /* updates */
} arguments_t;

/* False where the program ends with `ret_exit`; why was printed. */
bool arguments_read(int argc, char **argv, arguments_t *arguments, int *ret_exit);

#endif
