/* Watches the sockets that are bound, for connections that come to nothing.
 *
 * In come the events of ZeroMQ's monitors, one PAIR for each domain, in a thread of their own. Out
 * goes a log line and a count for each connection that ends before its handshake is done; which
 * these are, arrivals.c decides. While there are connections the thread also looks, every 20 ms, at
 * what each has brought in (intake.c): a message without end is cut off before it takes the
 * memory. */
#include "node/security/handshakes.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/address.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "node/security/arrivals.h"
#include "node/security/intake.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EVENTS_PER_TURN = 256,
    /* What connections bring in is looked at so often. */
    LOOK_EVERY_MS = 20,
    /* ZeroMQ frees what it held of a cut connection when it finds it ended; by then it has. */
    LOOKS_UNTIL_TRIM = 10,
};

/* What the connections to bus and requests may bring in. */
static const meter_limits_t limits_of_messages = {.open_max = LIMIT_OPEN_SIZE,
                                                  .open_unread_max = LIMIT_OPEN_UNREAD_SIZE,
                                                  .open_total = LIMIT_OPEN_TOTAL,
                                                  .stranger_count = LIMIT_STRANGERS,
                                                  .connection_count = LIMIT_HANDSHAKES};
/* A subscriber sends no messages that the node sees: all that it sends counts. */
static const meter_limits_t limits_of_subscriptions = {.open_max = LIMIT_TAP_RECEIVED,
                                                       .open_unread_max = LIMIT_TAP_RECEIVED,
                                                       .open_total = UINT64_MAX,
                                                       .stranger_count = LIMIT_STRANGERS,
                                                       .connection_count = LIMIT_HANDSHAKES};

/* One socket that is watched. */
typedef struct {
    void *monitor; /* PAIR; NULL: not watched */
    arrivals_t *arrivals;
    intake_t *intake;
} watched_t;

struct handshakes {
    zactor_t *actor;
    log_t *log;
    unsigned watches;    /* so far: each has its own address */
    int reserve;         /* a descriptor kept for cutting a connection when there is no other */
    atomic_uchar *marks; /* what handshakes_delivered said, for the intakes */
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t cut;
    /* The thread's own: */
    watched_t *watched;       /* by domain */
    roles_domain_t looked_at; /* during a look */
    int64_t look_ns;          /* steady: when connections are looked at next */
    int wait_ms;              /* until then; -1: there are none */
    unsigned trim_in;         /* looks until free memory is given back; 0: not to be */
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
        if (event == ZMQ_EVENT_ACCEPTED) {
            intake_accepted(watched->intake, (int)value);
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            intake_ended(watched->intake, (int)value);
        }
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
    intake_clear(self->intake);
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

static void on_cut(void *argument, const char *peer, uint64_t size, const char *reason)
{
    handshakes_t *self = argument;
    atomic_fetch_add(&self->cut, 1);
    self->trim_in = LOOKS_UNTIL_TRIM;
    log_event(self->log, LOG_CONNECTION_CUT, LOG_ABOUT(peer, LOG_NUMBER("bytes", size)),
              "%s: the connection from %s is cut, with %llu bytes of a message: %s",
              roles_domain_text(self->looked_at), peer, (unsigned long long)size, reason);
}

/* If it is time: looks at all connections, and says how long the next wait may last. */
static void look(handshakes_t *self)
{
    int64_t steady_ns = clock_steady_ns();
    size_t open = 0;
    if (steady_ns < self->look_ns) {
        return;
    }
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        self->looked_at = (roles_domain_t)i;
        open += intake_look(self->watched[i].intake, on_cut, self);
    }
    if (self->trim_in > 0 && --self->trim_in == 0) {
        malloc_trim(0);
    }
    self->look_ns = steady_ns + LOOK_EVERY_MS * TIMESTAMP_NS_PER_MS;
    self->wait_ms = open > 0 || self->trim_in > 0 ? LOOK_EVERY_MS : -1;
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
    if (zmq_poll(items, count, self->wait_ms) < 0 && errno != EINTR) {
        return false;
    }
    for (int i = 1; i < count; i++) {
        if (items[i].revents != 0) {
            take_events(self, watched[i]);
            self->wait_ms = LOOK_EVERY_MS;
        }
    }
    look(self);
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
    self->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    self->marks = memory_new_array(LIMIT_HANDSHAKES, sizeof *self->marks);
    self->watched = memory_new_array(ROLES_DOMAIN_COUNT, sizeof *self->watched);
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        bool on_tap = i == ROLES_DOMAIN_TAP;
        self->watched[i].arrivals = arrivals_new(secure);
        self->watched[i].intake = intake_new(
            on_tap ? &limits_of_subscriptions : &limits_of_messages, self->marks, self->reserve);
    }
    self->wait_ms = -1;
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
        intake_destroy(&self->watched[i].intake);
    }
    if (self->reserve >= 0) {
        close(self->reserve);
    }
    free(self->marks);
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

void handshakes_delivered(handshakes_t *self, int file, bool named)
{
    if (file >= 0) {
        atomic_fetch_or(&self->marks[(unsigned)file % LIMIT_HANDSHAKES],
                        (unsigned char)(INTAKE_DELIVERED | (named ? INTAKE_NAMED : 0)));
    }
}

uint64_t handshakes_cut(const handshakes_t *self)
{
    return atomic_load(&self->cut);
}
