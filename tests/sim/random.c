#include "tests/sim/random.h"

static uint64_t split_mix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

void random_init(random_t *self, uint64_t seed, uint64_t stream)
{
    uint64_t mixer = stream;
    mixer = split_mix(&mixer) ^ seed;
    for (int i = 0; i < 4; i++) {
        self->state[i] = split_mix(&mixer);
    }
}

uint64_t random_next(random_t *self)
{
    uint64_t *state = self->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

uint64_t random_below(random_t *self, uint64_t count)
{
    /* The bias is count / 2^64: a simulation cannot show it. */
    return random_next(self) % count;
}

bool random_once_in(random_t *self, uint64_t count)
{
    return random_below(self, count) == 0;
}

int64_t random_duration(random_t *self, int64_t low_ns, int64_t high_ns)
{
    unsigned doublings = 0;
    while (low_ns << doublings < high_ns) {
        doublings++;
    }
    int64_t upper = low_ns << random_below(self, doublings + 1);
    int64_t duration = upper + (int64_t)random_below(self, (uint64_t)upper);
    return duration < high_ns ? duration : high_ns;
}
