/* The sockets of `herdctl tap`: a SUB for each member, in one loop; what was lost is seen by the counts (bus-protocol.md,
 * T5), whether a member is there by its answer to a subscription (T9). */
#include "common/base/entropy.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/sockets/sockets.h"
#include "deploy/herdctl/frame/connection.h"
#include "deploy/herdctl/tap/tap.h"

#include <signal.h>
#include <sys/signalfd.h>

enum {
    ANSWER_LIMIT_MS = 1000, /* a member that did not answer by then is named */
    TELL_MS = 1000,         /* what was lost is told at most so often */
    MESSAGES_PER_TURN = 64, /* of one member, before the others have their turn */
    NONCE_DIGITS = 16,
};

/* How far one subscription was followed: T5. */
typedef struct {
    size_t size;      /* bytes of its prefix; 0: there is no such subscription */
    bool known;       /* the others are set */
    uint64_t opening; /* of the last message */
    uint64_t number;  /* of the last message */
    char session[PUBLICATION_SESSION_SIZE];
} place_t;

struct watch;

/* One member. */
typedef struct {
    struct watch *watch;
    const config_member_t *member;
    zsock_t *socket;  /* NULL: it has no tap, or it cannot be connected to */
    bool answered;    /* now or earlier */
    bool interrupted; /* told, and not answered since */
    char nonce[sizeof "tap/" + NONCE_DIGITS]; /* the subscription that is answered */
    place_t places[PUBLICATION_KINDS];
    uint64_t lost; /* messages, not told yet */
} watched_t;

typedef struct watch {
    const herdctl_tap_options_t *options;
    zloop_t *loop;
    watched_t *members;
    size_t count;
    size_t connected; /* members, or about to be */
    size_t answered;  /* members */
    bool begun;       /* how many answered was told */
    bool judged;      /* all have had their time to answer */
    bool full;        /* as many messages were shown as are wanted */
    uint64_t shown;   /* messages */
    uint64_t lost;    /* in all */
    uint64_t foreign; /* messages that were none */
} watch_t;

static void tell_begin(watch_t *self)
{
    fprintf(stderr, "herdctl: listening to %zu of %zu members\n", self->answered, self->count);
    self->begun = true;
}

static void tell_interrupted(watched_t *member)
{
    if (!member->interrupted) {
        fprintf(stderr, "herdctl: %s: the connection was lost, and with it what passed meanwhile\n",
                member->member->name);
    }
    member->interrupted = true;
}

/* T9: the member is there, and sends what we subscribed to. */
static void take_answer(watched_t *member)
{
    watch_t *watch = member->watch;
    if (!member->answered) {
        member->answered = true;
        watch->answered++;
        if (watch->begun) {
            fprintf(stderr, "herdctl: listening to %s too\n", member->member->name);
        } else if (watch->answered == watch->count) {
            tell_begin(watch);
        }
        return;
    }
    tell_interrupted(member);
    member->interrupted = false;
    for (size_t i = 0; i < PUBLICATION_KINDS; i++) {
        member->places[i].known = false;
    }
}

/* T5 */
static void follow(watched_t *member, const publication_t *publication)
{
    place_t *place = &member->places[publication->kind];
    text_t counts = publication->counts;
    publication_count_t count;
    do {
        if (!publication_take_count(&counts, &count)) {
            return;
        }
    } while (count.length != place->size);
    text_t session = {.data = place->session, .size = sizeof place->session};
    bool same = place->known && count.opening == place->opening && count.number > place->number &&
                text_equal(publication->session, session);
    if (same) {
        member->lost += count.number - place->number - 1;
    } else if (place->known) {
        tell_interrupted(member);
    }
    place->known = publication->session.size == sizeof place->session;
    place->opening = count.opening;
    place->number = count.number;
    text_copy(text_first(publication->session, sizeof place->session), place->session);
}

/* False where it was the last that is to be shown. */
static bool take(watched_t *member, zmsg_t *frames)
{
    watch_t *watch = member->watch;
    const herdctl_tap_options_t *options = watch->options;
    herdctl_tap_message_t message;
    if (herdctl_tap_decode(frames, &message) != STATUS_OK) {
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
    if (!herdctl_tap_wants(&options->filter, &message)) {
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

static int on_messages(zloop_t *loop, zsock_t *socket, void *argument)
{
    (void)loop;
    watched_t *member = argument;
    bool more = true;
    for (int i = 0; i < MESSAGES_PER_TURN && more && (zsock_events(socket) & ZMQ_POLLIN) != 0;
         i++) {
        zmsg_t *frames = zmsg_recv(socket);
        more = frames != NULL && take(member, frames);
        zmsg_destroy(&frames);
    }
    /* A reader of the output that went away ends the program (SIGPIPE); a full disk does here. */
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

static void tell_losses(watch_t *self)
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

static int on_tell(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    tell_losses(argument);
    return 0;
}

/* Names who did not answer; -1, to end, where nobody did. */
static int on_answer_limit(zloop_t *loop, int timer, void *argument)
{
    (void)loop;
    (void)timer;
    watch_t *self = argument;
    self->judged = true;
    for (size_t i = 0; i < self->count; i++) {
        const watched_t *member = &self->members[i];
        if (!member->answered && member->socket != NULL) {
            fprintf(stderr, "herdctl: %s does not answer at its tap, %s%s\n", member->member->name,
                    member->member->tap, self->answered > 0 ? "; it is tried again" : "");
        }
    }
    if (self->answered > 0 && !self->begun) {
        tell_begin(self);
    }
    return self->answered > 0 ? 0 : -1;
}

/* Nobody else has it, or the answer would be somebody else's (T9). */
static void draw_nonce(char *out)
{
    char *end = text_copy(TEXT("tap/"), out);
    text_write_hex(entropy_number(), NONCE_DIGITS, end);
    end[NONCE_DIGITS] = '\0';
}

/* What is subscribed to last is answered: by then the others hold. */
static void subscribe(watched_t *member)
{
    char prefix[HERDCTL_TAP_PREFIX_SIZE];
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        if (herdctl_tap_prefix(&member->watch->options->filter, (publication_kind_t)kind, prefix)) {
            zsock_set_subscribe(member->socket, prefix);
            member->places[kind].size = strlen(prefix);
        }
    }
    zsock_set_subscribe(member->socket, member->nonce);
}

static bool configure(const watched_t *self)
{
    void *handle = zsock_resolve(self->socket);
    return sockets_configure(handle, SOCKETS_TAP_SUB, self->member->tap, NULL) == STATUS_OK &&
           security_connect(self->watch->options->keys, handle, self->member->name) == STATUS_OK;
}

static void connect_member(watched_t *self)
{
    const char *endpoint = self->member->tap;
    if (endpoint == NULL) {
        fprintf(stderr, "herdctl: %s has no tap in the herd file\n", self->member->name);
        return;
    }
    if (!herdctl_has_key_of(self->watch->options->keys, self->member->name)) {
        return;
    }
    self->socket = zsock_new(ZMQ_SUB);
    if (self->socket != NULL && configure(self)) {
        subscribe(self);
    } else {
        zsock_destroy(&self->socket);
    }
    if (self->socket == NULL || zsock_connect(self->socket, "%s", endpoint) != 0) {
        fprintf(stderr, "herdctl: %s: cannot connect to %s\n", self->member->name, endpoint);
        zsock_destroy(&self->socket);
    }
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
            zloop_reader(self->loop, member->socket, on_messages, member);
            zloop_reader_set_tolerant(self->loop, member->socket);
            self->connected++;
        }
    }
}

/* The first signals to end us are read from a descriptor. */
static int take_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void run(watch_t *self)
{
    zmq_pollitem_t signals = {.fd = take_signals(), .events = ZMQ_POLLIN};
    zloop_poller(self->loop, &signals, on_signal, self);
    zloop_timer(self->loop, ANSWER_LIMIT_MS, 1, on_answer_limit, self);
    zloop_timer(self->loop, TELL_MS, 0, on_tell, self);
    if (self->options->duration_ms > 0) {
        zloop_timer(self->loop, (size_t)self->options->duration_ms, 1, on_end, self);
    }
    zloop_start(self->loop);
    close(signals.fd);
}

static void tell_end(watch_t *self)
{
    tell_losses(self);
    if (self->lost > 0) {
        fprintf(stderr, "herdctl: %llu messages shown, %llu lost\n",
                (unsigned long long)self->shown, (unsigned long long)self->lost);
    }
    if (self->foreign > 0) {
        fprintf(stderr, "herdctl: %llu messages were of no known form\n",
                (unsigned long long)self->foreign);
    }
}

/* Whether all was seen that was asked for. Who has not had its time to answer yet is not judged. */
static bool is_well(const watch_t *self)
{
    if (self->full || self->answered == self->count) {
        return true;
    }
    return self->connected == self->count && !self->judged;
}

herdctl_exit_t herdctl_tap_watch(const config_member_t *const *members, size_t count,
                                 const herdctl_tap_options_t *options)
{
    zsys_handler_set(NULL); /* czmq would take the signals */
    watch_t watch = {.options = options,
                     .loop = zloop_new(),
                     .members = memory_new_array(count, sizeof(watched_t)),
                     .count = count};
    connect_all(&watch, members);
    if (watch.connected > 0) {
        run(&watch);
    }
    tell_end(&watch);
    for (size_t i = 0; i < count; i++) {
        zsock_destroy(&watch.members[i].socket);
    }
    zloop_destroy(&watch.loop);
    free(watch.members);
    bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
    return is_well(&watch) && written ? HERDCTL_OK : HERDCTL_FAILED;
}
