#include "node/security/handshakes.h"

#include "common/base/memory.h"
#include "common/sockets/address.h"
#include "common/sockets/monitor.h"
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
    /* A peer sends no less in a handshake that succeeds: greeting, HELLO, and part of what is behind it. Bytes. */
    HANDSHAKE_SIZE_MIN = 200,
};

/* A connection that was accepted. */
typedef struct {
    bool open;
    bool established; /* its handshake has succeeded */
    int file;
    uint64_t number; /* of its acceptance */
    char peer[CONNECTIONS_PEER_SIZE];
} connection_t;

/* One socket that is watched. */
typedef struct {
    zsock_t *monitor;                           /* PAIR; NULL: none */
    connection_t connections[LIMIT_HANDSHAKES]; /* by file descriptor, modulo their number */
    const char *failure; /* why the connection fails whose end comes next; NULL: none does */
    unsigned refused;    /* by ZAP, which the guard has logged, and not yet ended */
} watched_t;

struct handshakes {
    zactor_t *actor;
    log_t *log;
    bool secure;
    unsigned watches; /* so far: each has an address of its own */
    atomic_uint_fast64_t failed;
    /* The thread's own: */
    watched_t *watched; /* ROLES_DOMAIN_COUNT of them */
    uint64_t accepted;
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

/* The peer is its address, without the port: the next try of the same one has another. */
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

/* ZeroMQ does not say whose handshake it was: the oldest that may be it. */
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

/* ZeroMQ tells a failure, and then the end of that connection, before anything else of the socket; of some kinds of
 * garbage the end only. */
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
    for (int i = 0;
         i < EVENTS_PER_TURN && monitor_next(zsock_resolve(watched->monitor), &event, &value);
         i++) {
        take_event(self, watched, event, value);
    }
}

/* "WATCH", a domain and the address of a monitor, or the end of the actor. False at the end. */
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
        watched_t *watched = &self->watched[domain];
        zsock_destroy(&watched->monitor); /* of a socket that was closed: it is bound anew */
        *watched = (watched_t){.monitor = zsock_new(ZMQ_PAIR)};
        if (watched->monitor != NULL) {
            /* No high-water mark: ZeroMQ's I/O thread would block at it. */
            zsock_set_rcvhwm(watched->monitor, 0);
        }
        if (watched->monitor != NULL && zsock_connect(watched->monitor, "%s", address) != 0) {
            zsock_destroy(&watched->monitor);
        }
        zsock_signal(pipe, 0);
    }
    zstr_free(&order);
    zstr_free(&address);
    return more;
}

/* One wait; false at the end of the actor. */
static bool turn(handshakes_t *self, zsock_t *pipe)
{
    zmq_pollitem_t items[ROLES_DOMAIN_COUNT + 1] = {
        {.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN}};
    watched_t *watched[ROLES_DOMAIN_COUNT + 1] = {NULL};
    int count = 1;
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        if (self->watched[i].monitor != NULL) {
            items[count] = (zmq_pollitem_t){.socket = zsock_resolve(self->watched[i].monitor),
                                            .events = ZMQ_POLLIN};
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
        zsock_destroy(&self->watched[i].monitor);
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
    /* Without a monitor failures are not logged; all else is as it should be. */
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
