/* main.h - herdctl, run on the herd of a test.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_HERDCTL_H
#define HERD_TESTS_HERDCTL_H

#include "tests/support/herd.h"

/* What a run printed, on stdout and stderr together, and how it ended (open value struct). */
typedef struct {
    char *output; /* with a zero; freed by herdctl_done */
    int status;   /* the exit status */
} herdctl_run_t;

/* Runs `herdctl --config FILE ARGUMENT...`; the arguments end with NULL. Fails the test where it does not end in time. */
herdctl_run_t herdctl_run(const herd_t *herd, ...) __attribute__((sentinel));

/* Frees what it holds. */
void herdctl_done(herdctl_run_t *self);

/* Runs it and asserts the exit status, and that its output has `part` in it. The arguments end with NULL. */
void herdctl_expect(const herd_t *herd, int status, const char *part, ...)
    __attribute__((sentinel));

#endif
