#include "deploy/herdctl/frame/ask.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/endpoint.h"
#include "common/sockets/inflow.h"
#include "common/sockets/monitor.h"
#include "deploy/herdctl/frame/connection.h"
#include "deploy/herdctl/frame/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
    ASK_AGAIN_MS = 20, /* before a member is asked once more */
    PROBLEM_SIZE = 256,
    /* ZeroMQ's sockets for each member: the DEALER and both ends of its monitor; twice, because a
     * closed socket gives its place back only when ZeroMQ's own thread has come to it (K1). */
    SOCKETS_FOR_MEMBER = 2 * 3,
    SOCKETS_SPARE = 64,
    SOCKETS_MAX = 65535,
    FILES_FOR_MEMBER = 4, /* its mailbox, its connection, and the mailboxes of its monitor */
    /* Refused keys and cut connections are looked for so often while answers are awaited. */
    LOOK_EVERY_MS = 50,
};

/* What answers may bring in: one each, and all together. Nothing else should come. */
static const meter_limits_t limits = {.open_max = LIMIT_OPEN_SIZE,
                                      .open_unread_max = LIMIT_OPEN_SIZE,
                                      .open_total = LIMIT_OPEN_TOTAL,
                                      .stranger_count = SIZE_MAX,
                                      .connection_count = SIZE_MAX};

typedef enum {
    PEER_TO_ASK,   /* at its time, and when there is a connection */
    PEER_ASKED,    /* its answer is awaited */
    PEER_COMPLETE, /* nothing more is awaited */
    PEER_REFUSED,  /* no answer will come: keys do not fit, or its connection was cut */
} peer_state_t;

typedef struct {
    const config_member_t *member;
    herdctl_link_t *link; /* NULL if no connection could be made */
    peer_state_t state;
    bool stale;                 /* the last question over this socket got no answer */
    bool told;                  /* the problem is on stderr already */
    char problem[PROBLEM_SIZE]; /* why it cannot be asked; "": not known */
    int64_t ask_ns;             /* steady: when to ask, in PEER_TO_ASK */
    int64_t sent_ns;            /* steady: when it was asked */
} peer_t;

struct herdctl_ask {
    config_t *config;
    const config_member_t **members; /* `count` */
    void *context;                   /* ZeroMQ's */
    security_t *keys;                /* NULL in a herd without keys */
    peer_t *peers;                   /* one for each member */
    size_t count;
    inflow_t *inflow;      /* watches all connections */
    zmq_pollitem_t *items; /* of a turn: room for one each */
    size_t *owners;        /* indices of the peers that the items are of */
    uint64_t number;       /* of the question: answers to earlier ones are ignored */
    int64_t next_ns;       /* steady: no member is asked before */
    size_t complete_count; /* peers in PEER_COMPLETE */
};

static void allow_sockets(void *context, size_t count)
{
    size_t most = count * SOCKETS_FOR_MEMBER + SOCKETS_SPARE;
    (void)zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)(most < SOCKETS_MAX ? most : SOCKETS_MAX));
}

static void disconnect(herdctl_ask_t *self, size_t index)
{
    peer_t *peer = &self->peers[index];
    herdctl_link_close(&peer->link);
}

static void connect_peer(herdctl_ask_t *self, size_t index)
{
    peer_t *peer = &self->peers[index];
    const herdctl_connection_t connection = {.context = self->context,
                                             .keys = self->keys,
                                             .inflow = self->inflow,
                                             .index = index,
                                             .member = peer->member};
    peer->link = herdctl_link_open(&connection);
    if (peer->link == NULL) {
        snprintf(peer->problem, sizeof peer->problem, "no connection to %s: %s",
                 peer->member->requests, zmq_strerror(errno));
    }
}

/* Opens the keys, then a connection to each member. False if there are no keys, or too few files
 * may be open. */
static bool connect_all(herdctl_ask_t *self)
{
    if (!herdctl_connection_open_keys(self->config, &self->keys)) {
        return false;
    }
    if (!herdctl_connection_has_files(self->count, FILES_FOR_MEMBER)) {
        return false;
    }
    self->peers = memory_new_array(self->count, sizeof *self->peers);
    self->items = memory_new_array(self->count, sizeof *self->items);
    self->owners = memory_new_array(self->count, sizeof *self->owners);
    self->context = zmq_ctx_new();
    allow_sockets(self->context, self->count);
    const inflow_settings_t inflow = {
        .context = self->context, .count = self->count, .limits = &limits};
    self->inflow = inflow_new(&inflow);
    if (self->inflow == NULL) {
        fprintf(stderr, "herdctl: members cannot be asked: %s\n", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < self->count; i++) {
        peer_t *peer = &self->peers[i];
        peer->member = self->members[i];
        if (herdctl_connection_has_key_of(self->keys, peer->member->name)) {
            connect_peer(self, i);
        } else {
            snprintf(peer->problem, sizeof peer->problem, "its key, member/%s.cert, is not here",
                     peer->member->name);
            peer->told = true; /* just now, and not with each question */
        }
    }
    return true;
}

herdctl_ask_t *herdctl_ask_new(const herdctl_t *herdctl, options_operands_t names)
{
    herdctl_ask_t *self = memory_new(sizeof *self);
    self->config = herdctl_command_load(herdctl);
    if (self->config != NULL) {
        self->members = herdctl_command_members(self->config, names, &self->count);
    }
    if (self->members == NULL || !connect_all(self)) {
        herdctl_ask_destroy(&self);
    }
    return self;
}

void herdctl_ask_destroy(herdctl_ask_t **self_p)
{
    herdctl_ask_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; self->peers != NULL && i < self->count; i++) {
        disconnect(self, i);
    }
    inflow_destroy(&self->inflow);
    if (self->context != NULL) {
        zmq_ctx_term(self->context);
    }
    security_close(&self->keys);
    free(self->peers);
    free(self->items);
    free(self->owners);
    free(self->members);
    config_destroy(&self->config);
    free(self);
    *self_p = NULL;
}

const config_t *herdctl_ask_config(const herdctl_ask_t *self)
{
    return self->config;
}

const char *herdctl_ask_key(const herdctl_ask_t *self)
{
    return self->keys != NULL ? security_own_key(self->keys) : "";
}

const config_member_t *const *herdctl_ask_members(const herdctl_ask_t *self, size_t *ret_count)
{
    *ret_count = self->count;
    return self->members;
}

static void begin(herdctl_ask_t *self)
{
    self->number++;
    self->complete_count = 0;
    self->next_ns = 0;
    for (size_t i = 0; i < self->count; i++) {
        peer_t *peer = &self->peers[i];
        if (peer->stale || peer->link == NULL || inflow_verdict(self->inflow, i) != NULL) {
            disconnect(self, i);
            connect_peer(self, i);
        }
        peer->state = PEER_TO_ASK;
        peer->stale = false;
        peer->ask_ns = 0;
    }
}

static message_t message_of(const herdctl_ask_t *self, const herdctl_question_t *question,
                            char *header)
{
    size_t size = text_write_u64(self->number, header);
    return (message_t){
        .type = question->type, .header = {.data = header, .size = size}, .body = question->body};
}

static void ask_peer(herdctl_ask_t *self, peer_t *peer, const herdctl_question_t *question)
{
    char header[TEXT_NUMBER_SIZE];
    message_t message = message_of(self, question, header);
    int64_t now_ns = clock_steady_ns();
    if (now_ns >= self->next_ns && herdctl_link_send(peer->link, &message) == STATUS_OK) {
        peer->state = PEER_ASKED;
        peer->stale = true;
        peer->sent_ns = now_ns;
        self->next_ns = now_ns + question->pause_ms * TIMESTAMP_NS_PER_MS;
    }
}

static void take(herdctl_ask_t *self, size_t index, const message_t *message,
                 const herdctl_question_t *question)
{
    peer_t *peer = &self->peers[index];
    int64_t now_ns = clock_steady_ns();
    uint64_t number;
    if (message->type != MESSAGE_REPORT || peer->state != PEER_ASKED ||
        !text_to_u64(message->header, UINT64_MAX, &number) || number != self->number) {
        return;
    }
    switch (question->take(question->argument, index, message->body, now_ns - peer->sent_ns)) {
    case HERDCTL_ANSWER_COMPLETE:
        peer->state = PEER_COMPLETE;
        peer->stale = false;
        self->complete_count++;
        break;
    case HERDCTL_ANSWER_AGAIN:
        peer->state = PEER_TO_ASK;
        peer->stale = false;
        peer->ask_ns = now_ns + ASK_AGAIN_MS * TIMESTAMP_NS_PER_MS;
        break;
    case HERDCTL_ANSWER_NONE: break;
    }
}

static void receive(herdctl_ask_t *self, size_t index, const herdctl_question_t *question)
{
    transport_inbound_t inbound;
    status_t status = herdctl_link_receive(self->peers[index].link, &inbound);
    if (status == STATUS_OK) {
        take(self, index, &inbound.message, question);
    }
    if (status != STATUS_AGAIN && status != STATUS_SYSTEM) {
        transport_inbound_done(&inbound);
    }
}

/* Whether any more may come of it. */
static bool is_awaited(const peer_t *peer)
{
    return peer->link != NULL && peer->state != PEER_COMPLETE && peer->state != PEER_REFUSED;
}

/* Why no answer will come by this connection, if that is known: keys were refused, or too much
 * came and it was cut. */
static void look_at_connection(herdctl_ask_t *self, size_t index)
{
    peer_t *peer = &self->peers[index];
    if (peer->link == NULL || peer->state == PEER_REFUSED) {
        return;
    }
    uint16_t event = inflow_failure(self->inflow, index);
    const char *problem = self->keys != NULL ? monitor_problem(event, true) : NULL;
    if (inflow_verdict(self->inflow, index) != NULL) {
        problem = "it sends more than any answer has, and was cut off";
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        problem = "our key is refused";
    }
    if (problem != NULL) {
        snprintf(peer->problem, sizeof peer->problem, "%s", problem);
        peer->stale = true;
        peer->state = PEER_REFUSED;
    }
}

static void look_at_connections(herdctl_ask_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (is_awaited(&self->peers[i])) {
            look_at_connection(self, i);
        }
    }
}

/* Collects the items of a turn: the peers whose answer is awaited, and those that may be asked now.
 * If another one may be asked before `*until_ns`, that becomes its time. */
static size_t gather(herdctl_ask_t *self, int64_t now_ns, int64_t *until_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const peer_t *peer = &self->peers[i];
        if (!is_awaited(peer)) {
            continue;
        }
        int64_t ask_ns = peer->ask_ns > self->next_ns ? peer->ask_ns : self->next_ns;
        bool asks = peer->state == PEER_TO_ASK;
        if (asks && ask_ns > now_ns) {
            *until_ns = ask_ns < *until_ns ? ask_ns : *until_ns;
            continue;
        }
        if (herdctl_link_poll(peer->link, asks, &self->items[count], until_ns)) {
            self->owners[count++] = i;
        }
    }
    return count;
}

/* Whether any more answers may come. */
static bool is_open(const herdctl_ask_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (is_awaited(&self->peers[i])) {
            return true;
        }
    }
    return false;
}

/* Waits until some peers have something to do. Returns the number of items to look at, or -1 at the
 * end. */
static int wait_for_some(herdctl_ask_t *self, int64_t end_ns)
{
    int64_t now_ns = clock_steady_ns();
    int64_t until_ns = end_ns;
    look_at_connections(self);
    size_t count = gather(self, now_ns, &until_ns);
    if (now_ns >= end_ns || !is_open(self)) {
        return -1;
    }
    int64_t look_ns = now_ns + LOOK_EVERY_MS * TIMESTAMP_NS_PER_MS;
    until_ns = look_ns < until_ns ? look_ns : until_ns;
    /* Rounded up, so that we do not come back a fraction of a millisecond too early. */
    long wait_ms = (long)((until_ns - now_ns + TIMESTAMP_NS_PER_MS - 1) / TIMESTAMP_NS_PER_MS);
    return zmq_poll(self->items, (int)count, wait_ms) >= 0 ? (int)count : -1;
}

/* Why a member that has not answered could not be asked, as far as this end knows (K6). */
static void look_for_problem(herdctl_ask_t *self, size_t index)
{
    peer_t *peer = &self->peers[index];
    endpoint_t endpoint;
    if (peer->link == NULL) {
        return; /* connect_peer has said it */
    }
    look_at_connection(self, index);
    if (peer->state == PEER_REFUSED) {
        return;
    }
    peer->problem[0] = '\0';
    if (endpoint_parse(peer->member->requests, &endpoint) == STATUS_OK &&
        endpoint.kind == ENDPOINT_IPC &&
        faccessat(AT_FDCWD, endpoint.path, W_OK, AT_EACCESS) != 0 && errno == EACCES) {
        snprintf(peer->problem, sizeof peer->problem, "%s: %s", endpoint.path, strerror(errno));
    }
}

static void look_for_problems(herdctl_ask_t *self, bool silent)
{
    for (size_t i = 0; i < self->count; i++) {
        peer_t *peer = &self->peers[i];
        if (peer->state == PEER_COMPLETE) {
            peer->problem[0] = '\0';
            peer->told = false;
            continue;
        }
        look_for_problem(self, i);
        if (peer->problem[0] != '\0' && !peer->told && !silent) {
            fprintf(stderr, "herdctl: %s cannot be asked: %s\n", peer->member->name, peer->problem);
            peer->told = true;
        }
    }
}

const char *herdctl_ask_problem(const herdctl_ask_t *self, size_t index)
{
    const char *problem = self->peers[index].problem;
    return problem[0] != '\0' ? problem : NULL;
}

/* What one item of a turn has brought. */
static void take_event(herdctl_ask_t *self, const zmq_pollitem_t *item, size_t index,
                       const herdctl_question_t *question)
{
    peer_t *peer = &self->peers[index];
    if (peer->state != PEER_TO_ASK) {
        receive(self, index, question);
    } else if (herdctl_link_can_send(peer->link, item)) {
        ask_peer(self, peer, question);
    }
}

void herdctl_ask_rest(herdctl_ask_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        disconnect(self, i);
    }
}

size_t herdctl_ask(herdctl_ask_t *self, const herdctl_question_t *question)
{
    int64_t end_ns = clock_steady_ns() + question->limit_ms * TIMESTAMP_NS_PER_MS;
    size_t enough = question->enough > 0 ? question->enough : self->count;
    begin(self);
    while (self->complete_count < enough && is_open(self)) {
        int count = wait_for_some(self, end_ns);
        if (count < 0) {
            break;
        }
        for (int i = 0; i < count && self->complete_count < enough; i++) {
            if (self->items[i].revents != 0) {
                take_event(self, &self->items[i], self->owners[i], question);
            }
        }
    }
    look_for_problems(self, question->silent);
    return self->complete_count;
}

char *herdctl_ask_client_line(text_t client, text_t *ret_line)
{
    char *line = memory_new(client.size + 1);
    *text_copy(client, line) = '\n';
    *ret_line = (text_t){.data = line, .size = client.size + 1};
    return line;
}
