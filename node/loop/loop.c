/* libuv tells which descriptors are readable; those of ZeroMQ's sockets are level-triggered for it,
 * and stay readable until a call on the socket has emptied its mailbox. What is missing is the
 * other case: a call has emptied it, there is a message, and the descriptor tells of nothing. So a
 * watch is `due` from the moment at which something may have happened until ZMQ_EVENTS said that
 * there is nothing:
 *
 *   libuv's wait       readable descriptors make their watches due
 *   check: a turn      each that is due is asked, and its handler called if it has what is wanted;
 *                      it stays due, for the handler may have left something
 *   timers and others  who sends makes due what it sent on (loop_stir)
 *   prepare            before the next wait all that are due are asked; while one has something the
 *                      wait does not sleep, for `awake` is active. What was found counts for the
 *                      next turn, which need not ask again.
 *
 * A socket that did not wake and was not used costs nothing. `awake` is started with the first due
 * watch, not in prepare: in a shared loop others may come after our prepare. */
#include "node/loop/loop.h"

#include "common/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zmq.h>

struct loop {
    uv_loop_t *uv;
    uv_loop_t own; /* `uv`, unless that is shared */
    uv_prepare_t before_sleep;
    uv_check_t after_sleep;
    uv_idle_t awake;     /* active while a watch is due: the loop does not sleep */
    loop_watch_t *first; /* in the order in which they were added */
    loop_watch_t *last;
    size_t watches;   /* not ended */
    unsigned handles; /* of the three that are not closed yet */
    bool turning;     /* handlers are called: ended watches stay in their places */
};

struct loop_watch {
    loop_t *loop;
    loop_watch_t *next;
    loop_watch_t *before;
    union {
        uv_handle_t any;
        uv_poll_t poll;
        uv_idle_t none; /* never started: of one that waits for no descriptor */
    } handle;
    void *socket; /* NULL: a plain descriptor, or none */
    short events; /* that are wanted */
    short found;  /* that the last look found; 0 when the handler has been called */
    bool due;     /* something may have happened */
    bool ended;
    loop_fn *call;
    void *argument;
};

struct loop_timer {
    uv_timer_t timer;
    loop_fn *call;
    void *argument;
};

/* What a socket has of what is wanted. A descriptor is looked at by libuv. */
static short look(const loop_watch_t *watch)
{
    int events = 0;
    size_t size = sizeof events;
    if (watch->socket == NULL) {
        return watch->events;
    }
    if (zmq_getsockopt(watch->socket, ZMQ_EVENTS, &events, &size) != 0) {
        return watch->events; /* a signal: its handler finds out */
    }
    return (short)(events & watch->events);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void make_due(loop_watch_t *watch)
{
    if (!watch->due) {
        watch->due = true;
        uv_idle_start(&watch->loop->awake, on_idle);
    }
}

static void on_readable(uv_poll_t *poll, int outcome, int events)
{
    (void)outcome;
    (void)events;
    make_due(poll->data);
}

/* Calls the handler if there is something. */
static void serve(loop_watch_t *watch)
{
    if (!watch->due || watch->ended) {
        return;
    }
    int found = watch->found != 0 ? watch->found & watch->events : look(watch);
    watch->found = 0;
    watch->due = found != 0 && watch->socket != NULL;
    if (found != 0) {
        watch->call(watch->argument, (short)found);
    }
}

static void unlink_watch(loop_watch_t *watch)
{
    loop_t *self = watch->loop;
    *(watch->before != NULL ? &watch->before->next : &self->first) = watch->next;
    *(watch->next != NULL ? &watch->next->before : &self->last) = watch->before;
}

/* libuv frees those that have ended after this turn, not before. */
static void sweep(loop_t *self)
{
    loop_watch_t *next;
    for (loop_watch_t *watch = self->first; watch != NULL; watch = next) {
        next = watch->next;
        if (watch->ended) {
            unlink_watch(watch);
        }
    }
}

static void on_after_sleep(uv_check_t *check)
{
    loop_t *self = check->data;
    self->turning = true;
    for (loop_watch_t *watch = self->first; watch != NULL; watch = watch->next) {
        serve(watch);
    }
    self->turning = false;
    sweep(self);
}

static void on_before_sleep(uv_prepare_t *prepare)
{
    loop_t *self = prepare->data;
    bool due = false;
    for (loop_watch_t *watch = self->first; watch != NULL; watch = watch->next) {
        if (watch->due) {
            watch->found = look(watch);
            watch->due = watch->found != 0;
            due = due || watch->due;
        }
    }
    if (!due) {
        uv_idle_stop(&self->awake);
    }
}

loop_t *loop_new(uv_loop_t *shared)
{
    loop_t *self = memory_new(sizeof *self);
    self->uv = shared != NULL ? shared : &self->own;
    int outcome = shared != NULL ? 0 : uv_loop_init(&self->own);
    assert(outcome == 0);
    uv_prepare_init(self->uv, &self->before_sleep);
    uv_check_init(self->uv, &self->after_sleep);
    uv_idle_init(self->uv, &self->awake);
    self->before_sleep.data = self;
    self->after_sleep.data = self;
    self->awake.data = self;
    self->handles = 3;
    uv_prepare_start(&self->before_sleep, on_before_sleep);
    uv_check_start(&self->after_sleep, on_after_sleep);
    return self;
}

static void on_closed(uv_handle_t *handle)
{
    loop_t *self = handle->data;
    self->handles--;
    if (self->handles == 0 && self->uv != &self->own) {
        free(self);
    }
}

void loop_destroy(loop_t **self_p)
{
    loop_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    assert(self->watches == 0 && !self->turning);
    uv_close((uv_handle_t *)&self->before_sleep, on_closed);
    uv_close((uv_handle_t *)&self->after_sleep, on_closed);
    uv_close((uv_handle_t *)&self->awake, on_closed);
    if (self->uv == &self->own) {
        uv_run(self->uv, UV_RUN_DEFAULT); /* until all are closed */
        int outcome = uv_loop_close(self->uv);
        assert(outcome == 0);
        free(self);
    }
}

void loop_run(loop_t *self)
{
    uv_run(self->uv, UV_RUN_DEFAULT);
}

void loop_end(loop_t *self)
{
    uv_stop(self->uv);
}

/* Adds a watch whose handle libuv knows. */
static void append(loop_t *self, loop_watch_t *watch)
{
    watch->loop = self;
    watch->handle.any.data = watch;
    watch->before = self->last;
    *(self->last != NULL ? &self->last->next : &self->first) = watch;
    self->last = watch;
    self->watches++;
}

/* Takes the watch, which is freed if libuv refuses. */
static loop_watch_t *add(loop_t *self, loop_watch_t *watch, int file)
{
    int outcome = uv_poll_init(self->uv, &watch->handle.poll, file);
    if (outcome != 0) {
        free(watch);
        errno = -outcome;
        return NULL;
    }
    append(self, watch);
    uv_poll_start(&watch->handle.poll, UV_READABLE, on_readable);
    return watch;
}

loop_watch_t *loop_watch_socket(loop_t *self, void *socket, short events, loop_fn *call,
                                void *argument)
{
    int file;
    size_t size = sizeof file;
    if (zmq_getsockopt(socket, ZMQ_FD, &file, &size) != 0) {
        return NULL;
    }
    loop_watch_t *watch = memory_new(sizeof *watch);
    *watch = (loop_watch_t){.socket = socket, .events = events, .call = call, .argument = argument};
    watch = add(self, watch, file);
    if (watch != NULL) {
        make_due(watch);
    }
    return watch;
}

loop_watch_t *loop_watch_file(loop_t *self, int file, loop_fn *call, void *argument)
{
    loop_watch_t *watch = memory_new(sizeof *watch);
    *watch = (loop_watch_t){.events = ZMQ_POLLIN, .call = call, .argument = argument};
    return add(self, watch, file);
}

loop_watch_t *loop_watch_stirs(loop_t *self, loop_fn *call, void *argument)
{
    loop_watch_t *watch = memory_new(sizeof *watch);
    *watch = (loop_watch_t){.events = ZMQ_POLLIN, .call = call, .argument = argument};
    uv_idle_init(self->uv, &watch->handle.none);
    append(self, watch);
    return watch;
}

void loop_set_events(loop_watch_t *watch, short events)
{
    if (events != watch->events) {
        watch->events = events;
        make_due(watch);
    }
}

void loop_stir(loop_watch_t *watch)
{
    if (watch != NULL) {
        make_due(watch);
    }
}

void loop_stir_all(loop_t *self)
{
    for (loop_watch_t *watch = self->first; watch != NULL; watch = watch->next) {
        if (watch->socket != NULL && !watch->ended) {
            make_due(watch);
        }
    }
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_unwatch(loop_watch_t **watch_p)
{
    loop_watch_t *watch = *watch_p;
    if (watch == NULL) {
        return;
    }
    *watch_p = NULL;
    watch->ended = true;
    watch->due = false;
    watch->loop->watches--;
    if (!watch->loop->turning) {
        unlink_watch(watch);
    }
    uv_close(&watch->handle.any, free_data); /* forgets the descriptor at once */
}

static void on_timer(uv_timer_t *timer)
{
    const loop_timer_t *self = timer->data;
    self->call(self->argument, 0);
}

loop_timer_t *loop_timer_new(loop_t *self, loop_fn *call, void *argument)
{
    loop_timer_t *timer = memory_new(sizeof *timer);
    timer->call = call;
    timer->argument = argument;
    uv_timer_init(self->uv, &timer->timer);
    timer->timer.data = timer;
    return timer;
}

void loop_timer_start(loop_timer_t *self, uint64_t after_ms, uint64_t repeat_ms)
{
    uv_update_time(self->timer.loop); /* from now, not from the beginning of the turn */
    uv_timer_start(&self->timer, on_timer, after_ms, repeat_ms);
}

void loop_timer_destroy(loop_timer_t **self_p)
{
    if (*self_p != NULL) {
        uv_close((uv_handle_t *)&(*self_p)->timer, free_data);
        *self_p = NULL;
    }
}
