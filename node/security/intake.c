#include "node/security/intake.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdlib.h>

struct intake {
    intake_settings_t settings;
    size_t strangers;                             /* after the last look */
    meter_connection_t metered[LIMIT_HANDSHAKES]; /* of a look */
    const arrival_t *measured[LIMIT_HANDSHAKES];  /* the same: whose they are */
};

intake_t *intake_new(const intake_settings_t *settings)
{
    intake_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    return self;
}

void intake_destroy(intake_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

size_t intake_strangers(const intake_t *self)
{
    return self->strangers;
}

/* What came between the last whole message and this look goes uncounted: it is little. */
static void note_delivery(const intake_t *self, arrival_t *source, unsigned mark, uint64_t size)
{
    source->base = size;
    source->named = source->named || (mark & INTAKE_NAMED) != 0;
    if (self->settings.renewing) {
        source->number = arrivals_next_number(self->settings.arrivals);
    }
}

/* What a connection has brought in since its last whole message; false if it is gone. What comes by
 * a Unix socket is not counted, but its connections are. */
static bool measure(const intake_t *self, arrival_t *source, meter_connection_t *ret_metered)
{
    unsigned mark = atomic_exchange(&self->settings.marks[arrivals_slot(source->file)], 0);
    uint64_t size = source->base;
    bool waits = false;
    if (!connections_read_size(source->file, source->cookie, &size, &waits) &&
        (source->cookie == 0 || connections_cookie(source->file) != source->cookie)) {
        return false;
    }
    if ((mark & INTAKE_DELIVERED) != 0) {
        note_delivery(self, source, mark, size);
    }
    source->named = source->named && (mark & INTAKE_FORGOTTEN) == 0;
    *ret_metered = (meter_connection_t){.number = source->number,
                                        .open_size = meter_open_size(size, source->base),
                                        .unread = waits,
                                        .named = source->named};
    return true;
}

/* Ends those with a verdict. */
static void cut_judged(intake_t *self, size_t count, intake_cut_fn *cut, void *argument)
{
    for (size_t i = 0; i < count; i++) {
        const arrival_t *source = self->measured[i];
        const meter_connection_t *metered = &self->metered[i];
        if (metered->verdict == NULL) {
            self->strangers += metered->named ? 0 : 1;
        } else if (connections_end(source->file, source->cookie, self->settings.reserve)) {
            cut(argument, source->peer, metered->open_size, metered->verdict);
        }
    }
}

void intake_look(intake_t *self, size_t stranger_max, intake_cut_fn *cut, void *argument)
{
    arrivals_t *arrivals = self->settings.arrivals;
    meter_limits_t limits = *self->settings.limits;
    size_t count = 0;
    self->strangers = 0;
    for (size_t i = 0; i < LIMIT_HANDSHAKES && arrivals_count(arrivals) > 0; i++) {
        arrival_t *source = arrivals_at(arrivals, i);
        if (source->open && measure(self, source, &self->metered[count])) {
            self->measured[count++] = source;
        }
    }
    if (limits.stranger_count > stranger_max) {
        limits.stranger_count = stranger_max;
    }
    (void)meter_judge(self->metered, count, &limits);
    cut_judged(self, count, cut, argument);
}
