#include "deploy/herdctl/frame/ask.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/transport.h"
#include "deploy/herdctl/frame/command.h"
#include "deploy/herdctl/frame/connection.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    ASK_AGAIN_MS = 20, /* before a member is asked once more */
    SOCKETS_SPARE = 8, /* in the context, beside one for each member */
};

typedef enum {
    PEER_TO_ASK,   /* when it is time to, and there is a connection */
    PEER_ASKED,    /* its answer is awaited */
    PEER_COMPLETE, /* nothing more is awaited */
} peer_state_t;

typedef struct {
    const config_member_t *member;
    void *socket; /* NULL where it cannot be connected to */
    peer_state_t state;
    bool stale;      /* the last question over this socket got no answer */
    int64_t ask_ns;  /* steady: when to ask, where it is to be asked */
    int64_t sent_ns; /* steady: when it was asked */
} peer_t;

struct herdctl_ask {
    void *context;    /* ZeroMQ's */
    security_t *keys; /* NULL in a herd without keys */
    peer_t *peers;
    size_t count;
    zmq_pollitem_t *items; /* of a turn: room for one each */
    size_t *owners;        /* whose item it is */
    uint64_t number;       /* of the question: answers to earlier ones are passed over */
    int64_t next_ns;       /* steady: no member is asked before */
    size_t complete_count;
};

/* Some 1,000 members are more sockets than a process may have open by default, and ZeroMQ aborts where it finds no descriptor. */
static void raise_limits(void *context, size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)(count + SOCKETS_SPARE));
}

static void *connect_to(const herdctl_ask_t *self, const config_member_t *member)
{
    return herdctl_connect(self->context, self->keys, member);
}

herdctl_ask_t *herdctl_ask_new(const config_t *config, const config_member_t *const *members,
                               size_t count)
{
    security_t *keys = NULL;
    if (!herdctl_open_keys(config, &keys)) {
        return NULL;
    }
    herdctl_ask_t *self = memory_new(sizeof *self);
    self->keys = keys;
    self->count = count;
    self->peers = memory_new_array(count, sizeof *self->peers);
    self->items = memory_new_array(count, sizeof *self->items);
    self->owners = memory_new_array(count, sizeof *self->owners);
    self->context = zmq_ctx_new();
    raise_limits(self->context, count);
    for (size_t i = 0; i < count; i++) {
        (void)herdctl_has_key_of(keys, members[i]->name); /* said once, not with each question */
        self->peers[i].member = members[i];
        self->peers[i].socket = connect_to(self, members[i]);
    }
    return self;
}

static void disconnect(peer_t *peer)
{
    if (peer->socket != NULL) {
        zmq_close(peer->socket);
        peer->socket = NULL;
    }
}

void herdctl_ask_destroy(herdctl_ask_t **self_p)
{
    herdctl_ask_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        disconnect(&self->peers[i]);
    }
    zmq_ctx_term(self->context);
    security_close(&self->keys);
    free(self->peers);
    free(self->items);
    free(self->owners);
    free(self);
    *self_p = NULL;
}

static void begin(herdctl_ask_t *self)
{
    self->number++;
    self->complete_count = 0;
    self->next_ns = 0;
    for (size_t i = 0; i < self->count; i++) {
        peer_t *peer = &self->peers[i];
        if (peer->stale || peer->socket == NULL) {
            disconnect(peer);
            peer->socket = connect_to(self, peer->member);
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

static void tell(herdctl_ask_t *self, peer_t *peer, const herdctl_question_t *question)
{
    char header[TEXT_NUMBER_SIZE];
    message_t message = message_of(self, question, header);
    int64_t now_ns = clock_steady_ns();
    if (now_ns >= self->next_ns &&
        transport_send(peer->socket, (text_t){0}, &message) == STATUS_OK) {
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
    status_t status = transport_receive(self->peers[index].socket, false, &inbound);
    if (status == STATUS_OK) {
        take(self, index, &inbound.message, question);
    }
    if (status != STATUS_AGAIN && status != STATUS_SYSTEM) {
        transport_inbound_done(&inbound);
    }
}

/* The items of a turn: who has an answer to give, or may be asked now. `*until_ns` becomes the time at which another one
 * may be, where that is earlier. */
static size_t gather(herdctl_ask_t *self, int64_t now_ns, int64_t *until_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const peer_t *peer = &self->peers[i];
        if (peer->socket == NULL || peer->state == PEER_COMPLETE) {
            continue;
        }
        int64_t ask_ns = peer->ask_ns > self->next_ns ? peer->ask_ns : self->next_ns;
        bool asks = peer->state == PEER_TO_ASK;
        if (asks && ask_ns > now_ns) {
            *until_ns = ask_ns < *until_ns ? ask_ns : *until_ns;
            continue;
        }
        self->owners[count] = i;
        self->items[count++] =
            (zmq_pollitem_t){.socket = peer->socket, .events = asks ? ZMQ_POLLOUT : ZMQ_POLLIN};
    }
    return count;
}

/* Waits until some have something to do; how many items to look at, or -1 at the end. */
static int wait_for_some(herdctl_ask_t *self, int64_t end_ns)
{
    int64_t now_ns = clock_steady_ns();
    int64_t until_ns = end_ns;
    size_t count = gather(self, now_ns, &until_ns);
    if (now_ns >= end_ns) {
        return -1;
    }
    /* Rounded up: what is due in less than a millisecond is no reason to come back before. */
    long wait_ms = (long)((until_ns - now_ns + TIMESTAMP_NS_PER_MS - 1) / TIMESTAMP_NS_PER_MS);
    return zmq_poll(self->items, (int)count, wait_ms) >= 0 ? (int)count : -1;
}

/* Whether anybody's answer may still come. */
static bool is_open(const herdctl_ask_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->peers[i].socket != NULL && self->peers[i].state != PEER_COMPLETE) {
            return true;
        }
    }
    return false;
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
            if ((self->items[i].revents & ZMQ_POLLOUT) != 0) {
                tell(self, &self->peers[self->owners[i]], question);
            } else if (self->items[i].revents != 0) {
                receive(self, self->owners[i], question);
            }
        }
    }
    return self->complete_count;
}
