/* A stream connects when its member listens, which is tried ten times a second, greets, and is
 * greeted; then a question leaves. If the member greets as ZeroMQ does, it is one of 0.1: a DEALER
 * takes the place of the stream. A stream that ends while a question is under way is not made anew:
 * who asks makes another link for the next question. */
#include "deploy/herdctl/frame/link.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/stream.h"

#include <stdlib.h>

enum { TRY_EVERY_MS = 100 }; /* as ZeroMQ does (sockets.c) */

struct herdctl_link {
    herdctl_connection_t connection;
    void *dealer;        /* NULL: it is a stream */
    endpoint_t endpoint; /* of the stream */
    stream_t stream;     /* its descriptor is -1 while there is no connection */
    bool asked;          /* a question is under way: it is not asked twice */
    int64_t try_ns;      /* steady: when it connects next */
};

static bool is_for_stream(const herdctl_connection_t *connection, endpoint_t *ret_endpoint)
{
    return connection->keys == NULL &&
           endpoint_parse(connection->member->requests, ret_endpoint) == STATUS_OK &&
           ret_endpoint->kind == ENDPOINT_IPC;
}

herdctl_link_t *herdctl_link_open(const herdctl_connection_t *connection)
{
    herdctl_link_t *self = memory_new(sizeof *self);
    self->connection = *connection;
    self->stream.file = -1;
    if (!is_for_stream(connection, &self->endpoint)) {
        self->dealer = herdctl_connection_open(connection);
        if (self->dealer == NULL) {
            herdctl_link_close(&self);
        }
    }
    return self;
}

void herdctl_link_close(herdctl_link_t **self_p)
{
    herdctl_link_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    stream_done(&self->stream);
    if (self->dealer != NULL) {
        inflow_leave(self->connection.inflow, self->connection.index, self->dealer);
        zmq_close(self->dealer);
    }
    free(self);
    *self_p = NULL;
}

static void try_to_connect(herdctl_link_t *self, int64_t now_ns)
{
    int file = stream_connect(self->endpoint.path);
    self->try_ns = now_ns + TRY_EVERY_MS * TIMESTAMP_NS_PER_MS;
    if (file >= 0) {
        stream_init(&self->stream, file);
        if (stream_greet(&self->stream) != STATUS_OK) {
            stream_done(&self->stream);
        }
    }
}

bool herdctl_link_poll(herdctl_link_t *self, bool sends, zmq_pollitem_t *ret_item,
                       int64_t *until_ns)
{
    if (self->dealer != NULL) {
        *ret_item =
            (zmq_pollitem_t){.socket = self->dealer, .events = sends ? ZMQ_POLLOUT : ZMQ_POLLIN};
        return true;
    }
    int64_t now_ns = clock_steady_ns();
    if (self->stream.file < 0 && !self->asked && now_ns >= self->try_ns) {
        try_to_connect(self, now_ns);
    }
    if (self->stream.file < 0) {
        *until_ns = !self->asked && self->try_ns < *until_ns ? self->try_ns : *until_ns;
        return false;
    }
    bool writes = (sends && self->stream.greeted) || stream_unsent(&self->stream) > 0;
    *ret_item = (zmq_pollitem_t){
        .fd = self->stream.file,
        .events = (short)((writes ? ZMQ_POLLOUT : 0) | (sends && writes ? 0 : ZMQ_POLLIN))};
    return true;
}

/* The member speaks ZeroMQ. */
static void change_to_dealer(herdctl_link_t *self)
{
    stream_done(&self->stream);
    self->dealer = herdctl_connection_open(&self->connection);
}

bool herdctl_link_can_send(herdctl_link_t *self, const zmq_pollitem_t *item)
{
    if (self->dealer != NULL) {
        return item->socket == self->dealer && (item->revents & ZMQ_POLLOUT) != 0;
    }
    if (self->stream.greeted) {
        return true;
    }
    status_t status = stream_take_greeting(&self->stream);
    if (status == STATUS_UNREACHABLE) {
        change_to_dealer(self);
    } else if (status != STATUS_OK && status != STATUS_AGAIN) {
        stream_done(&self->stream);
    }
    return status == STATUS_OK;
}

status_t herdctl_link_send(herdctl_link_t *self, const message_t *message)
{
    if (self->dealer != NULL) {
        return transport_send(self->dealer, (text_t){0}, message);
    }
    status_t status =
        self->stream.file >= 0 ? stream_send(&self->stream, message) : STATUS_UNREACHABLE;
    self->asked = status == STATUS_OK;
    if (status == STATUS_SYSTEM) {
        stream_done(&self->stream);
    }
    return status;
}

status_t herdctl_link_receive(herdctl_link_t *self, transport_inbound_t *ret_inbound)
{
    if (self->dealer != NULL) {
        status_t status = transport_receive(self->dealer, false, ret_inbound);
        if (status != STATUS_AGAIN && status != STATUS_SYSTEM) {
            inflow_delivered(self->connection.inflow, self->connection.index);
        }
        return status;
    }
    ret_inbound->frame_count = 0;
    ret_inbound->peer = ret_inbound->address = (text_t){0};
    status_t status = stream_flush(&self->stream);
    if (status == STATUS_OK) {
        status = stream_receive(&self->stream, &ret_inbound->message);
    }
    if (status == STATUS_OK) {
        self->asked = false;
    } else if (status != STATUS_AGAIN) {
        stream_done(&self->stream);
    }
    return status;
}
