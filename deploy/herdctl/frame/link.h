/* link.h - a connection to one member's `requests`, whatever carries it: a stream where the member
 * is on this machine and there are no keys, else ZeroMQ (bus-protocol.md, "Streams").
 *
 * Owner: ask.c. Threads: one. Nothing waits; who asks polls for all its links together.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_LINK_H
#define HERD_DEPLOY_HERDCTL_FRAME_LINK_H

#include "common/sockets/transport.h"
#include "deploy/herdctl/frame/connection.h"

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

typedef struct herdctl_link herdctl_link_t;

/* Begins to connect. NULL with errno set: it cannot. `connection` is copied; what it points to is
 * borrowed until herdctl_link_close, which the caller ends it with. */
herdctl_link_t *herdctl_link_open(const herdctl_connection_t *connection);

/* Closes it, frees it, clears the pointer; NULL is fine. */
void herdctl_link_close(herdctl_link_t **self_p);

/* What to poll for, to send (`sends`) or to receive. False: nothing before `*until_ns` (steady),
 * which is moved to when it tries to connect again, if that is earlier. */
bool herdctl_link_poll(herdctl_link_t *self, bool sends, zmq_pollitem_t *ret_item,
                       int64_t *until_ns);

/* Whether a message can be sent now, after `item` was polled for that; goes on connecting. */
bool herdctl_link_can_send(herdctl_link_t *self, const zmq_pollitem_t *item);

/* As transport_send and transport_receive. */
status_t herdctl_link_send(herdctl_link_t *self, const message_t *message) STATUS_MUST_USE;
status_t herdctl_link_receive(herdctl_link_t *self,
                              transport_inbound_t *ret_inbound) STATUS_MUST_USE;

#endif
