/* guard.h - who may speak to a node: binds its sockets, answers ZAP for them, checks each message, logs who was turned away.
 *
 * docs/bus-protocol.md, K1 to K7; docs/security.md. Owner: the node. Threads: the reactor's, but for a thread inside that
 * watches handshakes. In a herd without keys everybody may, and only failed handshakes are logged.
 */
#ifndef HERD_NODE_SECURITY_GUARD_H
#define HERD_NODE_SECURITY_GUARD_H

#include "common/config/config.h"
#include "common/log/log.h"
#include "common/protocol/message.h"
#include "common/security/security.h"
#include "common/sockets/transport.h"

#include <czmq.h>

typedef struct guard guard_t;

/* Reads the keys, and listens for ZAP; what goes wrong is logged. Not OK: the node cannot start. One guard with keys a
 * process: the ZAP endpoint is one. Caller frees with guard_destroy. */
status_t guard_new(const config_t *config, const config_member_t *member, log_t *log,
                   guard_t **ret_self) STATUS_MUST_USE;

/* After all sockets that it bound were closed. Clears the pointer; NULL is fine. */
void guard_destroy(guard_t **self_p);

/* Binds a configured socket for `domain`, with CURVE where there are keys; its handshakes are watched from then on.
 * `endpoint` is borrowed as long as the guard lives. STATUS_IN_USE, STATUS_SYSTEM with errno set. */
status_t guard_bind(guard_t *self, void *socket, roles_domain_t domain,
                    const char *endpoint) STATUS_MUST_USE;

/* Closes a socket that was bound; clears the pointer, NULL is fine. */
void guard_close(zsock_t **socket_p);

/* The keys, for sockets that connect; NULL without. Borrowed. */
const security_t *guard_security(const guard_t *self);

/* The socket on which ZeroMQ asks whether a peer may come in, to be polled; NULL without keys. */
void *guard_socket(const guard_t *self);

/* Answers the questions of a turn. */
void guard_answer(guard_t *self);

/* Whether a message that came to `domain` is from somebody who still may send there; what is not is logged. Then `*ret_holder`
 * is its sender, NULL without keys; borrowed until the next reload. */
bool guard_admits(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                  const security_holder_t **ret_holder);

/* Logs and counts a message that `holder`, who may speak there, may not send. `problem` is ours. */
void guard_note(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                const security_holder_t *holder, const char *problem);

/* Reads the keys again. Connections to domains of roles that lost a key are cut; who may comes back at once. `*ret_changed`:
 * some key came or went. Not OK: they could not be read, and those that were read before count. */
status_t guard_reload(guard_t *self, bool *ret_changed) STATUS_MUST_USE;

/* Connections and messages turned away so far. */
uint64_t guard_refused(const guard_t *self);

#endif
