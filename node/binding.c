#include "node/binding.h"

#include "common/sockets/holder.h"
#include "common/sockets/sockets.h"
#include "node/requests/streams.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

#define LOCAL_SCHEME "ipc://"

/* Logs why a socket cannot be had, by errno. */
static status_t give_up(const binding_context_t *self, const char *endpoint)
{
    char reason[HOLDER_SIZE];
    holder_explain(zmq_errno(), endpoint, reason);
    log_event(self->log, LOG_BIND_FAILED, LOG_ABOUT(NULL, LOG_TEXT("endpoint", endpoint)),
              "cannot bind %s: %s; the start ends here", endpoint, reason);
    return STATUS_IN_USE;
}

/* `local`: NULL, or where the descriptors go of a Unix socket whose connections we accept. */
static status_t bind_router(const binding_context_t *self, roles_domain_t domain,
                            guard_local_t *local, void **ret_router)
{
    bool to_bus = domain == ROLES_DOMAIN_BUS;
    const char *endpoint = to_bus ? self->member->bus : self->member->requests;
    sockets_role_t role = to_bus ? SOCKETS_BUS_ROUTER : SOCKETS_REQUESTS_ROUTER;
    void *router = sockets_open(zsys_init(), ZMQ_ROUTER);
    status_t status = STATUS_SYSTEM;
    if (router != NULL) {
        status = sockets_configure(router, role, endpoint, NULL);
    }
    if (status == STATUS_OK) {
        status = local != NULL ? guard_bind_local(self->guard, router, domain, endpoint, local)
                               : guard_bind(self->guard, router, domain, endpoint);
    }
    if (status != STATUS_OK) {
        status = give_up(self, endpoint);
        sockets_close(&router);
        return status;
    }
    *ret_router = router;
    return STATUS_OK;
}

status_t binding_bus(const binding_context_t *self, void **ret_router)
{
    return bind_router(self, ROLES_DOMAIN_BUS, NULL, ret_router);
}

/* With a desk that accepts connections itself, and gives ZeroMQ what is its. */
static status_t bind_local(const binding_context_t *self, void **ret_router, desk_t **ret_desk)
{
    streams_settings_t settings = {.guard = self->guard,
                                   .log = self->log,
                                   .path = self->member->requests + strlen(LOCAL_SCHEME)};
    status_t status = bind_router(self, ROLES_DOMAIN_REQUESTS, &settings.local, ret_router);
    if (status != STATUS_OK) {
        return status;
    }
    streams_t *streams = streams_new(&settings);
    if (streams == NULL) {
        status = give_up(self, self->member->requests);
        guard_close(self->guard, ret_router);
        return status;
    }
    *ret_desk = desk_new(*ret_router, streams);
    return STATUS_OK;
}

status_t binding_requests(const binding_context_t *self, void **ret_router, desk_t **ret_desk)
{
    bool is_local = strncmp(self->member->requests, LOCAL_SCHEME, strlen(LOCAL_SCHEME)) == 0;
    if (is_local && guard_security(self->guard) == NULL) {
        return bind_local(self, ret_router, ret_desk);
    }
    status_t status = bind_router(self, ROLES_DOMAIN_REQUESTS, NULL, ret_router);
    if (status == STATUS_OK) {
        *ret_desk = desk_new(*ret_router, NULL);
    }
    return status;
}
