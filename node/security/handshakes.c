/* Watches the sockets that are bound, for connections that come to nothing.
 *
 * In come the events of ZeroMQ's monitors, one PAIR for each domain, in a thread of their own. Out
 * goes a log line and a count for each connection that ends before its handshake is done; which
 * these are, arrivals.c decides. While there are connections the thread also looks, every 20 ms, at
 * what each has brought in (intake.c): a message without end is cut off before it takes the
 * memory.
 *
 * It also keeps descriptors free for those who come. Above a ceiling no connection is accepted
 * (accept4.h); ZeroMQ reports each of these, and some of the strangers of the socket that has most
 * of them give way, the oldest first. So a crowd turns over, and a neighbour that comes back finds
 * a place. */
#include "node/security/handshakes.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/address.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "node/security/accept4.h"
#include "node/security/arrivals.h"
#include "node/security/intake.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
    /* The next look while connections are turned away. */
    LOOK_SOON_MS = 5,
    /* Places that are kept free below the ceiling: one of so many, and the least. */
    SPARE_PART = 16,
    SPARE_MIN = 4,
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
    int reserve;         /* a descriptor kept for cutting a connection when there is no other */
    atomic_uchar *marks; /* what handshakes_delivered said, for the intakes */
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t cut;
    atomic_uint_fast64_t turned_away;
    atomic_bool pressed; /* the reactor has turned a connection away */
    atomic_bool ended;   /* the thread touches nothing of this any more */
    /* The thread's own: */
    watched_t *watched;       /* by domain */
    roles_domain_t looked_at; /* during a look */
    bool crowded;             /* since the last look a connection was turned away */
    bool grown;               /* since then one was accepted */
    int64_t looked_ns;        /* steady: when connections were looked at last */
    int wait_ms;              /* until then; -1: there are none */
    unsigned trim_in;         /* looks until free memory is given back; 0: not to be */
};

/* The part of a peer's address that its next connection has too: without the port. */
static void write_source(const char *peer, char out[CONNECTIONS_PEER_SIZE])
{
    text_t host;
    text_t port;
    bool is_address = address_split(text_of(peer), &host, &port);
    text_t source = text_first(is_address ? host : text_of(peer), CONNECTIONS_PEER_SIZE - 1);
    *text_copy(source, out) = '\0';
}

/* Logged under the peer's address without its port, because the next try of the same peer has
 * another port. */
void handshakes_note_failed(handshakes_t *self, roles_domain_t domain, const char *peer,
                            const char *reason)
{
    char source[CONNECTIONS_PEER_SIZE];
    write_source(peer, source);
    atomic_fetch_add(&self->failed, 1);
    log_event(self->log, LOG_HANDSHAKE_FAILED, LOG_ABOUT(source, LOG_TEXT("address", peer)),
              "%s: a connection from %s came to nothing: %s", roles_domain_text(domain), peer,
              reason);
}

void handshakes_note_turned_away(handshakes_t *self, roles_domain_t domain, bool crowded)
{
    atomic_fetch_add(&self->turned_away, 1);
    if (crowded) {
        atomic_store(&self->pressed, true);
    }
    log_event(self->log, LOG_ACCEPT_FAILED, LOG_PEER(roles_domain_text(domain)),
              "a connection is turned away, because %d files are open and the rest is kept for "
              "links, log and reload; strangers that are connected give way",
              accept4_ceiling());
}

/* ZeroMQ reports each connection that could not be accepted, and also that none waits any more. */
static void take_refusal(handshakes_t *self, roles_domain_t domain, int reason)
{
    if (reason != ECONNABORTED) {
        return;
    }
    self->crowded = true;
    handshakes_note_turned_away(self, domain, false);
}

static void take_event(handshakes_t *self, watched_t *watched, uint16_t event, uint32_t value)
{
    roles_domain_t domain = (roles_domain_t)(watched - self->watched);
    arrivals_failure_t failure;
    if (event == ZMQ_EVENT_ACCEPT_FAILED) {
        take_refusal(self, domain, (int)value);
        return;
    }
    if (event == ZMQ_EVENT_ACCEPTED) {
        self->grown = true;
        atomic_store(&self->marks[arrivals_slot((int)value)], 0);
    }
    if (arrivals_take(watched->arrivals, event, value, &failure)) {
        handshakes_note_failed(self, domain, failure.peer, failure.reason);
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
 * one. False if that cannot be done. */
static bool begin_watch(watched_t *self, const char *address)
{
    sockets_close(&self->monitor);
    arrivals_clear(self->arrivals);
    self->monitor = monitor_connect(zsys_init(), address);
    return self->monitor != NULL;
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
        zsock_signal(pipe, begin_watch(&self->watched[domain], address) ? 0 : 1);
    }
    zstr_free(&order);
    zstr_free(&address);
    return more;
}

void handshakes_note_cut(handshakes_t *self, roles_domain_t domain, const char *peer, uint64_t size,
                         const char *reason)
{
    char source[CONNECTIONS_PEER_SIZE];
    write_source(peer, source);
    atomic_fetch_add(&self->cut, 1);
    log_event(self->log, LOG_CONNECTION_CUT,
              LOG_ABOUT(source, LOG_TEXT("address", peer), LOG_NUMBER("bytes", size)),
              "%s: the connection from %s is cut, with %llu bytes of a message: %s",
              roles_domain_text(domain), peer, (unsigned long long)size, reason);
}

static void on_cut(void *argument, const char *peer, uint64_t size, const char *reason)
{
    handshakes_t *self = argument;
    self->trim_in = LOOKS_UNTIL_TRIM;
    handshakes_note_cut(self, self->looked_at, peer, size, reason);
}

/* The lowest free number of a descriptor: as many are in use below it. */
static int lowest_free(const handshakes_t *self)
{
    int file = fcntl(self->reserve, F_DUPFD_CLOEXEC, 0);
    if (file >= 0) {
        close(file);
    }
    return file >= 0 ? file : INT_MAX;
}

/* How many of `strangers` are to give way, so that there is a place for who comes next. */
static size_t wanted_places(const handshakes_t *self, size_t strangers)
{
    int ceiling = accept4_ceiling();
    int spare = ceiling / SPARE_PART > SPARE_MIN ? ceiling / SPARE_PART : SPARE_MIN;
    size_t wanted = 0;
    if (self->crowded) {
        wanted = strangers / 2 > (size_t)spare ? strangers / 2 : (size_t)spare;
    } else if (self->grown && ceiling > 0 && lowest_free(self) > ceiling - spare) {
        wanted = (size_t)spare;
    }
    return wanted < strangers ? wanted : strangers;
}

/* The domain whose socket has the most strangers. */
static unsigned most_crowded(const handshakes_t *self)
{
    unsigned most = 0;
    for (unsigned i = 1; i < ROLES_DOMAIN_COUNT; i++) {
        if (intake_strangers(self->watched[i].intake) >
            intake_strangers(self->watched[most].intake)) {
            most = i;
        }
    }
    return most;
}

/* Measures all connections, and cuts those that take too much, or whose places are wanted. Returns
 * how many are open. */
static size_t look_at_all(handshakes_t *self)
{
    size_t open = 0;
    unsigned crowd = most_crowded(self);
    size_t strangers = intake_strangers(self->watched[crowd].intake);
    size_t wanted = wanted_places(self, strangers);
    for (unsigned i = 0; i < ROLES_DOMAIN_COUNT; i++) {
        bool gives_way = i == crowd && wanted > 0;
        self->looked_at = (roles_domain_t)i;
        intake_look(self->watched[i].intake, gives_way ? strangers - wanted : SIZE_MAX, on_cut,
                    self);
        open += arrivals_count(self->watched[i].arrivals);
    }
    self->crowded = self->grown = false;
    return open;
}

/* If it is time: looks at all connections, and says how long the next wait may last. */
static void look(handshakes_t *self)
{
    int64_t steady_ns = clock_steady_ns();
    self->crowded = atomic_exchange(&self->pressed, false) || self->crowded;
    int64_t since_ns = steady_ns - self->looked_ns;
    int64_t pause_ms = self->crowded ? LOOK_SOON_MS : LOOK_EVERY_MS;
    if (since_ns < pause_ms * TIMESTAMP_NS_PER_MS) {
        return;
    }
    size_t open = look_at_all(self);
    if (self->trim_in > 0 && --self->trim_in == 0) {
        malloc_trim(0);
    }
    self->looked_ns = steady_ns;
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
            self->wait_ms = self->crowded ? LOOK_SOON_MS : LOOK_EVERY_MS;
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
    atomic_store(&self->ended, true);
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
        const intake_settings_t settings = {
            .limits = on_tap ? &limits_of_subscriptions : &limits_of_messages,
            .arrivals = self->watched[i].arrivals,
            .marks = self->marks,
            .reserve = self->reserve,
            .renewing = i == ROLES_DOMAIN_REQUESTS,
        };
        self->watched[i].intake = intake_new(&settings);
    }
    self->wait_ms = -1;
    self->actor = zactor_new(run, self); /* at the start */
    return self;
}

void handshakes_destroy(handshakes_t **self_p)
{
    handshakes_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    zactor_destroy(&self->actor);
    assert(atomic_load(&self->ended)); /* that was waited for */
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
    char address[MONITOR_ADDRESS_SIZE];
    bool watched = monitor_start(socket, ARRIVALS_EVENTS | ZMQ_EVENT_ACCEPT_FAILED, address);
    if (watched) {
        zsock_send(self->actor, "s4s", "WATCH", (unsigned)domain, address);
        watched = zsock_wait(self->actor) == 0;
    }
    if (!watched) {
        /* Without a reader its events would block ZeroMQ's I/O thread. */
        handshakes_leave(socket);
        log_event(self->log, LOG_UNWATCHED, NULL,
                  "%s: handshakes cannot be watched, nor what connections bring in: %s",
                  roles_domain_text(domain), zmq_strerror(zmq_errno()));
    }
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

uint64_t handshakes_turned_away(const handshakes_t *self)
{
    return atomic_load(&self->turned_away);
}

void handshakes_forget(handshakes_t *self, int file)
{
    if (file >= 0) {
        atomic_fetch_or(&self->marks[arrivals_slot(file)], INTAKE_FORGOTTEN);
    }
}
