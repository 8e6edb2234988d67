/* bench_around.h - positions near the places of a GeoNames file: where clients are that ask what is around them.
 *
 * Owner: the loop (bench_loop.h). Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_AROUND_H
#define HERD_TESTS_BENCH_BENCH_AROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open value struct; all zero: none. */
typedef struct {
    uint64_t *places; /* as bench_request_t's `place`, one for each row */
    size_t count;     /* of `places` */
} bench_around_t;

/* Reads the rows of `path` (GeoNames' 19 columns; others are skipped); false, with the reason on stderr, where it
 * cannot be read or has none. Caller frees with bench_around_done in any case. */
bool bench_around_read(const char *path, bench_around_t *ret_self);

/* A position within about a kilometre of a row's, for client ID number `id`: always the same. There is a row. */
uint64_t bench_around_place(const bench_around_t *self, uint32_t id);

/* Frees. */
void bench_around_done(bench_around_t *self);

#endif
