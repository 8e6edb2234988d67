#include "node/requests/desk.h"

#include "common/base/memory.h"

#include <stdlib.h>

struct desk {
    void *router;
    loop_watch_t *router_watch; /* NULL: none */
    streams_t *streams;         /* NULL: none */
    bool router_due;            /* it may have a message */
    bool router_next;           /* it is its turn */
};

desk_t *desk_new(void *router, streams_t *streams)
{
    desk_t *self = memory_new(sizeof *self);
    self->router = router;
    self->streams = streams;
    return self;
}

void desk_destroy(desk_t **self_p)
{
    desk_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    streams_destroy(&self->streams);
    free(self);
    *self_p = NULL;
}

void desk_set_watch(desk_t *self, loop_watch_t *router_watch)
{
    self->router_watch = router_watch;
}

void desk_note_router(desk_t *self)
{
    self->router_due = true;
}

int desk_file(const desk_t *self)
{
    return self->streams != NULL ? streams_file(self->streams) : -1;
}

void desk_open(desk_t *self, bool open)
{
    if (self->streams != NULL) {
        streams_set_reading(self->streams, open);
    }
}

void desk_begin_turn(desk_t *self, int64_t steady_ns)
{
    if (self->streams != NULL) {
        streams_begin_turn(self->streams, steady_ns);
    }
}

void desk_end_turn(desk_t *self)
{
    if (self->streams != NULL) {
        streams_end_turn(self->streams);
    }
}

static status_t receive_routed(desk_t *self, transport_inbound_t *ret_inbound)
{
    if (self->streams != NULL && !self->router_due) {
        return STATUS_AGAIN;
    }
    status_t status = transport_receive(self->router, true, ret_inbound);
    if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
        self->router_due = false;
    } else if (self->streams != NULL && streams_has(self->streams, ret_inbound->peer)) {
        return STATUS_INVALID; /* it takes the name of a stream, whose answers it would get */
    }
    return status;
}

status_t desk_receive(desk_t *self, int64_t steady_ns, transport_inbound_t *ret_inbound)
{
    if (self->streams == NULL) {
        return receive_routed(self, ret_inbound);
    }
    status_t status = STATUS_AGAIN;
    for (int i = 0; i < 2 && (status == STATUS_AGAIN || status == STATUS_SYSTEM); i++) {
        status = self->router_next ? receive_routed(self, ret_inbound)
                                   : streams_receive(self->streams, steady_ns, ret_inbound);
        self->router_next = !self->router_next;
    }
    return status;
}

status_t desk_send(desk_t *self, text_t peer, const message_t *message)
{
    status_t status =
        self->streams != NULL ? streams_send(self->streams, peer, message) : STATUS_NOT_FOUND;
    if (status == STATUS_NOT_FOUND) {
        status = transport_send(self->router, peer, message);
        loop_stir(self->router_watch);
    }
    return status;
}

bool desk_is_clear(const desk_t *self, text_t peer)
{
    return !desk_has_stream(self, peer) || streams_is_clear(self->streams, peer);
}

bool desk_has_stream(const desk_t *self, text_t peer)
{
    return self->streams != NULL && streams_has(self->streams, peer);
}

void desk_cut(desk_t *self, text_t peer)
{
    if (self->streams != NULL) {
        streams_cut(self->streams, peer);
    }
}

void desk_wake(desk_t *self)
{
    if (self->streams != NULL) {
        streams_wake(self->streams);
    }
}

void desk_set_named(desk_t *self, text_t peer, bool named)
{
    if (self->streams != NULL) {
        streams_set_named(self->streams, peer, named);
    }
}

void desk_tick(desk_t *self, int64_t steady_ns)
{
    if (self->streams != NULL) {
        streams_tick(self->streams, steady_ns);
    }
}
