/* The sockets' side of one link.
 *
 * In come messages from two sides: what the neighbour's DEALER sends to our ROUTER, which the node
 * receives and gives to neighbour_take, and answers to us on our own DEALER; and ticks of the
 * clock. link.h decides what they mean and what to send; this file carries it out. Out go answers
 * by our ROUTER (B2, B5, B6), HELLO and records by our DEALER (B1, B3), log lines, publications of
 * the tap (T2, T6), and figures for reports.
 *
 * The DEALER is made anew if nothing is heard for 5 s, if the neighbour has restarted (B9) or
 * moved, and if its key has changed (K6, K7); without its key there is none (K1). With keys answers
 * go to the routing id under which it was heard last (K4), otherwise to its name.
 *
 * What a neighbour does again and again is logged once, until it stops or changes: `key_error` and
 * the `_noted` fields remember that. */
#include "node/bus/neighbour.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/log/shares.h"
#include "common/sockets/monitor.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "node/bus/pace.h"

enum {
    /* DATA messages a turn: a newcomer that takes the whole list must not hold up the clients. */
    BATCHES_PER_TURN = 2,
    ROUTE_SIZE = 255, /* bytes, the most that ZeroMQ allows */
};

struct neighbour {
    neighbour_context_t context;
    char *name;
    char *member; /* our name: the DEALER's routing id */
    char *endpoint;
    char key[CERTIFICATES_KEY_SIZE + 1]; /* the neighbour's, that the DEALER was made with; or "" */
    char route[ROUTE_SIZE];              /* K4: its routing id at our ROUTER */
    size_t route_size;                   /* bytes; 0: its name is the routing id */
    link_t *link;
    void *dealer;          /* NULL: not connected */
    bool watched;          /* the dealer is: by context.inflow */
    const char *key_error; /* why handshakes fail, as last logged; NULL: not since it was up */
    int source;            /* see neighbour_source */
    loop_watch_t *watch;   /* the loop's, of `dealer` */
    pace_t pace;           /* of a list that it takes over */
    loop_timer_t *pause;   /* until the pace lets more of it leave */
    bool up;               /* as last logged */
    bool refusal_noted;    /* the present refusal was logged */
    bool key_noted;        /* so was that its key is missing */
    bool herd_noted;       /* so was that it belongs to another herd */
    uint64_t held;         /* link_held, as last reported to the node */
    uint32_t left_out;     /* records that were not logged, and not told */
    int64_t left_out_ns;   /* steady: when that was told last */
    neighbour_clock_t clock;
    neighbour_figures_t figures;
};

static void on_dealer(void *argument, short events);
static void on_pause(void *argument, short events);

static void *handle(const neighbour_t *self)
{
    return self->dealer;
}

static void note_error(neighbour_t *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For reports. An error that goes on keeps the time at which it began. */
static void note_error(neighbour_t *self, const char *format, ...)
{
    neighbour_figures_t *figures = &self->figures;
    char text[sizeof figures->error];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (self->up || figures->error_ns < figures->changed_ns || strcmp(text, figures->error) != 0) {
        figures->error_ns = clock_now_ns();
        memcpy(figures->error, text, sizeof text);
    }
}

static void count_received(neighbour_t *self, const message_t *message)
{
    neighbour_figures_t *figures = &self->figures;
    figures->messages_received++;
    figures->bytes_received += message->header.size + message->body.size;
    figures->naks += message->type == MESSAGE_NAK ? 1 : 0;
    figures->resets += message->type == MESSAGE_RESET ? 1 : 0;
}

static status_t send_counted(neighbour_t *self, void *socket, text_t peer, const message_t *message)
{
    status_t status = transport_send(socket, peer, message);
    loop_stir(socket == self->dealer ? self->watch : self->context.bus_watch);
    if (status == STATUS_OK) {
        self->figures.messages_sent++;
        self->figures.bytes_sent += message->header.size + message->body.size;
    }
    return status;
}

static void disconnect(neighbour_t *self)
{
    if (self->dealer != NULL) {
        loop_unwatch(&self->watch);
        if (self->watched) {
            inflow_leave(self->context.inflow, self->context.inflow_index, handle(self));
            self->watched = false;
        }
        sockets_close(&self->dealer);
    }
}

static void log_no_key(neighbour_t *self)
{
    if (self->key_noted) {
        return;
    }
    self->key_noted = true;
    log_event(self->context.log, LOG_LINK_KEY_MISSING, LOG_PEER(self->name),
              "its key, member/%s.cert, is not here, so it is not connected to until the file is "
              "there and SIGHUP came",
              self->name);
}

/* K1: without the neighbour's key there is no connection. */
static bool has_key(neighbour_t *self)
{
    const security_t *security = self->context.security;
    const char *key = security != NULL ? security_key(security, ROLES_MEMBER, self->name) : NULL;
    snprintf(self->key, sizeof self->key, "%s", key != NULL ? key : "");
    self->key_noted = self->key_noted && key == NULL;
    return security == NULL || key != NULL;
}

/* Makes the DEALER and begins to connect; false with errno set. */
static bool open_dealer(neighbour_t *self)
{
    const security_t *security = self->context.security;
    /* K4: our key, if we have one, says who we are. */
    const char *routing_id = security == NULL ? self->member : NULL;
    self->dealer = sockets_open(zsys_init(), ZMQ_DEALER);
    if (self->dealer == NULL ||
        sockets_configure(handle(self), SOCKETS_BUS_DEALER, self->endpoint, routing_id) !=
            STATUS_OK ||
        security_connect(security, handle(self), self->name) != STATUS_OK) {
        return false;
    }
    /* A DEALER that is not watched may be sent without end (K13): then there is none. */
    inflow_t *inflow = self->context.inflow;
    if (inflow != NULL && !inflow_watch(inflow, self->context.inflow_index, handle(self))) {
        return false;
    }
    self->watched = inflow != NULL;
    self->watch = loop_watch_socket(self->context.loop, handle(self), ZMQ_POLLIN | ZMQ_POLLOUT,
                                    on_dealer, self);
    return self->watch != NULL && zmq_connect(handle(self), self->endpoint) == 0;
}

static void connect_dealer(neighbour_t *self, int64_t steady_ns)
{
    disconnect(self);
    self->figures.connects++;
    if (!has_key(self)) {
        note_error(self, "its key is not here");
        log_no_key(self);
    } else if (!open_dealer(self)) {
        int error = zmq_errno();
        note_error(self, "cannot connect: %s", zmq_strerror(error));
        /* E.g. a host name that does not resolve now; a tick that finds the link dead tries
         * again. */
        log_event(self->context.log, LOG_LINK_CONNECT_FAILED,
                  LOG_ABOUT(self->name, LOG_TEXT("endpoint", self->endpoint)),
                  "cannot connect to %s: %s; trying again each 5 s", self->endpoint,
                  zmq_strerror(error));
        disconnect(self);
    }
    link_disconnected(self->link, steady_ns);
}

/* Logs why handshakes of the DEALER fail: once, until there is another reason or the link was
 * up. */
static void tell_failure(neighbour_t *self, const char *problem)
{
    if (problem == NULL || problem == self->key_error) {
        return;
    }
    self->key_error = problem;
    note_error(self, "%s", problem);
    log_event(self->context.log, LOG_LINK_KEYS_DIFFER, LOG_PEER(self->name),
              "%s; trying again each 5 s", problem);
}

/* What has happened to the connection of the DEALER since the last look. */
static void look_at_connection(neighbour_t *self)
{
    if (!self->watched) {
        return;
    }
    const char *verdict = inflow_verdict(self->context.inflow, self->context.inflow_index);
    uint16_t event = inflow_failure(self->context.inflow, self->context.inflow_index);
    inflow_forget(self->context.inflow, self->context.inflow_index);
    tell_failure(self, monitor_problem(event, self->context.security != NULL));
    if (verdict != NULL) {
        note_error(self, "%s", verdict);
        log_event(self->context.log, LOG_CONNECTION_CUT, LOG_PEER(self->name),
                  "bus: the connection to it is cut: %s; it is tried again", verdict);
    }
}

neighbour_t *neighbour_new(const neighbour_context_t *context, const link_identity_t *identity,
                           const char *endpoint)
{
    neighbour_t *self = memory_new(sizeof *self);
    self->context = *context;
    self->source = -1;
    self->name = memory_copy_text(identity->neighbour.data, identity->neighbour.size);
    self->member = memory_copy_text(identity->member.data, identity->member.size);
    self->endpoint = memory_copy_text(endpoint, strlen(endpoint));
    self->link = link_new(identity, context->store);
    self->pause = loop_timer_new(context->loop, on_pause, self);
    connect_dealer(self, clock_steady_ns());
    return self;
}

void neighbour_restore(neighbour_t *self, const link_checkpoint_t *checkpoint)
{
    link_restore(self->link, checkpoint);
}

void neighbour_destroy(neighbour_t **self_p)
{
    neighbour_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    disconnect(self);
    loop_timer_destroy(&self->pause);
    link_destroy(&self->link);
    free(self->name);
    free(self->member);
    free(self->endpoint);
    free(self);
    *self_p = NULL;
}

const char *neighbour_name(const neighbour_t *self)
{
    return self->name;
}

int *neighbour_source(neighbour_t *self)
{
    return &self->source;
}

const link_t *neighbour_link(const neighbour_t *self)
{
    return self->link;
}

const neighbour_figures_t *neighbour_figures(const neighbour_t *self)
{
    return &self->figures;
}

const char *neighbour_endpoint(const neighbour_t *self)
{
    return self->endpoint;
}

bool neighbour_wants_digest(const neighbour_t *self, int64_t steady_ns)
{
    return link_wants_digest(self->link, steady_ns);
}

static void log_bad(neighbour_t *self, const char *problem, text_t sample)
{
    log_dropped(self->context.log, self->name, "link", problem, sample);
}

/* It goes on sending HELLO. */
static void log_other_herd(neighbour_t *self)
{
    if (self->herd_noted) {
        return;
    }
    self->herd_noted = true;
    log_event(self->context.log, LOG_LINK_OTHER_HERD, LOG_PEER(self->name),
              "it says that it belongs to another herd; nothing is taken from it");
    note_error(self, "it is a member of another herd");
}

static void log_refused(neighbour_t *self)
{
    if (self->refusal_noted) {
        return;
    }
    self->refusal_noted = true;
    char reason[LIMIT_LOG_SAMPLE];
    text_escape(link_reason(self->link), reason, sizeof reason);
    log_event(self->context.log, LOG_LINK_REFUSED,
              LOG_ABOUT(self->name, LOG_TEXT("reason", reason)),
              "it refuses us: %s; asking again each 5 s, it gets nothing until then", reason);
    note_error(self, "it refuses us: %s", reason);
}

static void log_opened(neighbour_t *self)
{
    self->herd_noted = false;
    int64_t clock_ms = link_counters(self->link)->clock_difference_ns / TIMESTAMP_NS_PER_MS;
    log_event(self->context.log, LOG_LINK_OPENED,
              LOG_ABOUT(self->name, LOG_NUMBER("clock_ms", clock_ms)),
              "it sends to us (its clock minus ours: %+lld ms)", (long long)clock_ms);
}

static void log_down(neighbour_t *self, const char *reason)
{
    if (self->up) {
        tap_link(self->context.tap, self->name, "down", reason);
        log_event(self->context.log, LOG_LINK_DOWN,
                  LOG_ABOUT(self->name, LOG_TEXT("reason", reason),
                            LOG_NUMBER("changes", link_lag(self->link))),
                  "down: %s; opening it anew until it is up", reason);
        note_error(self, "%s", reason);
        self->figures.changed_ns = self->figures.error_ns;
    }
    self->up = false;
}

static void log_up(neighbour_t *self)
{
    log_event(self->context.log, LOG_LINK_UP,
              LOG_ABOUT(self->name, LOG_NUMBER("changes", link_lag(self->link))),
              "up: %llu changes to send", (unsigned long long)link_lag(self->link));
    self->up = true;
    self->key_error = NULL;
    self->figures.changed_ns = clock_now_ns();
    self->refusal_noted = false;
}

static void log_repaired(const neighbour_t *self)
{
    uint64_t repaired = link_counters(self->link)->repaired;
    log_event(self->context.log, LOG_LINK_REPAIRED,
              LOG_ABOUT(self->name, LOG_NUMBER("repaired", repaired)),
              "an audit found records missing here, without a known cause: %llu were repaired by "
              "now; please report this",
              (unsigned long long)repaired);
}

static void log_gap(neighbour_t *self)
{
    log_event(self->context.log, LOG_LINK_GAP, LOG_PEER(self->name),
              "messages from it were lost; it was asked to send them again");
    note_error(self, "messages were lost, they are sent again");
}

/* T6: what the tap calls an event; NULL: it does not publish that one. */
static const char *const event_texts[] = {
    [LINK_UP] = "up",
    [LINK_OPENED] = "opened",
    [LINK_RESTARTED] = "restarted",
    [LINK_RESET] = "reset",
    [LINK_REFUSED] = "refused",
    [LINK_HERD_DIFFERS] = "other-herd",
    [LINK_REPAIRED] = "repaired",
    [LINK_GAP] = "gap",
    [LINK_BAD] = "bad",
};

static void handle_link_event(neighbour_t *self, link_event_t event, const message_t *message,
                              int64_t steady_ns)
{
    if (event_texts[event] != NULL) {
        tap_link(self->context.tap, self->name, event_texts[event], "");
    }
    switch (event) {
    case LINK_UP: log_up(self); break;
    case LINK_OPENED: log_opened(self); break;
    case LINK_RESTARTED:
        log_opened(self);
        log_down(self, "the neighbour started anew");
        connect_dealer(self, steady_ns);
        break;
    case LINK_RESET: log_down(self, "the neighbour does not know our session"); break;
    case LINK_REFUSED: log_refused(self); break;
    case LINK_HERD_DIFFERS: log_other_herd(self); break;
    case LINK_REPAIRED: log_repaired(self); break;
    case LINK_GAP: log_gap(self); break;
    case LINK_BAD: log_bad(self, message_type_text(message->type), message->header); break;
    case LINK_NOTHING: break;
    }
}

/* The client of a record, as a number for the log: one that moves without end must not cost the
 * others their place there. AT Clark +0.26 kiwi ... */
static uint64_t client_of(const neighbour_t *self, text_t line)
{
    text_t field = {0};
    bool found = true;
    for (int i = 0; i < 4 && found; i++) {
        found = text_take_until(&line, ' ', &field);
    }
    return log_shares_peer((uintptr_t)self, field);
}

static void log_records(neighbour_t *self, const message_t *message, int64_t now_ns)
{
    text_t rest = message->body;
    text_t line;
    while (message->type == MESSAGE_DATA && text_take_line(&rest, &line)) {
        if (log_traffic_takes(self->context.log, client_of(self, line), now_ns, line.size)) {
            log_traffic(self->context.log, LOG_RECEIVED, now_ns, text_of(self->name), line);
        } else {
            self->left_out++;
        }
    }
}

static void log_left_out(neighbour_t *self, int64_t steady_ns)
{
    if (self->left_out == 0 || steady_ns - self->left_out_ns < TIMESTAMP_NS_PER_S) {
        return;
    }
    log_event(self->context.log, LOG_TRAFFIC_CUT,
              LOG_ABOUT(self->name, LOG_NUMBER("lines", self->left_out)),
              "%u records from it are not in the log, for some clients had more in a second than "
              "one may; they are taken as before",
              (unsigned)self->left_out);
    self->left_out = 0;
    self->left_out_ns = steady_ns;
}

/* K4: answers go where it was heard last. */
static void note_route(neighbour_t *self, text_t routing_id)
{
    if (self->context.security != NULL && routing_id.size <= sizeof self->route) {
        text_copy(routing_id, self->route);
        self->route_size = routing_id.size;
    }
}

void neighbour_take(neighbour_t *self, const transport_inbound_t *inbound, int64_t now_ns,
                    int64_t steady_ns)
{
    const message_t *message = &inbound->message;
    note_route(self, inbound->peer);
    if (log_has_traffic(self->context.log)) {
        log_records(self, message, now_ns);
    }
    tap_message(self->context.tap, PUBLICATION_IN, text_of(self->name), message);
    count_received(self, message);
    uint64_t refused = link_counters(self->link)->refused;
    link_event_t event = link_take(self->link, message, now_ns, steady_ns);
    if (link_counters(self->link)->refused != refused) {
        log_bad(self, message_type_text(message->type), message->header);
    }
    handle_link_event(self, event, message, steady_ns);
}

/* An answer that does not fit is dropped: the neighbour repeats what is not answered. */
static void send_answers(neighbour_t *self, int64_t steady_ns)
{
    message_t answer;
    text_t route = self->route_size > 0 ? (text_t){.data = self->route, .size = self->route_size}
                                        : text_of(self->name);
    while (link_next_answer(self->link, clock_now_ns(), steady_ns, &answer)) {
        status_t status = send_counted(self, self->context.bus, route, &answer);
        if (status == STATUS_SYSTEM) {
            log_event(self->context.log, LOG_LINK_ANSWER_FAILED, LOG_PEER(self->name),
                      "it cannot be answered: %s; it sends again what is not acknowledged",
                      zmq_strerror(zmq_errno()));
        } else if (status == STATUS_OK) {
            tap_message(self->context.tap, PUBLICATION_OUT, text_of(self->name), &answer);
        }
    }
}

static bool has_room(neighbour_t *self)
{
    loop_stir(self->watch); /* the question may take a change from the descriptor */
    return transport_ready(handle(self), ZMQ_POLLOUT);
}

/* Whether the next records have to wait because clients ask, and this list is long (pace.h). */
static bool pauses(neighbour_t *self, int64_t steady_ns)
{
    if (link_fill_left(self->link) == 0) {
        pace_end(&self->pace);
        return false;
    }
    return pace_wait_ns(&self->pace, *self->context.asked_ns, steady_ns) > 0;
}

/* Of a list that is taken over. */
static void note_pace(neighbour_t *self, uint64_t sent_before, int64_t steady_ns)
{
    uint64_t left = link_fill_left(self->link);
    if (left > 0) {
        pace_spend(&self->pace, link_counters(self->link)->sent - sent_before, left, steady_ns);
    }
}

static void wait_for_pace(neighbour_t *self, int64_t steady_ns)
{
    int64_t wait_ns = pace_wait_ns(&self->pace, *self->context.asked_ns, steady_ns);
    loop_timer_start(self->pause, (uint64_t)(wait_ns / TIMESTAMP_NS_PER_MS) + 1, 0);
}

/* Room to send is waited for only while something waits for it: a socket that has room would keep
 * the loop awake. */
static void send_records(neighbour_t *self, int64_t now_ns, int64_t steady_ns)
{
    message_t message;
    int sent = 0;
    while (sent < BATCHES_PER_TURN && !pauses(self, steady_ns) &&
           link_is_due(self->link, steady_ns) && has_room(self) &&
           link_next(self->link, now_ns, steady_ns, &message)) {
        uint64_t sent_before = link_counters(self->link)->sent;
        if (send_counted(self, handle(self), (text_t){0}, &message) != STATUS_OK) {
            link_unsent(self->link);
            break;
        }
        tap_message(self->context.tap, PUBLICATION_OUT, text_of(self->name), &message);
        link_sent(self->link, steady_ns);
        note_pace(self, sent_before, steady_ns);
        sent++;
    }
    bool pausing = pauses(self, steady_ns);
    bool waiting = (!pausing && link_is_due(self->link, steady_ns)) || link_is_down(self->link);
    if (pausing) {
        wait_for_pace(self, steady_ns);
    }
    loop_set_events(self->watch, waiting ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
}

void neighbour_pump(neighbour_t *self, int64_t now_ns, int64_t steady_ns)
{
    send_answers(self, steady_ns);
    if (self->dealer != NULL) {
        link_await_acks(self->link, *self->context.acknowledge_peers > 0);
        send_records(self, now_ns, steady_ns);
    }
    if (link_held(self->link) != self->held) {
        self->held = link_held(self->link);
        self->context.acknowledged(self->context.argument);
    }
}

/* Takes one message off the DEALER; false if there is none. */
static bool receive_answer(neighbour_t *self, int64_t steady_ns)
{
    transport_inbound_t inbound;
    status_t status = transport_receive(handle(self), false, &inbound);
    if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
        return false;
    }
    if (self->watched) {
        inflow_delivered(self->context.inflow, self->context.inflow_index);
    }
    if (status == STATUS_OK) {
        tap_message(self->context.tap, PUBLICATION_IN, text_of(self->name), &inbound.message);
        count_received(self, &inbound.message);
        link_event_t event = link_take_answer(self->link, &inbound.message, clock_steady_ns());
        handle_link_event(self, event, &inbound.message, steady_ns);
    } else {
        log_bad(self, status_text(status), (text_t){0}); /* M3 */
    }
    transport_inbound_done(&inbound);
    return true;
}

/* Answers to us came, or there is room to send. */
static void on_dealer(void *argument, short events)
{
    neighbour_t *self = argument;
    int64_t steady_ns = clock_steady_ns();
    if ((events & ZMQ_POLLOUT) != 0) {
        link_connected(self->link, steady_ns);
    }
    int taken = 0;
    while (taken < LIMIT_MESSAGES_PER_TURN && self->dealer != NULL &&
           receive_answer(self, steady_ns)) {
        taken++;
    }
    neighbour_pump(self, clock_now_ns(), steady_ns);
}

static void on_pause(void *argument, short events)
{
    (void)events;
    neighbour_pump(argument, clock_now_ns(), clock_steady_ns());
}

/* Keeps an earlier error, which says more. */
static void note_silent(neighbour_t *self)
{
    if (self->figures.error[0] == '\0') {
        note_error(self, "it does not answer");
    }
}

void neighbour_keys_changed(neighbour_t *self, int64_t steady_ns)
{
    const char *key = security_key(self->context.security, ROLES_MEMBER, self->name);
    if (strcmp(self->key, key != NULL ? key : "") == 0) {
        return;
    }
    log_down(self, key != NULL ? "it has a new key" : "its key was revoked");
    connect_dealer(self, steady_ns);
}

void neighbour_tick(neighbour_t *self, int64_t now_ns, int64_t steady_ns)
{
    look_at_connection(self);
    log_left_out(self, steady_ns);
    if (link_is_dead(self->link, steady_ns)) {
        log_down(self, "nothing heard for 5 s");
        note_silent(self);
        connect_dealer(self, steady_ns);
    }
    neighbour_pump(self, now_ns, steady_ns);
}

void neighbour_move(neighbour_t *self, const char *endpoint)
{
    log_down(self, "it has moved to another endpoint");
    free(self->endpoint);
    self->endpoint = memory_copy_text(endpoint, strlen(endpoint));
    connect_dealer(self, clock_steady_ns());
}

neighbour_clock_t *neighbour_clock(neighbour_t *self)
{
    return &self->clock;
}

void neighbour_compare_anew(neighbour_t *self)
{
    link_compare_anew(self->link);
}
