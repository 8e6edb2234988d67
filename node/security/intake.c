#include "node/security/intake.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* A connection that was accepted. */
typedef struct {
    bool open;
    bool named;      /* it is known whose it is */
    int file;        /* its descriptor */
    uint64_t number; /* counts acceptances */
    uint64_t cookie; /* connections_cookie */
    uint64_t base;   /* bytes that it had brought in with its last whole message */
    char peer[CONNECTIONS_PEER_SIZE];
} source_t;

struct intake {
    const meter_limits_t *limits;
    atomic_uchar *marks;
    int reserve;
    uint64_t accepted;                            /* connections so far */
    size_t open_count;                            /* connections */
    source_t sources[LIMIT_HANDSHAKES];           /* by descriptor, modulo their number */
    meter_connection_t metered[LIMIT_HANDSHAKES]; /* of a look */
    const source_t *measured[LIMIT_HANDSHAKES];   /* the same: whose they are */
};

intake_t *intake_new(const meter_limits_t *limits, atomic_uchar *marks, int reserve)
{
    intake_t *self = memory_new(sizeof *self);
    self->limits = limits;
    self->marks = marks;
    self->reserve = reserve;
    return self;
}

void intake_destroy(intake_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

void intake_clear(intake_t *self)
{
    for (size_t i = 0; i < LIMIT_HANDSHAKES && self->open_count > 0; i++) {
        self->open_count -= self->sources[i].open ? 1 : 0;
        self->sources[i].open = false;
    }
}

static size_t slot_of(int file)
{
    return (unsigned)file % LIMIT_HANDSHAKES;
}

void intake_accepted(intake_t *self, int file)
{
    source_t *source = &self->sources[slot_of(file)];
    self->open_count += source->open ? 0 : 1;
    *source = (source_t){
        .open = true, .file = file, .number = self->accepted++, .cookie = connections_cookie(file)};
    if (!connections_peer(file, source->peer)) {
        snprintf(source->peer, sizeof source->peer, "somebody who left at once");
    }
    atomic_store(&self->marks[slot_of(file)], 0);
}

void intake_ended(intake_t *self, int file)
{
    source_t *source = &self->sources[slot_of(file)];
    if (source->open && source->file == file) {
        source->open = false;
        self->open_count--;
    }
}

/* What a connection has brought in since its last whole message; false if that cannot be told. What
 * came between that message and this look goes uncounted: it is little. */
static bool measure(intake_t *self, source_t *source, meter_connection_t *ret_metered)
{
    unsigned mark = atomic_exchange(&self->marks[slot_of(source->file)], 0);
    uint64_t size;
    bool waits;
    if (!connections_read_size(source->file, source->cookie, &size, &waits)) {
        return false;
    }
    if ((mark & INTAKE_DELIVERED) != 0) {
        source->base = size;
        source->named = source->named || (mark & INTAKE_NAMED) != 0;
    }
    *ret_metered = (meter_connection_t){.number = source->number,
                                        .open_size = size - source->base,
                                        .unread = waits,
                                        .named = source->named};
    return true;
}

size_t intake_look(intake_t *self, intake_cut_fn *cut, void *argument)
{
    size_t count = 0;
    for (size_t i = 0; i < LIMIT_HANDSHAKES && self->open_count > 0; i++) {
        source_t *source = &self->sources[i];
        if (source->open && measure(self, source, &self->metered[count])) {
            self->measured[count++] = source;
        }
    }
    size_t left = meter_judge(self->metered, count, self->limits);
    for (size_t i = 0; i < count && left > 0; i++) {
        const source_t *source = self->measured[i];
        if (self->metered[i].verdict == NULL) {
            continue;
        }
        left--;
        if (connections_end(source->file, source->cookie, self->reserve)) {
            cut(argument, source->peer, self->metered[i].open_size, self->metered[i].verdict);
        }
    }
    return self->open_count;
}
