#include "frontend/upstream/upstream_dealer.h"

#include "common/base/entropy.h"
#include "common/base/memory.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "frontend/upstream/backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { ROUTING_ID_SIZE = 255 };

struct upstream_dealer {
    void *dealer;
    void *monitor;          /* PAIR with the events of the dealer's connection */
    uv_poll_t dealer_poll;  /* watches the edge-triggered file descriptor of `dealer` */
    uv_poll_t monitor_poll; /* the same of `monitor` */
    int handles;            /* libuv handles not yet closed */
    bool lost;              /* the connection broke */
    bool secure;            /* it has keys */
    const char *problem;    /* why its handshake failed, or why it was cut; or NULL */
    backlog_t backlog;      /* what came by the connection */
    int reserve;            /* a descriptor to cut it with; -1: none */
    void (*stirred)(void *argument);
    void *argument;
};

/* Each socket has a new routing id, so that what the node still has for an older one does not reach
 * it (Q1). With keys the node makes one up for each connection, to the same effect (K4). */
static bool configure(void *dealer, const upstream_socket_settings_t *settings)
{
    const char *endpoint = settings->endpoint;
    const char *name = settings->name;
    if (settings->security != NULL) {
        return sockets_configure(dealer, SOCKETS_REQUESTS_DEALER, endpoint, NULL) == STATUS_OK;
    }
    char routing_id[ROUTING_ID_SIZE];
    snprintf(routing_id, sizeof routing_id, "%s.frontend.%ld.%016llx", name, (long)getpid(),
             (unsigned long long)entropy_number());
    return sockets_configure(dealer, SOCKETS_REQUESTS_DEALER, endpoint, routing_id) == STATUS_OK;
}

/* Takes all events that there are. */
static void drain_monitor(upstream_dealer_t *self)
{
    uint16_t event;
    uint32_t value;
    while (monitor_next(self->monitor, &event, &value)) {
        const char *problem = monitor_problem(event, self->secure);
        self->lost = self->lost || event == ZMQ_EVENT_DISCONNECTED;
        if (event == ZMQ_EVENT_CONNECTED) {
            backlog_begin(&self->backlog, (int)value);
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            backlog_end(&self->backlog);
        }
        self->problem = problem != NULL ? problem : self->problem;
    }
}

static void on_dealer(uv_poll_t *poll, int outcome, int events)
{
    upstream_dealer_t *self = poll->data;
    (void)outcome;
    (void)events;
    self->stirred(self->argument);
}

static void on_monitor(uv_poll_t *poll, int outcome, int events)
{
    upstream_dealer_t *self = poll->data;
    (void)outcome;
    (void)events;
    drain_monitor(self);
    self->stirred(self->argument);
}

/* If libuv or ZeroMQ refuses, `handles` tells what has to be closed. */
static bool watch(upstream_dealer_t *self, uv_loop_t *loop, void *socket, uv_poll_t *poll)
{
    int file;
    size_t size = sizeof file;
    if (zmq_getsockopt(socket, ZMQ_FD, &file, &size) != 0) {
        return false;
    }
    int outcome = uv_poll_init(loop, poll, file);
    if (outcome != 0) {
        errno = -outcome;
        return false;
    }
    poll->data = self;
    self->handles++;
    uv_poll_start(poll, UV_READABLE, poll == &self->dealer_poll ? on_dealer : on_monitor);
    return true;
}

static void on_handle_closed(uv_handle_t *handle)
{
    upstream_dealer_t *self = handle->data;
    if (--self->handles == 0) {
        free(self);
    }
}

void upstream_dealer_close(upstream_dealer_t **self_p)
{
    upstream_dealer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    /* libuv must let go of the file descriptors before ZeroMQ closes them. */
    int handles = self->handles;
    if (handles > 0) {
        uv_close((uv_handle_t *)&self->dealer_poll, on_handle_closed);
    }
    if (handles > 1) {
        uv_close((uv_handle_t *)&self->monitor_poll, on_handle_closed);
    }
    if (self->reserve >= 0) {
        close(self->reserve);
    }
    monitor_close(self->dealer, &self->monitor);
    if (self->dealer != NULL) {
        zmq_close(self->dealer);
    }
    if (handles == 0) {
        free(self);
    }
}

status_t upstream_dealer_open(const upstream_socket_settings_t *settings,
                              upstream_dealer_t **ret_self)
{
    upstream_dealer_t *self = memory_new(sizeof *self);
    self->stirred = settings->stirred;
    self->argument = settings->argument;
    self->dealer = zmq_socket(settings->context, ZMQ_DEALER);
    self->secure = settings->security != NULL;
    self->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    status_t status = STATUS_SYSTEM;
    bool fine = self->dealer != NULL && configure(self->dealer, settings);
    if (fine) {
        status = security_connect(settings->security, self->dealer, settings->name);
        fine = status == STATUS_OK;
    }
    if (fine) {
        self->monitor =
            monitor_open(settings->context, self->dealer,
                         ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | MONITOR_FAILURES);
        fine = self->monitor != NULL &&
               watch(self, settings->loop, self->dealer, &self->dealer_poll) &&
               watch(self, settings->loop, self->monitor, &self->monitor_poll) &&
               zmq_connect(self->dealer, settings->endpoint) == 0;
    }
    if (!fine) {
        int error = errno;
        upstream_dealer_close(&self);
        errno = error;
        return status == STATUS_NOT_FOUND ? STATUS_NOT_FOUND : STATUS_SYSTEM;
    }
    /* Only a read that finds nothing arms the file descriptor (zmq_getsockopt(3), ZMQ_FD). */
    drain_monitor(self);
    *ret_self = self;
    return STATUS_OK;
}

status_t upstream_dealer_send(upstream_dealer_t *self, const message_t *message)
{
    /* Sending makes ZeroMQ look at its mailbox, which may eat the edge of its file descriptor. */
    self->stirred(self->argument);
    return transport_send(self->dealer, (text_t){0}, message);
}

static size_t inbound_size(const transport_inbound_t *inbound)
{
    size_t size = 0;
    for (unsigned i = 0; i < inbound->frame_count; i++) {
        size += zmq_msg_size(&inbound->frames[i]);
    }
    return size;
}

status_t upstream_dealer_receive(upstream_dealer_t *self, transport_inbound_t *ret_inbound)
{
    status_t status = transport_receive(self->dealer, false, ret_inbound);
    if (status != STATUS_AGAIN && status != STATUS_SYSTEM) {
        backlog_delivered(&self->backlog, inbound_size(ret_inbound));
    }
    return status;
}

/* The file descriptor reports the next message only after POLLIN was absent here, and the next
 * chance to send only after POLLOUT was (zmq_getsockopt(3), ZMQ_FD). */
int upstream_dealer_events(const upstream_dealer_t *self)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(self->dealer, ZMQ_EVENTS, &events, &size) == 0 ? events : 0;
}

void upstream_dealer_hold(upstream_dealer_t *self, bool held)
{
    if (held) {
        uv_poll_stop(&self->dealer_poll);
    } else {
        uv_poll_start(&self->dealer_poll, UV_READABLE, on_dealer);
    }
}

bool upstream_dealer_look(upstream_dealer_t *self)
{
    /* To look at ZMQ_EVENTS may eat the edge of the file descriptor. */
    self->stirred(self->argument);
    bool drained = (upstream_dealer_events(self) & ZMQ_POLLIN) == 0;
    const char *problem = backlog_look(&self->backlog, drained);
    if (problem != NULL) {
        self->problem = problem;
        backlog_cut(&self->backlog, self->reserve);
    }
    return problem == NULL;
}

const char *upstream_dealer_problem(const upstream_dealer_t *self)
{
    return self->problem;
}

bool upstream_dealer_is_lost(const upstream_dealer_t *self)
{
    return self->lost;
}
