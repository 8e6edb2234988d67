#include "tests/sim/workload.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

#define HOUR (3600 * TIMESTAMP_NS_PER_S)

enum {
    BURSTS = 8,     /* half of the updates come in this many bursts ... */
    BURST_MS = 100, /* ... each this long */
};

struct workload {
    workload_settings_t settings;
    herd_t *herd;
    random_t random;
    int64_t *last_times; /* by client: the time that it told last, ns */
};

/* What the client's clock says: mostly the truth; sometimes the same again, hours off, or decades
 * ahead. */
static int64_t client_time(workload_t *self, size_t client, int64_t now_ns)
{
    const int64_t year = 8766 * HOUR;
    int64_t time_ns = now_ns;
    switch (random_below(&self->random, 16)) {
    case 0: time_ns = now_ns + (int64_t)random_below(&self->random, 30) * year; break;
    case 1: time_ns = now_ns - HOUR; break;
    case 2: time_ns = now_ns + HOUR; break;
    case 3: time_ns = now_ns - 10 * TIMESTAMP_NS_PER_S; break;
    case 4:
    case 5: time_ns = self->last_times[client] != 0 ? self->last_times[client] : now_ns; break;
    default: break;
    }
    self->last_times[client] = time_ns;
    return time_ns;
}

static void send_to(workload_t *self, member_t *member, size_t client, int64_t client_time_ns)
{
    if (!member_is_serving(member) || updates_room(self->herd->updates) == 0) {
        return;
    }
    update_t update = {.client = client,
                       .origin = member_name(member),
                       .client_time_ns = client_time_ns,
                       .receipt_time_ns = member_now_ns(member)};
    member_update(member, updates_make(self->herd->updates, &update, &self->random));
}

static member_t *any_member(workload_t *self)
{
    return self->herd->members[random_below(&self->random, self->herd->graph.member_count)];
}

/* Sends a twin: at the same moment, to another member or to this one again. Its time is the same,
 * or a little later, which makes no difference if both are too far ahead (R2). */
static void send_twin(workload_t *self, member_t *member, size_t client, int64_t time_ns)
{
    member_t *other = random_once_in(&self->random, 2) ? member : any_member(self);
    int64_t later_ns = random_once_in(&self->random, 2)
                           ? 0
                           : (int64_t)random_below(&self->random, TIMESTAMP_NS_PER_S);
    send_to(self, other, client, time_ns + later_ns);
}

static void on_update(void *subject, uint64_t detail)
{
    (void)detail;
    workload_t *self = subject;
    size_t client = random_below(&self->random, updates_client_count(self->herd->updates));
    member_t *member = any_member(self);
    int64_t time_ns = client_time(self, client, member_true_ns(member));
    send_to(self, member, client, time_ns);
    if (self->settings.twins && random_once_in(&self->random, 4)) {
        send_twin(self, member, client, time_ns);
    }
}

workload_t *workload_new(const workload_settings_t *settings, herd_t *herd)
{
    workload_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->herd = herd;
    random_init(&self->random, settings->seed, 2);
    self->last_times = memory_new_array(updates_client_count(herd->updates), sizeof(int64_t));
    uint64_t range_ns = (uint64_t)(settings->until_ns - settings->from_ns);
    int64_t bursts[BURSTS];
    for (size_t i = 0; i < BURSTS; i++) {
        bursts[i] = settings->from_ns + (int64_t)random_below(&self->random, range_ns);
    }
    for (size_t i = 0; i < settings->update_count; i++) {
        int64_t time_ns = settings->from_ns + (int64_t)random_below(&self->random, range_ns);
        if (random_once_in(&self->random, 2)) {
            time_ns = bursts[random_below(&self->random, BURSTS)] +
                      (int64_t)random_below(&self->random, BURST_MS * TIMESTAMP_NS_PER_MS);
        }
        time_ns = time_ns < settings->until_ns ? time_ns : settings->until_ns;
        schedule_at(herd->schedule, time_ns, on_update, self, 0);
    }
    return self;
}

void workload_destroy(workload_t **self_p)
{
    workload_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->last_times);
    free(self);
    *self_p = NULL;
}
