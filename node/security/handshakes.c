/* Connections that fail before ZAP is asked.
 *
 * In come the events of ZeroMQ's monitors, one PAIR for each domain, in a thread of their own. Out
 * goes a log line and a count for each connection that ends before its handshake is done, with the
 * peer as the kernel names it, which must be asked for at the acceptance, because the descriptor is
 * closed when the failure is reported.
 *
 * ZeroMQ says little, so three things are inferred. A failure names no connection: it belongs to
 * the one whose end is reported next. A success names none either: it is put down to the oldest
 * connection that has sent enough for a handshake. For some kinds of garbage only the end is
 * reported: with keys, the end of a connection that had no success is a failure, unless ZAP refused
 * it, which the guard has logged already. */
#include "node/security/handshakes.h"

#include "common/base/memory.h"
#include "common/sockets/address.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "node/security/connections.h"

#include <czmq.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | MONITOR_FAILURES |
             ZMQ_EVENT_DISCONNECTED,
    EVENTS_PER_TURN = 256,
    /* A handshake that succeeds takes no less from a peer: greeting, HELLO, and part of INITIATE.
     * Bytes. */
    HANDSHAKE_SIZE_MIN = 200,
};

/* A connection that was accepted. */
typedef struct {
    bool open;
    bool established; /* its handshake has succeeded */
    int file;         /* its descriptor */
    uint64_t number;  /* counts acceptances */
    char peer[CONNECTIONS_PEER_SIZE];
} connection_t;

/* One socket that is watched. */
typedef struct {
    void *monitor;                              /* PAIR; NULL: not watched */
    connection_t connections[LIMIT_HANDSHAKES]; /* by descriptor, modulo their number */
    const char *failure; /* of the connection whose end comes next; NULL: it has not failed */
    unsigned refused;    /* connections that ZAP refused and that have not ended yet */
} watched_t;

struct handshakes {
    zactor_t *actor;
    log_t *log;
    bool secure;
    unsigned watches; /* so far: each has its own address */
    atomic_uint_fast64_t failed;
    /* The thread's own: */
    watched_t *watched; /* by domain */
    uint64_t accepted;  /* connections so far */
};

static const char *failure_text(const handshakes_t *self, uint16_t event, uint32_t value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        return "it hung up, or was silent, before its handshake was done";
    }
    switch (value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
        return self->secure ? "it comes without keys"
                            : "it comes with keys, and there are none here";
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: return "it does not have this member's public key";
    default: return "its handshake is malformed, or was recorded and sent again";
    }
}

/* Logged under the peer's address without its port, because the next try of the same peer has
 * another port. */
static void tell_failure(handshakes_t *self, roles_domain_t domain, const char *peer,
                         const char *reason)
{
    char source[CONNECTIONS_PEER_SIZE];
    text_t host;
    text_t port;
    bool is_address = address_split(text_of(peer), &host, &port);
    *text_copy(is_address ? host : text_of(peer), source) = '\0';
    atomic_fetch_add(&self->failed, 1);
    log_event(self->log, LOG_HANDSHAKE_FAILED, LOG_ABOUT(source, LOG_TEXT("address", peer)),
              "%s: a connection from %s came to nothing: %s", roles_domain_text(domain), peer,
              reason);
}

static connection_t *connection_of(watched_t *watched, int file)
{
    return &watched->connections[(unsigned)file % LIMIT_HANDSHAKES];
}

static void on_accepted(handshakes_t *self, watched_t *watched, int file)
{
    connection_t *connection = connection_of(watched, file);
    *connection = (connection_t){.open = true, .file = file, .number = self->accepted++};
    if (!connections_peer(file, connection->peer)) {
        snprintf(connection->peer, sizeof connection->peer, "somebody who left at once");
    }
}

/* Takes the oldest connection that may have succeeded: ZeroMQ does not say which one has. */
static void on_succeeded(watched_t *watched)
{
    connection_t *oldest = NULL;
    for (unsigned i = 0; i < LIMIT_HANDSHAKES; i++) {
        connection_t *connection = &watched->connections[i];
        if (connection->open && !connection->established &&
            (oldest == NULL || connection->number < oldest->number) &&
            connections_has_received(connection->file, HANDSHAKE_SIZE_MIN)) {
            oldest = connection;
        }
    }
    if (oldest != NULL) {
        oldest->established = true;
    }
}

/* ZeroMQ reports a failure, and next the end of that connection; for some kinds of garbage only the
 * end. */
static void on_disconnected(handshakes_t *self, watched_t *watched, int file)
{
    connection_t *connection = connection_of(watched, file);
    const char *failure = watched->failure;
    bool known = connection->open && connection->file == file;
    watched->failure = NULL;
    if (failure == NULL && self->secure && known && !connection->established) {
        if (watched->refused > 0) {
            watched->refused--;
        } else {
            failure = "what it sent is no handshake";
        }
    }
    if (failure != NULL) {
        tell_failure(self, (roles_domain_t)(watched - self->watched),
                     known ? connection->peer : "somebody who left at once", failure);
    }
    if (known) {
        connection->open = false;
    }
}

static void take_event(handshakes_t *self, watched_t *watched, uint16_t event, uint32_t value)
{
    switch (event) {
    case ZMQ_EVENT_ACCEPTED: on_accepted(self, watched, (int)value); break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: on_succeeded(watched); break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: watched->refused++; break;
    case ZMQ_EVENT_DISCONNECTED: on_disconnected(self, watched, (int)value); break;
    default: watched->failure = failure_text(self, event, value); break;
    }
}

static void take_events(handshakes_t *self, watched_t *watched)
{
    uint16_t event;
    uint32_t value;
    for (int i = 0; i < EVENTS_PER_TURN && monitor_next(watched->monitor, &event, &value); i++) {
        take_event(self, watched, event, value);
    }
}

/* Forgets the former socket of a domain, which was closed, and connects to the monitor of the new
 * one. */
static void begin_watch(watched_t *self, const char *address)
{
    sockets_close(&self->monitor);
    *self = (watched_t){.monitor = sockets_open(zsys_init(), ZMQ_PAIR)};
    if (self->monitor == NULL) {
        return;
    }
    /* ZeroMQ's I/O thread would block at a high-water mark. */
    zmq_setsockopt(self->monitor, ZMQ_RCVHWM, &(int){0}, sizeof(int));
    if (zmq_connect(self->monitor, address) != 0) {
        sockets_close(&self->monitor);
    }
}

/* Takes "WATCH", a domain and the address of a monitor; or the end of the actor, then false. */
static bool take_order(handshakes_t *self, zsock_t *pipe)
{
    char *order = NULL;
    char *address = NULL;
    unsigned domain = 0;
    if (zsock_recv(pipe, "s4s", &order, &domain, &address) != 0) {
        return false;
    }
    bool more = strcmp(order, "WATCH") == 0 && domain < ROLES_DOMAIN_COUNT;
    if (more) {
        begin_watch(&self->watched[domain], address);
        zsock_signal(pipe, 0);
    }
    zstr_free(&order);
    zstr_free(&address);
    return more;
}

/* Waits once; false at the end of the actor. */
static bool turn(handshakes_t *self, zsock_t *pipe)
{
    zmq_pollitem_t items[ROLES_DOMAIN_COUNT + 1] = {
        {.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN}};
    watched_t *watched[ROLES_DOMAIN_COUNT + 1] = {NULL};
    int count = 1;
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        if (self->watched[i].monitor != NULL) {
            items[count] =
                (zmq_pollitem_t){.socket = self->watched[i].monitor, .events = ZMQ_POLLIN};
            watched[count++] = &self->watched[i];
        }
    }
    if (zmq_poll(items, count, -1) < 0 && errno != EINTR) {
        return false;
    }
    for (int i = 1; i < count; i++) {
        if (items[i].revents != 0) {
            take_events(self, watched[i]);
        }
    }
    return items[0].revents == 0 || take_order(self, pipe);
}

static void run(zsock_t *pipe, void *argument)
{
    handshakes_t *self = argument;
    zsock_signal(pipe, 0);
    while (turn(self, pipe)) {
    }
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        sockets_close(&self->watched[i].monitor);
    }
}

handshakes_t *handshakes_new(log_t *log, bool secure)
{
    handshakes_t *self = memory_new(sizeof *self);
    self->log = log;
    self->secure = secure;
    self->watched = memory_new_array(ROLES_DOMAIN_COUNT, sizeof *self->watched);
    self->actor = zactor_new(run, self);
    return self;
}

void handshakes_destroy(handshakes_t **self_p)
{
    handshakes_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    zactor_destroy(&self->actor);
    free(self->watched);
    free(self);
    *self_p = NULL;
}

void handshakes_watch(handshakes_t *self, void *socket, roles_domain_t domain)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://handshakes-%p-%u", (const void *)self,
             self->watches++);
    /* Without a monitor failures are not logged; nothing else is missing. */
    if (zmq_socket_monitor(socket, address, EVENTS) != 0) {
        log_event(self->log, LOG_UNWATCHED, NULL, "%s: handshakes cannot be watched: %s",
                  roles_domain_text(domain), zmq_strerror(zmq_errno()));
        return;
    }
    zsock_send(self->actor, "s4s", "WATCH", (unsigned)domain, address);
    zsock_wait(self->actor);
}

void handshakes_leave(void *socket)
{
    (void)zmq_socket_monitor(socket, NULL, 0);
}

uint64_t handshakes_failed(const handshakes_t *self)
{
    return atomic_load(&self->failed);
}
