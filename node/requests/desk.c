#include "node/requests/desk.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* What the service knows the front-end of this process by. */
static const char inner_name[] = "this process";

typedef enum { BY_STREAM, BY_ROUTER, BY_PASSAGE, CARRIERS } carrier_t;

struct desk {
    void *router;
    loop_watch_t *router_watch; /* NULL: none */
    loop_watch_t *more_watch;   /* stirred when there is more to do; NULL: none */
    streams_t *streams;         /* NULL: none */
    bool router_due;            /* it may have a message */
    passage_t *passage;         /* NULL: none */
    bool open;                  /* messages are taken */
    carrier_t next;             /* whose turn it is */
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
    if (self->passage != NULL) {
        passage_tell(self->passage, PASSAGE_NODE, NULL, NULL);
    }
    free(self);
    *self_p = NULL;
}

void desk_set_watches(desk_t *self, loop_watch_t *router_watch, loop_watch_t *more_watch)
{
    self->router_watch = router_watch;
    self->more_watch = more_watch;
}

void desk_wake(const desk_t *self)
{
    loop_stir(self->more_watch);
}

static void on_passage(void *argument)
{
    desk_wake(argument);
}

void desk_join(desk_t *self, passage_t *passage)
{
    self->passage = passage;
    passage_tell(passage, PASSAGE_NODE, on_passage, self);
}

/* By its place: no message of others has the name there. */
bool desk_is_inner(const desk_t *self, text_t peer)
{
    return self->passage != NULL && peer.data == inner_name;
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
    self->open = open;
    if (self->streams != NULL) {
        streams_set_reading(self->streams, open);
    }
    if (self->passage != NULL) {
        desk_wake(self);
    }
}

void desk_begin_turn(desk_t *self, int64_t steady_ns)
{
    if (self->streams != NULL) {
        streams_begin_turn(self->streams, steady_ns);
    }
}

/* What is answered must be read before more is taken, as in streams. */
static bool passage_is_due(const desk_t *self)
{
    return self->passage != NULL && self->open && passage_has(self->passage, PASSAGE_NODE) &&
           passage_has_room(self->passage, PASSAGE_NODE);
}

void desk_end_turn(desk_t *self)
{
    bool more = self->streams != NULL && streams_end_turn(self->streams);
    if (more || passage_is_due(self)) {
        desk_wake(self);
    }
    if (self->router_due) { /* it may have been read outside of its handler */
        loop_stir(self->router_watch);
    }
}

static bool is_inner_name(const desk_t *self, text_t peer)
{
    return self->passage != NULL && text_equal(peer, text_of(inner_name));
}

static status_t receive_routed(desk_t *self, transport_inbound_t *ret_inbound)
{
    if (!self->router_due) {
        return STATUS_AGAIN;
    }
    status_t status = transport_receive(self->router, true, ret_inbound);
    if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
        self->router_due = status == STATUS_SYSTEM; /* it is asked again */
    } else if ((self->streams != NULL && streams_has(self->streams, ret_inbound->peer)) ||
               is_inner_name(self, ret_inbound->peer)) {
        return STATUS_INVALID; /* it takes the name of another, whose answers it would get */
    }
    return status;
}

static status_t receive_inner(const desk_t *self, transport_inbound_t *ret_inbound)
{
    if (!passage_is_due(self)) {
        return STATUS_AGAIN;
    }
    ret_inbound->frame_count = 0;
    ret_inbound->peer = text_of(inner_name);
    ret_inbound->address = (text_t){0};
    return passage_receive(self->passage, PASSAGE_NODE, &ret_inbound->message);
}

static status_t receive_by(desk_t *self, carrier_t carrier, int64_t steady_ns,
                           transport_inbound_t *ret_inbound)
{
    switch (carrier) {
    case BY_STREAM:
        return self->streams != NULL ? streams_receive(self->streams, steady_ns, ret_inbound)
                                     : STATUS_AGAIN;
    case BY_ROUTER: return receive_routed(self, ret_inbound);
    default: return receive_inner(self, ret_inbound);
    }
}

status_t desk_receive(desk_t *self, int64_t steady_ns, transport_inbound_t *ret_inbound)
{
    status_t status = STATUS_AGAIN;
    for (int i = 0; i < CARRIERS && (status == STATUS_AGAIN || status == STATUS_SYSTEM); i++) {
        status = receive_by(self, self->next, steady_ns, ret_inbound);
        self->next = (self->next + 1) % CARRIERS;
    }
    return status;
}

/* To the peer of that name. STATUS_NOT_FOUND: none of ours has it. */
static status_t send_without_zeromq(desk_t *self, text_t peer, const message_t *message)
{
    if (is_inner_name(self, peer)) {
        return passage_send(self->passage, PASSAGE_NODE, message);
    }
    return self->streams != NULL ? streams_send(self->streams, peer, message) : STATUS_NOT_FOUND;
}

status_t desk_send(desk_t *self, text_t peer, const message_t *message)
{
    status_t status = send_without_zeromq(self, peer, message);
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
