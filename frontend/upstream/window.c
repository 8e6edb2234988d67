#include "frontend/upstream/window.h"

#include <assert.h>

void window_init(window_t *self)
{
    *self = (window_t){.max = LIMIT_REQUEST_WINDOW};
}

void window_sent(window_t *self, uint64_t now_ns)
{
    assert(self->count < LIMIT_REQUEST_WINDOW);
    self->sent_ns[(self->oldest + self->count) % LIMIT_REQUEST_WINDOW] = now_ns;
    self->count++;
}

void window_answered(window_t *self, unsigned count)
{
    assert(count <= self->count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t sent_ns = self->sent_ns[self->oldest];
        uint64_t waited_ns = self->looked_ns > sent_ns ? self->looked_ns - sent_ns : 0;
        self->oldest = (self->oldest + 1) % LIMIT_REQUEST_WINDOW;
        if (waited_ns > WINDOW_LATE_NS && self->max > WINDOW_MIN) {
            self->max--;
        } else if (waited_ns < WINDOW_EARLY_NS && self->max < LIMIT_REQUEST_WINDOW) {
            self->max++;
        }
    }
    self->count -= count;
}
