#include "frontend/upstream/backlog.h"

#include "common/base/limits.h"
#include "common/sockets/connections.h"
#include "common/sockets/meter.h"

void backlog_begin(backlog_t *self, int file)
{
    *self = (backlog_t){.connected = true, .file = file, .cookie = connections_cookie(file)};
}

void backlog_end(backlog_t *self)
{
    *self = (backlog_t){0};
}

const char *backlog_judge(uint64_t size, bool drained)
{
    if (drained) {
        return size > LIMIT_OPEN_SIZE ? "it sends a message that does not end, and was cut off"
                                      : NULL;
    }
    return size > LIMIT_CLIENTS_MEMORY ? "it sends more than can be taken, and was cut off" : NULL;
}

/* Sizes of messages are without what ZeroMQ adds to them on the wire; that would add up, so the
 * count begins anew whenever all was taken. What has come of the next message by then is little. */
const char *backlog_look(backlog_t *self, bool drained)
{
    uint64_t size;
    bool waits;
    if (!self->connected || !connections_read_size(self->file, self->cookie, &size, &waits)) {
        return NULL;
    }
    if (drained && self->moved) {
        self->base = size;
        self->delivered = 0;
    }
    self->moved = false;
    return backlog_judge(meter_open_size(size, self->base + self->delivered), drained);
}

void backlog_cut(backlog_t *self, int reserve)
{
    if (self->connected) {
        (void)connections_end(self->file, self->cookie, reserve);
    }
    backlog_end(self);
}
