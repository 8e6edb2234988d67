#include "node/requests/rises.h"

#include <stddef.h>

const report_key_t rises_last_keys[RISES] = {
#define RISES_KEY(name, last) [RISES_##name] = REPORT_KEY_##last,
    RISES_MAP(RISES_KEY)
#undef RISES_KEY
};

void rises_note(rises_t *self, const uint64_t counts[RISES], int64_t now_ns)
{
    for (size_t i = 0; i < RISES; i++) {
        if (counts[i] > self->counts[i]) {
            self->last_ns[i] = now_ns;
        }
        self->counts[i] = counts[i];
    }
}

void rises_shift(rises_t *self, int64_t step_ns)
{
    for (size_t i = 0; i < RISES; i++) {
        self->last_ns[i] += self->last_ns[i] != 0 ? step_ns : 0;
    }
}
