/* The sockets of `herdctl tap`: a SUB for each member, in one loop.
 *
 * Whether a member is there shows by its answer to a subscription (bus-protocol.md, T9). It is the
 * last one that we send, so the others are in effect when the answer comes. A second answer means
 * that the connection was lost and came back. Losses show by the counts in each message (T5): a gap
 * in the numbers of a subscription is messages lost; another session or opening is a connection
 * lost. Members that have not answered after ANSWER_LIMIT_MS are named, and watched when they come;
 * if there is none at all, it ends. What comes by each connection is measured (inflow.h), because
 * the output may stand still; a member that sends too much is left. */
#include "common/base/entropy.h"
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/program/signals.h"
#include "common/sockets/inflow.h"
#include "common/sockets/sockets.h"
#include "deploy/herdctl/frame/connection.h"
#include "deploy/herdctl/tap/tap.h"

#include <signal.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* a member that has not answered by then is named */
    LOSSES_MS = 1000,       /* from one report of losses to the next */
    MESSAGES_PER_TURN = 64, /* of one member, before the others have their turn */
    NONCE_DIGITS = 16,
    FILES_FOR_MEMBER = 4, /* its mailbox, its connection, and the mailboxes of its monitor */
};

static const meter_limits_t limits = {.open_max = LIMIT_TAP_WATCHER_SIZE,
                                      .open_unread_max = LIMIT_TAP_WATCHER_SIZE,
                                      .open_total = LIMIT_TAP_WATCHER_TOTAL,
                                      .stranger_count = SIZE_MAX,
                                      .connection_count = SIZE_MAX};

/* The last message of one subscription: T5. */
typedef struct {
    size_t size; /* bytes of the prefix subscribed to; 0: there is no such subscription */
    bool known;  /* the following are set */
    uint64_t opening;
    uint64_t number;
    char session[PUBLICATION_SESSION_SIZE];
} followed_t;

struct watch;

/* One member. */
typedef struct {
    struct watch *watch;
    const config_member_t *member;
    void *socket;     /* NULL: it has no tap, or no connection could be made */
    bool answered;    /* now or earlier */
    bool interrupted; /* reported, and it has not answered since */
    char nonce[sizeof "tap/" + NONCE_DIGITS]; /* the subscription that is answered */
    followed_t followed[PUBLICATION_KINDS];
    uint64_t lost; /* messages, not reported yet */
} watched_t;

typedef struct watch {
    const herdctl_tap_options_t *options;
    zloop_t *loop;
    watched_t *members;
    size_t count;
    inflow_t *inflow;
    size_t connected; /* members with a socket */
    size_t left;      /* members that sent too much */
    size_t answered;  /* members that have answered */
    bool begun;       /* the number of them was printed */
    bool judged;      /* ANSWER_LIMIT_MS is over */
    bool full;        /* as many messages were shown as are wanted */
    uint64_t shown;   /* messages */
    uint64_t lost;    /* messages, in all */
    uint64_t foreign; /* messages that were malformed */
} watch_t;

static void print_begin(watch_t *self)
{
    fprintf(stderr, "herdctl: listening to %zu of %zu members\n", self->answered, self->count);
    self->begun = true;
}

static void print_interrupted(watched_t *member)
{
    if (!member->interrupted) {
        fprintf(stderr, "herdctl: %s: the connection was lost, and with it what passed meanwhile\n",
                member->member->name);
    }
    member->interrupted = true;
}

/* T9: the member is there, and our subscriptions are in effect. */
static void take_answer(watched_t *member)
{
    watch_t *watch = member->watch;
    if (!member->answered) {
        member->answered = true;
        watch->answered++;
        if (watch->begun) {
            fprintf(stderr, "herdctl: listening to %s too\n", member->member->name);
        } else if (watch->answered == watch->count) {
            print_begin(watch);
        }
        return;
    }
    print_interrupted(member);
    member->interrupted = false;
    for (size_t i = 0; i < PUBLICATION_KINDS; i++) {
        member->followed[i].known = false;
    }
}

/* T5 */
static void follow(watched_t *member, const publication_t *publication)
{
    followed_t *followed = &member->followed[publication->kind];
    text_t counts = publication->counts;
    publication_count_t count;
    do {
        if (!publication_take_count(&counts, &count)) {
            return;
        }
    } while (count.length != followed->size);
    text_t session = {.data = followed->session, .size = sizeof followed->session};
    bool same = followed->known && count.opening == followed->opening &&
                count.number > followed->number && text_equal(publication->session, session);
    if (same) {
        member->lost += count.number - followed->number - 1;
    } else if (followed->known) {
        print_interrupted(member);
    }
    followed->known = publication->session.size == sizeof followed->session;
    followed->opening = count.opening;
    followed->number = count.number;
    text_copy(text_first(publication->session, sizeof followed->session), followed->session);
}

static size_t index_of(const watched_t *self)
{
    return (size_t)(self - self->watch->members);
}

/* False after the last message that is to be shown. */
static bool take(watched_t *member, zmsg_t *frames)
{
    watch_t *watch = member->watch;
    const herdctl_tap_options_t *options = watch->options;
    herdctl_tap_message_t message;
    if (herdctl_tap_records_decode(frames, &message) != STATUS_OK) {
        watch->foreign++;
        return true;
    }
    if (message.publication.kind == PUBLICATION_TAP) {
        if (text_equal(message.topic, text_of(member->nonce))) {
            take_answer(member);
        }
        return true;
    }
    follow(member, &message.publication);
    if (!herdctl_tap_filter_wants(&options->filter, &message)) {
        return true;
    }
    if (options->format == HERDCTL_TAP_RAW) {
        herdctl_tap_print_frames(frames);
    } else {
        herdctl_tap_print(&message, &options->filter, options->format);
    }
    watch->shown++;
    watch->full = watch->shown == options->count;
    return !watch->full;
}

static int on_messages(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    watched_t *member = argument;
    bool more = true;
    for (int i = 0;
         i < MESSAGES_PER_TURN && more && (zsock_events(member->socket) & ZMQ_POLLIN) != 0; i++) {
        zmsg_t *frames = zmsg_recv(member->socket);
        inflow_delivered(member->watch->inflow, index_of(member));
        more = frames != NULL && take(member, frames);
        zmsg_destroy(&frames);
    }
    /* SIGPIPE ends the program when the reader of the output goes away; a full disk ends it
     * here. */
    bool written = fflush(stdout) == 0;
    return more && written ? 0 : -1;
}

static int on_signal(zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    (void)loop;
    (void)item;
    (void)argument;
    return -1;
}

static int on_end(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    (void)argument;
    return -1;
}

static void print_losses(watch_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        watched_t *member = &self->members[i];
        if (member->lost > 0) {
            herdctl_tap_print_loss(member->member->name, member->lost, self->options->format);
        }
        self->lost += member->lost;
        member->lost = 0;
    }
}

static void close_socket(watched_t *self)
{
    if (self->socket != NULL) {
        inflow_leave(self->watch->inflow, index_of(self), self->socket);
        sockets_close(&self->socket);
    }
}

/* Leaves the members whose connection was cut because too much came by it. */
static void leave_floods(watch_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        watched_t *member = &self->members[i];
        if (member->socket == NULL || inflow_verdict(self->inflow, i) == NULL) {
            continue;
        }
        fprintf(stderr, "herdctl: %s sends more than can be, and is left\n", member->member->name);
        zmq_pollitem_t item = {.socket = member->socket, .events = ZMQ_POLLIN};
        zloop_poller_end(self->loop, &item);
        close_socket(member);
        self->left++;
    }
}

static int on_losses(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    watch_t *self = argument;
    print_losses(self);
    leave_floods(self);
    return self->left < self->connected ? 0 : -1;
}

/* Names the members that did not answer; -1, to end, if none did. */
static int on_answer_limit(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    watch_t *self = argument;
    self->judged = true;
    leave_floods(self);
    for (size_t i = 0; i < self->count; i++) {
        const watched_t *member = &self->members[i];
        if (!member->answered && member->socket != NULL) {
            fprintf(stderr, "herdctl: %s does not answer at its tap, %s%s\n", member->member->name,
                    member->member->tap, self->answered > 0 ? "; it is tried again" : "");
        }
    }
    if (self->answered > 0 && !self->begun) {
        print_begin(self);
    }
    return self->answered > 0 ? 0 : -1;
}

/* No one else may have the same, or we would take the answer to them for ours (T9). */
static void draw_nonce(char *out)
{
    char *end = text_copy(TEXT("tap/"), out);
    text_write_hex(entropy_number(), NONCE_DIGITS, end);
    end[NONCE_DIGITS] = '\0';
}

static bool subscribe_to(void *socket, const char *prefix)
{
    return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) == 0;
}

/* The subscription that is answered comes last: by then the others are in effect. */
static bool subscribe(watched_t *member)
{
    bool is_set = true;
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        if (herdctl_tap_filter_prefix(&member->watch->options->filter, (publication_kind_t)kind,
                                      prefix)) {
            is_set = is_set && subscribe_to(member->socket, prefix);
            member->followed[kind].size = strlen(prefix);
        }
    }
    return is_set && subscribe_to(member->socket, member->nonce);
}

static bool configure(const watched_t *self)
{
    return sockets_configure(self->socket, SOCKETS_TAP_SUB, self->member->tap, NULL) == STATUS_OK &&
           security_connect(self->watch->options->keys, self->socket, self->member->name) ==
               STATUS_OK;
}

static void connect_member(watched_t *self)
{
    const char *endpoint = self->member->tap;
    if (endpoint == NULL) {
        fprintf(stderr, "herdctl: %s has no tap in the herd file\n", self->member->name);
        return;
    }
    if (!herdctl_connection_has_key_of(self->watch->options->keys, self->member->name)) {
        return;
    }
    self->socket = sockets_open(zsys_init(), ZMQ_SUB);
    bool ready = self->socket != NULL && configure(self) && subscribe(self);
    bool watched = ready && inflow_watch(self->watch->inflow, index_of(self), self->socket);
    if (watched && zmq_connect(self->socket, endpoint) == 0) {
        return;
    }
    fprintf(stderr, "herdctl: %s: cannot connect to %s: %s\n", self->member->name, endpoint,
            zmq_strerror(errno));
    if (watched) {
        close_socket(self);
    }
    sockets_close(&self->socket);
}

static void connect_all(watch_t *self, const config_member_t *const *members)
{
    for (size_t i = 0; i < self->count; i++) {
        watched_t *member = &self->members[i];
        member->watch = self;
        member->member = members[i];
        draw_nonce(member->nonce);
        connect_member(member);
        if (member->socket != NULL) {
            zmq_pollitem_t item = {.socket = member->socket, .events = ZMQ_POLLIN};
            zloop_poller(self->loop, &item, on_messages, member);
            zloop_poller_set_tolerant(self->loop, &item);
            self->connected++;
        }
    }
}

static void run(watch_t *self)
{
    static const int ends[] = {SIGINT, SIGTERM, 0};
    zmq_pollitem_t signals = {.fd = signals_open(ends), .events = ZMQ_POLLIN};
    zloop_poller(self->loop, &signals, on_signal, self);
    zloop_timer(self->loop, ANSWER_LIMIT_MS, 1, on_answer_limit, self);
    zloop_timer(self->loop, LOSSES_MS, 0, on_losses, self);
    if (self->options->duration_ms > 0) {
        zloop_timer(self->loop, (size_t)self->options->duration_ms, 1, on_end, self);
    }
    zloop_start(self->loop);
    close(signals.fd);
}

static void print_end(watch_t *self)
{
    print_losses(self);
    if (self->lost > 0) {
        fprintf(stderr, "herdctl: %llu messages shown, %llu lost\n",
                (unsigned long long)self->shown, (unsigned long long)self->lost);
    }
    if (self->foreign > 0) {
        fprintf(stderr, "herdctl: %llu messages were of no known form\n",
                (unsigned long long)self->foreign);
    }
}

/* Whether everything asked for was seen. Before ANSWER_LIMIT_MS is over, members may be silent. */
static bool is_well(const watch_t *self)
{
    if (self->left > 0) {
        return false;
    }
    if (self->full || self->answered == self->count) {
        return true;
    }
    return self->connected == self->count && !self->judged;
}

herdctl_exit_t herdctl_tap_watch(const config_member_t *const *members, size_t count,
                                 const herdctl_tap_options_t *options)
{
    if (!herdctl_connection_has_files(count, FILES_FOR_MEMBER)) {
        return HERDCTL_FAILED;
    }
    zsys_handler_set(NULL);  /* czmq would take the signals */
    zsys_set_max_sockets(0); /* as many as ZeroMQ can have, not czmq's 1024 */
    watch_t watch = {.options = options,
                     .loop = zloop_new(),
                     .members = memory_new_array(count, sizeof(watched_t)),
                     .count = count};
    const inflow_settings_t inflow = {.context = zsys_init(), .count = count, .limits = &limits};
    watch.inflow = inflow_new(&inflow);
    if (watch.inflow != NULL) {
        connect_all(&watch, members);
    } else {
        fprintf(stderr, "herdctl: taps cannot be read: %s\n", strerror(errno));
    }
    if (watch.connected > 0) {
        run(&watch);
    }
    print_end(&watch);
    for (size_t i = 0; i < count; i++) {
        close_socket(&watch.members[i]);
    }
    inflow_destroy(&watch.inflow);
    zloop_destroy(&watch.loop);
    free(watch.members);
    return is_well(&watch) ? HERDCTL_OK : HERDCTL_FAILED;
}
