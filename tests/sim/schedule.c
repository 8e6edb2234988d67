#include "tests/sim/schedule.h"

#include "common/base/memory.h"

#include <stddef.h>
#include <stdlib.h>

typedef struct {
    int64_t time_ns;
    uint64_t order; /* of scheduling: decides between equal times */
    schedule_action_t *action;
    void *subject;
    uint64_t detail;
} event_t;

struct schedule {
    event_t *events; /* a heap: none is before its parent, (index - 1) / 2 */
    size_t count;
    size_t capacity; /* events allocated */
    uint64_t order;  /* of the next event */
    int64_t now_ns;
    bool stopped; /* nothing happens any more */
};

schedule_t *schedule_new(void)
{
    schedule_t *self = memory_new(sizeof *self);
    self->capacity = 256;
    self->events = memory_new_array(self->capacity, sizeof(event_t));
    return self;
}

void schedule_destroy(schedule_t **self_p)
{
    schedule_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->events);
    free(self);
    *self_p = NULL;
}

int64_t schedule_now_ns(const schedule_t *self)
{
    return self->now_ns;
}

static bool is_before(const event_t *one, const event_t *other)
{
    return one->time_ns != other->time_ns ? one->time_ns < other->time_ns
                                          : one->order < other->order;
}

void schedule_at(schedule_t *self, int64_t time_ns, schedule_action_t *action, void *subject,
                 uint64_t detail)
{
    event_t event = {.time_ns = time_ns > self->now_ns ? time_ns : self->now_ns,
                     .order = self->order++,
                     .action = action,
                     .subject = subject,
                     .detail = detail};
    if (self->count == self->capacity) {
        self->capacity *= 2;
        self->events = memory_resize(self->events, self->capacity * sizeof(event_t));
    }
    size_t index = self->count++;
    while (index > 0 && is_before(&event, &self->events[(index - 1) / 2])) {
        self->events[index] = self->events[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    self->events[index] = event;
}

static event_t take_first(schedule_t *self)
{
    event_t first = self->events[0];
    event_t last = self->events[--self->count];
    size_t index = 0;
    for (size_t child = 1; child < self->count; child = 2 * index + 1) {
        if (child + 1 < self->count && is_before(&self->events[child + 1], &self->events[child])) {
            child++;
        }
        if (!is_before(&self->events[child], &last)) {
            break;
        }
        self->events[index] = self->events[child];
        index = child;
    }
    self->events[index] = last;
    return first;
}

void schedule_stop(schedule_t *self)
{
    self->stopped = true;
}

void schedule_run(schedule_t *self, int64_t until_ns)
{
    while (!self->stopped && self->count > 0 && self->events[0].time_ns <= until_ns) {
        event_t event = take_first(self);
        self->now_ns = event.time_ns;
        event.action(event.subject, event.detail);
    }
    self->now_ns = until_ns > self->now_ns ? until_ns : self->now_ns;
}
