#include "common/replication/offset.h"

enum {
    /* What the clocks of two machines may drift apart, in millionths: quartz is better than 100. */
    DRIFT_PPM = 200,
    MILLION = 1000000,
};

/* Times of a neighbour are foreign: sums stay within what 64 bits hold. */
static int64_t add(int64_t one, int64_t other)
{
    int64_t sum;
    if (__builtin_add_overflow(one, other, &sum)) {
        return one < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

static int64_t subtract(int64_t one, int64_t other)
{
    int64_t difference;
    if (__builtin_sub_overflow(one, other, &difference)) {
        return one < 0 ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

int64_t offset_error(const offset_t *self, int64_t steady_ns)
{
    int64_t age_ns = steady_ns > self->steady_ns ? steady_ns - self->steady_ns : 0;
    return add(self->error_ns, age_ns / MILLION * DRIFT_PPM);
}

static bool contradicts(const offset_t *self, const offset_t *measured)
{
    int64_t between_ns = subtract(measured->apart_ns, self->apart_ns);
    int64_t error_ns = add(offset_error(self, measured->steady_ns), measured->error_ns);
    return between_ns > error_ns || between_ns < -error_ns;
}

void offset_take(offset_t *self, int64_t clock_ns, int64_t from_ns, int64_t until_ns)
{
    int64_t half_ns = (until_ns - from_ns) / 2;
    offset_t measured = {.known = true,
                         .apart_ns = subtract(clock_ns, from_ns + half_ns),
                         .error_ns = until_ns - from_ns - half_ns,
                         .steady_ns = until_ns};
    if (!self->known || measured.error_ns <= offset_error(self, until_ns) ||
        contradicts(self, &measured)) {
        *self = measured;
    }
}

int64_t offset_difference(const offset_t *self, const offset_ours_t *ours)
{
    return self->known ? subtract(self->apart_ns, ours->now_ns - ours->steady_ns) : 0;
}

int64_t offset_certain(const offset_t *self, const offset_ours_t *ours)
{
    int64_t difference_ns = offset_difference(self, ours);
    int64_t error_ns = offset_error(self, ours->steady_ns);
    if (difference_ns <= error_ns && difference_ns >= -error_ns) {
        return 0;
    }
    return difference_ns > 0 ? difference_ns - error_ns : difference_ns + error_ns;
}
