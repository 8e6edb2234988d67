/* faults.h - what goes wrong in a simulated herd, when and for how long, by a seed.
 *
 * Owner: the run. Threads: one.
 */
#ifndef HERD_TESTS_SIM_FAULTS_H
#define HERD_TESTS_SIM_FAULTS_H

#include "tests/sim/fault.h"

enum { FAULTS_TEXT_SIZE = 256 };

typedef struct faults faults_t;

/* Parses "all", "none" or names with commas between them, e.g. "crash,slow"; false for anything
 * else. */
bool faults_parse(const char *text, fault_set_t *ret_set);

/* Writes a set as faults_parse reads it. */
void faults_write(fault_set_t set, char text[FAULTS_TEXT_SIZE]);

/* Some kinds of faults, by the seed: what one kind shows, another may hide. */
fault_set_t faults_choose(uint64_t seed);

/* Schedules faults of the kinds in `set` between `from_ns` and `until_ns` (virtual time). `herd` is
 * borrowed. Caller frees with faults_destroy, after the run. */
faults_t *faults_new(fault_set_t set, uint64_t seed, herd_t *herd, int64_t from_ns,
                     int64_t until_ns);
void faults_destroy(faults_t **self_p);

/* Ends all faults now: whatever can come back comes back. */
void faults_end(faults_t *self);

#endif
