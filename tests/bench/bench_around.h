/* bench_around.h - positions of clients near the rows of a GeoNames file, so that there is
 * something around them.
 *
 * Owner: the loop (bench_loop.h). Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_AROUND_H
#define HERD_TESTS_BENCH_BENCH_AROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open value struct; all zero: no rows. */
typedef struct {
    uint64_t *positions; /* of the rows, as in bench_request_t */
    size_t count;        /* of `positions` */
} bench_around_t;

/* Reads the rows of `path` (19 columns of GeoNames; other rows are skipped). False, with the reason
 * on stderr, if it cannot be read or has no rows. Caller frees with bench_around_done in any
 * case. */
bool bench_around_read(const char *path, bench_around_t *ret_self);

/* A position within about a kilometre of a row's; for a client ID, whose number is `id`, always the
 * same one. There is at least one row. */
uint64_t bench_around_position(const bench_around_t *self, uint32_t id);

/* Frees the rows. */
void bench_around_done(bench_around_t *self);

#endif
