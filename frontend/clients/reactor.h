/* reactor.h - the loop of a program that serves clients: turns, ticks, signals, the end.
 *
 * Owner: whoever embeds it. Threads: one runs it; any may call reactor_stop.
 * A turn comes after libuv has read and accepted, and once more before the loop sleeps if there is
 * work left; while there still is, the loop does not sleep.
 */
#ifndef HERD_FRONTEND_CLIENTS_REACTOR_H
#define HERD_FRONTEND_CLIENTS_REACTOR_H

#include "common/base/status.h"
#include "common/log/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Between two ticks. */
enum { REACTOR_TICK_MS = 100 };

enum { REACTOR_SIGNALS = 3 };

/* What a reactor calls (open value struct); it borrows everything. */
typedef struct {
    log_t *log;
    uv_loop_t *shared; /* a loop that others run; NULL: it has its own */
    bool signals; /* SIGTERM and SIGINT mean `stop`, SIGHUP reopens the log and means `reload` */
    void (*turn)(void *argument);        /* does what there is to do */
    bool (*has_work)(void *argument);    /* whether a turn would find something to do */
    bool (*needs_ticks)(void *argument); /* asked after each turn and tick */
    void (*tick)(void *argument);        /* every REACTOR_TICK_MS while they are needed */
    void (*stop)(void *argument);        /* the program is to end; may come several times */
    void (*reload)(void *argument);      /* files are to be read again */
    void (*overdue)(void *argument);     /* the time of reactor_set_end has come */
    void *argument;                      /* for all of these */
} reactor_settings_t;

/* Open struct, for embedding; all but `uv` and `ended` is this module's alone. */
typedef struct {
    reactor_settings_t settings;
    uv_loop_t *uv; /* the loop: `loop`, unless it is shared */
    uv_loop_t loop;
    unsigned handles; /* of its own that are not closed yet */
    uv_prepare_t before_sleep;
    uv_check_t after_sleep;
    uv_idle_t awake;       /* active while something is left to do: keeps the loop awake */
    uv_timer_t tick;       /* runs while ticks are needed */
    uv_timer_t ending;     /* runs from reactor_set_end on */
    uv_async_t stop_asked; /* by reactor_stop */
    uv_signal_t signals[REACTOR_SIGNALS]; /* if settings.signals */
    bool ended;                           /* reactor_end was called */
} reactor_t;

/* Makes the loop. STATUS_SYSTEM, and logged: there is none; then nothing else may be called. */
status_t reactor_init(reactor_t *self, const reactor_settings_t *settings) STATUS_MUST_USE;

/* Runs until reactor_end, and until all handles of the loop are closed. */
void reactor_run(reactor_t *self);

/* Asks for the end (`stop`). Any thread, before reactor_run or while it runs. */
void reactor_stop(reactor_t *self);

/* Has `overdue` called in so many milliseconds. */
void reactor_set_end(reactor_t *self, uint64_t in_ms);

/* Closes the reactor's own handles; no more turns come. */
void reactor_end(reactor_t *self);

/* The program's files are to be read again, as by SIGHUP. */
void reactor_reload(reactor_t *self);

/* Lets all handles end, which must be closed or closing, and frees the loop; of a shared one, its
 * own handles alone. After reactor_end. */
void reactor_done(reactor_t *self);

#endif
