#include "frontend/upstream/upstream_socket.h"

#include "common/base/memory.h"
#include "common/sockets/endpoint.h"
#include "frontend/upstream/upstream_dealer.h"
#include "frontend/upstream/upstream_passage.h"
#include "frontend/upstream/upstream_stream.h"

#include <errno.h>
#include <stdlib.h>

/* One of the three is there. */
struct upstream_socket {
    upstream_dealer_t *dealer;
    upstream_stream_t *stream;
    upstream_passage_t *passage;
};

/* Whether the node can be spoken to by a stream. */
static bool is_for_stream(const upstream_socket_settings_t *settings, endpoint_t *ret_endpoint)
{
    return settings->security == NULL && !settings->zeromq &&
           endpoint_parse(settings->endpoint, ret_endpoint) == STATUS_OK &&
           ret_endpoint->kind == ENDPOINT_IPC;
}

static status_t open_socket(upstream_socket_t *self, const upstream_socket_settings_t *settings)
{
    endpoint_t endpoint;
    if (settings->passage != NULL) {
        self->passage = upstream_passage_open(settings);
        return STATUS_OK;
    }
    return is_for_stream(settings, &endpoint)
               ? upstream_stream_open(settings, endpoint.path, &self->stream)
               : upstream_dealer_open(settings, &self->dealer);
}

status_t upstream_socket_open(const upstream_socket_settings_t *settings,
                              upstream_socket_t **ret_self)
{
    upstream_socket_t *self = memory_new(sizeof *self);
    status_t status = open_socket(self, settings);
    if (status != STATUS_OK) {
        int error = errno;
        free(self);
        errno = error;
        return status;
    }
    *ret_self = self;
    return STATUS_OK;
}

status_t upstream_socket_send(upstream_socket_t *self, const message_t *message)
{
    if (self->passage != NULL) {
        return upstream_passage_send(self->passage, message);
    }
    return self->stream != NULL ? upstream_stream_send(self->stream, message)
                                : upstream_dealer_send(self->dealer, message);
}

status_t upstream_socket_receive(upstream_socket_t *self, transport_inbound_t *ret_inbound)
{
    if (self->passage != NULL) {
        return upstream_passage_receive(self->passage, ret_inbound);
    }
    return self->stream != NULL ? upstream_stream_receive(self->stream, ret_inbound)
                                : upstream_dealer_receive(self->dealer, ret_inbound);
}

int upstream_socket_events(upstream_socket_t *self)
{
    if (self->passage != NULL) {
        return upstream_passage_events(self->passage);
    }
    return self->stream != NULL ? upstream_stream_events(self->stream)
                                : upstream_dealer_events(self->dealer);
}

void upstream_socket_hold(upstream_socket_t *self, bool held)
{
    if (self->stream != NULL) {
        upstream_stream_hold(self->stream, held);
    } else if (self->dealer != NULL) {
        upstream_dealer_hold(self->dealer, held);
    }
}

bool upstream_socket_is_lost(const upstream_socket_t *self)
{
    if (self->passage != NULL) {
        return false;
    }
    return self->stream != NULL ? upstream_stream_is_lost(self->stream)
                                : upstream_dealer_is_lost(self->dealer);
}

bool upstream_socket_finds_zeromq(const upstream_socket_t *self)
{
    return self->stream != NULL && upstream_stream_finds_zeromq(self->stream);
}

bool upstream_socket_look(upstream_socket_t *self)
{
    /* A stream is read only as far as messages are taken, and a passage is bounded. */
    return self->passage != NULL || self->stream != NULL || upstream_dealer_look(self->dealer);
}

const char *upstream_socket_problem(const upstream_socket_t *self)
{
    if (self->passage != NULL) {
        return NULL;
    }
    return self->stream != NULL ? upstream_stream_problem(self->stream)
                                : upstream_dealer_problem(self->dealer);
}

void upstream_socket_close(upstream_socket_t **self_p)
{
    upstream_socket_t *self = *self_p;
    if (self != NULL) {
        upstream_dealer_close(&self->dealer);
        upstream_stream_close(&self->stream);
        upstream_passage_close(&self->passage);
        free(self);
        *self_p = NULL;
    }
}
