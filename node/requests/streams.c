/* Connections come in at the listener; each is checked (stream_access.h), and its first byte tells
 * what it speaks: 0xff is ZeroMQ's, and it gets the connection; else it has to greet as frame.h
 * says, and is greeted. Whole messages go out to the service, a turn at a time: each peer that has
 * one is asked in turn, so that none waits for another's thousand.
 *
 * What happens otherwise:
 *   - Bytes that are no message: the connection ends, and the service logs it (M3).
 *   - A peer that does not read its answers is not read from; past a limit an answer is lost, and
 *     its session with it (Q1). All together past another: who has most is cut.
 *   - No greeting in 3 s, or a stranger's message that has not ended in 3 s: the connection ends.
 *   - Too many strangers, or too many bytes of theirs: meter.h says who gives way.
 *   - No descriptor below the ceiling: strangers give way, here first; a few places below it are
 *     kept free, so that a crowd here does not keep neighbours out.
 * Ends are marked and done at the next call, because what was received borrows from its stream. */
#include "node/requests/streams.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/sockets/connections.h"
#include "common/sockets/meter.h"
#include "common/sockets/stream.h"
#include "node/requests/stream_access.h"
#include "node/security/accept4.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS_PER_TURN = 64,
    PATIENCE_MS = 3000, /* as ZeroMQ has for handshakes (sockets.c) */
    LAST_SENDS_MS = 200,
    NAME_SIZE = CONNECTIONS_PEER_SIZE + 48,
    /* Places kept free below the ceiling: one of so many, and the least (as in handshakes.c). */
    SPARE_PART = 16,
    SPARE_MIN = 4,
    /* Memory that an empty input keeps, in bytes: of a front-end, of others. */
    KEPT_NAMED = 4 * LIMIT_BATCH_SIZE,
    KEPT_STRANGE = 16384,
};

/* What epoll calls the descriptor that is no peer's. */
static const uint64_t listener_mark = UINT64_MAX;

static const char silent[] = "it hung up, or was silent, before its handshake was done";

/* One connection. */
typedef struct {
    stream_t stream;
    bool open;       /* it has greeted */
    bool named;      /* a front-end in a session */
    bool doomed;     /* it is over */
    uint32_t events; /* that epoll waits for */
    uint64_t number; /* counts acceptances and messages: the least was silent for longest */
    int64_t
        since_ns; /* steady: when it came; of a message that is not whole, when it began; or 0 */
    char peer[CONNECTIONS_PEER_SIZE]; /* "process 712 of user 1000" */
    char name[NAME_SIZE]; /* the same with its slot and number: what the service knows */
    char address[STREAM_ACCESS_ADDRESS_SIZE];
} peer_t;

struct streams {
    streams_settings_t settings;
    int epoll;
    bool reading;
    bool paused;  /* the listener is not waited for: no descriptors */
    bool waited;  /* this turn has asked epoll */
    bool doubted; /* a peer is doomed */
    uint64_t numbers;
    size_t unjudged; /* bytes of unfinished messages since the meter was asked */
    size_t unsent;   /* bytes that wait in all peers */
    size_t count;
    size_t strangers;
    peer_t *delivered;             /* whose message was received last; or NULL */
    peer_t *peers[LIMIT_STREAMS];  /* NULL: free */
    uint16_t ready[LIMIT_STREAMS]; /* a ring of slots that may have a message */
    bool is_ready[LIMIT_STREAMS];  /* by slot: it stands in the ring */
    size_t ready_first;            /* where the ring begins */
    size_t ready_count;
    meter_connection_t metered[LIMIT_STREAMS];
    size_t metered_slots[LIMIT_STREAMS];
};

static const meter_limits_t meter_limits = {.open_max = FRAME_SIZE_MAX,
                                            .open_unread_max = FRAME_SIZE_MAX,
                                            .open_total = LIMIT_OPEN_TOTAL,
                                            .stranger_count = LIMIT_STRANGERS,
                                            .connection_count = LIMIT_STREAMS - 1};

static void watch(const streams_t *self, int file, uint64_t mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = mark};
    (void)epoll_ctl(self->epoll, EPOLL_CTL_ADD, file, &event);
}

static void on_renewed(void *argument, int listener)
{
    streams_t *self = argument;
    close(self->settings.local.listener); /* epoll forgets it */
    self->settings.local.listener = listener;
    self->paused = false;
    watch(self, listener, listener_mark);
}

streams_t *streams_new(const streams_settings_t *settings)
{
    streams_t *self = memory_new(sizeof *self);
    self->settings = *settings;
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll < 0) {
        int error = errno;
        streams_destroy(&self);
        errno = error;
        return NULL;
    }
    watch(self, settings->local.listener, listener_mark);
    guard_tell_listener(settings->guard, on_renewed, self);
    return self;
}

int streams_file(const streams_t *self)
{
    return self->epoll;
}

/* Waits for what can be done now: of one that does not take its answers, only that it does. */
static void set_events(const streams_t *self, size_t slot)
{
    peer_t *peer = self->peers[slot];
    bool reads =
        !peer->open || (self->reading && stream_unsent(&peer->stream) <= LIMIT_STREAM_UNSENT_SIZE);
    uint32_t events = (reads ? (uint32_t)EPOLLIN : 0) |
                      (stream_unsent(&peer->stream) > 0 ? (uint32_t)EPOLLOUT : 0);
    if (events != peer->events) {
        struct epoll_event event = {.events = events, .data.u64 = slot};
        peer->events = events;
        (void)epoll_ctl(self->epoll, EPOLL_CTL_MOD, peer->stream.file, &event);
    }
}

/* What waits for it counts no more: else others would be cut for it until it is gone. */
static void doom(streams_t *self, peer_t *peer)
{
    self->unsent -= peer->doomed ? 0 : stream_unsent(&peer->stream);
    peer->doomed = true;
    self->doubted = true;
}

static void end_peer(streams_t *self, size_t slot)
{
    peer_t *peer = self->peers[slot];
    self->unsent -= peer->doomed ? 0 : stream_unsent(&peer->stream);
    self->strangers -= peer->named ? 0 : 1;
    self->count--;
    self->delivered = self->delivered == peer ? NULL : self->delivered;
    stream_done(&peer->stream);
    free(peer);
    self->peers[slot] = NULL;
}

/* What was received last is not needed any more. */
static void tidy(streams_t *self)
{
    if (self->delivered != NULL) {
        stream_trim(&self->delivered->stream, self->delivered->named ? KEPT_NAMED : KEPT_STRANGE);
        self->delivered = NULL;
    }
    for (size_t slot = 0; self->doubted && slot < LIMIT_STREAMS; slot++) {
        if (self->peers[slot] != NULL && self->peers[slot]->doomed) {
            end_peer(self, slot);
        }
    }
    self->doubted = false;
}

/* Asks the meter, and ends those that it names; at most `stranger_max` strangers stay. */
static void judge(streams_t *self, size_t stranger_max)
{
    size_t count = 0;
    meter_limits_t limits = meter_limits;
    limits.stranger_count =
        stranger_max < limits.stranger_count ? stranger_max : limits.stranger_count;
    for (size_t slot = 0; slot < LIMIT_STREAMS; slot++) {
        const peer_t *peer = self->peers[slot];
        if (peer != NULL && !peer->doomed) {
            self->metered_slots[count] = slot;
            self->metered[count++] =
                (meter_connection_t){.number = peer->number,
                                     .open_size = stream_open_size(&peer->stream),
                                     .named = peer->named};
        }
    }
    self->unjudged = 0;
    (void)meter_judge(self->metered, count, &limits);
    for (size_t i = 0; i < count; i++) {
        peer_t *peer = self->peers[self->metered_slots[i]];
        if (self->metered[i].verdict != NULL) {
            guard_note_cut(self->settings.guard, peer->peer, self->metered[i].open_size,
                           self->metered[i].verdict);
            doom(self, peer);
        }
    }
}

/* A place for who comes next; false if there is no stranger here that could give way. */
static bool make_place(streams_t *self)
{
    if (self->strangers == 0) {
        return false;
    }
    judge(self, self->strangers - 1);
    tidy(self);
    return true;
}

static size_t free_slot(const streams_t *self)
{
    size_t slot = 0;
    while (self->peers[slot] != NULL) {
        slot++;
    }
    return slot; /* the meter leaves one free */
}

static void take_in(streams_t *self, int file, int64_t steady_ns)
{
    size_t slot = free_slot(self);
    peer_t *peer = memory_new(sizeof *peer);
    self->peers[slot] = peer;
    stream_init(&peer->stream, file);
    peer->number = self->numbers++;
    peer->since_ns = steady_ns;
    peer->events = EPOLLIN;
    if (!connections_peer(file, peer->peer)) {
        snprintf(peer->peer, sizeof peer->peer, "somebody who left at once");
    }
    snprintf(peer->name, sizeof peer->name, "%s, stream %zu.%llu", peer->peer, slot,
             (unsigned long long)peer->number);
    self->count++;
    self->strangers++;
    watch(self, file, slot);
    if (!stream_access_allows(file, self->settings.path, peer->address)) {
        guard_note_failed(self->settings.guard, peer->peer,
                          "its user may not write to the socket's file");
        doom(self, peer);
    }
}

/* Whether `file` is among the last places below the ceiling. */
static bool is_scarce(int file)
{
    int ceiling = accept4_ceiling();
    int spare = ceiling / SPARE_PART > SPARE_MIN ? ceiling / SPARE_PART : SPARE_MIN;
    return ceiling > 0 && file >= ceiling - spare;
}

/* Nobody can be accepted now. */
static void pause_listening(streams_t *self)
{
    struct epoll_event none = {.events = 0, .data.u64 = listener_mark};
    self->paused = true;
    (void)epoll_ctl(self->epoll, EPOLL_CTL_MOD, self->settings.local.listener, &none);
}

static void accept_all(streams_t *self, int64_t steady_ns)
{
    for (int i = 0; i < LIMIT_ACCEPTS_PER_TURN && !self->paused; i++) {
        if (self->count >= LIMIT_STREAMS - 1 || self->strangers >= LIMIT_STRANGERS) {
            (void)make_place(self);
        }
        int file = accept4_take(self->settings.local.listener);
        if (file >= 0) {
            if (is_scarce(file)) {
                (void)make_place(self);
            }
            take_in(self, file, steady_ns);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            guard_note_turned_away(self->settings.guard, !make_place(self));
            pause_listening(self);
        } else if (errno == ECONNABORTED) {
            guard_note_turned_away(self->settings.guard, !make_place(self));
        }
    }
}

static void push_ready(streams_t *self, size_t slot)
{
    if (!self->is_ready[slot]) {
        self->is_ready[slot] = true;
        self->ready[(self->ready_first + self->ready_count++) % LIMIT_STREAMS] = (uint16_t)slot;
    }
}

static size_t pop_ready(streams_t *self)
{
    size_t slot = self->ready[self->ready_first];
    self->ready_first = (self->ready_first + 1) % LIMIT_STREAMS;
    self->ready_count--;
    self->is_ready[slot] = false;
    return slot;
}

/* It speaks ZeroMQ, as programs of 0.1 do: ZeroMQ gets the connection. */
static void hand_over(streams_t *self, size_t slot)
{
    peer_t *peer = self->peers[slot];
    int file = peer->stream.file;
    log_event(self->settings.log, LOG_ZEROMQ_CAME, LOG_PEER(peer->peer),
              "%s speaks ZeroMQ at %s, as programs before 0.2.0 do; it is served", peer->peer,
              self->settings.path);
    (void)epoll_ctl(self->epoll, EPOLL_CTL_DEL, file, NULL);
    (void)accept4_hand_over(self->settings.local.sender, file);
    peer->stream.file = -1;
    doom(self, peer);
}

/* The first bytes of a connection. */
static void greet(streams_t *self, size_t slot)
{
    peer_t *peer = self->peers[slot];
    unsigned char first;
    ssize_t size = recv(peer->stream.file, &first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    if (size == sizeof first && first == FRAME_ZEROMQ) {
        hand_over(self, slot);
        return;
    }
    status_t status = stream_take_greeting(&peer->stream);
    if (status == STATUS_AGAIN) {
        return;
    }
    if (status == STATUS_OK) {
        status = stream_greet(&peer->stream);
    }
    if (status == STATUS_OK) {
        peer->open = true;
        peer->since_ns = 0;
        set_events(self, slot);
    } else {
        guard_note_failed(self->settings.guard, peer->peer,
                          status == STATUS_SYSTEM ? silent : "what it sent is no handshake");
        doom(self, peer);
    }
}

static void send_rest(streams_t *self, size_t slot)
{
    peer_t *peer = self->peers[slot];
    size_t before = stream_unsent(&peer->stream);
    if (before == 0) {
        return;
    }
    if (stream_flush(&peer->stream) != STATUS_OK) {
        doom(self, peer);
    }
    self->unsent -= before - stream_unsent(&peer->stream);
    set_events(self, slot);
    /* What it had sent meanwhile may have been read already. */
    push_ready(self, slot);
}

static void take_event(streams_t *self, size_t slot, uint32_t events)
{
    peer_t *peer = self->peers[slot];
    if (peer == NULL || peer->doomed) {
        return;
    }
    if (!peer->open) {
        greet(self, slot);
        return;
    }
    send_rest(self, slot);
    if ((peer->events & (uint32_t)EPOLLIN) != 0) {
        push_ready(self, slot);
    } else if ((events & (uint32_t)(EPOLLHUP | EPOLLERR)) != 0) {
        doom(self, peer); /* no one waits for what it asks */
    }
}

/* Takes what the kernel has to tell. */
static void wait_now(streams_t *self, int64_t steady_ns)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(self->epoll, events, EVENTS_PER_TURN, 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == listener_mark) {
            accept_all(self, steady_ns);
        } else {
            take_event(self, events[i].data.u64, events[i].events);
        }
    }
}

void streams_set_reading(streams_t *self, bool reading)
{
    self->reading = reading;
    for (size_t slot = 0; slot < LIMIT_STREAMS; slot++) {
        if (self->peers[slot] != NULL && !self->peers[slot]->doomed) {
            set_events(self, slot);
        }
    }
}

void streams_begin_turn(streams_t *self, int64_t steady_ns)
{
    tidy(self);
    wait_now(self, steady_ns);
}

/* What a read left: nothing, or the beginning of a message. */
static void note_unfinished(streams_t *self, peer_t *peer, size_t before, int64_t steady_ns)
{
    size_t size = stream_open_size(&peer->stream);
    if (size == 0) {
        peer->since_ns = 0;
        return;
    }
    peer->since_ns = peer->since_ns != 0 ? peer->since_ns : steady_ns;
    self->unjudged += size > before ? size - before : 0;
    if (self->unjudged >= LIMIT_BODY_SIZE) {
        judge(self, SIZE_MAX);
    }
}

/* The next message of one peer; STATUS_AGAIN: it has none now. */
static status_t receive_from(streams_t *self, size_t slot, int64_t steady_ns,
                             transport_inbound_t *ret_inbound)
{
    peer_t *peer = self->peers[slot];
    if (peer == NULL || peer->doomed || !peer->open || !self->reading ||
        stream_unsent(&peer->stream) > LIMIT_STREAM_UNSENT_SIZE) {
        return STATUS_AGAIN;
    }
    size_t before = stream_open_size(&peer->stream);
    status_t status = stream_receive(&peer->stream, &ret_inbound->message);
    if (status == STATUS_AGAIN) {
        note_unfinished(self, peer, before, steady_ns);
        return STATUS_AGAIN;
    }
    if (status == STATUS_SYSTEM) {
        doom(self, peer);
        return STATUS_AGAIN;
    }
    self->delivered = peer;
    ret_inbound->frame_count = 0;
    ret_inbound->peer = text_of(peer->name);
    ret_inbound->address = text_of(peer->address);
    if (status != STATUS_OK) {
        doom(self, peer);
        return status;
    }
    peer->number = self->numbers++;
    peer->since_ns = 0;
    if (stream_is_due(&peer->stream)) {
        push_ready(self, slot);
    }
    return STATUS_OK;
}

status_t streams_receive(streams_t *self, int64_t steady_ns, transport_inbound_t *ret_inbound)
{
    tidy(self);
    while (self->ready_count > 0) {
        status_t status = receive_from(self, pop_ready(self), steady_ns, ret_inbound);
        if (status != STATUS_AGAIN) {
            return status;
        }
    }
    return STATUS_AGAIN;
}

bool streams_end_turn(streams_t *self)
{
    tidy(self);
    return self->ready_count > 0 && self->reading;
}

/* "process 712 of user 1000, stream 3.17": the peer in slot 3; NULL if it is another by now. */
static peer_t *find(const streams_t *self, text_t name, size_t *ret_slot)
{
    const char *space = name.size > 0 ? memrchr(name.data, ' ', name.size) : NULL;
    text_t rest = space != NULL ? text_after(name, (size_t)(space + 1 - name.data)) : (text_t){0};
    text_t digits;
    uint64_t slot;
    if (!text_take_until(&rest, '.', &digits) || !text_to_u64(digits, LIMIT_STREAMS - 1, &slot)) {
        return NULL;
    }
    peer_t *peer = self->peers[slot];
    *ret_slot = slot;
    return peer != NULL && text_equal(text_of(peer->name), name) ? peer : NULL;
}

bool streams_has(const streams_t *self, text_t peer)
{
    size_t slot;
    return find(self, peer, &slot) != NULL;
}

/* All peers together hold too much: the one with most is cut. */
static void cut_fullest(streams_t *self)
{
    peer_t *fullest = NULL;
    for (size_t slot = 0; slot < LIMIT_STREAMS; slot++) {
        peer_t *peer = self->peers[slot];
        if (peer != NULL && !peer->doomed &&
            (fullest == NULL || stream_unsent(&peer->stream) > stream_unsent(&fullest->stream))) {
            fullest = peer;
        }
    }
    if (fullest != NULL) {
        guard_note_cut(self->settings.guard, fullest->peer, stream_open_size(&fullest->stream),
                       "it does not read its answers, which take too much memory");
        doom(self, fullest);
    }
}

status_t streams_send(streams_t *self, text_t name, const message_t *message)
{
    size_t slot;
    peer_t *peer = find(self, name, &slot);
    if (peer == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (peer->doomed) {
        return STATUS_UNREACHABLE;
    }
    size_t before = stream_unsent(&peer->stream);
    status_t status = stream_send(&peer->stream, message);
    if (status == STATUS_SYSTEM) {
        doom(self, peer);
        return STATUS_UNREACHABLE;
    }
    self->unsent += stream_unsent(&peer->stream) - before;
    if (stream_unsent(&peer->stream) != before) {
        set_events(self, slot);
    }
    if (self->unsent > LIMIT_STREAM_OUTPUT_TOTAL) {
        cut_fullest(self);
    }
    return status;
}

bool streams_is_clear(const streams_t *self, text_t name)
{
    size_t slot;
    const peer_t *peer = find(self, name, &slot);
    return peer != NULL && !peer->doomed && stream_unsent(&peer->stream) == 0;
}

void streams_cut(streams_t *self, text_t name)
{
    size_t slot;
    peer_t *peer = find(self, name, &slot);
    if (peer != NULL) {
        doom(self, peer);
    }
}

void streams_set_named(streams_t *self, text_t name, bool named)
{
    size_t slot;
    peer_t *peer = find(self, name, &slot);
    if (peer != NULL && peer->named != named) {
        peer->named = named;
        self->strangers = named ? self->strangers - 1 : self->strangers + 1;
    }
}

static void end_late(streams_t *self, int64_t steady_ns)
{
    int64_t latest_ns = steady_ns - PATIENCE_MS * TIMESTAMP_NS_PER_MS;
    for (size_t slot = 0; slot < LIMIT_STREAMS; slot++) {
        peer_t *peer = self->peers[slot];
        if (peer == NULL || peer->doomed || peer->named || peer->since_ns == 0 ||
            peer->since_ns > latest_ns) {
            continue;
        }
        if (peer->open) {
            guard_note_cut(self->settings.guard, peer->peer, stream_open_size(&peer->stream),
                           "its message does not come to an end");
        } else {
            guard_note_failed(self->settings.guard, peer->peer, silent);
        }
        doom(self, peer);
    }
}

void streams_tick(streams_t *self, int64_t steady_ns)
{
    if (self->reading) {
        end_late(self, steady_ns);
    }
    tidy(self);
    if (self->paused) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = listener_mark};
        self->paused = false;
        (void)epoll_ctl(self->epoll, EPOLL_CTL_MOD, self->settings.local.listener, &event);
    }
}

/* The last answers of a node that ends. */
static void send_last(stream_t *stream, int64_t end_ns)
{
    int64_t left_ms = (end_ns - clock_steady_ns()) / TIMESTAMP_NS_PER_MS;
    while (stream_unsent(stream) > 0 && left_ms > 0) {
        struct pollfd item = {.fd = stream->file, .events = POLLOUT};
        if (poll(&item, 1, (int)left_ms) <= 0 || stream_flush(stream) != STATUS_OK) {
            return;
        }
        left_ms = (end_ns - clock_steady_ns()) / TIMESTAMP_NS_PER_MS;
    }
}

void streams_destroy(streams_t **self_p)
{
    streams_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    guard_tell_listener(self->settings.guard, NULL, NULL);
    int64_t end_ns = clock_steady_ns() + LAST_SENDS_MS * TIMESTAMP_NS_PER_MS;
    for (size_t slot = 0; slot < LIMIT_STREAMS; slot++) {
        if (self->peers[slot] != NULL) {
            send_last(&self->peers[slot]->stream, end_ns);
            end_peer(self, slot);
        }
    }
    const int files[] = {self->epoll, self->settings.local.listener, self->settings.local.sender};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
    free(self);
    *self_p = NULL;
}
