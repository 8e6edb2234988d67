#include "frontend/follower/share.h"

void share_take(share_t *self, int64_t begin_ns, int64_t end_ns)
{
    const int64_t most_ns = (int64_t)SHARE_BURST_MS * 1000000;
    int64_t left_ns = self->left_ns + (end_ns - self->at_ns) / SHARE_PART;
    if (self->at_ns == 0 || left_ns > most_ns) {
        left_ns = most_ns;
    }
    left_ns -= end_ns - begin_ns;
    self->left_ns = left_ns > -most_ns ? left_ns : -most_ns;
    self->at_ns = end_ns;
}

int64_t share_rest_ns(const share_t *self)
{
    return self->left_ns < 0 ? -self->left_ns * SHARE_PART : 0;
}
