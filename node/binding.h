/* binding.h - the sockets of a node that others connect to: bound, guarded, and what goes wrong
 * told in the log.
 *
 * Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_BINDING_H
#define HERD_NODE_BINDING_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "node/requests/desk.h"
#include "node/security/guard.h"

/* What is needed for it (open value struct); borrowed as long as the sockets live. */
typedef struct {
    const config_member_t *member;
    log_t *log;
    guard_t *guard;
} binding_context_t;

/* Binds the ROUTER for neighbours. The caller ends it with guard_close. Not STATUS_OK, logged: the
 * start ends here. */
status_t binding_bus(const binding_context_t *self, void **ret_router) STATUS_MUST_USE;

/* The same for requests, with the desk at it. At a Unix socket without keys connections are
 * accepted by the desk, which is to be destroyed before the ROUTER is closed. */
status_t binding_requests(const binding_context_t *self, void **ret_router,
                          desk_t **ret_desk) STATUS_MUST_USE;

#endif
