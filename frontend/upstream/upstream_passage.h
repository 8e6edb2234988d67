/* upstream_passage.h - the socket of a session with a node in this process (passage.h); see
 * upstream_socket.h.
 *
 * Owner: the upstream's socket. Threads: the reactor's.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_PASSAGE_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_PASSAGE_H

#include "common/sockets/transport.h"
#include "frontend/upstream/upstream_socket_settings.h"

typedef struct upstream_passage upstream_passage_t;

/* A connection by settings->passage; never fails. */
upstream_passage_t *upstream_passage_open(const upstream_socket_settings_t *settings);

status_t upstream_passage_send(upstream_passage_t *self, const message_t *message) STATUS_MUST_USE;

/* STATUS_OK or STATUS_AGAIN. */
status_t upstream_passage_receive(upstream_passage_t *self,
                                  transport_inbound_t *ret_inbound) STATUS_MUST_USE;

int upstream_passage_events(upstream_passage_t *self);

/* What was sent stays there for the node. Clears the pointer; NULL is fine. */
void upstream_passage_close(upstream_passage_t **self_p);

#endif
