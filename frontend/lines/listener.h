/* listener.h - accepts client connections on one endpoint.
 *
 * Owner: the front-end. Threads: the reactor's.
 * The sockets have SO_REUSEPORT, so that several front-ends serve one port and a new one takes over while an old one
 * drains (socket(7)). A machine out of file descriptors or memory makes a listener wait, never spin.
 */
#ifndef HERD_FRONTEND_LINES_LISTENER_H
#define HERD_FRONTEND_LINES_LISTENER_H

#include "common/base/status.h"
#include "common/log/log.h"

#include <sys/socket.h>
#include <uv.h>

typedef struct listener listener_t;

/* Takes `file`, a connected socket, non-blocking and close-on-exec; `address` is the client's, borrowed. */
typedef void listener_accept_fn(void *argument, int file, const struct sockaddr *address);

/* What a listener is made of (open value struct). */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const char *endpoint; /* "tcp://host:port"; borrowed for the call */
    listener_accept_fn *accepted;
    void *argument; /* for `accepted` */
} listener_settings_t;

/* Listens on every address that the host stands for; "*": all of the machine, IPv6 and IPv4. What went
 * wrong is logged. STATUS_INVALID: no such endpoint or host. STATUS_SYSTEM: the kernel refuses. Caller ends it with
 * listener_close. */
status_t listener_open(const listener_settings_t *settings, listener_t **ret_self) STATUS_MUST_USE;

/* Resources have become free: accepts again, should it be waiting. */
void listener_retry(listener_t *self);

/* Listens no more; the memory goes with the loop's next turn. Clears the pointer; NULL is fine. */
void listener_close(listener_t **self_p);

#endif
