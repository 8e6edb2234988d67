/* A session with the node, and how it ends:
 *
 * CONNECTING until the socket can be written, then HELLO (GREETING); WELCOME begins the session
 * (SERVING), and the front-end asks all requests again. While SERVING, requests gather in `batch`
 * and leave as REQUEST while few enough messages are unanswered (Q5). Each second PING carries our
 * figures (Q8).
 *
 * A broken connection, RESET, or five seconds of silence (Q7) end the session: a new socket, a new
 * session number, and messages of an older session are dropped. Nothing is lost, because the
 * sessions keep requests until they have their reply. If the node refuses us or the keys do not
 * fit, we pause without a socket and try again with the next second. So we do when it sends
 * without end (backlog.h). Each of these is logged once
 * until the node is there again.
 */
#include "frontend/upstream/upstream.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/clock/clock.h"
#include "common/protocol/message.h"
#include "common/security/certificates.h"
#include "common/sockets/transport.h"
#include "frontend/upstream/node_message.h"
#include "frontend/upstream/reply.h"
#include "frontend/upstream/request_text.h"
#include "frontend/upstream/upstream_socket.h"
#include "frontend/upstream/window.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PING_INTERVAL_MS = 1000, /* Q8 */
    SILENCE_MS = 5000,       /* Q7 */
    LOOK_INTERVAL_MS = 20,
    /* Bytes, about a hundred lines: next to these a message's own cost is small. */
    SMALL_BATCH_SIZE = 16384,
    SMALL_WINDOW = 2,  /* messages */
    TURN_NS = 1000000, /* for messages of the node, in one turn of the loop */
};

typedef enum {
    UPSTREAM_CONNECTING, /* no connection, or none that took our HELLO */
    UPSTREAM_GREETING,   /* HELLO sent */
    UPSTREAM_SERVING,    /* WELCOME received */
    UPSTREAM_PAUSING,    /* no socket: refused, or not to be made; anew with the next second */
} upstream_state_t;

struct upstream {
    upstream_settings_t settings;
    void *context;             /* ZeroMQ's */
    upstream_socket_t *socket; /* NULL while PAUSING */
    uv_timer_t timer;          /* each second */
    uv_timer_t looks;          /* at what comes by TCP, see backlog.h */
    int handles;               /* timers not yet closed */
    buffer_t batch;            /* body of the next REQUEST */
    request_text_t text;       /* its records as they are written */
    uint64_t session;          /* number of the newest session */
    int64_t since_ns;          /* POSIX time of the start */
    uint64_t heard_ms;         /* steady time of the last word of the node, or of the connecting */
    window_t window;           /* REQUEST messages unanswered */
    upstream_state_t state;
    bool due;            /* the socket may tell something new */
    bool zeromq;         /* the node was found to speak ZeroMQ alone */
    bool silent;         /* it was logged that the node is away */
    const char *problem; /* with the keys, logged since the node was last there; or NULL */
    /* Why no socket could be made, logged since the node was last there; "": none. */
    char failure[CERTIFICATES_PROBLEM_SIZE];
    bool lacks_key; /* the node's key is missing */
    bool cut;       /* what was cut off has left free memory, which is to be given back */
};

static uint64_t now_ms(const upstream_t *self)
{
    return uv_now(self->settings.loop);
}

static void on_stirred(void *argument)
{
    upstream_t *self = argument;
    self->due = true;
}

/* The session, if there is one, is over. */
static void end_session(upstream_t *self, uint64_t since_ms)
{
    if (self->state == UPSTREAM_SERVING) {
        self->state = UPSTREAM_PAUSING;
        self->settings.lost(self->settings.argument, since_ms);
    }
}

/* Why the node's key is missing: its file is absent, or has something wrong. */
static void describe_missing_key(const upstream_t *self, certificates_problem_t *ret_problem)
{
    certificates_pair_t pair;
    char *path = certificates_public_path(self->settings.keys, ROLES_MEMBER, self->settings.name);
    if (certificates_read_public(path, &pair, ret_problem) == STATUS_OK) {
        snprintf(ret_problem->text, sizeof ret_problem->text,
                 "%s was not there when the keys were read", path);
    }
    free(path);
}

/* Logs why no socket could be made, once until the reason changes. */
static void note_failure(upstream_t *self, const char *reason, const char *next)
{
    if (strcmp(self->failure, reason) != 0) {
        snprintf(self->failure, sizeof self->failure, "%s", reason);
        log_event(self->settings.log, LOG_NODE_CONNECT_FAILED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->settings.endpoint),
                            LOG_TEXT("reason", reason)),
                  "cannot connect to the node at %s: %s; %s", self->settings.endpoint, reason,
                  next);
    }
    self->silent = true;
}

static void note_missing_key(upstream_t *self)
{
    certificates_problem_t problem;
    describe_missing_key(self, &problem);
    note_failure(self, problem.text,
                 "without it the node cannot be known; looking for it each second, requests are "
                 "kept");
}

/* Whether a socket can be made later, though not now. */
static bool is_passing(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* False: an endpoint that ZeroMQ does not understand, which will not get better. */
static bool connect_anew(upstream_t *self)
{
    upstream_socket_settings_t settings = {.loop = self->settings.loop,
                                           .context = self->context,
                                           .endpoint = self->settings.endpoint,
                                           .name = self->settings.name,
                                           .security = self->settings.security,
                                           .zeromq = self->zeromq,
                                           .passage = self->settings.passage,
                                           .stirred = on_stirred,
                                           .argument = self};
    end_session(self, now_ms(self));
    upstream_socket_close(&self->socket);
    buffer_clear(&self->batch);
    window_init(&self->window);
    self->heard_ms = now_ms(self);
    self->due = true;
    status_t status = upstream_socket_open(&settings, &self->socket);
    int error = errno;
    self->state = status == STATUS_OK ? UPSTREAM_CONNECTING : UPSTREAM_PAUSING;
    self->lacks_key = status == STATUS_NOT_FOUND;
    if (self->lacks_key) {
        note_missing_key(self);
    } else if (status != STATUS_OK) {
        note_failure(self, zmq_strerror(error),
                     is_passing(error) ? "trying again each second, requests are kept"
                                       : "this does not pass by itself");
    }
    return status != STATUS_SYSTEM || is_passing(error);
}

/* Logs once that the node is away, and why. */
static void note_away(upstream_t *self, const char *reason)
{
    if (!self->silent) {
        self->silent = true;
        log_event(self->settings.log, LOG_NODE_DOWN, LOG_ABOUT(NULL, LOG_TEXT("reason", reason)),
                  "node link down: %s; connecting anew, requests are kept", reason);
    }
}

/* Q1, Q7: the session is lost. */
static void restart(upstream_t *self, const char *reason)
{
    note_away(self, reason);
    self->zeromq = false; /* another one may come */
    (void)connect_anew(self);
}

/* Without a socket until the next second. */
static void pause_session(upstream_t *self)
{
    end_session(self, now_ms(self));
    upstream_socket_close(&self->socket);
    self->state = UPSTREAM_PAUSING;
}

/* If the keys do not fit, ZeroMQ gives up or tries without a pause: we try again with the next
 * second. Each problem is logged once, even if the node was away already. */
static void pause_for(upstream_t *self, const char *problem)
{
    if (self->problem != problem) {
        log_event(self->settings.log, LOG_NODE_REFUSED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->settings.endpoint),
                            LOG_TEXT("reason", problem)),
                  "the node at %s and we do not come together: %s; asking again each second, "
                  "requests are kept",
                  self->settings.endpoint, problem);
    }
    self->problem = problem;
    self->silent = true;
    pause_session(self);
}

void upstream_use_keys(upstream_t *self, const security_t *security)
{
    self->settings.security = security;
    (void)connect_anew(self);
}

static void note_malformed(upstream_t *self, const char *what, text_t sample)
{
    log_dropped(self->settings.log, NULL, "node", what, sample);
}

/* Sends one message of the current session; false if the socket does not take it now. */
static bool send_message(upstream_t *self, message_type_t type, text_t body)
{
    char header[TEXT_NUMBER_SIZE];
    size_t header_size = text_write_u64(self->session, header);
    message_t message = {
        .type = type, .header = {.data = header, .size = header_size}, .body = body};
    return upstream_socket_send(self->socket, &message) == STATUS_OK;
}

static void send_hello(upstream_t *self)
{
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    self->session++;
    status_t status = buffer_format(
        &body, "versions %d\nherd %s\nfrontend %s\npid %ld\nsince %lld\n", MESSAGE_VERSION,
        self->settings.herd, self->settings.name, (long)getpid(), (long long)self->since_ns);
    if (status == STATUS_OK && self->settings.program != NULL) {
        status = buffer_format(&body, "program %s\n", self->settings.program);
    }
    /* A node on this machine can tell whether we go by its herd file. */
    if (status == STATUS_OK && self->settings.file != NULL && self->settings.bus != NULL &&
        strncmp(self->settings.endpoint, "ipc:", 4) == 0) {
        status = buffer_format(&body, "bus %s\nfile %s\n", self->settings.bus, self->settings.file);
    }
    if (status == STATUS_OK && send_message(self, MESSAGE_HELLO, buffer_text(&body))) {
        self->state = UPSTREAM_GREETING;
        self->heard_ms = now_ms(self);
    }
    buffer_done(&body);
}

static void send_ping(upstream_t *self)
{
    buffer_t body;
    buffer_init(&body, LIMIT_BODY_SIZE);
    if (self->settings.figures(self->settings.argument, &body) == STATUS_OK) {
        /* One that does not leave is not missed: if the link is dead, the silence shows it. */
        (void)send_message(self, MESSAGE_PING, buffer_text(&body));
    }
    buffer_done(&body);
}

/* Q5: one small batch is at the node and one on its way. What comes meanwhile makes the next one
 * larger, which costs both sides less than more messages would. */
static bool batch_may_leave(const upstream_t *self)
{
    bool waits = self->batch.size < SMALL_BATCH_SIZE && self->window.count >= SMALL_WINDOW;
    return self->state == UPSTREAM_SERVING && self->batch.size > 0 && !waits &&
           window_is_open(&self->window);
}

void upstream_flush(upstream_t *self)
{
    if (batch_may_leave(self) && send_message(self, MESSAGE_REQUEST, buffer_text(&self->batch))) {
        buffer_clear(&self->batch);
        window_sent(&self->window, uv_hrtime());
    }
}

bool upstream_takes(upstream_t *self)
{
    if (self->batch.size >= LIMIT_BATCH_SIZE) {
        upstream_flush(self);
    }
    return self->state == UPSTREAM_SERVING && self->batch.size < LIMIT_BATCH_SIZE &&
           window_is_open(&self->window);
}

void upstream_add(upstream_t *self, uint64_t connection, const pipeline_request_t *request)
{
    status_t status = buffer_reserve(&self->batch, REQUEST_TEXT_EXTRA_SIZE + request->line.size);
    assert(status == STATUS_OK); /* upstream_takes left room for the longest line */
    char *start = self->batch.data + self->batch.size;
    const char *end = request_text_write(&self->text, connection, request, start);
    buffer_commit(&self->batch, (size_t)(end - start));
}

static void on_welcome(upstream_t *self, text_t name)
{
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(name, shown, sizeof shown);
    if (name.size > 0 && !text_equal(name, text_of(self->settings.name))) {
        pause_for(self, "it is the node of another member"); /* Q1 */
        return;
    }
    log_event(self->settings.log, LOG_NODE_UP,
              LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->settings.endpoint)),
              "node link up: %s at %s", shown, self->settings.endpoint);
    self->silent = false;
    self->problem = NULL;
    self->failure[0] = '\0';
    self->state = UPSTREAM_SERVING;
    self->settings.opened(self->settings.argument);
}

static void on_reply(upstream_t *self, unsigned answered, text_t body)
{
    window_answered(&self->window, answered);
    reply_t reply;
    while (reply_take(&body, &reply)) {
        self->settings.replied(self->settings.argument, reply.connection, reply.sequence,
                               reply.text);
    }
    if (body.size > 0) {
        note_malformed(self, "rest of REPLY", body);
    }
}

/* The reason is logged once until it changes, even if the node was away before. */
static void on_refused(upstream_t *self, text_t reason)
{
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(reason, shown, sizeof shown);
    if (strcmp(self->failure, shown) != 0) {
        snprintf(self->failure, sizeof self->failure, "%s", shown);
        log_event(self->settings.log, LOG_NODE_REFUSED,
                  LOG_ABOUT(NULL, LOG_TEXT("endpoint", self->settings.endpoint),
                            LOG_TEXT("reason", shown)),
                  "the node at %s refuses us: %s; asking again each second, requests are kept",
                  self->settings.endpoint, shown);
    }
    self->silent = true;
    pause_session(self);
}

/* One message of the node; it may end the session. */
static void handle(upstream_t *self, const message_t *message)
{
    const node_message_session_t at = {.session = self->session,
                                       .greeting = self->state == UPSTREAM_GREETING,
                                       .serving = self->state == UPSTREAM_SERVING,
                                       .unanswered = self->window.count};
    node_message_t said = node_message_read(message, &at);
    if (said.kind != NODE_MESSAGE_MALFORMED && said.kind != NODE_MESSAGE_LATE) {
        self->heard_ms = now_ms(self);
    }
    switch (said.kind) {
    case NODE_MESSAGE_MALFORMED: note_malformed(self, said.what, said.text); break;
    case NODE_MESSAGE_LATE: break;
    case NODE_MESSAGE_WELCOME: on_welcome(self, said.text); break;
    case NODE_MESSAGE_REPLY: on_reply(self, said.answered, said.text); break;
    case NODE_MESSAGE_PONG: break; /* heard */
    case NODE_MESSAGE_RESET: restart(self, "the node does not know us any more"); break;
    case NODE_MESSAGE_REFUSED: on_refused(self, said.text); break;
    }
}

/* Receives one message. Afterwards the socket may be another one, or gone. */
static void receive(upstream_t *self)
{
    transport_inbound_t inbound;
    status_t status = upstream_socket_receive(self->socket, &inbound);
    text_t sample = {0};
    switch (status) {
    case STATUS_AGAIN: return;
    case STATUS_SYSTEM: restart(self, "socket error"); return;
    case STATUS_OK: handle(self, &inbound.message); break;
    default:
        if (inbound.frame_count > 0) {
            sample = (text_t){.data = zmq_msg_data(&inbound.frames[0]),
                              .size = zmq_msg_size(&inbound.frames[0])};
        }
        note_malformed(self, status_text(status), sample);
        break;
    }
    transport_inbound_done(&inbound);
}

/* Sends what waits for the socket; false if there is nothing. */
static bool send_waiting(upstream_t *self)
{
    if (self->state == UPSTREAM_CONNECTING) {
        send_hello(self);
        return true;
    }
    if (batch_may_leave(self)) {
        upstream_flush(self);
        return true;
    }
    return false;
}

/* The connection has ended, or never began. */
static void end_connection(upstream_t *self)
{
    if (upstream_socket_finds_zeromq(self->socket)) {
        self->zeromq = true;
        (void)connect_anew(self);
    } else {
        restart(self, "connection lost");
    }
}

void upstream_turn(upstream_t *self)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t end_ns = now_ns + TURN_NS;
    if (!self->due) {
        window_looked(&self->window, now_ns);
    }
    for (int i = 0; self->due && self->socket != NULL && i < LIMIT_MESSAGES_PER_TURN &&
                    (i == 0 || uv_hrtime() < end_ns);
         i++) {
        int events = upstream_socket_events(self->socket);
        if ((events & ZMQ_POLLIN) != 0) {
            receive(self);
            continue;
        }
        window_looked(&self->window, uv_hrtime());
        if (upstream_socket_problem(self->socket) != NULL) {
            pause_for(self, upstream_socket_problem(self->socket));
        } else if (upstream_socket_is_lost(self->socket)) {
            end_connection(self);
        } else if ((events & ZMQ_POLLOUT) == 0 || !send_waiting(self)) {
            self->due = false;
        }
    }
}

bool upstream_is_due(const upstream_t *self)
{
    return self->due && self->socket != NULL;
}

/* Whether the node sends more than may come of it. */
static void on_look(uv_timer_t *timer)
{
    upstream_t *self = timer->data;
    if (self->socket == NULL) {
        return;
    }
    if (!upstream_socket_look(self->socket)) {
        pause_for(self, upstream_socket_problem(self->socket));
        self->cut = true;
    }
}

static void on_second(uv_timer_t *timer)
{
    upstream_t *self = timer->data;
    if (self->cut) {
        self->cut = false;
        malloc_trim(0);
    }
    if (self->socket == NULL && self->lacks_key) {
        self->settings.key_missing(self->settings.argument);
    }
    if (self->socket == NULL) {
        (void)connect_anew(self);
        return;
    }
    /* If this process itself was held up, first hear what the node said meanwhile. */
    self->due = true;
    upstream_turn(self);
    if (self->state == UPSTREAM_SERVING) {
        send_ping(self);
    }
    if (now_ms(self) - self->heard_ms >= SILENCE_MS) {
        end_session(self, self->heard_ms);
        restart(self, self->state == UPSTREAM_CONNECTING ? "not reachable" : "silent");
    }
}

status_t upstream_open(const upstream_settings_t *settings, upstream_t **ret_self)
{
    upstream_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->since_ns = clock_now_ns();
    self->session = (uint64_t)self->since_ns;
    /* A batch ends at its size, and one line more. */
    buffer_init(&self->batch, LIMIT_BATCH_SIZE + LIMIT_LINE_SIZE + REQUEST_TEXT_EXTRA_SIZE);
    uv_timer_init(settings->loop, &self->timer);
    self->timer.data = self;
    uv_timer_start(&self->timer, on_second, PING_INTERVAL_MS, PING_INTERVAL_MS);
    uv_timer_init(settings->loop, &self->looks);
    self->looks.data = self;
    if (settings->passage == NULL && strncmp(settings->endpoint, "tcp://", strlen("tcp://")) == 0) {
        uv_timer_start(&self->looks, on_look, LOOK_INTERVAL_MS, LOOK_INTERVAL_MS);
    }
    self->handles = 2;
    self->context = zmq_ctx_new();
    if (self->context == NULL || !connect_anew(self)) {
        upstream_close(&self);
        return STATUS_SYSTEM;
    }
    *ret_self = self;
    return STATUS_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    upstream_t *self = handle->data;
    if (--self->handles == 0) {
        free(self);
    }
}

void upstream_close(upstream_t **self_p)
{
    upstream_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    *self_p = NULL;
    if (self->state == UPSTREAM_SERVING) {
        (void)send_message(self, MESSAGE_GOODBYE, (text_t){0});
    }
    upstream_socket_close(&self->socket);
    if (self->context != NULL) {
        while (zmq_ctx_term(self->context) != 0 && errno == EINTR) {
        }
    }
    buffer_done(&self->batch);
    uv_close((uv_handle_t *)&self->timer, on_timer_closed);
    uv_close((uv_handle_t *)&self->looks, on_timer_closed);
}
