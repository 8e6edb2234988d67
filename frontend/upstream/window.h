/* window.h - how many messages of requests may be unanswered. Pure: no I/O, no clock.
 *
 * Owner: the link to the node. Threads: one at a time.
 * Those that wait at the node hold up what comes behind them, also a client's only line. So there
 * are no more than the node takes in a few milliseconds, however slow it is: each message that was
 * answered late makes the window smaller by one, each that was answered early makes it larger. What
 * counts is how long a message is known to have waited: until the last look that found no answer.
 * How seldom we look is no fault of the node's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_WINDOW_H
#define HERD_FRONTEND_UPSTREAM_WINDOW_H

#include "common/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WINDOW_MIN = 4, /* messages: the node has work while its answers are on their way */
    WINDOW_LATE_NS = 4000000,
    WINDOW_EARLY_NS = 2000000,
};

/* Open struct, for embedding; the fields are this module's alone. */
typedef struct {
    unsigned count;     /* messages that are unanswered */
    unsigned max;       /* how many there may be, WINDOW_MIN .. LIMIT_REQUEST_WINDOW */
    unsigned oldest;    /* index in `sent_ns` of the oldest of them */
    uint64_t looked_ns; /* steady: when no answer was there; 0: never */
    uint64_t sent_ns[LIMIT_REQUEST_WINDOW]; /* steady times of sending, a ring */
} window_t;

/* Nothing is under way, and all is allowed. */
void window_init(window_t *self);

/* Whether one message more may be sent. */
static inline bool window_is_open(const window_t *self)
{
    return self->count < self->max;
}

/* One message was sent at `now_ns`; fewer than LIMIT_REQUEST_WINDOW were under way. */
void window_sent(window_t *self, uint64_t now_ns);

/* At `now_ns` there was no answer that had not been taken. */
static inline void window_looked(window_t *self, uint64_t now_ns)
{
    self->looked_ns = now_ns;
}

/* The oldest `count` messages, that many at least being under way, are answered. */
void window_answered(window_t *self, unsigned count);

#endif
