#include "node/bus/neighbours.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct neighbours {
    neighbours_settings_t settings;
    neighbour_t **all;
    unsigned *marks;  /* by index in `all`: link_group_take_mark */
    size_t *streams;  /* by index in `all`: of its DEALER in `inflow` */
    inflow_t *inflow; /* watches what all of them send us; NULL before the first */
    bool streams_taken[LIMIT_MEMBERS];
    size_t count;
    link_group_t group; /* the one of their links */
};

neighbours_t *neighbours_new(const neighbours_settings_t *settings)
{
    neighbours_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    return self;
}

void neighbours_destroy(neighbours_t **self_p)
{
    neighbours_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        neighbour_destroy(&self->all[i]);
    }
    free(self->all);
    inflow_destroy(&self->inflow);
    free(self->marks);
    free(self->streams);
    free(self);
    *self_p = NULL;
}

/* What comes by our DEALERs is answers: a lying neighbour's are cut like a stranger's (K13). */
static void watch(neighbours_t *self)
{
    static const meter_limits_t limits = {.open_max = LIMIT_OPEN_SIZE,
                                          .open_unread_max = LIMIT_OPEN_SIZE,
                                          .open_total = LIMIT_OPEN_TOTAL,
                                          .stranger_count = SIZE_MAX,
                                          .connection_count = SIZE_MAX};
    const inflow_settings_t inflow = {
        .context = zsys_init(), .count = LIMIT_MEMBERS, .limits = &limits};
    if (self->inflow == NULL) {
        self->inflow = inflow_new(&inflow);
        if (self->inflow == NULL) {
            log_event(self->settings.context.log, LOG_UNWATCHED, NULL,
                      "bus: what neighbours send cannot be watched: %s", strerror(errno));
        }
    }
    self->settings.context.inflow = self->inflow;
}

static size_t take_stream(neighbours_t *self)
{
    size_t stream = 0;
    while (self->streams_taken[stream]) { /* there are as many as members */
        stream++;
    }
    self->streams_taken[stream] = true;
    return stream;
}

void neighbours_add(neighbours_t *self, const char *name, const char *endpoint)
{
    assert(self->count < LIMIT_MEMBERS);
    size_t count = self->count + 1;
    self->all = memory_resize(self->all, count * sizeof(neighbour_t *));
    self->marks = memory_resize(self->marks, count * sizeof *self->marks);
    self->streams = memory_resize(self->streams, count * sizeof *self->streams);
    watch(self);
    size_t stream = take_stream(self);
    self->settings.context.inflow_index = stream;
    unsigned mark = link_group_take_mark(&self->group);
    link_identity_t identity = {
        .herd = self->settings.herd,
        .member = self->settings.member,
        .neighbour = text_of(name),
        .generation = self->settings.generation,
        .has_parent = self->settings.has_parent,
        .parent = self->settings.parent,
        .mark = mark,
        .group = &self->group,
        /* Half of the range is left to count on. */
        .first_session = entropy_number() / 2,
    };
    self->marks[self->count] = mark;
    self->streams[self->count] = stream;
    self->all[self->count++] = neighbour_new(&self->settings.context, &identity, endpoint);
}

void neighbours_remove(neighbours_t *self, neighbour_t *neighbour)
{
    size_t index = 0;
    while (index < self->count && self->all[index] != neighbour) {
        index++;
    }
    assert(index < self->count);
    link_group_give_mark(&self->group, self->marks[index]);
    neighbour_destroy(&self->all[index]);
    self->streams_taken[self->streams[index]] = false;
    self->count--;
    size_t behind = self->count - index;
    memmove(self->all + index, self->all + index + 1, behind * sizeof(neighbour_t *));
    memmove(self->marks + index, self->marks + index + 1, behind * sizeof *self->marks);
    memmove(self->streams + index, self->streams + index + 1, behind * sizeof *self->streams);
}

neighbour_t *neighbours_find(const neighbours_t *self, text_t name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (text_equal(text_of(neighbour_name(self->all[i])), name)) {
            return self->all[i];
        }
    }
    return NULL;
}

size_t neighbours_count(const neighbours_t *self)
{
    return self->count;
}

neighbour_t *const *neighbours_all(const neighbours_t *self)
{
    return self->all;
}

void neighbours_pump(neighbours_t *self, int64_t now_ns, int64_t steady_ns)
{
    for (size_t i = 0; i < self->count; i++) {
        neighbour_pump(self->all[i], now_ns, steady_ns);
    }
}

void neighbours_tick(neighbours_t *self, int64_t now_ns, int64_t steady_ns)
{
    for (size_t i = 0; i < self->count; i++) {
        neighbour_tick(self->all[i], now_ns, steady_ns);
    }
}

bool neighbours_want_digest(const neighbours_t *self, int64_t steady_ns)
{
    for (size_t i = 0; i < self->count; i++) {
        if (neighbour_wants_digest(self->all[i], steady_ns)) {
            return true;
        }
    }
    return false;
}

bool neighbours_have_caught_up(const neighbours_t *self, bool absent_too)
{
    for (size_t i = 0; i < self->count; i++) {
        const link_t *link = neighbour_link(self->all[i]);
        bool absent = absent_too && !link_has_heard(link);
        if (!link_has_caught_up(link) && !absent) {
            return false;
        }
    }
    return true;
}

bool neighbours_are_level(const neighbours_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const link_t *link = neighbour_link(self->all[i]);
        if (link_is_up(link) && !link_is_level(link)) {
            return false;
        }
    }
    return true;
}
