#include "node/bus/pace.h"

#include "common/base/timestamp.h"

int64_t pace_wait_ns(const pace_t *self, int64_t asked_ns, int64_t steady_ns)
{
    bool asked = asked_ns != 0 && steady_ns - asked_ns < PACE_ASKED_MS * TIMESTAMP_NS_PER_MS;
    return asked && self->next_ns > steady_ns ? self->next_ns - steady_ns : 0;
}

void pace_spend(pace_t *self, uint64_t records, uint64_t left, int64_t steady_ns)
{
    uint64_t list = records + left;
    self->list = list > self->list ? list : self->list;
    uint64_t per_ms = self->list / PACE_LIST_MS;
    per_ms = per_ms > PACE_RECORDS_PER_MS ? per_ms : PACE_RECORDS_PER_MS;
    /* A timer comes up to a millisecond late: what it missed is made up for, and no more. */
    int64_t from_ns = steady_ns - TIMESTAMP_NS_PER_MS;
    from_ns = self->next_ns > from_ns ? self->next_ns : from_ns;
    self->next_ns = from_ns + (int64_t)(records * TIMESTAMP_NS_PER_MS / per_ms);
}

void pace_end(pace_t *self)
{
    *self = (pace_t){0};
}
