/* upstream_dealer.h - a connection to the node by ZeroMQ: a DEALER, watched by a libuv loop.
 *
 * Owner: the upstream's socket, whose words it uses (upstream_socket.h). Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_DEALER_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_DEALER_H

#include "frontend/upstream/upstream_socket_settings.h"

#include "common/sockets/transport.h"

#include <stdbool.h>

typedef struct upstream_dealer upstream_dealer_t;

/* Makes a DEALER that connects to the endpoint; without keys it has a routing id of its own (K4).
 * STATUS_NOT_FOUND: the node's key is not there. STATUS_SYSTEM, with errno: ZeroMQ refuses. Caller
 * ends it with upstream_dealer_close. */
status_t upstream_dealer_open(const upstream_socket_settings_t *settings,
                              upstream_dealer_t **ret_self) STATUS_MUST_USE;

status_t upstream_dealer_send(upstream_dealer_t *self, const message_t *message) STATUS_MUST_USE;
status_t upstream_dealer_receive(upstream_dealer_t *self,
                                 transport_inbound_t *ret_inbound) STATUS_MUST_USE;
int upstream_dealer_events(const upstream_dealer_t *self);
void upstream_dealer_hold(upstream_dealer_t *self, bool held);
bool upstream_dealer_look(upstream_dealer_t *self);
const char *upstream_dealer_problem(const upstream_dealer_t *self);
bool upstream_dealer_is_lost(const upstream_dealer_t *self);

/* Closes it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void upstream_dealer_close(upstream_dealer_t **self_p);

#endif
