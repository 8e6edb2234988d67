/* What the subscribers of a tap want.
 *
 * In come subscriptions and their ends, each for a prefix of topics. An XPUB passes on only the
 * first subscription and the last end of a prefix, so one entry for each prefix is all there is to
 * know (T3). Out go the kinds that some prefix matches, and for each topic the counts of the
 * prefixes that match it (T5): `opening` tells one life of a prefix from the next, `number` counts
 * what it was sent.
 *
 * Prefixes are bounded by their number and by their bytes (T8). One that is too long is never sent
 * anything and is not kept; its bytes count, because ZeroMQ keeps them. */
#include "node/tap/subscriptions.h"

#include "common/base/limits.h"
#include "common/base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { CANCEL = 0, SUBSCRIBE = 1 }; /* first byte of a message (rfc.zeromq.org/spec/29) */

typedef struct {
    uint64_t opening; /* see publication_count_t */
    uint64_t number;  /* messages sent */
    size_t size;      /* bytes of the prefix */
    char prefix[LIMIT_TAP_PREFIX_SIZE];
} subscription_t;

struct subscriptions {
    subscription_t *items;
    size_t count;
    size_t size;      /* bytes of all prefixes, including those too long to be kept */
    unsigned kinds;   /* bits */
    uint64_t opening; /* of the last one opened */
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
    self->count = 0;
    self->size = 0;
    self->kinds = 0;
}

static text_t prefix_of(const subscription_t *subscription)
{
    return (text_t){.data = subscription->prefix, .size = subscription->size};
}

static subscription_t *find(subscriptions_t *self, text_t prefix)
{
    for (size_t i = 0; i < self->count; i++) {
        if (text_equal(prefix_of(&self->items[i]), prefix)) {
            return &self->items[i];
        }
    }
    return NULL;
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
    if (find(self, prefix) != NULL) {
        return SUBSCRIPTIONS_IGNORED;
    }
    subscription_t *subscription = &self->items[self->count++];
    subscription->opening = ++self->opening;
    subscription->number = 0;
    subscription->size = prefix.size;
    text_copy(prefix, subscription->prefix);
    self->size += prefix.size;
    self->kinds |= publication_kinds(prefix);
    return SUBSCRIPTIONS_OPENED;
}

static subscriptions_outcome_t close_subscription(subscriptions_t *self, text_t prefix)
{
    subscription_t *subscription = find(self, prefix);
    bool counted = subscription != NULL || prefix.size > LIMIT_TAP_PREFIX_SIZE;
    if (counted && prefix.size <= self->size) {
        self->size -= prefix.size;
    }
    if (subscription == NULL) {
        return SUBSCRIPTIONS_IGNORED;
    }
    *subscription = self->items[--self->count];
    self->kinds = 0;
    for (size_t i = 0; i < self->count; i++) {
        self->kinds |= publication_kinds(prefix_of(&self->items[i]));
    }
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
    return self->kinds;
}

size_t subscriptions_count(const subscriptions_t *self)
{
    return self->count;
}

static bool matches(const subscription_t *subscription, text_t topic)
{
    return text_equal(prefix_of(subscription), text_first(topic, subscription->size));
}

bool subscriptions_match(const subscriptions_t *self, text_t topic)
{
    for (size_t i = 0; i < self->count; i++) {
        if (matches(&self->items[i], topic)) {
            return true;
        }
    }
    return false;
}

void subscriptions_number(subscriptions_t *self, text_t topic, buffer_t *meta)
{
    for (size_t i = 0; i < self->count; i++) {
        subscription_t *subscription = &self->items[i];
        if (!matches(subscription, topic)) {
            continue;
        }
        subscription->number++;
        publication_count_t count = {.length = subscription->size,
                                     .opening = subscription->opening,
                                     .number = subscription->number};
        /* At most one of each length matches: LIMIT_TAP_META_SIZE is enough. */
        status_t status = publication_append_count(&count, meta);
        assert(status == STATUS_OK);
    }
}
