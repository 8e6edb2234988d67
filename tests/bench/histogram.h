/* histogram.h - how often each latency occurred, to three significant digits, in memory of a fixed
 * size.
 *
 * Owner: the caller's storage. Threads: one at a time. Buckets are logarithmic, as in HdrHistogram
 * (G. Tene, http://hdrhistogram.org): values below 2048 have a bucket each; from there on each
 * power of two is divided into 1024 buckets, so that a bucket is never wider than a thousandth of
 * its values.
 */
#ifndef HERD_TESTS_BENCH_HISTOGRAM_H
#define HERD_TESTS_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_HALF_BITS = 10, /* 1024 buckets for each power of two */
    HISTOGRAM_SHIFTS = 31,    /* the last bucket ends at 2^41 - 1: 36 minutes in ns */
    HISTOGRAM_BUCKETS = (HISTOGRAM_SHIFTS + 1) << HISTOGRAM_HALF_BITS,
};

/* Open value struct; all zero is an empty one. Values are of the caller's unit. */
typedef struct {
    uint64_t counts[HISTOGRAM_BUCKETS]; /* values in each bucket */
    uint64_t count;                     /* of all values */
    uint64_t max;                       /* the largest value, exactly; 0 if there are none */
} histogram_t;

/* Counts a value; one beyond the last bucket is counted in that. */
void histogram_record(histogram_t *self, uint64_t value);

/* Counts all values of `other`, too. */
void histogram_merge(histogram_t *self, const histogram_t *other);

/* The least value that `percent` (0 .. 100) of the values do not exceed; at most a thousandth too
 * high, and never above the largest value; 0 if there are no values. */
uint64_t histogram_percentile(const histogram_t *self, double percent);

#endif
