/* wait.h - waiting for a condition, with a limit.
 *
 * Owner: values. Threads: any.
 * Tests wait for what they need, never for a time to pass: only a test that fails reaches a limit.
 */
#ifndef HERD_TESTS_SUPPORT_WAIT_H
#define HERD_TESTS_SUPPORT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Long enough for the slowest instrumented build on a busy machine, in milliseconds. */
enum { WAIT_LIMIT_MS = 30000 };

typedef bool wait_condition_fn(void *argument);

/* Calls `condition` again and again, with short naps, until it holds. False if it did not within
 * `limit_ms`. */
bool wait_until(wait_condition_fn *condition, void *argument, int64_t limit_ms);

/* Milliseconds of a clock that only goes forward. */
int64_t wait_clock_ms(void);

/* Sleeps for `nap_ms`; for loops that poll. */
void wait_nap(int64_t nap_ms);

#endif
