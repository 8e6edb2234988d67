/* breaker.h - leaves a provider alone that fails again and again: a circuit breaker.
 *
 * Owner: who embeds it. Threads: one. Free of clocks: times are given, steady, in ns.
 *   CLOSED     asked as usual; opens on so many failures in a row
 *   OPEN       not asked until the pause is over
 *   HALF_OPEN  one question is under way: success closes, failure opens again for twice as long
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
    size_t failures_max;  /* in a row, that open it */
    int64_t pause_ns;     /* of the first opening */
    int64_t pause_max_ns; /* how long it may grow to */
    breaker_state_t state;
    size_t failures;       /* in a row, while closed */
    size_t openings;       /* in a row, since it was last closed */
    int64_t open_until_ns; /* steady; while open */
} breaker_t;

/* A closed breaker; all three > 0. */
breaker_t breaker_new(size_t failures_max, int64_t pause_ns, int64_t pause_max_ns);

/* Whether the provider may be asked at `now_ns`; when an open one's pause is over, this one question is its trial. */
bool breaker_allows(breaker_t *self, int64_t now_ns);

/* A question ended well. */
void breaker_succeeded(breaker_t *self);

/* A question failed at `now_ns`. `hold_ns` > 0: the provider asked to be left alone for so long; it opens at once. */
void breaker_failed(breaker_t *self, int64_t now_ns, int64_t hold_ns);

/* "closed", "open" or "half-open". */
const char *breaker_state_text(breaker_state_t state);

#endif
