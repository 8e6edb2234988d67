/* Connecting, until somebody listens at the path; then we greet, and are greeted. From then on
 * messages go both ways. What comes is read when the loop says so; what the kernel does not take at
 * once leaves when the loop says that it may. If the connection ends, or is not understood, that is
 * remembered, and the upstream makes another one. */
#include "frontend/upstream/upstream_stream.h"

#include "common/base/memory.h"
#include "common/sockets/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum { TRY_EVERY_MS = 100 }; /* as ZeroMQ does (sockets.c) */

struct upstream_stream {
    char path[LIMIT_IPC_PATH_SIZE + 1];
    stream_t stream; /* its descriptor is -1 until there is a connection */
    uv_loop_t *loop;
    uv_poll_t poll;   /* of the connection */
    uv_timer_t tries; /* to connect */
    int events;       /* that `poll` waits for */
    int handles;      /* of libuv, not yet closed */
    bool polled;      /* `poll` is one of them */
    bool readable;    /* something may have come */
    bool held;        /* and does not matter now */
    bool lost;        /* the connection has ended */
    bool zeromq;      /* the node speaks ZeroMQ */
    const char *problem;
    void (*stirred)(void *argument);
    void *argument;
};

static void lose(upstream_stream_t *self)
{
    self->lost = true;
    self->readable = false;
    if (self->polled) {
        uv_poll_stop(&self->poll);
    }
}

static void on_poll(uv_poll_t *poll, int outcome, int events);

/* Waits for what can be done now. */
static void set_events(upstream_stream_t *self)
{
    int events = (self->held ? UV_DISCONNECT : UV_READABLE) |
                 (stream_unsent(&self->stream) > 0 ? UV_WRITABLE : 0);
    if (events != self->events && self->polled && !self->lost) {
        self->events = events;
        uv_poll_start(&self->poll, events, on_poll);
    }
}

static void on_poll(uv_poll_t *poll, int outcome, int events)
{
    upstream_stream_t *self = poll->data;
    if (outcome < 0 || stream_flush(&self->stream) != STATUS_OK) {
        lose(self);
    }
    if (self->held && !self->lost && (events & UV_DISCONNECT) != 0) {
        self->events = 0; /* which would be told again and again: it is seen when reading goes on */
        uv_poll_stop(&self->poll);
        return;
    }
    self->readable = self->readable || (events & UV_READABLE) != 0;
    set_events(self);
    self->stirred(self->argument);
}

static bool watch(upstream_stream_t *self)
{
    if (uv_poll_init(self->loop, &self->poll, self->stream.file) != 0) {
        return false;
    }
    self->poll.data = self;
    self->polled = true;
    self->handles++;
    set_events(self);
    return stream_greet(&self->stream) == STATUS_OK;
}

/* False with errno set: there is no one, or no descriptor. */
static bool try_to_connect(upstream_stream_t *self)
{
    int file = stream_connect(self->path);
    if (file < 0) {
        if (errno == EACCES) {
            self->problem = "we may not write to the file of its Unix socket";
            self->stirred(self->argument);
        }
        return false;
    }
    stream_init(&self->stream, file);
    if (!watch(self)) {
        lose(self);
        self->stirred(self->argument);
    }
    return true;
}

static void on_try(uv_timer_t *timer)
{
    upstream_stream_t *self = timer->data;
    if (try_to_connect(self)) {
        uv_timer_stop(timer);
    }
}

static bool is_lack(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

status_t upstream_stream_open(const upstream_socket_settings_t *settings, const char *path,
                              upstream_stream_t **ret_self)
{
    upstream_stream_t *self = memory_new(sizeof *self);
    snprintf(self->path, sizeof self->path, "%s", path);
    self->loop = settings->loop;
    self->stirred = settings->stirred;
    self->argument = settings->argument;
    self->stream.file = -1;
    uv_timer_init(self->loop, &self->tries);
    self->tries.data = self;
    self->handles++;
    if (!try_to_connect(self)) {
        int error = errno;
        if (is_lack(error)) {
            upstream_stream_close(&self);
            errno = error;
            return STATUS_SYSTEM;
        }
        uv_timer_start(&self->tries, on_try, TRY_EVERY_MS, TRY_EVERY_MS);
    }
    *ret_self = self;
    return STATUS_OK;
}

status_t upstream_stream_send(upstream_stream_t *self, const message_t *message)
{
    if (self->lost || !self->stream.greeted) {
        return STATUS_AGAIN;
    }
    status_t status = stream_send(&self->stream, message);
    if (status == STATUS_SYSTEM) {
        lose(self);
        self->stirred(self->argument);
    }
    set_events(self);
    return status;
}

/* The first thing that the node says. */
static void take_greeting(upstream_stream_t *self)
{
    switch (stream_take_greeting(&self->stream)) {
    case STATUS_OK:
    case STATUS_AGAIN: self->readable = false; break;
    case STATUS_UNREACHABLE:
        self->zeromq = true;
        lose(self);
        break;
    case STATUS_INVALID:
        self->problem = "it does not speak as we do";
        lose(self);
        break;
    default: lose(self); break;
    }
}

int upstream_stream_events(upstream_stream_t *self)
{
    if (self->stream.file < 0 || self->lost) {
        return 0;
    }
    if (!self->stream.greeted && self->readable) {
        take_greeting(self);
    }
    if (!self->stream.greeted || self->lost) {
        return 0;
    }
    bool sends = stream_unsent(&self->stream) < LIMIT_STREAM_UNSENT_SIZE;
    return (self->readable ? ZMQ_POLLIN : 0) | (sends ? ZMQ_POLLOUT : 0);
}

status_t upstream_stream_receive(upstream_stream_t *self, transport_inbound_t *ret_inbound)
{
    ret_inbound->frame_count = 0;
    ret_inbound->peer = (text_t){0};
    ret_inbound->address = (text_t){0};
    status_t status = stream_receive(&self->stream, &ret_inbound->message);
    /* More that comes is told by the loop again. */
    self->readable = status == STATUS_OK && stream_is_due(&self->stream);
    if (status != STATUS_OK && status != STATUS_AGAIN) {
        lose(self);
    }
    return status == STATUS_SYSTEM ? STATUS_AGAIN : status;
}

void upstream_stream_hold(upstream_stream_t *self, bool held)
{
    self->held = held;
    set_events(self);
}

const char *upstream_stream_problem(const upstream_stream_t *self)
{
    return self->problem;
}

bool upstream_stream_is_lost(const upstream_stream_t *self)
{
    return self->lost;
}

bool upstream_stream_finds_zeromq(const upstream_stream_t *self)
{
    return self->zeromq;
}

static void on_handle_closed(uv_handle_t *handle)
{
    upstream_stream_t *self = handle->data;
    if (--self->handles == 0) {
        free(self);
    }
}

void upstream_stream_close(upstream_stream_t **self_p)
{
    upstream_stream_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    if (self->polled) {
        uv_close((uv_handle_t *)&self->poll, on_handle_closed);
    }
    stream_done(&self->stream); /* libuv does not wait for it any more */
    uv_close((uv_handle_t *)&self->tries, on_handle_closed);
}
