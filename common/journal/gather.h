/* gather.h - whether a transaction for which answers wait begins at once, or a little later with
 * more of them.
 *
 * Clients that send one line after the other come back just behind a commit, when their answers
 * have left. If the next one began with what came meanwhile, half of them would be in every other
 * transaction each. So it waits until as many answers wait as did before, but no longer than for
 * half the time that the commit took: a slow disk gains most, and a fast one loses little.
 *
 * Owner: the caller. Threads: one for each object. Free of clocks.
 */
#ifndef HERD_COMMON_JOURNAL_GATHER_H
#define HERD_COMMON_JOURNAL_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: nothing is waited for. */
typedef struct {
    size_t wanted;    /* answers that wait: with so many it begins */
    int64_t until_ns; /* steady: then it begins in any case */
} journal_gather_t;

/* A commit that took so long has come to its end at `steady_ns`, before which so many answers
 * waited, for it or for the next one. */
void journal_gather_begin(journal_gather_t *self, size_t waited, int64_t took_ns,
                          int64_t steady_ns);

/* How long to wait yet; 0: begin. */
int64_t journal_gather_left_ns(const journal_gather_t *self, size_t waiting, int64_t steady_ns);

#endif
