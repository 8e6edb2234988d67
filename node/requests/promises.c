#include "node/requests/promises.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

/* The room of what was taken out is reclaimed when it is this much, and more than what is left. */
enum { COMPACT_SIZE = 65536 };

/* A promise in the queue; its reply stands behind it. */
typedef struct {
    promise_t promise;
    size_t reply_size; /* bytes */
} item_t;

struct promises {
    size_t peers;                             /* neighbours that each promise needs; may be 0 */
    uint64_t held[LIMIT_ACKNOWLEDGING_PEERS]; /* of this round: the greatest, falling */
    uint64_t kept;                            /* the least of these at the end of the last round */
    bool disk;                                /* each promise needs the disk, too */
    uint64_t disk_held;                       /* of this round */
    size_t maximum;                           /* bytes that waiting ones may take */
    buffer_t queue;                           /* items and their replies, the oldest first */
    size_t start; /* bytes at the front of `queue` that were taken out */
    size_t count; /* promises that wait */
};

promises_t *promises_new(size_t peers, size_t maximum)
{
    assert(peers <= LIMIT_ACKNOWLEDGING_PEERS);
    promises_t *self = memory_new(sizeof *self);
    self->peers = peers;
    self->maximum = maximum;
    /* What compact leaves is less than COMPACT_SIZE, or no more than what waits. */
    buffer_init(&self->queue, 2 * maximum + COMPACT_SIZE);
    return self;
}

void promises_destroy(promises_t **self_p)
{
    promises_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    buffer_done(&self->queue);
    free(self);
    *self_p = NULL;
}

void promises_set_peers(promises_t *self, size_t peers)
{
    assert(peers <= LIMIT_ACKNOWLEDGING_PEERS);
    self->peers = peers;
    self->kept = peers > 0 || self->disk ? 0 : UINT64_MAX;
}

void promises_set_disk(promises_t *self, bool disk)
{
    self->disk = disk;
    self->kept = self->peers > 0 || disk ? 0 : UINT64_MAX;
}

void promises_begin_round(promises_t *self)
{
    memset(self->held, 0, sizeof self->held);
    self->disk_held = 0;
}

void promises_note_held(promises_t *self, uint64_t held)
{
    for (size_t i = 0; i < self->peers; i++) {
        if (held > self->held[i]) {
            uint64_t less = self->held[i];
            self->held[i] = held;
            held = less;
        }
    }
}

void promises_note_disk(promises_t *self, uint64_t held)
{
    self->disk_held = held;
}

void promises_end_round(promises_t *self)
{
    uint64_t peers_held = self->peers > 0 ? self->held[self->peers - 1] : UINT64_MAX;
    uint64_t disk_held = self->disk ? self->disk_held : UINT64_MAX;
    self->kept = peers_held < disk_held ? peers_held : disk_held;
}

bool promises_are_kept(const promises_t *self, uint64_t index)
{
    return index <= self->kept;
}

/* The oldest; there must be one. */
static item_t first(const promises_t *self)
{
    item_t item;
    memcpy(&item, self->queue.data + self->start, sizeof item);
    return item;
}

/* Reclaims the room of what was taken out, when that is due: fewer bytes are moved than have left
 * since the last time. */
static void compact(promises_t *self)
{
    if (self->start == self->queue.size) {
        buffer_clear(&self->queue);
        self->start = 0;
    } else if (self->start >= COMPACT_SIZE && self->start > self->queue.size / 2) {
        buffer_consume(&self->queue, self->start);
        self->start = 0;
    }
}

bool promises_add(promises_t *self, const promise_t *promise, text_t reply)
{
    compact(self);
    item_t item = {.promise = *promise, .reply_size = reply.size};
    size_t size = sizeof item + reply.size;
    size_t waiting_size = self->queue.size - self->start;
    if (waiting_size > self->maximum || size > self->maximum - waiting_size) {
        return false;
    }
    status_t status = buffer_reserve(&self->queue, size);
    assert(status == STATUS_OK); /* see promises_new */
    char *end = self->queue.data + self->queue.size;
    memcpy(end, &item, sizeof item);
    text_copy(reply, end + sizeof item);
    buffer_commit(&self->queue, size);
    self->count++;
    return true;
}

bool promises_take_kept(promises_t *self, promise_t *ret_promise, text_t *ret_reply)
{
    compact(self);
    if (self->count == 0) {
        return false;
    }
    item_t item = first(self);
    if (item.promise.index > self->kept) {
        return false;
    }
    *ret_promise = item.promise;
    *ret_reply =
        (text_t){.data = self->queue.data + self->start + sizeof item, .size = item.reply_size};
    self->start += sizeof item + item.reply_size;
    self->count--;
    return true;
}

size_t promises_drop_late(promises_t *self, int64_t steady_ns)
{
    size_t dropped = 0;
    while (self->count > 0) {
        item_t item = first(self);
        if (item.promise.since_ns >= steady_ns) {
            break;
        }
        self->start += sizeof item + item.reply_size;
        self->count--;
        dropped++;
    }
    return dropped;
}

size_t promises_count(const promises_t *self)
{
    return self->count;
}
