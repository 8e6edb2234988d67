/* sockets.h - every ZeroMQ socket option that the herd sets, with its reason; and how it binds.
 *
 * Owner: none; it works on the caller's raw socket handle before that is bound or connected.
 * Threads: the socket's.
 */
#ifndef HERD_COMMON_SOCKETS_SOCKETS_H
#define HERD_COMMON_SOCKETS_SOCKETS_H

#include "common/base/status.h"
#include "common/sockets/local_socket.h"

typedef enum {
    SOCKETS_BUS_ROUTER,      /* a member receives from its neighbours */
    SOCKETS_BUS_DEALER,      /* a member sends to one neighbour */
    SOCKETS_REQUESTS_ROUTER, /* a node serves its front-ends and operators */
    SOCKETS_REQUESTS_DEALER, /* a front-end asks its node */
    SOCKETS_OPERATOR_DEALER, /* an operator asks a node */
    SOCKETS_TAP_XPUB,        /* a node publishes what passes */
    SOCKETS_TAP_SUB,         /* an operator watches it */
} sockets_role_t;

/* A new socket of `type`, e.g. ZMQ_DEALER; NULL with errno set, e.g. to EMFILE, if there are no
 * descriptors left for it. Unlike zsock_new, which then ends the process. */
void *sockets_open(void *context, int type);

/* Closes it and clears the pointer; NULL is fine. */
void sockets_close(void **socket_p);

/* Sets all options of `role` on `socket`. `endpoint` is what it will be bound or connected to.
 * `routing_id`, 1 .. 255 bytes of text, names a DEALER to its ROUTER; NULL for a ROUTER, and for a
 * DEALER that its ROUTER need not know again: the ROUTER then makes one up.
 * STATUS_SYSTEM with errno set: ZeroMQ refuses an option. */
status_t sockets_configure(void *socket, sockets_role_t role, const char *endpoint,
                           const char *routing_id) STATUS_MUST_USE;

/* Makes a socket that will be bound accept CURVE connections only, made to the key whose secret
 * half is `secret_key` (Z85). A ZAP handler (rfc.zeromq.org/spec/27), which is given `domain`,
 * decides which peers come in. A ROUTER then leaves a routing id to the connection that has it.
 * STATUS_SYSTEM with errno set. */
status_t sockets_secure_server(void *socket, const char *secret_key,
                               const char *domain) STATUS_MUST_USE;

/* Makes a socket that will connect show its own key, and accept only `server_key` as its peer's;
 * all are Z85.
 * STATUS_SYSTEM with errno set. */
status_t sockets_secure_client(void *socket, const char *public_key, const char *secret_key,
                               const char *server_key) STATUS_MUST_USE;

/* Binds `socket` to `endpoint`. What ZeroMQ does not know of a Unix socket is in `ret_local`, for
 * the caller to look after; all zeros of a TCP socket, and after a failure.
 * STATUS_IN_USE: another process listens there, which keeps the path. STATUS_SYSTEM: the system
 * refuses. Both with errno set. */
status_t sockets_bind(void *socket, const char *endpoint,
                      local_socket_t *ret_local) STATUS_MUST_USE;

/* Has `socket` accept connections at `file`, which listens already, or is the end of a pair by
 * which connections are handed over (node/security/accept4.h); `endpoint` is what it calls that.
 * Takes `file`, also when it fails. STATUS_SYSTEM with errno set. */
status_t sockets_bind_file(void *socket, const char *endpoint, int file) STATUS_MUST_USE;

/* Binds a Unix socket anew whose file is gone. Connections to the former file end. As
 * sockets_bind; `local` stays as it was after a failure. */
status_t sockets_bind_again(void *socket, const char *endpoint,
                            local_socket_t *local) STATUS_MUST_USE;

#endif
