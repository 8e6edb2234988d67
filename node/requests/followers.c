/* FOLLOW makes a link that only sends. Its HELLO goes out at once; WANT says from where on the
 * follower wants the list, and DATA goes out while the window has room. What is sent is made when
 * it can leave: over a stream when all before has left for the kernel, over ZeroMQ when the window
 * has room. So a follower that does not read has the kernel's buffer and a part of one message, and
 * when it reads again it gets the newest values.
 *
 * One that is silent for five seconds is dropped, and its stream is cut: it comes back as a new one
 * and resumes. RESET makes its link anew, with a session number that cannot be guessed: a peer that
 * does not read cannot go on asking for more.
 *
 * Small changes wait until the follower has acknowledged the last ones: under load there are few
 * messages, and large ones. */
#include "node/requests/followers.h"

#include "common/base/entropy.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_SIZE = 16384,   /* bytes: one is what a stalled follower may cost */
    BATCHES_PER_TURN = 2, /* DATA for one follower, before the others have theirs */
    PATIENCE = 256,       /* entries: more are sent although some are under way */
};

static const int64_t pump_max_ns = 1 * TIMESTAMP_NS_PER_MS;

struct followers {
    followers_context_t context;
    follower_t slots[LIMIT_FOLLOWERS];
    size_t used;  /* slots that were ever in use */
    size_t count; /* in use */
    size_t first; /* the slot that is pumped first */
    uint64_t refused;
};

followers_t *followers_new(const followers_context_t *context)
{
    followers_t *self = memory_new(sizeof *self);
    self->context = *context;
    return self;
}

void followers_destroy(followers_t **self_p)
{
    followers_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->used; i++) {
        link_destroy(&self->slots[i].link);
    }
    free(self);
    *self_p = NULL;
}

static text_t peer_of(const follower_t *follower)
{
    return (text_t){.data = follower->peer, .size = follower->peer_size};
}

/* LIMIT_FOLLOWERS: none. */
static size_t find_slot(const followers_t *self, text_t peer)
{
    for (size_t i = 0; i < self->used; i++) {
        if (self->slots[i].present && text_equal(peer_of(&self->slots[i]), peer)) {
            return i;
        }
    }
    return LIMIT_FOLLOWERS;
}

static follower_t *find(followers_t *self, text_t peer)
{
    size_t slot = find_slot(self, peer);
    return slot < LIMIT_FOLLOWERS ? &self->slots[slot] : NULL;
}

const follower_t *followers_find(const followers_t *self, text_t peer)
{
    size_t slot = find_slot(self, peer);
    return slot < LIMIT_FOLLOWERS ? &self->slots[slot] : NULL;
}

const follower_t *followers_next(const followers_t *self, size_t *slot)
{
    while (*slot < self->used) {
        const follower_t *follower = &self->slots[(*slot)++];
        if (follower->present) {
            return follower;
        }
    }
    return NULL;
}

/* A link that is to send HELLO. */
static void make_link(const followers_t *self, follower_t *follower)
{
    const link_identity_t identity = {.kind = LINK_TO_FOLLOWER,
                                      .herd = text_of(self->context.herd),
                                      .member = text_of(self->context.member),
                                      .neighbour = text_of(follower->label),
                                      .generation = self->context.generation,
                                      .mark = LIMIT_MARKED_NEIGHBOURS,
                                      .batch_size = BATCH_SIZE,
                                      .first_session = entropy_number()};
    int64_t steady_ns = clock_steady_ns();
    if (follower->link != NULL) {
        follower->sent += link_counters(follower->link)->sent;
        follower->bad += link_counters(follower->link)->bad_messages;
    }
    link_destroy(&follower->link);
    follower->link = link_new(&identity, self->context.store);
    link_disconnected(follower->link, steady_ns);
    link_connected(follower->link, steady_ns);
}

static void drop(followers_t *self, follower_t *follower, const char *reason, bool cut)
{
    desk_t *desk = self->context.delivery->desk;
    log_event(self->context.log, LOG_FOLLOWER_LEFT,
              LOG_ABOUT(follower->label, LOG_TEXT("reason", reason),
                        LOG_NUMBER("changes", link_lag(follower->link))),
              "follower left: %s", reason);
    if (cut) {
        desk_cut(desk, peer_of(follower));
    } else if (frontends_find(self->context.delivery->frontends, peer_of(follower)) == NULL) {
        desk_set_named(desk, peer_of(follower), false);
    }
    link_destroy(&follower->link);
    follower->present = false;
    self->count--;
}

/* A stream that has ended makes room at once. */
static void drop_gone(followers_t *self)
{
    for (size_t i = 0; i < self->used; i++) {
        follower_t *follower = &self->slots[i];
        if (follower->present && follower->stream &&
            !desk_has_stream(self->context.delivery->desk, peer_of(follower))) {
            drop(self, follower, "its connection has ended", true);
        }
    }
}

static follower_t *take_slot(followers_t *self)
{
    if (self->count >= *self->context.max_count) {
        drop_gone(self);
    }
    if (self->count >= *self->context.max_count) {
        return NULL;
    }
    size_t slot = 0;
    while (slot < self->used && self->slots[slot].present) {
        slot++;
    }
    self->used = slot == self->used ? slot + 1 : self->used;
    return &self->slots[slot];
}

bool followers_add(followers_t *self, text_t peer, uint64_t session, text_t body)
{
    size_t known = find_slot(self, peer);
    if (known < LIMIT_FOLLOWERS && self->slots[known].session == session) {
        return true; /* it came twice */
    }
    if (known < LIMIT_FOLLOWERS) {
        drop(self, &self->slots[known], "it began anew", false);
    }
    follower_t *follower = peer.size <= sizeof follower->peer ? take_slot(self) : NULL;
    if (follower == NULL) {
        self->refused++;
        return false;
    }
    desk_t *desk = self->context.delivery->desk;
    *follower = (follower_t){.present = true,
                             .stream = desk_has_stream(desk, peer),
                             .peer_size = peer.size,
                             .session = session,
                             .since_ns = clock_now_ns()};
    memcpy(follower->peer, peer.data, peer.size);
    frontends_write_label(body, "follower", follower->label);
    make_link(self, follower);
    self->count++;
    desk_set_named(desk, peer, true);
    log_event(self->context.log, LOG_FOLLOWER_CAME, LOG_PEER(follower->label), "follower came");
    return true;
}

bool followers_take_type(message_type_t type)
{
    return type == MESSAGE_WANT || type == MESSAGE_ACK || type == MESSAGE_NAK ||
           type == MESSAGE_COMPARE;
}

static void take_answer(followers_t *self, follower_t *follower, const message_t *message,
                        int64_t steady_ns)
{
    switch (link_take_answer(follower->link, message, steady_ns)) {
    case LINK_RESET:
        follower->resets++;
        make_link(self, follower);
        break;
    case LINK_BAD:
        log_dropped(self->context.log, follower->label, "follower",
                    message_type_text(message->type), message->header);
        break;
    default: break;
    }
}

bool followers_take(followers_t *self, text_t peer, const message_t *message, int64_t steady_ns)
{
    uint64_t session;
    follower_t *follower = find(self, peer);
    if (follower == NULL) {
        return false;
    }
    if (message->type != MESSAGE_GOODBYE) {
        take_answer(self, follower, message, steady_ns);
        return true;
    }
    bool its = text_to_u64(message->header, UINT64_MAX, &session) && session == follower->session;
    if (its) {
        drop(self, follower, "it said goodbye", false);
    }
    return its;
}

/* Whether the next message may be made. */
static bool is_ready(const followers_t *self, const follower_t *follower)
{
    return desk_is_clear(self->context.delivery->desk, peer_of(follower)) &&
           (link_unacknowledged(follower->link) == 0 || link_lag(follower->link) >= PATIENCE);
}

/* False: it is gone. */
static bool send_next(followers_t *self, follower_t *follower, const message_t *message,
                      int64_t steady_ns)
{
    const delivery_t *delivery = self->context.delivery;
    const delivery_peer_t peer = {.name = peer_of(follower), .follower = follower->label};
    status_t status = delivery_try_send(delivery, peer, message);
    if (status != STATUS_OK) {
        drop(self, follower,
             status == STATUS_AGAIN ? "it does not read" : "its connection has ended", true);
        return false;
    }
    link_sent(follower->link, steady_ns);
    follower->messages_sent++;
    follower->bytes_sent += message->header.size + message->body.size;
    return true;
}

/* Whether there is more to do at once. */
static bool pump(followers_t *self, follower_t *follower, int64_t now_ns, int64_t steady_ns)
{
    message_t message;
    for (int i = 0; i < BATCHES_PER_TURN; i++) {
        if (!link_is_due(follower->link, steady_ns) || !is_ready(self, follower)) {
            return false;
        }
        if (link_next(follower->link, now_ns, steady_ns, &message) &&
            !send_next(self, follower, &message, steady_ns)) {
            return false;
        }
    }
    return link_is_due(follower->link, steady_ns) && is_ready(self, follower);
}

bool followers_pump(followers_t *self, int64_t now_ns, int64_t steady_ns)
{
    bool more = false;
    int64_t end_ns = self->count > 0 ? clock_steady_ns() + pump_max_ns : 0;
    size_t first = self->first;
    for (size_t i = 0; i < self->used && self->count > 0; i++) {
        size_t slot = (first + i) % self->used;
        follower_t *follower = &self->slots[slot];
        if (!follower->present) {
            continue;
        }
        if (i > 0 && clock_steady_ns() >= end_ns) {
            self->first = slot;
            return true;
        }
        more = pump(self, follower, now_ns, steady_ns) || more;
    }
    return more;
}

void followers_tick(followers_t *self, int64_t steady_ns)
{
    for (size_t i = 0; i < self->used; i++) {
        follower_t *follower = &self->slots[i];
        if (follower->present && link_is_dead(follower->link, steady_ns)) {
            drop(self, follower, "nothing heard for 5 s", true);
        }
    }
}

void followers_apply(followers_t *self)
{
    while (self->count > *self->context.max_count) {
        follower_t *latest = NULL;
        for (size_t i = 0; i < self->used; i++) {
            follower_t *follower = &self->slots[i];
            if (follower->present && (latest == NULL || follower->since_ns > latest->since_ns)) {
                latest = follower;
            }
        }
        assert(latest != NULL); /* those who count are present */
        drop(self, latest, "max_followers is less now", true);
    }
}

bool followers_want_digest(const followers_t *self, int64_t steady_ns)
{
    for (size_t i = 0; i < self->used; i++) {
        if (self->slots[i].present && link_wants_digest(self->slots[i].link, steady_ns)) {
            return true;
        }
    }
    return false;
}

size_t followers_count(const followers_t *self)
{
    return self->count;
}

size_t followers_max(const followers_t *self)
{
    return *self->context.max_count;
}

uint64_t followers_refused(const followers_t *self)
{
    return self->refused;
}
