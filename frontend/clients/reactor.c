#include "frontend/clients/reactor.h"

#include <assert.h>
#include <signal.h>

static void on_tick(uv_timer_t *timer)
{
    reactor_t *self = timer->data;
    self->settings.tick(self->settings.argument);
    if (!self->settings.needs_ticks(self->settings.argument)) {
        uv_timer_stop(timer);
    }
}

static void turn(reactor_t *self)
{
    if (self->ended) {
        return;
    }
    self->settings.turn(self->settings.argument);
    if (!self->ended && self->settings.needs_ticks(self->settings.argument) &&
        !uv_is_active((uv_handle_t *)&self->tick)) {
        uv_timer_start(&self->tick, on_tick, REACTOR_TICK_MS, REACTOR_TICK_MS);
    }
}

static bool has_work(const reactor_t *self)
{
    return !self->ended && self->settings.has_work(self->settings.argument);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_after_sleep(uv_check_t *check)
{
    turn(check->data);
}

/* The last look before the loop sleeps. */
static void on_before_sleep(uv_prepare_t *prepare)
{
    reactor_t *self = prepare->data;
    if (has_work(self)) {
        turn(self);
    }
    if (has_work(self)) {
        uv_idle_start(&self->awake, on_idle);
    } else if (!self->ended) {
        uv_idle_stop(&self->awake);
    }
}

static void on_stop_asked(uv_async_t *async)
{
    reactor_t *self = async->data;
    self->settings.stop(self->settings.argument);
}

static void on_ending(uv_timer_t *timer)
{
    reactor_t *self = timer->data;
    self->settings.overdue(self->settings.argument);
}

void reactor_reload(reactor_t *self)
{
    log_reopen(self->settings.log);
    log_event(self->settings.log, LOG_REOPENED, NULL,
              "SIGHUP: log opened anew; reading keys again, settings are read at a start only");
    self->settings.reload(self->settings.argument);
}

static void on_signal(uv_signal_t *handle, int number)
{
    reactor_t *self = handle->data;
    if (number == SIGHUP) {
        reactor_reload(self);
    } else {
        self->settings.stop(self->settings.argument);
    }
}

static const int numbers[REACTOR_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

static void watch_signals(reactor_t *self)
{
    for (size_t i = 0; i < REACTOR_SIGNALS; i++) {
        uv_signal_init(self->uv, &self->signals[i]);
        self->signals[i].data = self;
        uv_signal_start(&self->signals[i], on_signal, numbers[i]);
    }
}

status_t reactor_init(reactor_t *self, const reactor_settings_t *settings)
{
    *self = (reactor_t){.settings = *settings};
    self->uv = settings->shared != NULL ? settings->shared : &self->loop;
    int outcome = settings->shared != NULL ? 0 : uv_loop_init(&self->loop);
    if (outcome != 0) {
        log_event(settings->log, LOG_LOOP_FAILED, NULL, "no event loop: %s; the start ends here",
                  uv_strerror(outcome));
        return STATUS_SYSTEM;
    }
    uv_prepare_init(self->uv, &self->before_sleep);
    uv_check_init(self->uv, &self->after_sleep);
    uv_idle_init(self->uv, &self->awake);
    uv_timer_init(self->uv, &self->tick);
    uv_timer_init(self->uv, &self->ending);
    uv_async_init(self->uv, &self->stop_asked, on_stop_asked);
    self->before_sleep.data = self->after_sleep.data = self->awake.data = self;
    self->tick.data = self->ending.data = self->stop_asked.data = self;
    uv_prepare_start(&self->before_sleep, on_before_sleep);
    uv_check_start(&self->after_sleep, on_after_sleep);
    if (settings->signals) {
        watch_signals(self);
    }
    return STATUS_OK;
}

void reactor_run(reactor_t *self)
{
    uv_run(self->uv, UV_RUN_DEFAULT);
}

void reactor_stop(reactor_t *self)
{
    uv_async_send(&self->stop_asked);
}

void reactor_set_end(reactor_t *self, uint64_t in_ms)
{
    uv_timer_start(&self->ending, on_ending, in_ms, 0);
}

static void on_closed(uv_handle_t *handle)
{
    reactor_t *self = handle->data;
    self->handles--;
}

static void close_handle(reactor_t *self, void *handle)
{
    if (!uv_is_closing(handle)) {
        self->handles++;
        uv_close(handle, on_closed);
    }
}

/* With its last handle libuv gives a signal its default action back: a second SIGTERM would then
 * kill the process, and take with it what the log has not written yet. */
static void end_signals(reactor_t *self)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < REACTOR_SIGNALS; i++) {
        sigaddset(&set, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* for the moment between the two actions */
    for (size_t i = 0; i < REACTOR_SIGNALS; i++) {
        close_handle(self, &self->signals[i]);
        (void)signal(numbers[i], SIG_IGN);
    }
}

void reactor_end(reactor_t *self)
{
    self->ended = true;
    close_handle(self, &self->before_sleep);
    close_handle(self, &self->after_sleep);
    close_handle(self, &self->awake);
    close_handle(self, &self->tick);
    close_handle(self, &self->ending);
    close_handle(self, &self->stop_asked);
    if (self->settings.signals) {
        end_signals(self);
    }
}

void reactor_done(reactor_t *self)
{
    while (self->handles > 0) {
        uv_run(self->uv, UV_RUN_ONCE);
    }
    if (self->uv != &self->loop) {
        return;
    }
    uv_run(self->uv, UV_RUN_DEFAULT);
    int outcome = uv_loop_close(&self->loop);
    assert(outcome == 0); /* every handle was closed */
}
