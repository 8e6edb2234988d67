/* Someone wants to know (roster_write): a timer begins. It connects to each member, sends STATUS
 * once a second, and drops the connection of whoever does not answer for three, so that it is made
 * anew. What a member says becomes JSON at once (roster_report.h), and that is all that is kept.
 * When no one has asked for ten seconds the timer ends, and all connections with it.
 *
 * At most MEMBERS_MAX members are asked, our own and the first of the herd file; of the others only
 * the names are said. */
#include "frontend/web/roster.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/transport.h"
#include "frontend/upstream/upstream_socket.h"
#include "frontend/web/roster_report.h"

#include <errno.h>
#include <stdlib.h>
#include <zmq.h>

enum {
    MEMBERS_MAX = 64,
    TICK_MS = 100,
    ASK_MS = 1000,
    ANSWER_MS = 3000, /* who does not answer within this is silent */
    WANTED_MS = 10000,
    MESSAGES_MAX = 16, /* of a member, taken at once */
    SAID_SIZE = 65536, /* bytes of JSON of one member */
};

typedef struct {
    roster_t *roster;
    const config_member_t *member;
    upstream_socket_t *socket; /* NULL: none */
    bool zeromq;               /* the node was found to speak ZeroMQ alone */
    uint64_t opened_ms;        /* steady: when the socket was made, or tried */
    uint64_t asked_ms;         /* steady: when STATUS was sent; 0: not by this socket */
    uint64_t question;         /* the header of that */
    uint64_t heard_ms;         /* steady: when it answered; 0: not since we began to ask */
    bool lost;                 /* its connection has broken since then */
    buffer_t said;             /* JSON, see roster_report_put */
} entry_t;

struct roster {
    uv_loop_t *loop;
    const config_t *config;
    const config_member_t *own;
    void *context; /* ZeroMQ's; NULL until it is needed */
    uv_timer_t timer;
    uint64_t began_ms;  /* steady: since when members are asked; 0: they are not */
    uint64_t wanted_ms; /* steady: when someone wanted to know */
    uint64_t question;  /* the number of the newest */
    entry_t entries[MEMBERS_MAX];
    size_t count;
};

static uint64_t now_ms(const roster_t *self)
{
    return uv_now(self->loop);
}

static void take_message(entry_t *entry, const message_t *message)
{
    uint64_t question;
    sheet_t sheet;
    if (message->type != MESSAGE_REPORT || !text_to_u64(message->header, UINT64_MAX, &question) ||
        question != entry->question) {
        return; /* late, or no answer */
    }
    buffer_clear(&entry->said);
    sheet = sheet_begin(&entry->said);
    roster_report_put(message->body, &sheet);
    if (sheet_end(&sheet) != STATUS_OK) {
        buffer_clear(&entry->said);
    }
    entry->question = 0;
    entry->lost = false;
    entry->heard_ms = now_ms(entry->roster);
}

/* Something may have come. The socket is not closed here: it may be what calls. */
static void on_stirred(void *argument)
{
    entry_t *entry = argument;
    for (int i = 0; entry->socket != NULL && i < MESSAGES_MAX &&
                    (upstream_socket_events(entry->socket) & ZMQ_POLLIN) != 0;
         i++) {
        transport_inbound_t inbound;
        status_t status = upstream_socket_receive(entry->socket, &inbound);
        if (status == STATUS_AGAIN || status == STATUS_SYSTEM) {
            return;
        }
        if (status == STATUS_OK) {
            take_message(entry, &inbound.message);
        }
        transport_inbound_done(&inbound);
    }
}

static void open_entry(entry_t *entry)
{
    roster_t *self = entry->roster;
    const upstream_socket_settings_t settings = {.loop = self->loop,
                                                 .context = self->context,
                                                 .endpoint = entry->member->requests,
                                                 .name = entry->member->name,
                                                 .zeromq = entry->zeromq,
                                                 .stirred = on_stirred,
                                                 .argument = entry};
    entry->opened_ms = now_ms(self);
    entry->asked_ms = 0;
    entry->question = 0;
    if (upstream_socket_open(&settings, &entry->socket) != STATUS_OK) {
        entry->socket = NULL; /* with the next second again */
    }
}

static void ask(entry_t *entry)
{
    char header[TEXT_NUMBER_SIZE];
    uint64_t question = ++entry->roster->question;
    const message_t message = {
        .type = MESSAGE_STATUS,
        .header = {.data = header, .size = text_write_u64(question, header)}};
    if (upstream_socket_send(entry->socket, &message) == STATUS_OK) {
        entry->asked_ms = now_ms(entry->roster);
        entry->question = question;
    }
}

/* Whether the socket is of no use any more. */
static bool is_broken(entry_t *entry)
{
    uint64_t since_ms = entry->question != 0 ? entry->asked_ms : entry->opened_ms;
    bool waits = entry->question != 0 || entry->asked_ms == 0;
    if (upstream_socket_finds_zeromq(entry->socket)) {
        entry->zeromq = true;
        return true;
    }
    return upstream_socket_is_lost(entry->socket) ||
           upstream_socket_problem(entry->socket) != NULL || !upstream_socket_look(entry->socket) ||
           (waits && now_ms(entry->roster) - since_ms >= ANSWER_MS);
}

static void tick_entry(entry_t *entry)
{
    uint64_t now = now_ms(entry->roster);
    if (entry->socket == NULL) {
        if (entry->opened_ms == 0 || now - entry->opened_ms >= ASK_MS) {
            open_entry(entry);
        }
        return;
    }
    on_stirred(entry);
    if (is_broken(entry)) {
        entry->lost = true;
        upstream_socket_close(&entry->socket);
        return;
    }
    if (entry->question == 0 && (entry->asked_ms == 0 || now - entry->asked_ms >= ASK_MS) &&
        (upstream_socket_events(entry->socket) & ZMQ_POLLOUT) != 0) {
        ask(entry);
    }
}

static void rest(roster_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        entry_t *entry = &self->entries[i];
        upstream_socket_close(&entry->socket);
        entry->opened_ms = entry->heard_ms = 0;
        entry->zeromq = entry->lost = false;
        buffer_done(&entry->said);
        buffer_init(&entry->said, SAID_SIZE);
    }
    self->began_ms = 0;
    uv_timer_stop(&self->timer);
}

static void on_tick(uv_timer_t *timer)
{
    roster_t *self = timer->data;
    if (now_ms(self) - self->wanted_ms >= WANTED_MS) {
        rest(self);
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        tick_entry(&self->entries[i]);
    }
}

static void add(roster_t *self, const config_member_t *member)
{
    if (self->count < MEMBERS_MAX) {
        entry_t *entry = &self->entries[self->count++];
        *entry = (entry_t){.roster = self, .member = member};
        buffer_init(&entry->said, SAID_SIZE);
    }
}

roster_t *roster_new(uv_loop_t *loop, const config_t *config, const config_member_t *member)
{
    roster_t *self = memory_new(sizeof *self);
    self->loop = loop;
    self->config = config;
    self->own = member;
    add(self, member);
    for (size_t i = 0; i < config->member_count; i++) {
        if (&config->members[i] != member) {
            add(self, &config->members[i]);
        }
    }
    uv_timer_init(loop, &self->timer);
    self->timer.data = self;
    return self;
}

/* With keys members are not asked. */
static bool may_ask(const roster_t *self)
{
    return self->config->security != CONFIG_SECURITY_CURVE;
}

static void want(roster_t *self)
{
    self->wanted_ms = now_ms(self);
    if (self->began_ms > 0 || !may_ask(self) || uv_is_closing((uv_handle_t *)&self->timer)) {
        return;
    }
    if (self->context == NULL) {
        self->context = zmq_ctx_new();
    }
    if (self->context != NULL) {
        self->began_ms = now_ms(self);
        uv_timer_start(&self->timer, on_tick, 0, TICK_MS);
    }
}

/* "up", "silent", or "asked": it is too early to tell. */
static const char *state_of(const entry_t *entry)
{
    const roster_t *self = entry->roster;
    if (entry->heard_ms > 0 && now_ms(self) - entry->heard_ms < ANSWER_MS && !entry->lost) {
        return "up";
    }
    bool early = entry->heard_ms == 0 && now_ms(self) - self->began_ms < ANSWER_MS;
    return early ? "asked" : "silent";
}

static void put_entry(const entry_t *entry, bool node_serves, sheet_t *sheet)
{
    const roster_t *self = entry->roster;
    const char *state = entry->member != self->own ? "unknown" : node_serves ? "up" : "silent";
    if (self->began_ms > 0) {
        state = state_of(entry);
    }
    sheet_format(sheet, "{\"member\":\"%s\",\"state\":\"%s\"", entry->member->name, state);
    if (entry->heard_ms > 0) {
        sheet_format(sheet, ",\"age\":%llu",
                     (unsigned long long)((now_ms(self) - entry->heard_ms) / ASK_MS));
        sheet_put(sheet, buffer_text(&entry->said));
    }
    sheet_put_byte(sheet, '}');
}

void roster_write(roster_t *self, bool node_serves, sheet_t *sheet)
{
    want(self);
    sheet_format(sheet,
                 "{\"herd\":\"%s\",\"member\":\"%s\",\"asks\":%s,\"left_out\":%zu,"
                 "\"members\":[",
                 self->config->herd_name, self->own->name, self->began_ms > 0 ? "true" : "false",
                 self->config->member_count - self->count);
    for (size_t i = 0; i < self->count; i++) {
        if (i > 0) {
            sheet_put_byte(sheet, ',');
        }
        put_entry(&self->entries[i], node_serves, sheet);
    }
    sheet_put_string(sheet, "]}\n");
}

void roster_stop(roster_t *self)
{
    if (!uv_is_closing((uv_handle_t *)&self->timer)) {
        rest(self);
        uv_close((uv_handle_t *)&self->timer, NULL);
    }
    if (self->context != NULL) {
        while (zmq_ctx_term(self->context) != 0 && errno == EINTR) {
        }
        self->context = NULL;
    }
}

void roster_destroy(roster_t **self_p)
{
    roster_t *self = *self_p;
    if (self != NULL) {
        for (size_t i = 0; i < self->count; i++) {
            buffer_done(&self->entries[i].said);
        }
        free(self);
        *self_p = NULL;
    }
}
