/* workload.h - the updates that clients send to a simulated herd, spread over a time by a seed.
 *
 * Owner: the run. Threads: one.
 */
#ifndef HERD_TESTS_SIM_WORKLOAD_H
#define HERD_TESTS_SIM_WORKLOAD_H

#include "tests/sim/herd.h"

typedef struct workload workload_t;

/* How updates are made (open value struct). */
typedef struct {
    uint64_t seed;
    size_t update_count; /* tries; one at a member that does not serve makes no update */
    bool twins;          /* some clients send to two members at the same instant */
    int64_t from_ns;     /* virtual time */
    int64_t until_ns;    /* virtual time */
} workload_settings_t;

/* Schedules the updates; `herd` is borrowed and has room for twice as many. Caller frees with
 * workload_destroy, after the run. */
workload_t *workload_new(const workload_settings_t *settings, herd_t *herd);
void workload_destroy(workload_t **self_p);

#endif
