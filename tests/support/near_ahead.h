/* near_ahead.h - many points are put into an index as herd-web's copy puts them: the memory of each
 * batch is fetched before its first one.
 *
 * Owner: the caller's. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_NEAR_AHEAD_H
#define HERD_TESTS_SUPPORT_NEAR_AHEAD_H

#include "common/near/near.h"

/* Before points[i] of `count` is put, and after those before it were. */
static inline void near_ahead(const near_t *near, const near_point_t *points, size_t count,
                              size_t i)
{
    uint32_t handles[NEAR_FETCH_BATCH];
    size_t size = count - i < NEAR_FETCH_BATCH ? count - i : NEAR_FETCH_BATCH;
    if (i % NEAR_FETCH_BATCH != 0) {
        return;
    }
    for (size_t j = 0; j < size; j++) {
        handles[j] = points[i + j].handle;
    }
    near_fetch(near, handles, size);
}

#endif
