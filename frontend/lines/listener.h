/* listener.h - accepts client connections on one endpoint.
 *
 * Owner: the front-end. Threads: the reactor's.
 * Several front-ends of one member can serve one port, and a new one takes over while an old one
 * drains (listening.h). When the machine runs out of file descriptors or memory, a
 * listener waits and never spins.
 */
#ifndef HERD_FRONTEND_LINES_LISTENER_H
#define HERD_FRONTEND_LINES_LISTENER_H

#include "common/base/status.h"
#include "common/log/log.h"

#include <sys/socket.h>
#include <uv.h>

typedef struct listener listener_t;

/* Takes `file`, a connected socket, non-blocking and close-on-exec; borrows `address`, the
 * client's. */
typedef void listener_accept_fn(void *argument, int file, const struct sockaddr *address);

/* What a listener is made of (open value struct). */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const char *endpoint; /* "tcp://host:port"; borrowed for the call */
    uint64_t tenant;      /* the member that has the port (claim.h) */
    listener_accept_fn *accepted;
    void *argument; /* for `accepted` */
} listener_settings_t;

/* Listens on every address of the endpoint's host; with "*" on all of the machine, IPv6 and IPv4.
 * STATUS_INVALID: no such endpoint or host. STATUS_SYSTEM: the kernel refuses. Both are logged.
 * Caller ends it with listener_close. */
status_t listener_open(const listener_settings_t *settings, listener_t **ret_self) STATUS_MUST_USE;

/* Accepts again at once if it waits for resources: some have become free. */
void listener_retry(listener_t *self);

/* Accepts what the kernel has taken for us, up to LIMIT_ACCEPT_QUEUE clients a socket; for the last
 * moment before listener_close. */
void listener_accept(listener_t *self);

/* Stops listening; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void listener_close(listener_t **self_p);

#endif
