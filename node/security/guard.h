/* guard.h - who may speak to a node: binds its sockets, answers ZAP, checks and logs.
 *
 * docs/bus-protocol.md, K1 to K7; docs/security.md. Owner: the node. Threads: the reactor's; a
 * thread inside watches handshakes. In a herd without keys everybody may speak, and only failed
 * handshakes are logged.
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

/* Reads the keys and binds the socket for ZAP; problems are logged. Not STATUS_OK: the node cannot
 * start. A process has one guard with keys at most, because it has one ZAP endpoint. Caller frees
 * with guard_destroy. */
status_t guard_new(const config_t *config, const config_member_t *member, log_t *log,
                   guard_t **ret_self) STATUS_MUST_USE;

/* Call it after all sockets that it bound were closed. Clears the pointer; NULL is fine. */
void guard_destroy(guard_t **self_p);

/* Binds a configured socket for `domain`, with CURVE if there are keys, and watches its handshakes.
 * `endpoint` is borrowed as long as the guard lives.
 * STATUS_IN_USE, STATUS_SYSTEM, with errno set. */
status_t guard_bind(guard_t *self, void *socket, roles_domain_t domain,
                    const char *endpoint) STATUS_MUST_USE;

/* What a Unix socket is accepted by outside of ZeroMQ (open value struct): descriptors. */
typedef struct {
    int listener; /* does not block; connections are accepted by accept4_take */
    int sender;   /* gives ZeroMQ those of them that speak its protocol: accept4_hand_over */
} guard_local_t;

/* Called with a listener that takes the place of the former one, whose file was gone. */
typedef void guard_listener_fn(void *argument, int listener);

/* As guard_bind, of a Unix socket in a herd without keys, at which the caller accepts. It owns the
 * descriptors of `ret_local`, and later those that `renewed` is given. */
status_t guard_bind_local(guard_t *self, void *socket, roles_domain_t domain, const char *endpoint,
                          guard_local_t *ret_local) STATUS_MUST_USE;
void guard_tell_listener(guard_t *self, guard_listener_fn *renewed, void *argument);

/* Notes about connections of streams, counted and logged as those that ZeroMQ reports: see
 * handshakes.h. */
void guard_note_failed(guard_t *self, const char *peer, const char *reason);
void guard_note_cut(guard_t *self, const char *peer, uint64_t size, const char *reason);
void guard_note_turned_away(guard_t *self, bool crowded);

/* Closes a socket that was bound, and removes the file of a Unix socket; clears the pointer, NULL
 * is fine. */
void guard_close(guard_t *self, void **socket_p);

/* The keys, for sockets that connect; NULL without. Borrowed. */
const security_t *guard_security(const guard_t *self);

/* The socket on which ZeroMQ asks whether a peer may come in, to be polled; NULL without keys. */
void *guard_socket(const guard_t *self);

/* Answers the questions of a turn. */
void guard_answer(guard_t *self);

/* Whether the sender of a message that came to `domain` may still send there; if not, it is logged
 * and counted. On true `*ret_holder` is the sender, NULL without keys; borrowed until the next
 * reload. */
bool guard_admits(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                  const security_holder_t **ret_holder);

/* Says whose a message is that came to the bus. `newest`: where the caller keeps the descriptor by
 * which that neighbour spoke last, -1 at first; NULL: no neighbour's. A neighbour has one
 * connection: those before the newest are strangers', who go first when descriptors run short, so
 * that no one can hold many by saying that he is a neighbour. */
void guard_know(guard_t *self, const transport_inbound_t *inbound, int *newest);

/* Logs and counts a message that `holder`, who may speak to `domain`, may not send. `problem` is
 * our text. */
void guard_note(guard_t *self, roles_domain_t domain, const transport_inbound_t *inbound,
                const security_holder_t *holder, const char *problem);

/* Who is told what a reload of the keys finds (open value struct). */
typedef struct {
    security_problem_fn *problem; /* a key that cannot be used */
    security_change_fn *change;   /* a key that came or went */
    void *argument;               /* for both */
} guard_listener_t;

/* Reads the keys again. What comes with a revoked key has no effect from now on; connections that
 * it has opened end with guard_cut_revoked. `*ret_changes` is all zero without keys. Not STATUS_OK,
 * reported: the keys cannot be read; those in use stay. */
status_t guard_reload(guard_t *self, const guard_listener_t *listener,
                      security_changes_t *ret_changes) STATUS_MUST_USE;

/* K7: cuts the connections to each domain that a role which lost a key may use; peers that are
 * still admitted come back at once. `spare_ms`: so long the connections to requests stay, because
 * an answer is to leave by one of them. */
void guard_cut_revoked(guard_t *self, const security_changes_t *changes, int64_t spare_ms);

/* Cuts what guard_cut_revoked has spared, when its time has come; makes the file of a Unix socket
 * anew that is gone. Call it several times a second. */
void guard_tick(guard_t *self, int64_t steady_ns);

/* The number of connections and messages refused so far. */
uint64_t guard_refused(const guard_t *self);

/* Of these: connections and messages turned away because of their key; connections cut because
 * they brought in too much. */
uint64_t guard_keys_refused(const guard_t *self);
uint64_t guard_connections_cut(const guard_t *self);

/* The number of Unix sockets whose file is gone and cannot be made anew. */
size_t guard_sockets_missing(const guard_t *self);

/* Of those refused, those turned away because the last descriptors are kept (accept4.h). */
uint64_t guard_connections_refused(const guard_t *self);

#endif
