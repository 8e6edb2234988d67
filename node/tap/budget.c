#include "node/tap/budget.h"

bool budget_covers(budget_t *self, int64_t steady_ns)
{
    if (self->steady_ns == 0) {
        self->saved_ns = BUDGET_SAVED_NS;
    } else {
        self->saved_ns += (steady_ns - self->steady_ns) / BUDGET_SHARE;
    }
    if (self->saved_ns > BUDGET_SAVED_NS) {
        self->saved_ns = BUDGET_SAVED_NS;
    }
    self->steady_ns = steady_ns;
    return self->saved_ns > 0;
}

void budget_spend(budget_t *self, int64_t steady_ns)
{
    self->saved_ns -= steady_ns - self->steady_ns;
}
