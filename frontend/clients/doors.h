/* doors.h - where clients come in: all listeners of a front-end, open while its node is there.
 *
 * Owner: the front-end. Threads: the reactor's.
 * A front-end whose node has been away for request_timeout could give its clients nothing but
 * silence. So it takes no new ones then: load balancers and front-ends that share the port get
 * them. It listens again as soon as the node is back.
 */
#ifndef HERD_FRONTEND_CLIENTS_DOORS_H
#define HERD_FRONTEND_CLIENTS_DOORS_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "frontend/clients/listener.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct doors doors_t;

/* What doors are made of (open value struct); borrows everything until doors_close. */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const char *const *endpoints; /* "tcp://host:port" each */
    size_t endpoint_count;        /* 1 .. LIMIT_LISTENERS */
    uint64_t tenant;              /* the member that has the ports (claim.h) */
    uint64_t patience_ms;         /* how long the node may be away; 0: as long as it is */
    listener_accept_fn *accepted;
    listener_room_fn *has_room;
    void *argument;   /* for both */
    uint64_t *pauses; /* of all listeners, for want of descriptors or memory */
} doors_settings_t;

/* Whose the ports of a member's front-ends are: theirs who have one node, which its `requests`
 * names. */
uint64_t doors_tenant(const config_t *config, const config_member_t *member);

/* Listens on all endpoints, as if the node had just gone away. STATUS_INVALID: an endpoint or host
 * that does not exist. STATUS_SYSTEM: the kernel refuses one. Both are logged. Caller ends it with
 * doors_close. */
status_t doors_open(const doors_settings_t *settings, doors_t **ret_self) STATUS_MUST_USE;

/* The node is away since `since_ms` (steady). Shuts when it has been away for patience_ms. */
void doors_node_left(doors_t *self, uint64_t since_ms);

/* The node is there: listens, or tries each second until it can. */
void doors_node_came(doors_t *self);

/* Accepts again at once what waits for resources: some have become free. */
void doors_retry(doors_t *self);

/* Accepts what the kernel has taken for us, and listens no more, whatever the node does. */
void doors_shut(doors_t *self);

/* Ends it; the loop's next turn frees the memory. Clears the pointer; NULL is fine. */
void doors_close(doors_t **self_p);

#endif
