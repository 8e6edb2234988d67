/* faults.h - what goes wrong in a simulated herd, when and for how long, by a seed.
 *
 * Owner: the run. Threads: one.
 */
#ifndef HERD_TESTS_SIM_FAULTS_H
#define HERD_TESTS_SIM_FAULTS_H

#include "tests/sim/herd.h"

/* Every kind: name in the code, name on the command line. */
#define FAULT_MAP(X)                                                                               \
    X(PARTITION, "partition") /* nothing passes between two neighbours, or two halves */           \
    X(ONEWAY, "oneway")       /* nothing passes from one neighbour to another */                   \
    X(BREAK, "break")         /* a connection loses what is under way */                           \
    X(CRASH, "crash")         /* a member loses everything; some never come back */                \
    X(RESTART, "restart")     /* a member stops as it should, and comes back */                    \
    X(SLOW, "slow")           /* a member reads slowly */                                          \
    X(CLOCKS, "clocks")       /* members' clocks step, an hour to decades */                       \
    X(TWINS, "twins")         /* clients send to two members at once (workload.h) */               \
    X(LATE, "late")           /* messages of earlier sessions come late, and twice */

typedef enum {
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_MAP(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KINDS
} fault_kind_t;

/* Bit `1 << kind` for each kind. */
typedef unsigned fault_set_t;
#define FAULT_SET_ALL ((1U << FAULT_KINDS) - 1)

typedef struct faults faults_t;

/* Parses "all", "none" or names with commas between them, e.g. "crash,slow"; false for anything else. */
bool faults_parse(const char *text, fault_set_t *ret_set);

/* Schedules faults of the kinds in `set` between `from_ns` and `until_ns` (virtual time). `herd` is borrowed. Caller
 * frees with faults_destroy, after the run. */
faults_t *faults_new(fault_set_t set, uint64_t seed, herd_t *herd, int64_t from_ns,
                     int64_t until_ns);
void faults_destroy(faults_t **self_p);

/* Ends all faults now: whatever can come back does. */
void faults_end(faults_t *self);

#endif
