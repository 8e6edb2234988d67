/* upstream_socket_settings.h - what a socket to the node is made of, of either kind.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_SETTINGS_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_SOCKET_SETTINGS_H

#include "common/base/status.h"
#include "common/security/security.h"
#include "common/sockets/passage.h"

#include <stdbool.h>
#include <uv.h>

/* Open value struct. */
typedef struct {
    uv_loop_t *loop;
    void *context;              /* ZeroMQ's */
    const char *endpoint;       /* the node's; borrowed for the call */
    const char *name;           /* the member's, for the routing id; borrowed for the call */
    const security_t *security; /* NULL without keys; borrowed for the call */
    bool zeromq;                /* by ZeroMQ also where a stream would do */
    passage_t *passage;         /* to a node in this process; NULL: by `endpoint` */
    /* Something may have happened: look at upstream_socket_events, then at the others. */
    void (*stirred)(void *argument);
    void *argument; /* for `stirred` */
} upstream_socket_settings_t;

#endif
