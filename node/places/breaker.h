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
    bool held;             /* while open: the provider wants to be left alone */
} breaker_t;

/* A closed breaker; all three > 0. */
breaker_t breaker_new(size_t failures_max, int64_t pause_ns, int64_t pause_max_ns);

/* Whether the provider may be asked at `now_ns`. After the pause of an open breaker, true once: for
 * the question that tries the provider. */
bool breaker_allows(breaker_t *self, int64_t now_ns);

/* Whether breaker_allows would be true; changes nothing. */
bool breaker_would_allow(const breaker_t *self, int64_t now_ns);

/* A question ended well. One that was under way when the provider asked to be left alone does not
 * close the breaker. */
void breaker_succeeded(breaker_t *self);

/* A question failed at `now_ns`. */
void breaker_failed(breaker_t *self, int64_t now_ns);

/* The same, and the provider has too much to do without saying for how long: it opens at once, for
 * the pause, and for `least_ns` at least. */
void breaker_busy(breaker_t *self, int64_t now_ns, int64_t least_ns);

/* The same, and the provider said how long it wants to be left alone: it opens at once, for just
 * that time, at most `pause_max_ns`. One that is open stays so for as long, if that is longer. */
void breaker_told(breaker_t *self, int64_t now_ns, int64_t wait_ns);

/* The state to show: an open breaker whose pause is over is half-open, though nobody asked yet. */
breaker_state_t breaker_state_at(const breaker_t *self, int64_t now_ns);

/* "closed", "open" or "half-open". */
const char *breaker_state_text(breaker_state_t state);

#endif
