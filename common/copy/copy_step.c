/* What takes long in a copy, a bounded step at a time: the digest, for a comparison; what the node
 * was found not to have; what has expired. */
#include "common/copy/copy_parts.h"

#include "common/protocol/rules.h"

enum {
    DIGEST_STEP = 8192, /* entries: about a millisecond, as at a node */
    DROP_STEP = 8192,   /* numbers */
    /* Numbers that a call looks at for what has expired; all in so many calls, if that is not
     * more. */
    EXPIRE_STEP = 16384,
    EXPIRE_CALLS = 20,
};

/* Whether the copy is complete enough for the digest not to be wanted any more. */
static bool step_digest(copy_t *self, int64_t steady_ns)
{
    if (!self->wants_digest && (self->link == NULL || !link_wants_digest(self->link, steady_ns))) {
        return false;
    }
    bool complete = store_digest_step(self->store, DIGEST_STEP);
    self->wants_digest = self->wants_digest && !complete;
    return !complete;
}

/* Whether the node was asked to send it again, and did not. */
static bool is_absent(const copy_t *self, uint32_t number)
{
    if (!numbers_has(&self->numbers, number, NUMBERS_USED) ||
        numbers_has(&self->numbers, number, NUMBERS_CONFIRMED)) {
        return false;
    }
    store_entry_t entry;
    store_entry(self->store, self->numbers.handles[number], &entry);
    unsigned leaf = digest_leaf_of(entry.record.client);
    return (self->asked[leaf / 64] >> leaf % 64 & 1) != 0;
}

/* R20 */
static bool step_drop(copy_t *self)
{
    if (self->doubt == COPY_ASKED && (link_has_all(self->link) || (!RULE(FOLLOWER_DROPS_LATE) &&
                                                                   link_is_repaired(self->link)))) {
        self->doubt = RULE(FOLLOWER_DROPS) ? COPY_DROPPING : COPY_SURE;
        self->drop_next = 0;
    }
    if (self->doubt != COPY_DROPPING) {
        return false;
    }
    for (int i = 0; i < DROP_STEP && self->drop_next < self->numbers.end; i++) {
        if (is_absent(self, self->drop_next)) {
            self->dropped++;
            copy_remove(self, self->drop_next);
        }
        self->drop_next++;
    }
    if (self->drop_next >= self->numbers.end) {
        self->doubt = COPY_SURE;
    }
    return self->doubt == COPY_DROPPING;
}

/* R16: the time before which the node keeps no record. It takes none from the middle of its grace
 * on. False: nothing expires. */
static bool kept_from(const copy_t *self, int64_t *ret_kept_from_ns)
{
    int64_t served_from_ns;
    int64_t taken_from_ns;
    int64_t half_grace_ns;
    store_horizon(self->store, &served_from_ns, &taken_from_ns);
    return RULE(FOLLOWER_EXPIRES) && served_from_ns != INT64_MIN &&
           !__builtin_sub_overflow(served_from_ns, taken_from_ns, &half_grace_ns) &&
           !__builtin_sub_overflow(taken_from_ns, half_grace_ns, ret_kept_from_ns);
}

static void expire(copy_t *self, uint32_t number, int64_t kept_from_ns)
{
    if (!numbers_has(&self->numbers, number, NUMBERS_USED)) {
        return;
    }
    store_entry_t entry;
    store_entry(self->store, self->numbers.handles[number], &entry);
    int64_t age_ns = record_age_from(&entry.record);
    if (age_ns < kept_from_ns) {
        self->gone_ns = age_ns > self->gone_ns ? age_ns : self->gone_ns;
        copy_remove(self, number);
    } else {
        copy_show(self, number, &entry.record, false);
    }
}

static void step_expire(copy_t *self)
{
    int64_t kept_from_ns;
    if (!kept_from(self, &kept_from_ns)) {
        return;
    }
    uint32_t count = self->numbers.end / EXPIRE_CALLS + 1;
    count = count < EXPIRE_STEP ? count : EXPIRE_STEP;
    for (uint32_t i = 0; i < count && self->numbers.end > 0; i++) {
        self->expire_next = self->expire_next < self->numbers.end ? self->expire_next : 0;
        expire(self, self->expire_next++, kept_from_ns);
    }
}

bool copy_step(copy_t *self, int64_t steady_ns)
{
    bool goes_on = step_digest(self, steady_ns);
    goes_on = step_drop(self) || goes_on;
    step_expire(self);
    return goes_on;
}
