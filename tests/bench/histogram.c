#include "tests/bench/histogram.h"

#include <math.h>

static size_t bucket_of(uint64_t value)
{
    const uint64_t first_shared = UINT64_C(2) << HISTOGRAM_HALF_BITS;
    if (value < first_shared) {
        return (size_t)value;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_HALF_BITS;
    if (shift >= HISTOGRAM_SHIFTS) {
        return HISTOGRAM_BUCKETS - 1;
    }
    return ((size_t)shift << HISTOGRAM_HALF_BITS) + (size_t)(value >> shift);
}

/* The largest value of a bucket. */
static uint64_t last_of(size_t bucket)
{
    size_t power = bucket >> HISTOGRAM_HALF_BITS;
    if (power < 2) {
        return bucket;
    }
    size_t shift = power - 1;
    uint64_t part = bucket - (shift << HISTOGRAM_HALF_BITS);
    return ((part + 1) << shift) - 1;
}

void histogram_record(histogram_t *self, uint64_t value)
{
    self->counts[bucket_of(value)]++;
    self->count++;
    self->max = value > self->max ? value : self->max;
}

void histogram_merge(histogram_t *self, const histogram_t *other)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        self->counts[i] += other->counts[i];
    }
    self->count += other->count;
    self->max = other->max > self->max ? other->max : self->max;
}

uint64_t histogram_percentile(const histogram_t *self, double percent)
{
    uint64_t rank = (uint64_t)ceil(percent * (double)self->count / 100);
    uint64_t seen = 0;
    rank = rank > 0 ? rank : 1;
    /* The last bucket has no upper end but the largest value. */
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += self->counts[i];
        if (seen >= rank) {
            return last_of(i) < self->max ? last_of(i) : self->max;
        }
    }
    return self->max;
}
