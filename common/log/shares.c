#include "common/log/shares.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>

enum {
    SLOTS = 16384,   /* a power of two: 393 KB */
    PROBES = 8,      /* slots that a peer may have */
    LINE_SIZE = 96,  /* bytes that a line has in the log beside itself: time, source, peer */
    NAME_SIZE = 128, /* bytes of a name that count; two longer ones may have one share */
};

/* What one peer has had in a second. */
typedef struct {
    uint64_t peer;
    int64_t second; /* POSIX time, s; 0: the slot was never used */
    uint32_t lines;
    uint32_t size; /* bytes */
} share_t;

struct log_shares {
    int64_t second; /* POSIX time, s */
    size_t size;    /* bytes that all have had in it */
    share_t slots[SLOTS];
};

log_shares_t *log_shares_new(void)
{
    return memory_new(sizeof(log_shares_t));
}

void log_shares_destroy(log_shares_t **self_p)
{
    free(*self_p);
    *self_p = NULL;
}

/* The finalizer of SplitMix64 (S. Vigna, public domain): numbers in a row get slots anywhere. */
static size_t first_slot(uint64_t peer)
{
    uint64_t value = (peer ^ peer >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(value ^ value >> 31);
}

/* The peer's slot in this second; a new one if it has none, or, if all are taken, one of another
 * peer. */
static share_t *find(log_shares_t *self, uint64_t peer)
{
    size_t slot = first_slot(peer);
    share_t *free_slot = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        share_t *share = &self->slots[(slot + i) % SLOTS];
        bool used = share->second == self->second;
        if (used && share->peer == peer) {
            return share;
        }
        if (!used && free_slot == NULL) {
            free_slot = share;
        }
    }
    if (free_slot == NULL) {
        return &self->slots[slot % SLOTS];
    }
    *free_slot = (share_t){.peer = peer, .second = self->second};
    return free_slot;
}

static bool has_room(const log_shares_t *self, const share_t *share, size_t size)
{
    if (share->lines < LIMIT_TRAFFIC_SURE_LINES && share->size + size <= LIMIT_TRAFFIC_SURE_SIZE) {
        return true;
    }
    return share->lines < LIMIT_TRAFFIC_LINES && share->size < LIMIT_TRAFFIC_SIZE &&
           self->size < LIMIT_TRAFFIC_TOTAL;
}

bool log_shares_take(log_shares_t *self, uint64_t peer, int64_t now_ns, size_t size)
{
    int64_t second = now_ns / TIMESTAMP_NS_PER_S;
    if (second != self->second) {
        self->second = second;
        self->size = 0;
    }
    share_t *share = find(self, peer);
    size += LINE_SIZE;
    if (!has_room(self, share, size)) {
        return false;
    }
    share->lines++;
    share->size += (uint32_t)size;
    self->size += size;
    return true;
}

uint64_t log_shares_peer(uint64_t group, text_t name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ group;
    for (size_t i = 0; i < name.size && i < NAME_SIZE; i++) {
        hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}
