/* scenario.h - what it costs a member to come level again, beside the least possible.
 *
 * Owner: values. Threads: one for each run.
 */
#ifndef HERD_TESTS_SIM_SCENARIO_H
#define HERD_TESTS_SIM_SCENARIO_H

#include "tests/sim/graph.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every kind: name in the code, name on the command line. */
#define SCENARIO_MAP(X)                                                                            \
    X(MISSED, "missed")     /* one stops, misses updates, and finds on its disk what it had */     \
    X(RESTORED, "restored") /* the same, but its checkpoints no longer count */                    \
    X(NEWCOMER, "newcomer") /* one that has nothing joins */

typedef enum {
#define SCENARIO_ENUM(name, text) SCENARIO_##name,
    SCENARIO_MAP(SCENARIO_ENUM)
#undef SCENARIO_ENUM
        SCENARIO_KINDS
} scenario_kind_t;

/* Open value struct. */
typedef struct {
    scenario_kind_t kind;
    uint64_t seed;
    graph_kind_t graph;
    size_t member_count; /* 2 or more */
    size_t client_count; /* each has a record at first */
    size_t missed; /* MISSED, RESTORED: updates, each of another client while there are enough */
    int64_t latency_ns; /* one way */
} scenario_t;

/* Open value struct. */
typedef struct {
    uint64_t lacking;       /* records that it lacked: the least that it could be sent */
    uint64_t lacking_bytes; /* of their lines on the bus */
    uint64_t records;       /* that it received */
    uint64_t messages;      /* that it received */
    uint64_t bytes;         /* of these */
    int64_t level_ns;       /* from its start until it had everything, virtual time */
} scenario_result_t;

/* "missed" for SCENARIO_MISSED; never NULL. */
const char *scenario_kind_text(scenario_kind_t kind);
bool scenario_kind_parse(const char *text, scenario_kind_t *ret_kind);

/* Runs it. False if the member did not come level. */
bool scenario_run(const scenario_t *scenario, scenario_result_t *ret_result);

#endif
