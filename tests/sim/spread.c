#include "tests/sim/spread.h"

#include "common/base/memory.h"

#include <stdlib.h>

typedef struct {
    int64_t first_ns;
    int64_t last_ns;
    size_t taken; /* times that a member took it */
} way_t;

struct spread {
    way_t *ways; /* by update, from number 1 on */
    size_t maximum;
};

spread_t *spread_new(size_t maximum)
{
    spread_t *self = memory_new(sizeof *self);
    self->ways = memory_new_array(maximum + 1, sizeof(way_t));
    self->maximum = maximum;
    return self;
}

void spread_destroy(spread_t **self_p)
{
    spread_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->ways);
    free(self);
    *self_p = NULL;
}

void spread_note(spread_t *self, update_number_t number, int64_t now_ns)
{
    way_t *way = &self->ways[number];
    way->first_ns = way->taken == 0 ? now_ns : way->first_ns;
    way->last_ns = now_ns;
    way->taken++;
}

spread_result_t spread_result(const spread_t *self, size_t member_count)
{
    spread_result_t result = {0};
    for (size_t i = 1; i <= self->maximum; i++) {
        const way_t *way = &self->ways[i];
        if (way->taken != member_count) {
            continue;
        }
        int64_t time_ns = way->last_ns - way->first_ns;
        result.count++;
        result.total_ns += time_ns;
        result.longest_ns = time_ns > result.longest_ns ? time_ns : result.longest_ns;
    }
    return result;
}
