/* What a member does for clients and operators; and how it loses records without them. */
#include "tests/sim/member_parts.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
/* member_rot: no function of the store loses a record silently. */
#include "common/store/store_parts.h"

#include <assert.h>

/* request_timeout: a client whose promise cannot be kept by then gets no answer. */
static const int64_t promise_limit_ns = 5 * TIMESTAMP_NS_PER_S;

static void answer(member_t *self, update_number_t number)
{
    const member_observer_t *observer = &self->context.observer;
    self->counters.answered++;
    observer->answered(observer->context, self, number);
}

/* R18 */
static bool is_kept(const member_t *self, const promise_t *promise)
{
    unsigned holders = 0;
    for (size_t i = 0; i < self->neighbour_count; i++) {
        const link_t *link = self->neighbours[i].link;
        holders += link != NULL && link_held(link) >= promise->index ? 1 : 0;
    }
    const member_settings_t *settings = self->context.settings;
    return holders >= settings->acknowledge_peers &&
           (!settings->acknowledge_disk || member_journal_holds(self, promise->index));
}

void member_keep_promises(member_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->promise_count; i++) {
        promise_t promise = self->promises[i];
        if (is_kept(self, &promise)) {
            answer(self, promise.number);
        } else if (member_steady_ns(self) >= promise.limit_ns) {
            self->counters.unanswered++;
        } else {
            self->promises[kept++] = promise;
        }
    }
    self->promise_count = kept;
}

static void promise(member_t *self, update_number_t number)
{
    if (self->promise_count == self->promise_capacity) {
        self->promise_capacity = 2 * self->promise_capacity + 8;
        self->promises = memory_resize(self->promises, self->promise_capacity * sizeof(promise_t));
    }
    self->promises[self->promise_count++] =
        (promise_t){.number = number,
                    .index = store_tail(self->store),
                    .limit_ns = member_steady_ns(self) + promise_limit_ns};
}

void member_update(member_t *self, update_number_t number)
{
    assert(self->serving);
    record_t record = *updates_record(self->context.updates, number);
    store_outcome_t outcome = store_update(self->store, &record);
    updates_settle(self->context.updates, number, &record);
    member_observe(self);
    if (outcome == STORE_EXPIRED) {
        self->counters.unanswered++;
    } else if (self->context.settings->acknowledge_peers == 0 &&
               !self->context.settings->acknowledge_disk) {
        answer(self, number);
    } else {
        promise(self, number);
        member_keep_promises(self);
    }
    member_pump_all(self);
}

void member_forget(member_t *self, size_t client)
{
    char name[UPDATES_CLIENT_SIZE];
    text_t of_client = updates_client_name(client, name);
    record_t tombstone;
    record_t held;
    bool is_there = store_find(self->store, of_client, &held);
    if (store_forget(self->store, of_client, text_of(self->name), member_now_ns(self)) &&
        store_find_any(self->store, of_client, &tombstone) && record_is_tombstone(&tombstone)) {
        updates_add_tombstone(self->context.updates, client, text_of(self->name), &tombstone);
        member_observe(self);
        member_pump_all(self);
    } else if (is_there) {
        const member_observer_t *observer = &self->context.observer;
        observer->not_forgotten(observer->context, self, client);
    }
}

void member_rot(member_t *self, random_t *random)
{
    store_t *store = self->store;
    if (store_count(store) == 0) {
        return;
    }
    size_t slot = random_below(random, store->slot_count);
    while (store->slots[slot].handle == SLAB_NONE) {
        slot = (slot + 1) % store->slot_count;
    }
    record_t record = store_entry_record(store, store_entry_at(store, store->slots[slot].handle));
    update_number_t number = updates_find(self->context.updates, &record);
    assert(number != UPDATES_NONE);
    self->held[updates_client(self->context.updates, number)] = UPDATES_NONE;
    store_remove(store, slot);
}
