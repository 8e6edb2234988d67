/* upstream_stream.h - a connection to the node over its Unix socket (common/sockets/stream.h),
 * watched by a libuv loop.
 *
 * Owner: the upstream's socket, whose words it uses (upstream_socket.h). Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_STREAM_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_STREAM_H

#include "frontend/upstream/upstream_socket_settings.h"

#include "common/sockets/transport.h"

#include <stdbool.h>

typedef struct upstream_stream upstream_stream_t;

/* Begins to connect to `path`, and goes on trying ten times a second. STATUS_SYSTEM, with errno:
 * there is no descriptor for it. Caller ends it with upstream_stream_close. */
status_t upstream_stream_open(const upstream_socket_settings_t *settings, const char *path,
                              upstream_stream_t **ret_self) STATUS_MUST_USE;

status_t upstream_stream_send(upstream_stream_t *self, const message_t *message) STATUS_MUST_USE;
status_t upstream_stream_receive(upstream_stream_t *self,
                                 transport_inbound_t *ret_inbound) STATUS_MUST_USE;
int upstream_stream_events(upstream_stream_t *self);
void upstream_stream_hold(upstream_stream_t *self, bool held);
const char *upstream_stream_problem(const upstream_stream_t *self);
bool upstream_stream_is_lost(const upstream_stream_t *self);

/* Whether the node speaks ZeroMQ alone: it is one of 0.1. */
bool upstream_stream_finds_zeromq(const upstream_stream_t *self);

/* Closes it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void upstream_stream_close(upstream_stream_t **self_p);

#endif
