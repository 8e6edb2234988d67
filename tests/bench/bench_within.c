#include "tests/bench/bench_within.h"

#include "tests/bench/bench_peer.h"

enum {
    E6 = 1000000,
    WANDER_E6 = 1000, /* each way, at most: 1e-6 degree, some 100 m */
};

static uint64_t in_square(uint64_t degrees, uint64_t random)
{
    uint64_t side_e6 = degrees * E6;
    return bench_peer_position(
        (int32_t)(BENCH_WITHIN_SOUTH_E6 + (int64_t)((random & UINT32_MAX) % side_e6)),
        (int32_t)(BENCH_WITHIN_WEST_E6 + (int64_t)((random >> 32) % side_e6)));
}

static uint64_t wandered(uint64_t position, uint64_t random)
{
    return bench_peer_position_near(position, (int32_t)(random % (2 * WANDER_E6 + 1)) - WANDER_E6,
                                    (int32_t)((random >> 32) % (2 * WANDER_E6 + 1)) - WANDER_E6);
}

uint64_t bench_within_position(const bench_within_t *self, uint32_t id, uint64_t random)
{
    uint64_t seed = id;
    uint64_t position = random;
    if (self->around->count > 0) {
        position = bench_around_position(self->around, id);
    } else if (self->degrees > 0) {
        position = in_square(self->degrees, self->wander ? bench_random(&seed) : random);
    }
    return self->wander ? wandered(position, random) : position;
}
