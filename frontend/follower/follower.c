/* A session with the node:
 *
 * CONNECTING until the socket can be written, then FOLLOW (ASKING); HELLO of the node shows that it
 * takes us (UP). From then on what it sends goes to the copy, and what the copy answers goes back.
 * A broken connection, RESET, or five seconds of silence end it (F6): a new socket, FOLLOW again,
 * and the copy resumes. If the node refuses us, or the keys do not fit, we pause without a socket
 * until the next second.
 *
 * A turn of the loop takes messages for a millisecond at most, and answers them all together (B5);
 * while more wait an idle handle keeps the loop awake. What takes the copy long is done between,
 * step by step.
 *
 * A node can change more than we can take beside all else. So once the copy is current, taking has
 * a share of the time (share.h), and rests beyond; the node sends no more than is taken (F5), and
 * what changes again meanwhile comes once. */
#include "frontend/follower/follower.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/sockets/transport.h"
#include "frontend/follower/follower_log.h"
#include "frontend/follower/share.h"
#include "frontend/upstream/upstream_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
    TICK_MS = 100,
    RETRY_MS = 1000,
    SILENCE_MS = 5000, /* F6 */
    HANDLES = 5,
};

static const int64_t turn_ns = 1000000; /* for messages of the node, in one turn of the loop */

typedef enum {
    FOLLOWER_CONNECTING, /* no connection, or none that took FOLLOW */
    FOLLOWER_ASKING,     /* FOLLOW sent */
    FOLLOWER_UP,         /* HELLO received */
    FOLLOWER_PAUSING,    /* no socket; anew with the next second */
} follower_state_t;

struct follower {
    follower_settings_t settings;
    void *context;             /* ZeroMQ's */
    upstream_socket_t *socket; /* NULL while PAUSING */
    uv_timer_t timer;          /* several times a second */
    uv_prepare_t prepare;      /* before the loop sleeps */
    uv_idle_t idle;            /* runs while there is more to do, so that it does not */
    uv_timer_t looks;          /* at what comes by TCP (backlog.h) */
    uv_timer_t rest;           /* runs while messages may wait, but are not taken */
    int handles;               /* not yet closed */
    follower_state_t state;
    uint64_t session;    /* of the newest FOLLOW */
    uint64_t heard_ms;   /* steady: last word of the node, or of the connecting */
    uint64_t retried_ms; /* steady: when the newest socket was made, or tried */
    share_t share;       /* of the time, for taking messages */
    bool due;            /* the socket may tell something new */
    bool stepping;       /* the copy has more to do */
    bool zeromq;         /* the node was found to speak ZeroMQ alone */
    follower_log_t log;
};

static uint64_t now_ms(const follower_t *self)
{
    return uv_now(self->settings.loop);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* on_prepare does it */
}

static bool is_resting(const follower_t *self)
{
    return uv_is_active((const uv_handle_t *)&self->rest) != 0;
}

/* The loop does not sleep while there is something to do. */
static void keep_awake(follower_t *self)
{
    if ((self->due && self->socket != NULL && !is_resting(self)) || self->stepping) {
        uv_idle_start(&self->idle, on_idle);
    } else {
        uv_idle_stop(&self->idle);
    }
}

static void on_stirred(void *argument)
{
    follower_t *self = argument;
    self->due = true;
    keep_awake(self);
}

static void look_at_copy(follower_t *self)
{
    const copy_state_t state = copy_state(self->settings.copy);
    follower_log_copy(&self->log, &state, clock_steady_ns());
}

static void tell_turn(follower_t *self)
{
    look_at_copy(self);
    if (self->settings.turned != NULL) {
        self->settings.turned(self->settings.argument);
    }
}

static void end_session(follower_t *self)
{
    bool was_up = self->state == FOLLOWER_UP;
    uv_timer_stop(&self->rest);
    upstream_socket_close(&self->socket);
    self->state = FOLLOWER_PAUSING;
    copy_lost(self->settings.copy);
    if (was_up) {
        tell_turn(self);
    }
}

static bool is_passing(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* False: an endpoint that ZeroMQ does not understand, which will not get better. */
static bool connect_anew(follower_t *self)
{
    const upstream_socket_settings_t settings = {.loop = self->settings.loop,
                                                 .context = self->context,
                                                 .endpoint = self->settings.endpoint,
                                                 .name = self->settings.member,
                                                 .security = self->settings.security,
                                                 .zeromq = self->zeromq,
                                                 .stirred = on_stirred,
                                                 .argument = self};
    end_session(self);
    self->heard_ms = self->retried_ms = now_ms(self);
    self->due = true;
    status_t status = upstream_socket_open(&settings, &self->socket);
    int error = errno;
    self->state = status == STATUS_OK ? FOLLOWER_CONNECTING : FOLLOWER_PAUSING;
    if (status == STATUS_NOT_FOUND) {
        follower_log_failed(&self->log, "the node's key is not here");
    } else if (status != STATUS_OK) {
        follower_log_failed(&self->log, zmq_strerror(error));
    }
    keep_awake(self);
    return status != STATUS_SYSTEM || is_passing(error);
}

static void restart(follower_t *self, const char *reason)
{
    follower_log_lost(&self->log, reason);
    self->zeromq = false; /* another node may come */
    (void)connect_anew(self);
}

static void send_follow(follower_t *self)
{
    const follower_settings_t *settings = &self->settings;
    char header[TEXT_NUMBER_SIZE];
    size_t header_size = text_write_u64(++self->session, header);
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    status_t status = buffer_format(
        &body, "versions %d\nherd %s\nfollower %s\nmember %s\npid %ld\n", MESSAGE_VERSION,
        settings->herd, settings->name, settings->member, (long)getpid());
    if (status == STATUS_OK && settings->file != NULL && settings->bus != NULL &&
        strncmp(settings->endpoint, "ipc:", 4) == 0) {
        status = buffer_format(&body, "bus %s\nfile %s\n", settings->bus, settings->file);
    }
    const message_t message = {.type = MESSAGE_FOLLOW,
                               .header = {.data = header, .size = header_size},
                               .body = buffer_text(&body)};
    if (status == STATUS_OK && upstream_socket_send(self->socket, &message) == STATUS_OK) {
        self->state = FOLLOWER_ASKING;
        self->heard_ms = now_ms(self);
    }
    buffer_done(&body);
}

/* What cannot be sent now is asked for again (link_next_answer). */
static void send_answers(follower_t *self)
{
    message_t answer;
    while (self->state == FOLLOWER_UP &&
           copy_next_answer(self->settings.copy, clock_now_ns(), clock_steady_ns(), &answer)) {
        if (upstream_socket_send(self->socket, &answer) != STATUS_OK) {
            break;
        }
    }
}

static void take_link_message(follower_t *self, const message_t *message)
{
    copy_t *copy = self->settings.copy;
    link_event_t event = copy_take(copy, message, clock_now_ns(), clock_steady_ns());
    if (event == LINK_BAD) {
        follower_log_dropped(&self->log, message_type_text(message->type), message->header);
        return;
    }
    self->heard_ms = now_ms(self);
    if (event == LINK_OPENED && self->state != FOLLOWER_UP) {
        const copy_state_t state = copy_state(copy);
        self->state = FOLLOWER_UP;
        follower_log_up(&self->log, &state, clock_steady_ns());
    }
    self->stepping = true; /* a comparison wants the digest */
}

static void take_refused(follower_t *self, text_t body)
{
    text_t reason = {0};
    text_take_line(&body, &reason);
    follower_log_refused(&self->log, reason);
    end_session(self);
}

static void take_message(follower_t *self, const message_t *message)
{
    switch (message->type) {
    case MESSAGE_HELLO:
    case MESSAGE_DATA:
    case MESSAGE_LEAVES:
    case MESSAGE_AUDIT: take_link_message(self, message); break;
    case MESSAGE_REFUSED: take_refused(self, message->body); break;
    case MESSAGE_RESET: restart(self, "the node does not know us any more"); break;
    default:
        follower_log_dropped(&self->log, message_type_text(message->type), message->header);
        break;
    }
}

/* Receives one message. Afterwards the socket may be another one, or gone. */
static void receive(follower_t *self)
{
    transport_inbound_t inbound;
    status_t status = upstream_socket_receive(self->socket, &inbound);
    if (status == STATUS_AGAIN) {
        return;
    }
    if (status == STATUS_SYSTEM) {
        restart(self, "socket error");
        return;
    }
    if (status == STATUS_OK) {
        take_message(self, &inbound.message);
    } else {
        follower_log_dropped(&self->log, status_text(status), (text_t){0});
    }
    transport_inbound_done(&inbound);
}

/* The socket has nothing to read. */
static void look_at_socket(follower_t *self, int events)
{
    const char *problem = upstream_socket_problem(self->socket);
    if (problem != NULL) {
        follower_log_refused(&self->log, text_of(problem));
        end_session(self);
    } else if (upstream_socket_finds_zeromq(self->socket)) {
        self->zeromq = true;
        (void)connect_anew(self);
    } else if (upstream_socket_is_lost(self->socket)) {
        restart(self, "connection lost");
    } else if ((events & ZMQ_POLLOUT) != 0 && self->state == FOLLOWER_CONNECTING) {
        send_follow(self);
    } else {
        self->due = false;
    }
}

static void on_rested(uv_timer_t *timer)
{
    follower_t *self = timer->data;
    if (self->socket != NULL) {
        upstream_socket_hold(self->socket, false);
    }
    keep_awake(self);
}

/* Messages were taken since `begin_ns`. */
static void rest(follower_t *self, int64_t begin_ns)
{
    share_take(&self->share, begin_ns, clock_steady_ns());
    uint64_t rest_ms = (uint64_t)share_rest_ns(&self->share) / 1000000;
    if (rest_ms > 0 && self->socket != NULL && copy_state(self->settings.copy).current) {
        upstream_socket_hold(self->socket, true);
        uv_timer_start(&self->rest, on_rested, rest_ms, 0);
    }
}

static void turn(follower_t *self)
{
    int64_t begin_ns = clock_steady_ns();
    int64_t end_ns = begin_ns + turn_ns;
    bool took = false;
    for (int i = 0; self->due && self->socket != NULL && i < LIMIT_MESSAGES_PER_TURN &&
                    (i == 0 || clock_steady_ns() < end_ns);
         i++) {
        int events = upstream_socket_events(self->socket);
        if ((events & ZMQ_POLLIN) != 0) {
            receive(self);
            took = true;
        } else {
            look_at_socket(self, events);
        }
    }
    send_answers(self);
    if (took) {
        rest(self, begin_ns);
        tell_turn(self);
    }
}

/* The digest of a copy may be all that it lacked to be current. */
static void step(follower_t *self)
{
    bool was_current = copy_state(self->settings.copy).current;
    self->stepping = copy_step(self->settings.copy, clock_steady_ns());
    send_answers(self);
    if (copy_state(self->settings.copy).current != was_current) {
        tell_turn(self);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    follower_t *self = prepare->data;
    if (self->due && self->socket != NULL && !is_resting(self)) {
        turn(self);
    }
    if (self->stepping) {
        step(self);
    }
    keep_awake(self);
}

static void on_tick(uv_timer_t *timer)
{
    follower_t *self = timer->data;
    step(self);
    look_at_copy(self);
    if (self->socket == NULL) {
        if (now_ms(self) - self->retried_ms >= RETRY_MS) {
            (void)connect_anew(self);
        }
        return;
    }
    self->due = true;
    if (!is_resting(self)) {
        turn(self); /* if we were held up ourselves, first hear what came meanwhile */
    }
    if (self->socket != NULL && now_ms(self) - self->heard_ms >= SILENCE_MS) {
        restart(self, self->state == FOLLOWER_CONNECTING ? "not reachable" : "silent");
    }
    keep_awake(self);
}

/* Whether the node sends more than may come of it. */
static void on_look(uv_timer_t *timer)
{
    follower_t *self = timer->data;
    if (self->socket != NULL && !upstream_socket_look(self->socket)) {
        follower_log_refused(&self->log, text_of(upstream_socket_problem(self->socket)));
        end_session(self);
    }
}

static void start_handles(follower_t *self)
{
    enum { LOOK_MS = 20 };
    uv_loop_t *loop = self->settings.loop;
    uv_timer_init(loop, &self->timer);
    uv_prepare_init(loop, &self->prepare);
    uv_idle_init(loop, &self->idle);
    uv_timer_init(loop, &self->looks);
    uv_timer_init(loop, &self->rest);
    self->timer.data = self->prepare.data = self->idle.data = self->looks.data = self;
    self->rest.data = self;
    uv_timer_start(&self->timer, on_tick, TICK_MS, TICK_MS);
    uv_prepare_start(&self->prepare, on_prepare);
    if (strncmp(self->settings.endpoint, "tcp://", strlen("tcp://")) == 0) {
        uv_timer_start(&self->looks, on_look, LOOK_MS, LOOK_MS);
    }
    self->handles = HANDLES;
}

status_t follower_open(const follower_settings_t *settings, follower_t **ret_self)
{
    follower_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->log = (follower_log_t){.log = settings->log, .endpoint = settings->endpoint};
    self->session = (uint64_t)clock_now_ns();
    start_handles(self);
    copy_follow(settings->copy, text_of(settings->member));
    self->context = zmq_ctx_new();
    if (self->context == NULL || !connect_anew(self)) {
        follower_close(&self);
        return STATUS_SYSTEM;
    }
    *ret_self = self;
    return STATUS_OK;
}

void follower_use_keys(follower_t *self, const security_t *security)
{
    self->settings.security = security;
    (void)connect_anew(self);
}

void follower_move(follower_t *self, const char *member, const char *endpoint, const char *bus)
{
    end_session(self);
    self->settings.member = member;
    self->settings.endpoint = self->log.endpoint = endpoint;
    self->settings.bus = bus;
    self->zeromq = false;
    copy_follow(self->settings.copy, text_of(member));
    (void)connect_anew(self);
}

bool follower_is_up(const follower_t *self)
{
    return self->state == FOLLOWER_UP;
}

const char *follower_problem(const follower_t *self)
{
    return self->state == FOLLOWER_UP ? "" : self->log.problem;
}

static void on_closed(uv_handle_t *handle)
{
    follower_t *self = handle->data;
    if (--self->handles == 0) {
        free(self);
    }
}

static void say_goodbye(follower_t *self)
{
    char header[TEXT_NUMBER_SIZE];
    size_t header_size = text_write_u64(self->session, header);
    const message_t message = {.type = MESSAGE_GOODBYE,
                               .header = {.data = header, .size = header_size}};
    if (self->state == FOLLOWER_UP && upstream_socket_send(self->socket, &message) != STATUS_OK) {
        return; /* the node notices by itself */
    }
}

void follower_close(follower_t **self_p)
{
    follower_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    say_goodbye(self);
    upstream_socket_close(&self->socket);
    copy_lost(self->settings.copy);
    if (self->context != NULL) {
        while (zmq_ctx_term(self->context) != 0 && errno == EINTR) {
        }
    }
    uv_close((uv_handle_t *)&self->timer, on_closed);
    uv_close((uv_handle_t *)&self->prepare, on_closed);
    uv_close((uv_handle_t *)&self->idle, on_closed);
    uv_close((uv_handle_t *)&self->looks, on_closed);
    uv_close((uv_handle_t *)&self->rest, on_closed);
}
