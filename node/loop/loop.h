/* loop.h - the loop of a node: waits for descriptors and for sockets of ZeroMQ, and calls the
 * handlers of those that have something, in the order in which they were added.
 *
 * The descriptor of a ZeroMQ socket tells of changes only, and any call on the socket may take the
 * change from it (zmq_getsockopt(3), ZMQ_FD). So **who sends on a watched socket, or asks it
 * something, outside of its handler calls loop_stir afterwards**: the loop looks at it before it
 * sleeps. After a handler it looks by itself.
 *
 * Owner: the node. Threads: one, that of loop_run.
 */
#ifndef HERD_NODE_LOOP_LOOP_H
#define HERD_NODE_LOOP_LOOP_H

#include <uv.h>

typedef struct loop loop_t;

/* A descriptor or socket that is waited for, until loop_unwatch. */
typedef struct loop_watch loop_watch_t;

typedef struct loop_timer loop_timer_t;

/* `events`: what there is of those that were asked for, ZMQ_POLLIN or ZMQ_POLLOUT. It may be
 * wrong: who reads must be prepared to find nothing. */
typedef void loop_fn(void *argument, short events);

/* A loop of its own, or with `shared` one that others run, and that lasts until the closed handles
 * of this one have gone. Aborts without descriptors: at the start. Caller ends it with
 * loop_destroy. */
loop_t *loop_new(uv_loop_t *shared);

/* Frees it and clears the pointer; NULL is fine. No watches and timers are left by then. */
void loop_destroy(loop_t **self_p);

/* Runs a loop of its own until loop_end. */
void loop_run(loop_t *self);
void loop_end(loop_t *self);

/* Waits for `events` of a ZeroMQ socket, 0: for none yet. NULL with errno set: the system does not
 * let us. Caller ends it with loop_unwatch, before the socket is closed. */
loop_watch_t *loop_watch_socket(loop_t *self, void *socket, short events, loop_fn *call,
                                void *argument);

/* Waits until a descriptor is readable; else as loop_watch_socket. */
loop_watch_t *loop_watch_file(loop_t *self, int file, loop_fn *call, void *argument);

/* Waits for loop_stir alone; else as loop_watch_socket, but never NULL. */
loop_watch_t *loop_watch_stirs(loop_t *self, loop_fn *call, void *argument);

/* Waits for these events of a socket from now on. */
void loop_set_events(loop_watch_t *watch, short events);

/* A call on the socket may have taken what its descriptor was to tell. NULL is fine. */
void loop_stir(loop_watch_t *watch);

/* The same of all sockets. */
void loop_stir_all(loop_t *self);

/* Ends it, at once and also from within a handler; clears the pointer; NULL is fine. */
void loop_unwatch(loop_watch_t **watch_p);

/* A timer that does not run. Caller ends it with loop_timer_destroy. */
loop_timer_t *loop_timer_new(loop_t *self, loop_fn *call, void *argument);

/* Calls its function, with no events, after so many milliseconds and then every `repeat_ms`, 0: no
 * more. */
void loop_timer_start(loop_timer_t *self, uint64_t after_ms, uint64_t repeat_ms);

/* Ends it and clears the pointer; NULL is fine. */
void loop_timer_destroy(loop_timer_t **self_p);

#endif
