/* What the subscribers of a tap want.
 *
 * In come subscriptions and their ends, each for a prefix of topics. An XPUB passes on only the
 * first subscription and the last end of a prefix, so one entry for each prefix is all there is to
 * know (T3). Out go the kinds that some prefix matches, and for each topic the counts of the
 * prefixes that match it (T5): `opening` tells one life of a prefix from the next, `number` counts
 * what it was sent, and what was left out.
 *
 * A topic is published for each record, so finding its prefixes must not depend on how many there
 * are (K14): they stand in a table by hash, and each length that some prefix has is looked up once.
 *
 * Prefixes are bounded by their number and by their bytes (T8). One that is too long is never sent
 * anything and is not kept; its bytes count, because ZeroMQ keeps them. */
#include "node/tap/subscriptions.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CANCEL = 0, /* first byte of a message (rfc.zeromq.org/spec/29) */
    SUBSCRIBE = 1,
    SLOTS = 2 * LIMIT_TAP_SUBSCRIPTIONS, /* a power of two */
};

typedef struct {
    uint64_t opening; /* see publication_count_t */
    uint64_t number;  /* messages sent or left out */
    size_t size;      /* bytes of the prefix */
    uint32_t hash;    /* of the prefix */
    char prefix[LIMIT_TAP_PREFIX_SIZE];
} subscription_t;

struct subscriptions {
    subscription_t *items;
    size_t count;
    size_t size;                               /* bytes of all prefixes, also of those not kept */
    size_t of_size[LIMIT_TAP_PREFIX_SIZE + 1]; /* prefixes of each length */
    size_t longest;                            /* bytes of the longest prefix */
    size_t of_kind[PUBLICATION_KINDS];         /* prefixes that match each kind */
    uint16_t slots[SLOTS];                     /* 1 + index of an item, by hash; 0: free */
    uint64_t opening;                          /* of the last one opened */
};

subscriptions_t *subscriptions_new(void)
{
    subscriptions_t *self = memory_new(sizeof *self);
    self->items = memory_new_array(LIMIT_TAP_SUBSCRIPTIONS, sizeof *self->items);
    return self;
}

void subscriptions_destroy(subscriptions_t **self_p)
{
    subscriptions_t *self = *self_p;
    if (self != NULL) {
        free(self->items);
        free(self);
        *self_p = NULL;
    }
}

void subscriptions_clear(subscriptions_t *self)
{
    subscription_t *items = self->items;
    uint64_t opening = self->opening;
    *self = (subscriptions_t){.items = items, .opening = opening};
}

static text_t prefix_of(const subscription_t *subscription)
{
    return (text_t){.data = subscription->prefix, .size = subscription->size};
}

/* FNV-1a (Fowler, Noll, Vo), which goes on byte by byte. A subscriber who makes prefixes of one
 * hash makes the table a list of 1,024, as it was: some microseconds a topic. */
static const uint32_t hash_begin = 2166136261U;

static uint32_t hash_byte(uint32_t hash, char byte)
{
    return (hash ^ (unsigned char)byte) * 16777619U;
}

static uint32_t hash_of(text_t prefix)
{
    uint32_t hash = hash_begin;
    for (size_t i = 0; i < prefix.size; i++) {
        hash = hash_byte(hash, prefix.data[i]);
    }
    return hash;
}

/* The slot of a prefix with that hash, or the free one where it would be. */
static size_t slot_of(const subscriptions_t *self, text_t prefix, uint32_t hash)
{
    size_t slot = hash % SLOTS;
    while (self->slots[slot] != 0) {
        const subscription_t *found = &self->items[self->slots[slot] - 1];
        if (found->hash == hash && text_equal(prefix_of(found), prefix)) {
            break;
        }
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

static subscription_t *find(const subscriptions_t *self, text_t prefix, uint32_t hash)
{
    uint16_t item = self->slots[slot_of(self, prefix, hash)];
    return item != 0 ? &self->items[item - 1] : NULL;
}

/* Frees a slot, and moves those behind it that it kept from their place. */
static void free_slot(subscriptions_t *self, size_t slot)
{
    self->slots[slot] = 0;
    for (size_t i = (slot + 1) % SLOTS; self->slots[i] != 0; i = (i + 1) % SLOTS) {
        uint16_t item = self->slots[i];
        self->slots[i] = 0;
        const subscription_t *moved = &self->items[item - 1];
        self->slots[slot_of(self, prefix_of(moved), moved->hash)] = item;
    }
}

/* Notes a prefix that comes (`by` 1) or goes (-1) in the figures. */
static void tally(subscriptions_t *self, text_t prefix, int by)
{
    unsigned kinds = publication_kinds(prefix);
    self->size += (size_t)by * prefix.size;
    self->of_size[prefix.size] += (size_t)by;
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        self->of_kind[kind] += (kinds & PUBLICATION_BIT(kind)) != 0 ? (size_t)by : 0;
    }
    self->longest = prefix.size > self->longest ? prefix.size : self->longest;
    while (self->longest > 0 && self->of_size[self->longest] == 0) {
        self->longest--;
    }
}

static subscriptions_outcome_t open_subscription(subscriptions_t *self, text_t prefix)
{
    if (self->count >= LIMIT_TAP_SUBSCRIPTIONS ||
        prefix.size > LIMIT_TAP_SUBSCRIPTIONS_SIZE - self->size) {
        return SUBSCRIPTIONS_FULL;
    }
    if (prefix.size > LIMIT_TAP_PREFIX_SIZE) {
        self->size += prefix.size;
        return SUBSCRIPTIONS_IGNORED;
    }
    uint32_t hash = hash_of(prefix);
    size_t slot = slot_of(self, prefix, hash);
    if (self->slots[slot] != 0) {
        return SUBSCRIPTIONS_IGNORED;
    }
    subscription_t *subscription = &self->items[self->count++];
    *subscription = (subscription_t){.opening = ++self->opening, .size = prefix.size, .hash = hash};
    text_copy(prefix, subscription->prefix);
    self->slots[slot] = (uint16_t)self->count;
    tally(self, prefix, 1);
    return SUBSCRIPTIONS_OPENED;
}

/* Takes an item out; the last one takes its place. */
static void remove_item(subscriptions_t *self, size_t index)
{
    const subscription_t *gone = &self->items[index];
    tally(self, prefix_of(gone), -1);
    free_slot(self, slot_of(self, prefix_of(gone), gone->hash));
    const subscription_t *last = &self->items[--self->count];
    if (last != gone) {
        self->slots[slot_of(self, prefix_of(last), last->hash)] = (uint16_t)(index + 1);
        self->items[index] = *last;
    }
}

static subscriptions_outcome_t close_subscription(subscriptions_t *self, text_t prefix)
{
    if (prefix.size > LIMIT_TAP_PREFIX_SIZE) {
        self->size -= prefix.size <= self->size ? prefix.size : 0;
        return SUBSCRIPTIONS_IGNORED;
    }
    const subscription_t *subscription = find(self, prefix, hash_of(prefix));
    if (subscription == NULL) {
        return SUBSCRIPTIONS_IGNORED;
    }
    remove_item(self, (size_t)(subscription - self->items));
    return SUBSCRIPTIONS_CLOSED;
}

subscriptions_outcome_t subscriptions_take(subscriptions_t *self, text_t message)
{
    if (message.size == 0 || (message.data[0] != SUBSCRIBE && message.data[0] != CANCEL)) {
        return SUBSCRIPTIONS_IGNORED;
    }
    text_t prefix = text_after(message, 1);
    return message.data[0] == SUBSCRIBE ? open_subscription(self, prefix)
                                        : close_subscription(self, prefix);
}

unsigned subscriptions_kinds(const subscriptions_t *self)
{
    unsigned kinds = 0;
    for (unsigned kind = 0; kind < PUBLICATION_KINDS; kind++) {
        kinds |= self->of_kind[kind] > 0 ? PUBLICATION_BIT(kind) : 0;
    }
    return kinds;
}

size_t subscriptions_count(const subscriptions_t *self)
{
    return self->count;
}

/* The prefixes that match a topic, one after the other (open value struct). */
typedef struct {
    text_t topic;
    size_t size;   /* of the next one that is looked for */
    uint32_t hash; /* of as much of the topic */
} matching_t;

static matching_t matching(text_t topic)
{
    return (matching_t){.topic = topic, .hash = hash_begin};
}

static subscription_t *next_match(const subscriptions_t *self, matching_t *at)
{
    subscription_t *found = NULL;
    while (found == NULL && at->size <= self->longest && at->size <= at->topic.size) {
        if (self->of_size[at->size] > 0) {
            found = find(self, text_first(at->topic, at->size), at->hash);
        }
        if (at->size < at->topic.size) {
            at->hash = hash_byte(at->hash, at->topic.data[at->size]);
        }
        at->size++;
    }
    return found;
}

bool subscriptions_match(const subscriptions_t *self, text_t topic)
{
    matching_t at = matching(topic);
    return next_match(self, &at) != NULL;
}

void subscriptions_number(subscriptions_t *self, text_t topic, buffer_t *meta)
{
    matching_t at = matching(topic);
    subscription_t *subscription;
    while ((subscription = next_match(self, &at)) != NULL) {
        subscription->number++;
        publication_count_t count = {.length = subscription->size,
                                     .opening = subscription->opening,
                                     .number = subscription->number};
        /* At most one of each length matches: LIMIT_TAP_META_SIZE is enough. */
        status_t status = publication_append_count(&count, meta);
        assert(status == STATUS_OK);
    }
}

bool subscriptions_leave_out(subscriptions_t *self, text_t topic)
{
    matching_t at = matching(topic);
    subscription_t *subscription;
    bool any = false;
    while ((subscription = next_match(self, &at)) != NULL) {
        subscription->number++;
        any = true;
    }
    return any;
}
