/* Updates by clients, and what was forgotten before them (R2, R17).
 *
 * Two clocks could make an update lose to what it follows. The client's: what it said before may
 * have a later time. That is as it should be (client-protocol.md, T4), until an operator has the
 * client forgotten. The tombstone then begins an era: a number that only grows, beyond every order
 * time and era that its member knows of the client. Whoever takes an update and knows the tombstone
 * gives it that era, and the era comes before all times: the update wins, whatever its time says,
 * unless it is the very one that was removed. What the tombstone removed is of an earlier era and
 * loses, wherever a copy of it is left.
 *
 * Who does not know the tombstone yet gives no era. Such an update outlives the beginning of the
 * era if its order time is later than all that was known then; it gets the era where the two meet.
 * Each member that sees both makes the same record of them.
 *
 * Ours: a clock that is behind caps the order time of a client whose clock is right (R2). If that
 * would put it before an update that the client itself calls earlier, it goes right behind that
 * one. */
#include "common/base/memory.h"
#include "common/store/store_parts.h"

/* No front-end keeps a request so long, to ask it again (Q6): a receipt time that lies further back
 * than that of an earlier update comes from a clock that is behind. */
static const int64_t late_request_ns = 60 * TIMESTAMP_NS_PER_S;

static bool has_same_texts(const record_t *one, const record_t *other)
{
    return text_equal(one->position, other->position) &&
           text_equal(one->client_time, other->client_time);
}

/* Whether the clock that stamped `record`, ours, is behind the one that stamped `known`. */
static bool is_stamped_late(const record_t *record, const record_t *known)
{
    int64_t latest_ns;
    return !__builtin_add_overflow(record->receipt_time_ns, late_request_ns, &latest_ns) &&
           latest_ns < known->receipt_time_ns && known->receipt_time_ns < INT64_MAX;
}

/* Their order times differ if only one of the clocks that stamped them was behind (R2). */
static bool is_of_same_time(const record_t *one, const record_t *other)
{
    return one->client_time_ns == other->client_time_ns ||
           one->order_time_ns == other->order_time_ns;
}

/* Within one era, `known` a client's. */
static void follow_position(const record_t *known, record_t *record)
{
    if (record->client_time_ns > known->client_time_ns) {
        if (record->order_time_ns <= known->order_time_ns && RULE(BEHIND_KNOWN)) {
            record->order_time_ns = known->order_time_ns + 1;
        }
    } else if (is_of_same_time(record, known) && is_stamped_late(record, known) &&
               !has_same_texts(record, known) && RULE(STAMPED_LATE)) {
        record->order_time_ns = known->order_time_ns;
        record->receipt_time_ns = known->receipt_time_ns + 1;
    }
}

int64_t store_entry_era(const entry_t *entry)
{
    int64_t era_ns;
    if (entry->position_size == 0) {
        return record_era_from(entry->order_time_ns);
    }
    memcpy(&era_ns, entry->text + store_entry_texts_size(entry), sizeof era_ns);
    return era_ns;
}

/* The update that a tombstone removed, sent or asked (Q7) once more, does not come back. */
static bool is_what_was_forgotten(const record_t *update, const record_t *known)
{
    return record_is_tombstone(known) &&
           (uint64_t)known->order_time_ns - (uint64_t)update->order_time_ns == 1;
}

void store_follow(const store_t *self, const entry_t *entry)
{
    record_t known = store_entry_record(self, entry);
    record_t *update = self->update;
    if (is_what_was_forgotten(update, &known)) {
        return;
    }
    update->era_ns = RULE(ERA_IS_KEPT) ? known.era_ns : 0;
    if (update->order_time_ns <= known.order_time_ns && !record_is_tombstone(&known)) {
        follow_position(&known, update);
    }
}

/* What is known gets a later era, which it outlives. Its texts are in the store, and would move. */
static void raise_known(store_t *self, const record_t *known, int64_t era_ns, store_merge_t *merge)
{
    self->raised = memory_resize(self->raised, record_text_size(known));
    char *position = text_copy(known->client, self->raised);
    char *client_time = text_copy(known->position, position);
    text_copy(known->client_time, client_time);
    merge->raised = *known;
    merge->raised.client.data = self->raised;
    merge->raised.position.data = position;
    merge->raised.client_time.data = client_time;
    merge->raised.era_ns = era_ns;
    merge->record = &merge->raised;
    merge->marks = 0; /* no neighbour is known to have it of that era */
}

/* The record gets the era of what is known; who sent it does not have it of that era. */
static void raise_record(int64_t era_ns, store_merge_t *merge)
{
    merge->raised = *merge->record;
    merge->raised.era_ns = era_ns;
    merge->record = &merge->raised;
    merge->marks = 0;
}

/* Whether what is known outlives the later era of the record, and is greater there. */
static bool known_prevails(const record_t *known, const record_t *record)
{
    record_t raised = *known;
    raised.era_ns = record->era_ns;
    return record_outlives(known, record->era_ns) && record_compare_eras(record, &raised) < 0 &&
           RULE(ERA_RAISES);
}

store_outcome_t store_judge(store_t *self, entry_t *entry, store_merge_t *merge)
{
    if (self->update != NULL) {
        store_follow(self, entry);
    }
    record_t known = store_entry_record(self, entry);
    bool raises_known =
        merge->record->era_ns > known.era_ns && known_prevails(&known, merge->record);
    bool raises_record = merge->record->era_ns < known.era_ns &&
                         record_outlives(merge->record, known.era_ns) && RULE(ERA_RAISES);
    if (self->restores && (raises_known || raises_record) && RULE(RESTORED)) {
        return STORE_NEWER; /* they never met: the one was purged when the other came */
    }
    if (raises_known) {
        raise_known(self, &known, merge->record->era_ns, merge);
        return STORE_NEWER;
    }
    if (raises_record) {
        raise_record(known.era_ns, merge);
    }
    int order = record_compare_eras(merge->record, &known);
    if (order == 0) {
        entry->marks |= merge->marks;
    }
    bool greater = order > 0 || (order < 0 && !RULE(MERGE_GREATER));
    return greater ? STORE_NEWER : order == 0 ? STORE_SAME : STORE_OLDER;
}
