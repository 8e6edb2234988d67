#include "node/requests/frontend_totals.h"

#include <stdio.h>
#include <string.h>

const frontend_totals_keys_t frontend_totals_keys[FRONTEND_TOTALS] = {
#define FRONTEND_TOTALS_KEYS(count_key, last_key, total_key, latest_key)                           \
    [FRONTEND_TOTALS_##count_key] = {.count = REPORT_KEY_##count_key,                              \
                                     .last = REPORT_KEY_##last_key,                                \
                                     .total = REPORT_KEY_##total_key,                              \
                                     .latest = REPORT_KEY_##latest_key},
    FRONTEND_TOTALS_MAP(FRONTEND_TOTALS_KEYS)
#undef FRONTEND_TOTALS_KEYS
};

/* The slot of that process; if it has none, the free one or the one heard of longest ago becomes
 * its own. */
static frontend_totals_process_t *find(frontend_totals_t *self, const char *label,
                                       uint64_t since_ns)
{
    frontend_totals_process_t *oldest = &self->processes[0];
    for (size_t i = 0; i < LIMIT_FRONTENDS; i++) {
        frontend_totals_process_t *process = &self->processes[i];
        if (process->heard > 0 && process->since_ns == since_ns &&
            strcmp(process->label, label) == 0) {
            return process;
        }
        oldest = process->heard < oldest->heard ? process : oldest;
    }
    *oldest = (frontend_totals_process_t){.since_ns = since_ns};
    snprintf(oldest->label, sizeof oldest->label, "%s", label);
    return oldest;
}

static void take_one(frontend_totals_value_t *all, uint64_t *before, frontend_totals_value_t value)
{
    if (value.count <= *before) {
        return;
    }
    uint64_t rise = value.count - *before;
    all->count = rise < INT64_MAX - all->count ? all->count + rise : INT64_MAX;
    all->last_ns = value.last_ns > all->last_ns ? value.last_ns : all->last_ns;
    *before = value.count;
}

void frontend_totals_take(frontend_totals_t *self, const char *label, uint64_t since_ns,
                          const frontend_totals_value_t values[FRONTEND_TOTALS])
{
    frontend_totals_process_t *process = find(self, label, since_ns);
    process->heard = ++self->heard;
    for (size_t i = 0; i < FRONTEND_TOTALS; i++) {
        take_one(&self->all[i], &process->counts[i], values[i]);
    }
}
