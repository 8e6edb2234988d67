/* bench_within.h - where clients are: anywhere, near the rows of a GeoNames file, or in a square.
 *
 * Owner: the loop (bench_loop.h). Threads: one.
 */
#ifndef HERD_TESTS_BENCH_BENCH_WITHIN_H
#define HERD_TESTS_BENCH_BENCH_WITHIN_H

#include "tests/bench/bench_around.h"

/* The corner of the square, 1e-6 degree. */
enum { BENCH_WITHIN_SOUTH_E6 = 34000000, BENCH_WITHIN_WEST_E6 = -118000000 };

/* Open value struct. */
typedef struct {
    const bench_around_t *around; /* rows; none: the square, or anywhere */
    uint64_t degrees;             /* the square's side; 0: there is none */
    bool wander;                  /* a client stays within some 100 m of its own place */
} bench_within_t;

/* Where client `id` goes next, or where it is from which is asked; `random`: any bits, which it is
 * if clients may be anywhere. */
uint64_t bench_within_position(const bench_within_t *self, uint32_t id, uint64_t random);

#endif
