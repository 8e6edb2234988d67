/* sockets.h - every ZeroMQ socket option that the herd sets, with its reason, in one place.
 *
 * Owner: none; works on the caller's raw socket handle, before bind or connect. Threads: the socket's.
 */
#ifndef HERD_SOCKETS_H
#define HERD_SOCKETS_H

#include "common/status.h"

typedef enum {
    SOCKETS_BUS_ROUTER,      /* a member receives from its neighbours */
    SOCKETS_BUS_DEALER,      /* a member sends to one neighbour */
    SOCKETS_REQUESTS_ROUTER, /* a node serves its front-ends and operators */
    SOCKETS_REQUESTS_DEALER, /* a front-end or operator asks its node */
} sockets_role_t;

/* Sets all options of `role` on `socket` (a raw ZeroMQ handle). `endpoint` is what it will be bound or connected to;
 * `routing_id`, 1 .. 255 bytes of text, names a DEALER to its ROUTER; NULL for a ROUTER.
 * STATUS_SYSTEM with errno set where ZeroMQ refuses one. */
status_t sockets_configure(void *socket, sockets_role_t role, const char *endpoint,
                           const char *routing_id) STATUS_MUST_USE;

#endif
