/* listener.h - accepts client connections on one endpoint.
 *
 * Owner: the doors. Threads: the reactor's.
 * Several front-ends of one member can serve one port, and a new one takes over while an old one
 * drains (listening.h). When the process runs out of file descriptors or memory, a
 * listener waits and never spins. It looks up its host once, at the start, so that opening its
 * sockets again does not wait for a name server.
 */
#ifndef HERD_FRONTEND_CLIENTS_LISTENER_H
#define HERD_FRONTEND_CLIENTS_LISTENER_H

#include "common/base/status.h"
#include "common/log/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

typedef struct listener listener_t;

/* Takes `file`, a connected socket, non-blocking and close-on-exec; borrows `address`, the
 * client's. */
typedef void listener_accept_fn(void *argument, int file, const struct sockaddr *address);

/* Whether one more connection may be accepted now; if not, the listener waits. `wanted`: one has
 * come, so that room should be made. */
typedef bool listener_room_fn(void *argument, bool wanted);

/* What a listener is made of (open value struct). */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const char *endpoint; /* "tcp://host:port"; borrowed for the call */
    uint64_t tenant;      /* the member that has the port (claim.h) */
    listener_accept_fn *accepted;
    listener_room_fn *has_room;
    void *argument;   /* for `accepted` and `has_room` */
    uint64_t *pauses; /* counted up each time that it begins to wait for resources */
} listener_settings_t;

/* A listener for every address of the endpoint's host; with "*" for all of the machine, IPv6 and
 * IPv4. It does not listen yet. NULL, with `*ret_problem` in words: no such endpoint or host.
 * Caller ends it with listener_close. */
listener_t *listener_new(const listener_settings_t *settings, const char **ret_problem);

/* Begins to listen, if it is not open. STATUS_SYSTEM, with errno: the kernel refuses; it does not
 * listen then. */
status_t listener_open(listener_t *self) STATUS_MUST_USE;

bool listener_is_open(const listener_t *self);

/* Accepts again at once if it waits for resources: some have become free. */
void listener_retry(listener_t *self);

/* Accepts what the kernel has taken for us, up to LIMIT_ACCEPT_QUEUE clients a socket, and listens
 * no more until listener_open. */
void listener_shut(listener_t *self);

/* Ends it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void listener_close(listener_t **self_p);

#endif
