/* breaker.h - a circuit breaker: leaves a provider that fails again and again alone for a while.
 *
 * Owner: whoever embeds it. Threads: one. Free of clocks: callers give times, steady, in ns.
 *   CLOSED     asked as usual; opens after `failures_max` failures in a row
 *   OPEN       not asked until the pause is over
 *   HALF_OPEN  one question is under way: success closes it, failure opens it for twice as long
 * Source of the pattern: M. Nygard, "Release It!", second edition, chapter 5.
 */
#ifndef HERD_NODE_PLACES_BREAKER_H
#define HERD_NODE_PLACES_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line per state: name, text for people and reports. */
#define BREAKER_STATE_MAP(X)                                                                       \
    X(CLOSED, "closed")                                                                            \
    X(OPEN, "open")                                                                                \
    X(HALF_OPEN, "half-open")

typedef enum {
#define BREAKER_ENUM(name, text) BREAKER_##name,
    BREAKER_STATE_MAP(BREAKER_ENUM)
#undef BREAKER_ENUM
} breaker_state_t;

/* Open value struct. */
typedef struct {
    size_t failures_max;  /* in a row; then it opens */
    int64_t pause_ns;     /* of the first opening */
    int64_t pause_max_ns; /* the longest that doubling makes it */
    breaker_state_t state;
    size_t failures;       /* in a row, while closed */
    size_t openings;       /* in a row, since it was last closed */
    int64_t open_until_ns; /* steady; while open */
} breaker_t;

/* A closed breaker; all three > 0. */
breaker_t breaker_new(size_t failures_max, int64_t pause_ns, int64_t pause_max_ns);

/* Whether the provider may be asked at `now_ns`. After the pause of an open breaker, true once: for
 * the question that tries the provider. */
bool breaker_allows(breaker_t *self, int64_t now_ns);

/* A question ended well. */
void breaker_succeeded(breaker_t *self);

/* A question failed at `now_ns`. If `hold_ns` > 0 the provider asked to be left alone for that
 * long: it opens at once, for at least the pause and at most `pause_max_ns`. */
void breaker_failed(breaker_t *self, int64_t now_ns, int64_t hold_ns);

/* "closed", "open" or "half-open". */
const char *breaker_state_text(breaker_state_t state);

#endif
