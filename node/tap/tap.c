/* The tap of a node.
 *
 * Three things come in: messages that pass on the bus and the request link, changes of links, and
 * changes of the store, which the tap follows by a cursor of its own. If a subscription matches the
 * topic (T3), out goes a publication: topic, meta frame with the counts of the subscriptions that
 * it matches (T4, T5), and content. A message stands before the records that it changed: these go
 * out before the next message, or at the end of the turn (T2, T7).
 *
 * With subscribers it may cost a part of the time, however many they are and whether they read or
 * not: a publication that this does not cover is left out, and counted as one that was lost (T8).
 *
 * Without subscribers the tap must cost nothing (T1): `wanted` is then 0, and the cursor is closed.
 * Subscriptions come as messages of the XPUB; subscriptions.h keeps them.
 *
 * ZeroMQ gives memory of subscriptions back only when the socket is closed. So if there are too
 * many, or they come faster than we read, the tap closes it, which disconnects all subscribers, and
 * binds it anew a second later, with another session (T8). */
#include "node/tap/tap.h"

#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/holder.h"
#include "common/sockets/sockets.h"
#include "common/sockets/transport.h"
#include "node/tap/budget.h"
#include "node/tap/subscriptions.h"

#include <assert.h>
#include <errno.h>

enum {
    REOPEN_AFTER_MS = 1000, /* T8 */
    /* A subscriber that connects sends all that it has at once; more in one turn come faster than
     * we read. */
    SUBSCRIPTIONS_PER_TURN = 2 * LIMIT_TAP_SUBSCRIPTIONS,
};

struct tap {
    tap_context_t context;
    void *socket; /* XPUB; NULL without endpoint, and while it is closed */
    subscriptions_t *subscriptions;
    loop_watch_t *watch;    /* of `socket` */
    unsigned wanted;        /* kinds that subscribers want, as bits */
    bool following;         /* `changes` is open: subscribers want APPLY */
    store_cursor_t changes; /* behind what was published of the store's list */
    char session[PUBLICATION_SESSION_SIZE];
    buffer_t topic;
    buffer_t meta;
    buffer_t line; /* of a record */
    tap_counters_t counters;
    budget_t budget;
    int64_t reopen_ns; /* steady: when a closed one is opened again */
};

static void *handle(const tap_t *self)
{
    return self->socket;
}

/* Brings `wanted` and cursor in line with the subscriptions. An open cursor costs a step for each
 * merge. */
static void follow(tap_t *self)
{
    self->wanted = subscriptions_kinds(self->subscriptions);
    bool following = tap_wants(self, PUBLICATION_APPLY);
    if (following && !self->following) {
        store_cursor_open(self->context.store, &self->changes);
    } else if (!following && self->following) {
        store_cursor_close(&self->changes);
    }
    self->following = following;
}

bool tap_wants(const tap_t *self, publication_kind_t kind)
{
    return (self->wanted & PUBLICATION_BIT(kind)) != 0;
}

/* T8: those that subscribers wait for, or that are rare, are always published. */
static bool is_covered(tap_t *self, publication_kind_t kind)
{
    bool covered = budget_covers(&self->budget, clock_steady_ns());
    return covered || kind == PUBLICATION_TAP || kind == PUBLICATION_LINK;
}

/* Writes topic and meta, and counts the publication; false if no subscriber wants that topic, or
 * there is no time for it. After true comes send_body or send_message. */
static bool begin(tap_t *self, publication_kind_t kind, text_t peer, const char *type)
{
    if (publication_write_topic(kind, peer, type, &self->topic) != STATUS_OK) {
        return false;
    }
    if (!is_covered(self, kind)) {
        bool wanted = subscriptions_leave_out(self->subscriptions, buffer_text(&self->topic));
        self->counters.left_out += wanted ? 1 : 0;
        return false;
    }
    if (!subscriptions_match(self->subscriptions, buffer_text(&self->topic))) {
        return false;
    }
    text_t session = {.data = self->session, .size = sizeof self->session};
    status_t status =
        publication_write_meta(text_of(self->context.member), clock_now_ns(), session, &self->meta);
    assert(status == STATUS_OK); /* a name and numbers */
    subscriptions_number(self->subscriptions, buffer_text(&self->topic), &self->meta);
    return true;
}

static void note_sent(tap_t *self, status_t status)
{
    self->counters.sent += status == STATUS_OK ? 1 : 0;
    loop_stir(self->watch);
    budget_spend(&self->budget, clock_steady_ns());
}

/* Sends topic, meta, and `body` unless it is empty. */
static void send_body(tap_t *self, text_t body)
{
    const text_t frames[] = {buffer_text(&self->topic), buffer_text(&self->meta), body};
    note_sent(self, transport_send_frames(handle(self), frames, body.size > 0 ? 3 : 2));
}

/* Sends topic, meta, and a message. */
static void send_message(tap_t *self, const message_t *message)
{
    note_sent(self, transport_publish(handle(self), buffer_text(&self->topic),
                                      buffer_text(&self->meta), message));
}

void tap_message(tap_t *self, publication_kind_t kind, text_t peer, const message_t *message)
{
    if (self->wanted == 0) {
        return;
    }
    tap_changes(self);
    if (tap_wants(self, kind) && begin(self, kind, peer, message_type_text(message->type))) {
        send_message(self, message);
    }
}

void tap_link(tap_t *self, const char *peer, const char *event, const char *note)
{
    if (tap_wants(self, PUBLICATION_LINK) && begin(self, PUBLICATION_LINK, text_of(peer), event)) {
        buffer_clear(&self->line);
        bool noted = note[0] != '\0' && buffer_format(&self->line, "%s\n", note) == STATUS_OK;
        send_body(self, noted ? buffer_text(&self->line) : (text_t){0});
    }
}

void tap_changes(tap_t *self)
{
    store_entry_t entry;
    while (self->following && store_cursor_peek(&self->changes, &entry)) {
        store_cursor_advance(&self->changes);
        buffer_clear(&self->line);
        if (begin(self, PUBLICATION_APPLY, entry.record.client, "") &&
            record_append_bus_line(&entry.record, &self->line) == STATUS_OK) {
            send_body(self, buffer_text(&self->line));
        }
    }
}

static void close_socket(tap_t *self)
{
    subscriptions_clear(self->subscriptions);
    follow(self);
    loop_unwatch(&self->watch);
    guard_close(self->context.guard, &self->socket);
}

/* T4: a new session shows that numbers begin anew. */
static void draw_session(tap_t *self)
{
    text_write_hex(entropy_number(), sizeof self->session, self->session);
}

/* What subscribers are sent passes through an I/O thread of its own, if there is more than one:
 * where they are many or slow to read, neighbours and front-ends do not wait behind them. */
static bool use_own_thread(void *socket)
{
    uint64_t second = 1U << 1;
    return zmq_ctx_get(zsys_init(), ZMQ_IO_THREADS) < 2 ||
           zmq_setsockopt(socket, ZMQ_AFFINITY, &second, sizeof second) == 0;
}

static void on_subscriptions(void *argument, short events);

/* Without a loop, in tests, no one waits for it. */
static bool watch_socket(tap_t *self)
{
    loop_t *loop = self->context.loop;
    if (loop != NULL) {
        self->watch = loop_watch_socket(loop, handle(self), ZMQ_POLLIN, on_subscriptions, self);
    }
    return loop == NULL || self->watch != NULL;
}

static status_t open_socket(tap_t *self)
{
    const char *endpoint = self->context.endpoint;
    self->socket = sockets_open(zsys_init(), ZMQ_XPUB);
    if (self->socket == NULL || !use_own_thread(handle(self)) ||
        sockets_configure(handle(self), SOCKETS_TAP_XPUB, endpoint, NULL) != STATUS_OK ||
        guard_bind(self->context.guard, handle(self), ROLES_DOMAIN_TAP, endpoint) != STATUS_OK ||
        !watch_socket(self)) {
        int error = errno; /* for the log */
        guard_close(self->context.guard, &self->socket);
        errno = error;
        return STATUS_IN_USE;
    }
    draw_session(self);
    return STATUS_OK;
}

/* T8: ZeroMQ forgets what subscribers sent in no other way. */
static void reset(tap_t *self, const char *reason)
{
    log_event(self->context.log, LOG_TAP_RESET, NULL,
              "%s; all subscribers of the tap are disconnected, it opens again in a second",
              reason);
    close_socket(self);
    self->counters.resets++;
    self->reopen_ns = clock_steady_ns() + REOPEN_AFTER_MS * TIMESTAMP_NS_PER_MS;
}

/* T9: a subscriber that subscribes to tap/... last knows by this answer that all of its
 * subscriptions hold. */
static void answer(tap_t *self, text_t prefix)
{
    const text_t ours = TEXT("tap/");
    if (text_equal(text_first(prefix, ours.size), ours) &&
        begin(self, PUBLICATION_TAP, text_after(prefix, ours.size), "")) {
        send_body(self, (text_t){0});
    }
}

/* Takes a message of a subscriber; false if it made us close the tap. */
static bool take(tap_t *self, text_t message)
{
    size_t before = subscriptions_count(self->subscriptions);
    switch (subscriptions_take(self->subscriptions, message)) {
    case SUBSCRIPTIONS_OPENED:
        follow(self);
        if (before == 0) {
            log_event(self->context.log, LOG_TAP_WATCHED, NULL, "somebody subscribes to the tap");
        }
        answer(self, text_after(message, 1));
        return true;
    case SUBSCRIPTIONS_CLOSED:
        follow(self);
        if (before == 1) {
            log_event(self->context.log, LOG_TAP_UNWATCHED, NULL,
                      "nobody subscribes to the tap any more");
        }
        return true;
    case SUBSCRIPTIONS_IGNORED:
        self->counters.bad++;
        log_dropped(self->context.log, NULL, "tap", "no subscription, or too long a one", message);
        return true;
    case SUBSCRIPTIONS_FULL: break;
    }
    reset(self, "too many subscriptions");
    return false;
}

/* Takes the next message; false if there is none, or the tap was closed. */
static bool receive(tap_t *self)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    bool open = zmq_msg_recv(&message, handle(self), ZMQ_DONTWAIT) >= 0;
    if (open) {
        text_t text = {.data = zmq_msg_data(&message), .size = zmq_msg_size(&message)};
        open = take(self, text);
    }
    zmq_msg_close(&message);
    return open;
}

static void receive_some(tap_t *self)
{
    int count = 0;
    while (count < SUBSCRIPTIONS_PER_TURN && receive(self)) {
        count++;
    }
    if (count == SUBSCRIPTIONS_PER_TURN) {
        reset(self, "subscriptions come faster than they are read");
    }
}

static void on_subscriptions(void *argument, short events)
{
    (void)events;
    receive_some(argument);
}

void tap_tick(tap_t *self, int64_t steady_ns)
{
    if (self->socket != NULL || self->context.endpoint == NULL || steady_ns < self->reopen_ns) {
        return;
    }
    if (open_socket(self) != STATUS_OK) {
        char reason[HOLDER_SIZE];
        holder_explain(zmq_errno(), self->context.endpoint, reason);
        log_event(self->context.log, LOG_BIND_FAILED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->context.endpoint)),
                  "cannot bind the tap, %s: %s; it is tried again in a second",
                  self->context.endpoint, reason);
        self->reopen_ns = steady_ns + REOPEN_AFTER_MS * TIMESTAMP_NS_PER_MS;
    }
}

tap_counters_t tap_counters(const tap_t *self)
{
    tap_counters_t counters = self->counters;
    counters.subscriptions = subscriptions_count(self->subscriptions);
    return counters;
}

status_t tap_new(const tap_context_t *context, tap_t **ret_self)
{
    tap_t *self = memory_new(sizeof *self);
    self->context = *context;
    self->subscriptions = subscriptions_new();
    buffer_init(&self->topic, LIMIT_LINE_SIZE + LIMIT_NAME_SIZE);
    buffer_init(&self->meta, LIMIT_TAP_META_SIZE);
    buffer_init(&self->line, LIMIT_BODY_SIZE);
    if (context->endpoint != NULL && open_socket(self) != STATUS_OK) {
        char reason[HOLDER_SIZE];
        holder_explain(zmq_errno(), context->endpoint, reason);
        log_event(context->log, LOG_BIND_FAILED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", context->endpoint)),
                  "cannot bind %s: %s; the start ends here", context->endpoint, reason);
        tap_destroy(&self);
        return STATUS_IN_USE;
    }
    *ret_self = self;
    return STATUS_OK;
}

void tap_destroy(tap_t **self_p)
{
    tap_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    close_socket(self);
    subscriptions_destroy(&self->subscriptions);
    buffer_done(&self->topic);
    buffer_done(&self->meta);
    buffer_done(&self->line);
    free(self);
    *self_p = NULL;
}
