/* herdctl.h - herdctl, run on the herd of a test.
 *
 * Owner: the test. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_HERDCTL_H
#define HERD_TESTS_SUPPORT_HERDCTL_H

#include "tests/support/herd.h"

/* What a run printed, on stdout and stderr together, and how it ended (open value struct). */
typedef struct {
    const char *output; /* zero-terminated; borrowed until herd_destroy */
    int status;         /* the exit status */
} herdctl_run_t;

/* Runs `herdctl --config FILE ARGUMENT...`; the arguments end with NULL. A run that does not end in
 * time fails the test. */
herdctl_run_t herdctl_run(herd_t *herd, ...) __attribute__((sentinel));

/* Runs it and asserts its exit status, and that its output contains `part`. The arguments end with
 * NULL. */
void herdctl_expect(herd_t *herd, int status, const char *part, ...) __attribute__((sentinel));

#endif
