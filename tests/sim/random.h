/* random.h - repeatable random numbers: all of a simulation follows from its seed.
 *
 * xoshiro256** of D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM
 * TOMS 47 (2021). SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) fills its state, as they advise. Not
 * for secrets.
 * Owner: values. Threads: one at a time.
 */
#ifndef HERD_TESTS_SIM_RANDOM_H
#define HERD_TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A generator (open only to be embedded). */
typedef struct {
    uint64_t state[4];
} random_t;

/* Seeds a generator; different `stream`s of one seed are independent. */
void random_init(random_t *self, uint64_t seed, uint64_t stream);

/* 64 random bits. */
uint64_t random_next(random_t *self);

/* 0 .. `count` - 1; `count` > 0. */
uint64_t random_below(random_t *self, uint64_t count);

/* True once in `count` times; `count` > 0. */
bool random_once_in(random_t *self, uint64_t count);

/* `low` .. `high` (0 < low <= high), each power of two as likely as the next: short times and long
 * ones. */
int64_t random_duration(random_t *self, int64_t low_ns, int64_t high_ns);

#endif
