#include "common/replication/trickle.h"

#include "common/base/timestamp.h"

static const int64_t interval_min_ns = 30 * TIMESTAMP_NS_PER_S;
static const int64_t interval_max_ns = 3600 * TIMESTAMP_NS_PER_S;

void trickle_init(trickle_t *self, uint64_t seed)
{
    *self = (trickle_t){.random = seed | 1, .done = true};
}

/* xorshift64 (Marsaglia, Journal of Statistical Software 8, 2003): it is enough that neighbours
 * differ. */
static uint64_t next_random(trickle_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

/* t is anywhere in the second half of the interval (rule 2). */
static void begin_interval(trickle_t *self, int64_t interval_ns, int64_t steady_ns)
{
    self->interval_ns = interval_ns;
    self->started_ns = steady_ns;
    self->due_ns =
        steady_ns + interval_ns / 2 + (int64_t)(next_random(self) % (uint64_t)(interval_ns / 2));
    self->done = false;
}

void trickle_start(trickle_t *self, int64_t steady_ns)
{
    begin_interval(self, interval_min_ns, steady_ns);
}

void trickle_inconsistent(trickle_t *self, int64_t steady_ns)
{
    if (self->interval_ns > interval_min_ns) {
        begin_interval(self, interval_min_ns, steady_ns);
    }
}

void trickle_consistent(trickle_t *self)
{
    self->done = true;
}

bool trickle_is_due(trickle_t *self, int64_t steady_ns)
{
    if (self->interval_ns == 0) {
        return false;
    }
    bool over = steady_ns - self->started_ns >= self->interval_ns;
    if (self->done && over) {
        int64_t doubled_ns = 2 * self->interval_ns;
        begin_interval(self, doubled_ns < interval_max_ns ? doubled_ns : interval_max_ns,
                       steady_ns);
    }
    return !self->done && steady_ns >= self->due_ns;
}

void trickle_sent(trickle_t *self)
{
    self->done = true;
}
