/* wait.h - waiting for a condition, with a limit.
 *
 * Owner: values. Threads: any.
 * Tests wait for what they need and never for a time to pass: a limit is reached only by a test that fails.
 */
#ifndef HERD_TESTS_WAIT_H
#define HERD_TESTS_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Long enough for the slowest instrumented build on a busy machine, in milliseconds. */
enum { WAIT_LIMIT_MS = 30000 };

typedef bool wait_condition_fn(void *argument);

/* Asks `condition` again and again, with short naps, until it holds. False when it did not within `limit_ms`. */
bool wait_until(wait_condition_fn *condition, void *argument, int64_t limit_ms);

/* Milliseconds of a clock that only goes forward. */
int64_t wait_clock_ms(void);

/* A nap of `nap_ms`, for the loops that poll. */
void wait_nap(int64_t nap_ms);

#endif
