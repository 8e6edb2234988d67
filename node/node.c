#include "node/node.h"

#include "common/limits.h"
#include "common/memory.h"
#include "common/message.h"
#include "common/sockets.h"
#include "common/timestamp.h"
#include "node/frontends.h"
#include "node/neighbour.h"
#include "node/places.h"
#include "node/places_answer.h"
#include "node/report.h"
#include "node/request.h"
#include "node/store.h"
#include "node/waiting.h"

#include <czmq.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TICK_MS = 100,
    /* A neighbour that was not heard so long after the start is taken to be down (replication.md, R11). */
    ABSENT_AFTER_MS = 300,
    /* Nobody waits longer than this for a neighbour's records before the node serves. */
    CATCH_UP_MAX_MS = 4000,
    /* A question to the places actor is given up this long before the client would be. */
    PLACES_MARGIN_MS = 500,
};

static const int64_t frontend_dead_after_ns = 5 * TIMESTAMP_NS_PER_S;

struct node {
    const config_t *config;
    const config_member_t *member;
    log_t *log;
    char generation[LINK_GENERATION_SIZE]; /* R7 */
    zloop_t *loop;
    zsock_t *requests; /* ROUTER */
    zsock_t *bus;      /* ROUTER */
    store_t *store;
    neighbour_t **neighbours; /* member->neighbour_count of them */
    frontends_t *frontends;
    waiting_t *waiting;
    places_t *places; /* NULL without a provider */
    request_t request;
    int64_t started_ns; /* POSIX time */
    int64_t started_steady_ns;
    int64_t stopping_ns;     /* steady: since when it stops; 0 while it does not */
    bool serving;            /* requests are read */
    int wake;                /* eventfd of node_stop */
    int signals;             /* signalfd, -1 for none */
    log_limit_t malformed;   /* log lines about messages that are none */
    log_limit_t undelivered; /* log lines about replies that did not fit */
};

/* ---- neighbours ---- */

static void pump_all(node_t *self, int64_t now_ns, int64_t steady_ns)
{
    for (size_t i = 0; i < self->member->neighbour_count; i++) {
        neighbour_pump(self->neighbours[i], now_ns, steady_ns);
    }
}

static neighbour_t *find_neighbour(node_t *self, text_t name)
{
    for (size_t i = 0; i < self->member->neighbour_count; i++) {
        if (text_equal(text_of(neighbour_name(self->neighbours[i])), name)) {
            return self->neighbours[i];
        }
    }
    return NULL;
}

/* A peer that is unknown, or bytes that are no message: one line a second, escaped. */
static void log_malformed(node_t *self, const char *where, text_t peer, const char *problem,
                          int64_t steady_ns)
{
    uint64_t held;
    if (!log_limit_pass(&self->malformed, steady_ns, &held)) {
        return;
    }
    char sample[LIMIT_LOG_SAMPLE];
    text_escape(peer, sample, sizeof sample);
    log_event(self->log, LOG_LEVEL_WARNING,
              "%s: dropped a message of peer \"%s\": %s (and %llu before)", where, sample, problem,
              (unsigned long long)held);
}

static void refuse(node_t *self, zsock_t *socket, text_t peer, text_t header, const char *reason)
{
    message_t refused = {.type = MESSAGE_REFUSED, .header = header, .body = text_of(reason)};
    status_t status = message_send(zsock_resolve(socket), peer, &refused);
    if (status == STATUS_SYSTEM) {
        log_event(self->log, LOG_LEVEL_ERROR, "cannot answer: %s", zmq_strerror(zmq_errno()));
    }
}

static void take_bus_message(node_t *self, const message_inbound_t *inbound, int64_t now_ns,
                             int64_t steady_ns)
{
    neighbour_t *neighbour = find_neighbour(self, inbound->peer);
    if (neighbour != NULL) {
        neighbour_take(neighbour, &inbound->message, now_ns, steady_ns);
        return;
    }
    log_malformed(self, "bus", inbound->peer, "it is no neighbour of this member", steady_ns);
    if (inbound->message.type == MESSAGE_HELLO) {
        refuse(self, self->bus, inbound->peer, inbound->message.header,
               "you are no neighbour of this member\n");
    }
}

/* R11: whether each neighbour that is there has given us what it had. */
static bool has_caught_up(const node_t *self, int64_t steady_ns)
{
    int64_t waited_ms = (steady_ns - self->started_steady_ns) / TIMESTAMP_NS_PER_MS;
    for (size_t i = 0; i < self->member->neighbour_count; i++) {
        const link_t *link = neighbour_link(self->neighbours[i]);
        bool absent = !link_has_heard(link) && waited_ms >= ABSENT_AFTER_MS;
        if (!link_has_caught_up(link) && !absent && waited_ms < CATCH_UP_MAX_MS) {
            return false;
        }
    }
    return true;
}

static int on_requests(zloop_t *loop, zmq_pollitem_t *item, void *argument);

static void serve_when_ready(node_t *self, int64_t steady_ns)
{
    if (self->serving || self->stopping_ns != 0 || !has_caught_up(self, steady_ns)) {
        return;
    }
    self->serving = true;
    zmq_pollitem_t item = {.socket = zsock_resolve(self->requests), .events = ZMQ_POLLIN};
    zloop_poller(self->loop, &item, on_requests, self);
    zloop_poller_set_tolerant(self->loop, &item);
    log_event(self->log, LOG_LEVEL_INFO, "serving: %zu clients known, requests at %s",
              store_count(self->store), self->member->requests);
}

static int on_bus(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    int64_t now_ns = timestamp_now_ns();
    int64_t steady_ns = timestamp_steady_ns();
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        message_inbound_t inbound;
        status_t status = message_receive(item->socket, true, &inbound);
        if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
            break;
        }
        if (status == STATUS_OK) {
            take_bus_message(self, &inbound, now_ns, steady_ns);
        } else {
            log_malformed(self, "bus", inbound.peer, status_text(status), steady_ns);
        }
        message_inbound_done(&inbound);
    }
    pump_all(self, now_ns, steady_ns);
    serve_when_ready(self, steady_ns);
    return 0;
}

/* ---- front-ends ---- */

static void remove_frontend(node_t *self, frontend_link_t *frontend, const char *reason)
{
    log_event(self->log, LOG_LEVEL_INFO, "front-end %s left: %s", frontend->label, reason);
    frontends_remove(self->frontends, frontend);
}

static void send_to_frontend(node_t *self, text_t peer, const message_t *message)
{
    status_t status = message_send(zsock_resolve(self->requests), peer, message);
    uint64_t held;
    if (status != STATUS_OK && log_limit_pass(&self->undelivered, timestamp_steady_ns(), &held)) {
        log_event(self->log, LOG_LEVEL_WARNING,
                  "front-end: a %s could not be delivered: %s (and %llu before)",
                  message_type_text(message->type), status_text(status), (unsigned long long)held);
    }
}

/* Q4: sends what has gathered, as the answer to `answered` REQUEST messages. */
static void send_replies(node_t *self, frontend_link_t *frontend, unsigned answered)
{
    char header[2 * TEXT_NUMBER_SIZE + 2];
    int size =
        snprintf(header, sizeof header, "%llu %u", (unsigned long long)frontend->session, answered);
    message_t reply = {.type = MESSAGE_REPLY,
                       .header = {.data = header, .size = (size_t)size},
                       .body = buffer_text(&frontend->replies)};
    send_to_frontend(self, frontend_routing_id(frontend), &reply);
    buffer_clear(&frontend->replies);
}

/* Answers a query that waited, with `json`. */
static void answer_query(node_t *self, uint64_t ticket, text_t json)
{
    waiting_query_t query;
    if (!waiting_take(self->waiting, ticket, &query)) {
        return;
    }
    frontend_link_t *frontend =
        frontends_at(self->frontends, query.frontend, query.frontend_serial);
    if (frontend != NULL) {
        request_answer_query(&self->request, &query, json, frontend, timestamp_now_ns());
        if (frontend->replies.size >= LIMIT_BATCH_SIZE) {
            send_replies(self, frontend, 0);
        }
    }
    free(query.answer);
}

static void answer_query_with_error(node_t *self, uint64_t ticket, places_status_t outcome,
                                    text_t message)
{
    buffer_t json;
    buffer_init(&json, LIMIT_REPLY_SIZE);
    places_answer_t none = {.status = outcome, .error_message = message};
    if (places_answer_write(&none, &json) == STATUS_OK) {
        answer_query(self, ticket, buffer_text(&json));
    }
    buffer_done(&json);
}

static void flush_replies(node_t *self)
{
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self->frontends, &slot)) != NULL) {
        if (frontend->replies.size > 0) {
            send_replies(self, frontend, 0);
        }
    }
}

/* Hands the questions of the turn to the actor, all in one message. */
static void ask_places(node_t *self)
{
    request_t *request = &self->request;
    size_t count = request->query_count;
    request->query_count = 0;
    if (count == 0 || places_ask(self->places, request->queries, count) == STATUS_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        answer_query_with_error(self, request->queries[i].ticket, PLACES_STATUS_OVER_QUERY_LIMIT,
                                TEXT("too many questions are waiting at this server"));
    }
    flush_replies(self);
}

/* Q3, Q4 */
static void take_request(node_t *self, frontend_link_t *frontend, text_t body, int64_t now_ns,
                         int64_t steady_ns)
{
    bool more = true;
    while (more) {
        more = request_answer_some(&self->request, &body, frontend, now_ns, steady_ns);
        send_replies(self, frontend, more ? 0 : 1);
        if (more) {
            ask_places(self);
        }
    }
}

/* The value of `key` in a HELLO of a front-end, checked to be a name or number fit for the log. */
static void label_frontend(frontend_link_t *frontend, text_t body)
{
    text_t line;
    text_t name = TEXT("?");
    uint64_t pid = 0;
    while (text_take_line(&body, &line)) {
        text_t key;
        text_take_until(&line, ' ', &key);
        if (text_equal(key, TEXT("frontend")) && record_name_is_valid(line)) {
            name = line;
        } else if (text_equal(key, TEXT("pid")) && !text_to_u64(line, INT32_MAX, &pid)) {
            pid = 0;
        }
    }
    snprintf(frontend->label, sizeof frontend->label, "%.*s/%llu", (int)name.size, name.data,
             (unsigned long long)pid);
}

/* Q1 */
static void take_frontend_hello(node_t *self, const message_inbound_t *inbound, uint64_t session,
                                int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    frontend_link_t *frontend = frontends_add(self->frontends, inbound->peer, session);
    if (frontend == NULL) {
        log_malformed(self, "requests", inbound->peer, "too many front-ends", steady_ns);
        refuse(self, self->requests, inbound->peer, message->header, "too many front-ends\n");
        return;
    }
    frontend->heard_ns = steady_ns;
    label_frontend(frontend, message->body);
    log_event(self->log, LOG_LEVEL_INFO, "front-end %s came", frontend->label);
    char body[LIMIT_NAME_SIZE + LINK_GENERATION_SIZE + 64];
    int size =
        snprintf(body, sizeof body, "version %d\nname %s\ngeneration %.*s\n", MESSAGE_VERSION,
                 self->member->name, LINK_GENERATION_SIZE, self->generation);
    message_t welcome = {.type = MESSAGE_WELCOME,
                         .header = message->header,
                         .body = {.data = body, .size = (size_t)size}};
    send_to_frontend(self, inbound->peer, &welcome);
}

static void take_ping(node_t *self, frontend_link_t *frontend, const message_t *message)
{
    text_t body = message->body;
    text_t line;
    text_t key;
    while (text_take_line(&body, &line)) {
        uint64_t clients;
        if (text_take_until(&line, ' ', &key) && text_equal(key, TEXT("clients")) &&
            text_to_u64(line, LIMIT_CONNECTIONS, &clients)) {
            frontend->clients = clients;
        }
    }
    message_t pong = {.type = MESSAGE_PONG, .header = message->header};
    send_to_frontend(self, frontend_routing_id(frontend), &pong);
}

static void take_status(node_t *self, const message_inbound_t *inbound)
{
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    report_figures_t figures = {
        .name = self->member->name,
        .started_ns = self->started_ns,
        .records = store_count(self->store),
        .memory_size = store_memory(self->store),
        .frontends = frontends_count(self->frontends),
        .clients = frontends_clients(self->frontends),
        .neighbours = self->neighbours,
        .neighbour_count = self->member->neighbour_count,
    };
    if (report_write(&figures, &body) == STATUS_OK) {
        message_t report = {
            .type = MESSAGE_REPORT, .header = inbound->message.header, .body = buffer_text(&body)};
        send_to_frontend(self, inbound->peer, &report);
    }
    buffer_done(&body);
}

/* What comes from a front-end that said HELLO. */
static void take_frontend_message(node_t *self, frontend_link_t *frontend, const message_t *message,
                                  int64_t now_ns, int64_t steady_ns)
{
    frontend->heard_ns = steady_ns;
    switch (message->type) {
    case MESSAGE_REQUEST: take_request(self, frontend, message->body, now_ns, steady_ns); break;
    case MESSAGE_PING: take_ping(self, frontend, message); break;
    case MESSAGE_GOODBYE: remove_frontend(self, frontend, "it said goodbye"); break;
    default:
        log_malformed(self, "requests", frontend_routing_id(frontend),
                      "a type that front-ends do not send", steady_ns);
        break;
    }
}

static void take_requests_message(node_t *self, const message_inbound_t *inbound, int64_t now_ns,
                                  int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    uint64_t session;
    if (message->type == MESSAGE_STATUS) {
        take_status(self, inbound);
        return;
    }
    if (!text_to_u64(message->header, UINT64_MAX, &session)) {
        log_malformed(self, "requests", inbound->peer, "a header without session", steady_ns);
        return;
    }
    if (message->type == MESSAGE_HELLO) {
        take_frontend_hello(self, inbound, session, steady_ns);
        return;
    }
    frontend_link_t *frontend = frontends_find(self->frontends, inbound->peer);
    if (frontend == NULL || frontend->session != session) {
        message_t reset = {.type = MESSAGE_RESET, .header = message->header};
        send_to_frontend(self, inbound->peer, &reset);
        return;
    }
    take_frontend_message(self, frontend, message, now_ns, steady_ns);
}

static int on_requests(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    int64_t now_ns = timestamp_now_ns();
    int64_t steady_ns = timestamp_steady_ns();
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        message_inbound_t inbound;
        status_t status = message_receive(item->socket, true, &inbound);
        if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
            break;
        }
        if (status == STATUS_OK) {
            take_requests_message(self, &inbound, now_ns, steady_ns);
        } else {
            log_malformed(self, "requests", inbound.peer, status_text(status), steady_ns);
        }
        message_inbound_done(&inbound);
    }
    ask_places(self);
    pump_all(self, now_ns, steady_ns);
    return 0;
}

/* ---- places ---- */

static void on_answer(void *argument, uint64_t ticket, text_t json)
{
    answer_query(argument, ticket, json);
}

static int on_places(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    node_t *self = argument;
    for (int i = 0; i < LIMIT_MESSAGES_PER_TURN; i++) {
        if (!places_receive(self->places, on_answer, self)) {
            break;
        }
    }
    flush_replies(self);
    return 0;
}

static void answer_late_queries(node_t *self, int64_t steady_ns)
{
    int64_t patience_ns =
        (self->config->request_timeout_ms - PLACES_MARGIN_MS) * TIMESTAMP_NS_PER_MS;
    uint64_t ticket;
    while (waiting_find_late(self->waiting, steady_ns - patience_ns, &ticket)) {
        answer_query_with_error(self, ticket, PLACES_STATUS_UNKNOWN_ERROR,
                                TEXT("the places provider did not answer in time"));
    }
    flush_replies(self);
}

/* ---- the loop ---- */

static bool neighbours_are_level(const node_t *self)
{
    for (size_t i = 0; i < self->member->neighbour_count; i++) {
        const link_t *link = neighbour_link(self->neighbours[i]);
        if (link_is_up(link) && !link_is_level(link)) {
            return false;
        }
    }
    return true;
}

static int on_tick(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    node_t *self = argument;
    int64_t now_ns = timestamp_now_ns();
    int64_t steady_ns = timestamp_steady_ns();
    for (size_t i = 0; i < self->member->neighbour_count; i++) {
        neighbour_tick(self->neighbours[i], now_ns, steady_ns);
    }
    size_t slot = 0;
    frontend_link_t *frontend;
    while ((frontend = frontends_next(self->frontends, &slot)) != NULL) {
        if (steady_ns - frontend->heard_ns > frontend_dead_after_ns) {
            remove_frontend(self, frontend, "nothing heard for 5 s");
        }
    }
    answer_late_queries(self, steady_ns);
    serve_when_ready(self, steady_ns);
    bool grace_over = steady_ns - self->stopping_ns > NODE_EXIT_GRACE_MS * TIMESTAMP_NS_PER_MS;
    return self->stopping_ns != 0 && (grace_over || neighbours_are_level(self)) ? -1 : 0;
}

/* No more requests; the loop goes on until the neighbours have what was answered. */
static void begin_to_stop(node_t *self, const char *reason)
{
    if (self->stopping_ns != 0) {
        return;
    }
    log_event(self->log, LOG_LEVEL_INFO, "stopping: %s", reason);
    self->stopping_ns = timestamp_steady_ns();
    if (self->serving) {
        zmq_pollitem_t item = {.socket = zsock_resolve(self->requests), .events = ZMQ_POLLIN};
        zloop_poller_end(self->loop, &item);
        self->serving = false;
    }
}

static int on_wake(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    eventfd_t count;
    eventfd_read(item->fd, &count);
    begin_to_stop(argument, "asked to");
    return 0;
}

static int on_signal(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    node_t *self = argument;
    struct signalfd_siginfo info;
    while (read(item->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            log_reopen(self->log);
            log_event(self->log, LOG_LEVEL_INFO, "log opened anew");
        } else {
            begin_to_stop(self, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
        }
    }
    return 0;
}

/* ---- life ---- */

static status_t bind_router(node_t *self, sockets_role_t role, const char *endpoint,
                            zsock_t **ret_socket)
{
    zsock_t *socket = zsock_new(ZMQ_ROUTER);
    void *handle = socket != NULL ? zsock_resolve(socket) : NULL;
    if (handle == NULL || sockets_configure(handle, role, endpoint, NULL) != STATUS_OK ||
        zmq_bind(handle, endpoint) != 0) {
        log_event(self->log, LOG_LEVEL_ERROR, "cannot bind %s: %s", endpoint,
                  zmq_strerror(zmq_errno()));
        zsock_destroy(&socket);
        return STATUS_IN_USE;
    }
    *ret_socket = socket;
    return STATUS_OK;
}

static void make_neighbours(node_t *self)
{
    const config_member_t *member = self->member;
    neighbour_context_t context = {.loop = self->loop,
                                   .log = self->log,
                                   .store = self->store,
                                   .bus = zsock_resolve(self->bus)};
    self->neighbours = memory_new_array(member->neighbour_count, sizeof(neighbour_t *));
    for (size_t i = 0; i < member->neighbour_count; i++) {
        const config_member_t *neighbour = &self->config->members[member->neighbours[i]];
        link_identity_t identity = {
            .herd = text_of(self->config->herd_name),
            .member = text_of(member->name),
            .neighbour = text_of(neighbour->name),
            .generation = {.data = self->generation, .size = LINK_GENERATION_SIZE},
            .mark = (unsigned)i,
        };
        self->neighbours[i] = neighbour_new(&context, &identity, neighbour->bus);
    }
}

static void poll_for(node_t *self, zmq_pollitem_t item, zloop_fn *handler)
{
    item.events = ZMQ_POLLIN;
    zloop_poller(self->loop, &item, handler, self);
    zloop_poller_set_tolerant(self->loop, &item);
}

/* R7: 128 random bits; and 64 for the table's hash. */
static uint64_t make_generation(node_t *self)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char random[LINK_GENERATION_SIZE / 2 + sizeof(uint64_t)];
    ssize_t size = getrandom(random, sizeof random, 0);
    assert(size == (ssize_t)sizeof random); /* getrandom(2): up to 256 bytes are never cut short */
    for (size_t i = 0; i < LINK_GENERATION_SIZE / 2; i++) {
        self->generation[2 * i] = hex[random[i] >> 4];
        self->generation[2 * i + 1] = hex[random[i] & 15];
    }
    uint64_t seed;
    memcpy(&seed, random + LINK_GENERATION_SIZE / 2, sizeof seed);
    return seed;
}

static void make_request(node_t *self)
{
    request_context_t context = {
        .store = self->store,
        .waiting = self->waiting,
        .frontends = self->frontends,
        .log = self->log,
        .member = text_of(self->member->name),
        .max_clock_lead_ns = self->config->max_clock_lead_ms * TIMESTAMP_NS_PER_MS,
        .has_places = self->places != NULL,
    };
    request_init(&self->request, &context);
}

status_t node_new(const config_t *config, const config_member_t *member, log_t *log,
                  node_t **ret_self)
{
    node_t *self = memory_new(sizeof *self);
    self->config = config;
    self->member = member;
    self->log = log;
    self->signals = -1;
    self->started_ns = timestamp_now_ns();
    self->started_steady_ns = timestamp_steady_ns();
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->loop = zloop_new();
    self->store = store_new(config->max_clients, make_generation(self));
    self->frontends = frontends_new();
    self->waiting = waiting_new();
    status_t status = bind_router(self, SOCKETS_BUS_ROUTER, member->bus, &self->bus);
    if (status == STATUS_OK) {
        status = bind_router(self, SOCKETS_REQUESTS_ROUTER, member->requests, &self->requests);
    }
    if (status == STATUS_OK && config->places != CONFIG_PLACES_NONE) {
        status = places_new(config, log, &self->places);
    }
    make_request(self);
    if (status != STATUS_OK) {
        node_destroy(&self);
        return status;
    }
    make_neighbours(self);
    poll_for(self, (zmq_pollitem_t){.socket = zsock_resolve(self->bus)}, on_bus);
    poll_for(self, (zmq_pollitem_t){.fd = self->wake}, on_wake);
    if (self->places != NULL) {
        poll_for(self, (zmq_pollitem_t){.socket = places_socket(self->places)}, on_places);
    }
    zloop_timer(self->loop, TICK_MS, 0, on_tick, self);
    *ret_self = self;
    return STATUS_OK;
}

void node_destroy(node_t **self_p)
{
    node_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; self->neighbours != NULL && i < self->member->neighbour_count; i++) {
        neighbour_destroy(&self->neighbours[i]);
    }
    free(self->neighbours);
    zloop_destroy(&self->loop);
    places_destroy(&self->places);
    zsock_destroy(&self->requests);
    zsock_destroy(&self->bus);
    request_done(&self->request);
    waiting_destroy(&self->waiting);
    frontends_destroy(&self->frontends);
    store_destroy(&self->store);
    close(self->wake);
    free(self);
    *self_p = NULL;
}

void node_run(node_t *self, int signals)
{
    self->signals = signals;
    if (signals >= 0) {
        poll_for(self, (zmq_pollitem_t){.fd = signals}, on_signal);
    }
    log_event(self->log, LOG_LEVEL_INFO, "started: version %s, bus %s, %zu neighbours",
              HERD_VERSION, self->member->bus, self->member->neighbour_count);
    zloop_start(self->loop);
    log_event(self->log, LOG_LEVEL_INFO, "stopped");
}

void node_stop(node_t *self)
{
    eventfd_write(self->wake, 1);
}
