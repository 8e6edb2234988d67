#include "node/places/breaker.h"

#include <assert.h>

/* Doublings of the pause; after that it stays. */
enum { DOUBLINGS_MAX = 16 };

breaker_t breaker_new(size_t failures_max, int64_t pause_ns, int64_t pause_max_ns)
{
    assert(failures_max > 0 && pause_ns > 0 && pause_max_ns > 0);
    return (breaker_t){.failures_max = failures_max,
                       .pause_ns = pause_ns,
                       .pause_max_ns = pause_max_ns,
                       .state = BREAKER_CLOSED};
}

bool breaker_would_allow(const breaker_t *self, int64_t now_ns)
{
    return self->state == BREAKER_CLOSED ||
           (self->state == BREAKER_OPEN && now_ns >= self->open_until_ns);
}

bool breaker_allows(breaker_t *self, int64_t now_ns)
{
    if (self->state == BREAKER_OPEN && now_ns >= self->open_until_ns) {
        self->state = BREAKER_HALF_OPEN;
        return true;
    }
    return self->state == BREAKER_CLOSED;
}

void breaker_succeeded(breaker_t *self)
{
    if (self->state == BREAKER_OPEN && self->held) {
        return;
    }
    self->state = BREAKER_CLOSED;
    self->failures = 0;
    self->openings = 0;
}

static int64_t next_pause(const breaker_t *self)
{
    int64_t pause_ns = self->pause_ns;
    for (size_t i = 0; i < self->openings && i < DOUBLINGS_MAX && pause_ns < self->pause_max_ns;
         i++) {
        pause_ns *= 2;
    }
    return pause_ns < self->pause_max_ns ? pause_ns : self->pause_max_ns;
}

/* Opens it for `pause_ns`, or the longest pause. */
static void open_for(breaker_t *self, int64_t now_ns, int64_t pause_ns, bool held)
{
    self->state = BREAKER_OPEN;
    self->held = held;
    self->open_until_ns = now_ns + (pause_ns < self->pause_max_ns ? pause_ns : self->pause_max_ns);
    self->openings++;
    self->failures = 0;
}

/* What was under way when the breaker opened tells nothing new, but for breaker_told. */
void breaker_failed(breaker_t *self, int64_t now_ns)
{
    if (self->state == BREAKER_OPEN) {
        return;
    }
    self->failures++;
    if (self->state == BREAKER_HALF_OPEN || self->failures >= self->failures_max) {
        open_for(self, now_ns, next_pause(self), false);
    }
}

void breaker_busy(breaker_t *self, int64_t now_ns, int64_t least_ns)
{
    if (self->state != BREAKER_OPEN) {
        int64_t pause_ns = next_pause(self);
        open_for(self, now_ns, pause_ns > least_ns ? pause_ns : least_ns, true);
    }
}

void breaker_told(breaker_t *self, int64_t now_ns, int64_t wait_ns)
{
    if (self->state != BREAKER_OPEN) {
        open_for(self, now_ns, wait_ns, true);
        return;
    }
    self->held = true;
    int64_t until_ns = now_ns + (wait_ns < self->pause_max_ns ? wait_ns : self->pause_max_ns);
    self->open_until_ns = until_ns > self->open_until_ns ? until_ns : self->open_until_ns;
}

breaker_state_t breaker_state_at(const breaker_t *self, int64_t now_ns)
{
    return self->state == BREAKER_OPEN && now_ns >= self->open_until_ns ? BREAKER_HALF_OPEN
                                                                        : self->state;
}

const char *breaker_state_text(breaker_state_t state)
{
    static const char *const texts[] = {
#define BREAKER_TEXT(name, text) text,
        BREAKER_STATE_MAP(BREAKER_TEXT)
#undef BREAKER_TEXT
    };
    return texts[state];
}
