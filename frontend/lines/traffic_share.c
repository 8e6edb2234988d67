#include "frontend/lines/traffic_share.h"

#include "common/base/limits.h"

enum { INTERVAL_MS = 1000 };

bool traffic_share_takes(traffic_share_t *self, size_t size)
{
    if (self->lines >= LIMIT_TRAFFIC_LINES || self->size >= LIMIT_TRAFFIC_SIZE) {
        self->left_out++;
        return false;
    }
    self->lines++;
    self->size += (uint32_t)size;
    return true;
}

uint32_t traffic_share_ends(traffic_share_t *self, uint64_t now_ms)
{
    if (now_ms - self->since_ms < INTERVAL_MS) {
        return 0;
    }
    uint32_t left_out = self->left_out;
    *self = (traffic_share_t){.since_ms = now_ms};
    return left_out;
}
