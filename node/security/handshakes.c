/* Watches the sockets that are bound, for connections that come to nothing.
 *
 * In come the events of ZeroMQ's monitors, one PAIR for each domain, in a thread of their own. Out
 * goes a log line and a count for each connection that ends before its handshake is done; which
 * these are, arrivals.c decides. */
#include "node/security/handshakes.h"

#include "common/base/memory.h"
#include "common/sockets/address.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "node/security/arrivals.h"

#include <czmq.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_PER_TURN = 256 };

/* One socket that is watched. */
typedef struct {
    void *monitor; /* PAIR; NULL: not watched */
    arrivals_t *arrivals;
} watched_t;

struct handshakes {
    zactor_t *actor;
    log_t *log;
    unsigned watches; /* so far: each has its own address */
    atomic_uint_fast64_t failed;
    /* The thread's own: */
    watched_t *watched; /* by domain */
};

/* Logged under the peer's address without its port, because the next try of the same peer has
 * another port. */
static void tell_failure(handshakes_t *self, roles_domain_t domain,
                         const arrivals_failure_t *failure)
{
    char source[CONNECTIONS_PEER_SIZE];
    text_t host;
    text_t port;
    bool is_address = address_split(text_of(failure->peer), &host, &port);
    *text_copy(is_address ? host : text_of(failure->peer), source) = '\0';
    atomic_fetch_add(&self->failed, 1);
    log_event(self->log, LOG_HANDSHAKE_FAILED,
              LOG_ABOUT(source, LOG_TEXT("address", failure->peer)),
              "%s: a connection from %s came to nothing: %s", roles_domain_text(domain),
              failure->peer, failure->reason);
}

static void take_events(handshakes_t *self, watched_t *watched)
{
    uint16_t event;
    uint32_t value;
    arrivals_failure_t failure;
    for (int i = 0; i < EVENTS_PER_TURN && monitor_next(watched->monitor, &event, &value); i++) {
        if (arrivals_take(watched->arrivals, event, value, &failure)) {
            tell_failure(self, (roles_domain_t)(watched - self->watched), &failure);
        }
    }
}

/* Forgets the former socket of a domain, which was closed, and connects to the monitor of the new
 * one. */
static void begin_watch(watched_t *self, const char *address)
{
    sockets_close(&self->monitor);
    arrivals_clear(self->arrivals);
    self->monitor = sockets_open(zsys_init(), ZMQ_PAIR);
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
    self->watched = memory_new_array(ROLES_DOMAIN_COUNT, sizeof *self->watched);
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        self->watched[i].arrivals = arrivals_new(secure);
    }
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
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        arrivals_destroy(&self->watched[i].arrivals);
    }
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
    if (zmq_socket_monitor(socket, address, ARRIVALS_EVENTS) != 0) {
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
