#include "tests/sim/check.h"
#include "tests/sim/check_clocks.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAILURE_SIZE = 256 };

/* max_clock_lead, the default. */
static const int64_t clock_lead_ns = 10 * TIMESTAMP_NS_PER_S;

/* After that no front-end asks the same once more. */
static const int64_t request_limit_ns = 60 * TIMESTAMP_NS_PER_S;

/* How long after its time a record may be purged, and a little more. */
static const int64_t horizon_slack_ns = 3 * TIMESTAMP_NS_PER_S;

struct check {
    const herd_t *herd;
    fault_set_t faults;
    size_t *parts;             /* by member, since the faults ended */
    update_number_t *greatest; /* by part and client, since the faults ended; NULL before */
    size_t part_count;
    update_number_t *promised; /* by member and client: the greatest that its disk was to have */
    update_number_t *purged;   /* by client: the greatest that wrong clocks have removed early */
    spread_t *spread;
    int64_t last_change_ns;
    check_clocks_t clocks;
    char failure[FAILURE_SIZE]; /* empty: all held */
};

check_t *check_new(void)
{
    return memory_new(sizeof(check_t));
}

void check_destroy(check_t **self_p)
{
    check_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->parts);
    free(self->greatest);
    free(self->promised);
    free(self->purged);
    spread_destroy(&self->spread);
    free(self);
    *self_p = NULL;
}

void check_watch(check_t *self, const herd_t *herd, fault_set_t faults)
{
    self->herd = herd;
    self->faults = faults;
    if (herd->settings.acknowledge_disk) {
        self->promised =
            memory_new_array(herd->graph.member_count * updates_client_count(herd->updates),
                             sizeof(update_number_t));
    }
    self->purged = memory_new_array(updates_client_count(herd->updates), sizeof(update_number_t));
    self->spread = spread_new(updates_count(herd->updates) + updates_room(herd->updates));
}

spread_result_t check_spread(const check_t *self)
{
    return spread_result(self->spread, self->herd->graph.member_count);
}

static bool has(const check_t *self, fault_kind_t kind)
{
    return fault_set_has(self->faults, kind);
}

static bool has_wrong_clocks(const check_t *self)
{
    return has(self, FAULT_CLOCKS) || has(self, FAULT_REWIND);
}

bool check_waits_for_audits(const check_t *self)
{
    /* A member whose clock is ahead purges, and refuses, what its neighbours then take it to have.
     * It compares with them when the clock is right; but not if it begins a new life then, with the
     * checkpoints of the one before. */
    return has(self, FAULT_ROT) ||
           (has(self, FAULT_EXPIRY) && has_wrong_clocks(self) && self->herd->settings.has_disk);
}

void check_fail(check_t *self, const char *format, ...)
{
    if (self->failure[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->failure, sizeof self->failure, format, arguments);
    va_end(arguments);
    /* A herd that breaks one rule may do so for ever. */
    schedule_stop(self->herd->schedule);
}

const char *check_failure(const check_t *self)
{
    return self->failure[0] != '\0' ? self->failure : NULL;
}

int64_t check_last_change_ns(const check_t *self)
{
    return self->last_change_ns;
}

static update_number_t *greatest_of(check_t *self, size_t part, size_t client)
{
    return &self->greatest[part * updates_client_count(self->herd->updates) + client];
}

/* What this member holds must not be lost in its part. */
static void note_held(check_t *self, const member_t *member, update_number_t number)
{
    const updates_t *updates = self->herd->updates;
    update_number_t *greatest =
        greatest_of(self, self->parts[member_number(member)], updates_client(updates, number));
    *greatest = updates_greater(updates, *greatest, number);
}

/* R17: the order time of an update that a tombstone knew is less than its own. */
static bool is_lost_to_tombstone(const updates_t *updates, update_number_t before,
                                 update_number_t now)
{
    return before != UPDATES_NONE && record_is_tombstone(updates_record(updates, now)) &&
           !record_is_tombstone(updates_record(updates, before)) &&
           updates_record(updates, before)->order_time_ns >
               updates_record(updates, now)->order_time_ns &&
           updates_record(updates, before)->era_ns < updates_record(updates, now)->order_time_ns;
}

void check_changed(void *check, const member_t *member, update_number_t before, update_number_t now)
{
    check_t *self = check;
    const updates_t *updates = self->herd->updates;
    self->last_change_ns = schedule_now_ns(self->herd->schedule);
    if (now == UPDATES_NONE) {
        check_fail(self, "M%zu took a record that no client sent", member_number(member));
        return;
    }
    if (before == now) {
        check_fail(self, "M%zu took update %u twice", member_number(member), now);
    } else if (updates_greater(updates, before, now) != now) {
        check_fail(self, "M%zu replaced update %u by the lesser %u", member_number(member), before,
                   now);
    }
    if (is_lost_to_tombstone(updates, before, now)) {
        check_fail(self, "M%zu lost update %u to tombstone %u, which did not know it",
                   member_number(member), before, now);
    }
    spread_note(self->spread, updates_origin(updates, now), self->last_change_ns);
    if (self->greatest != NULL) {
        note_held(self, member, now);
    }
}

static bool is_there(const check_t *self, update_number_t held, update_number_t number)
{
    return updates_greater(self->herd->updates, held, number) == held;
}

/* Whether a member may have dropped an update because of its age (R16). */
static bool may_be_expired(const check_t *self, const member_t *member, update_number_t number)
{
    int64_t horizon_ns = member_now_ns(member) - MEMBER_EXPIRE_AFTER_NS;
    return has(self, FAULT_EXPIRY) &&
           (has_wrong_clocks(self) ||
            record_age_from(updates_record(self->herd->updates, number)) < horizon_ns);
}

/* Whether it has had this update or a greater one, or could not take it any more (R16). */
static bool has_had(const check_t *self, const member_t *member, update_number_t number)
{
    const updates_t *updates = self->herd->updates;
    return may_be_expired(self, member, number) ||
           is_there(self, member_ever_held(member, updates_client(updates, number)), number);
}

/* R18: the disk of the member has it, or a greater one; and has it from now on. */
static void check_disk_promise(check_t *self, const member_t *member, update_number_t number)
{
    const updates_t *updates = self->herd->updates;
    size_t client = updates_client(updates, number);
    if (may_be_expired(self, member, number)) {
        return;
    }
    if (!is_there(self, member_on_disk(member, client), number)) {
        check_fail(self, "M%zu answered update %u, and its disk has %u", member_number(member),
                   number, member_on_disk(member, client));
    }
    size_t place = member_number(member) * updates_client_count(updates) + client;
    self->promised[place] = updates_greater(updates, self->promised[place], number);
}

static void check_promise(check_t *self, const member_t *member, update_number_t number)
{
    unsigned promised = self->herd->settings.acknowledge_peers;
    unsigned holders = 0;
    for (size_t i = 0; i < member_neighbour_count(member); i++) {
        holders += has_had(self, self->herd->members[member_neighbour(member, i)], number) ? 1 : 0;
    }
    if (holders < promised) {
        check_fail(self, "M%zu answered update %u, which %u neighbours have, not %u",
                   member_number(member), number, holders, promised);
    }
    if (self->herd->settings.acknowledge_disk) {
        check_disk_promise(self, member, number);
    }
}

void check_broke(void *check, const member_t *member, const char *what)
{
    check_fail(check, "M%zu: %s", member_number(member), what);
}

void check_not_forgotten(void *check, const member_t *member, size_t client)
{
    check_fail(check, "M%zu could not forget phone%zu", member_number(member), client);
}

void check_clock_set(void *check)
{
    check_t *self = check;
    check_clocks_set(&self->clocks, self->herd);
}

void check_purged(void *check, const member_t *member, update_number_t number)
{
    check_t *self = check;
    int64_t age_ns =
        member_true_ns(member) - record_age_from(updates_record(self->herd->updates, number));
    bool early = age_ns < MEMBER_EXPIRE_AFTER_NS + MEMBER_EXPIRE_GRACE_NS - horizon_slack_ns;
    if (early) {
        update_number_t *greatest = &self->purged[updates_client(self->herd->updates, number)];
        *greatest = updates_greater(self->herd->updates, *greatest, number);
    }
    if (early && check_clocks_bind(&self->clocks, self->herd, member)) {
        check_fail(self, "M%zu purged update %u, which is %lld s old", member_number(member),
                   number, (long long)(age_ns / TIMESTAMP_NS_PER_S));
    }
}

/* R2: whether `held` hides a later update whose time was true, for longer than it may. */
static bool is_buried(const check_t *self, update_number_t held, update_number_t number)
{
    if (held == UPDATES_NONE || updates_origin(self->herd->updates, held) == number ||
        has_wrong_clocks(self)) {
        return false;
    }
    const record_t *of_held = updates_record(self->herd->updates, held);
    const record_t *later = updates_record(self->herd->updates, number);
    return later->client_time_ns == later->receipt_time_ns && !record_is_tombstone(of_held) &&
           of_held->receipt_time_ns + clock_lead_ns < later->receipt_time_ns;
}

/* T5: whether `held`, of the same time, was stamped by a clock that was well ahead of the member's:
 * no request is asked again so late. */
static bool is_stamped_ahead(const member_t *member, const record_t *held, const record_t *taken)
{
    return held->client_time_ns == taken->client_time_ns &&
           held->receipt_time_ns - request_limit_ns > member_now_ns(member);
}

/* R2, R17: whether `held` hides an update that its member has just taken, though the client calls
 * `held` the earlier one, or the same, or was forgotten: whatever the clocks say. */
static bool is_ignored(const check_t *self, const member_t *member, update_number_t held,
                       update_number_t number)
{
    const updates_t *updates = self->herd->updates;
    if (held == UPDATES_NONE || updates_origin(updates, held) == number) {
        return false;
    }
    const record_t *of_held = updates_record(updates, held);
    const record_t *taken = updates_record(updates, number);
    if (record_is_tombstone(of_held)) {
        return taken->order_time_ns != of_held->order_time_ns - 1; /* it is what was forgotten */
    }
    return of_held->client_time_ns < taken->client_time_ns ||
           is_stamped_ahead(member, of_held, taken);
}

void check_answered(void *check, const member_t *member, update_number_t number)
{
    check_t *self = check;
    size_t client = updates_client(self->herd->updates, number);
    bool at_once =
        self->herd->settings.acknowledge_peers == 0 && !self->herd->settings.acknowledge_disk;
    update_number_t held =
        at_once ? member_holds(member, client) : member_ever_held(member, client);
    if (!is_there(self, held, number)) {
        check_fail(self, "M%zu answered update %u and holds %u", member_number(member), number,
                   held);
    }
    if (at_once && is_buried(self, held, number)) {
        check_fail(self, "M%zu holds update %u, which buries the later %u", member_number(member),
                   held, number);
    }
    if (at_once && is_ignored(self, member, held, number)) {
        check_fail(self, "M%zu answered update %u, and goes on with the earlier %u",
                   member_number(member), number, held);
    }
    /* A record that rots before it is sent is not sent. */
    if (!at_once && !has(self, FAULT_ROT)) {
        check_promise(self, member, number);
    }
}

void check_faults_ended(check_t *self)
{
    const herd_t *herd = self->herd;
    size_t client_count = updates_client_count(herd->updates);
    self->parts = memory_new_array(herd->graph.member_count, sizeof(size_t));
    self->part_count = herd_find_parts(herd, self->parts);
    self->greatest = memory_new_array(self->part_count * client_count + 1, sizeof(update_number_t));
    for (size_t i = 0; i < herd->graph.member_count; i++) {
        for (size_t client = 0; member_is_alive(herd->members[i]) && client < client_count;
             client++) {
            update_number_t held = member_holds(herd->members[i], client);
            if (held != UPDATES_NONE) {
                note_held(self, herd->members[i], held);
            }
        }
    }
}

/* Whether a member may hold `held` at rest, if `wanted` was the greatest. */
static bool is_right(const check_t *self, const member_t *member, update_number_t held,
                     update_number_t wanted)
{
    if (wanted == UPDATES_NONE || !has(self, FAULT_EXPIRY)) {
        return held == wanted;
    }
    const record_t *record = updates_record(self->herd->updates, wanted);
    int64_t age_ns = member_true_ns(member) - record_age_from(record);
    size_t client = updates_client(self->herd->updates, wanted);
    bool may_be_gone =
        age_ns > MEMBER_EXPIRE_AFTER_NS - horizon_slack_ns || self->purged[client] == wanted;
    int64_t latest_ns = MEMBER_EXPIRE_AFTER_NS + MEMBER_EXPIRE_GRACE_NS + MEMBER_CLOCK_DOUBT_NS;
    bool must_be_gone = age_ns > latest_ns + horizon_slack_ns && check_clocks_hurry(member);
    return (held == wanted && !must_be_gone) || (held == UPDATES_NONE && may_be_gone);
}

/* What the store has of a client, rather than what was observed of it. A forgotten one is not
 * served. */
static update_number_t find_held(check_t *self, const member_t *member, size_t client)
{
    const store_t *store = member_store(member);
    char name[UPDATES_CLIENT_SIZE];
    record_t record;
    text_t of_client = updates_client_name(client, name);
    if (!store_find_any(store, of_client, &record)) {
        return UPDATES_NONE;
    }
    update_number_t held = updates_find(self->herd->updates, &record);
    if (held == UPDATES_NONE) {
        check_fail(self, "M%zu holds a record of %s that no client sent", member_number(member),
                   name);
    }
    if (record_is_tombstone(&record) && store_find(store, of_client, &record)) {
        check_fail(self, "M%zu serves %s, which is forgotten", member_number(member), name);
    }
    return held;
}

static void check_store(check_t *self, const member_t *member)
{
    const herd_t *herd = self->herd;
    size_t count = 0;
    for (size_t client = 0; client < updates_client_count(herd->updates); client++) {
        update_number_t wanted = *greatest_of(self, self->parts[member_number(member)], client);
        update_number_t held = find_held(self, member, client);
        if (!is_right(self, member, held, wanted)) {
            check_fail(self, "M%zu holds update %u of phone%zu instead of %u",
                       member_number(member), held, client, wanted);
        }
        count += held != UPDATES_NONE ? 1 : 0;
    }
    if (count != store_count(member_store(member))) {
        check_fail(self, "M%zu holds records of unknown clients", member_number(member));
    }
}

/* R18: what its disk had when it answered is there, or a greater one, unless the disk was lost. */
static void check_promised(check_t *self, const member_t *member)
{
    const updates_t *updates = self->herd->updates;
    size_t client_count = updates_client_count(updates);
    bool may_be_gone = has(self, FAULT_EXPIRY) || has(self, FAULT_ROT) || member_lost_disk(member);
    for (size_t client = 0; client < client_count && !may_be_gone; client++) {
        update_number_t number = self->promised[member_number(member) * client_count + client];
        if (number != UPDATES_NONE && !is_there(self, member_holds(member, client), number)) {
            check_fail(self, "M%zu promised update %u to be on disk, and holds %u",
                       member_number(member), number, member_holds(member, client));
        }
    }
}

/* What a full disk could not take is on it when there is room. */
static void check_disk_follows(check_t *self, const member_t *member)
{
    for (size_t client = 0; client < updates_client_count(self->herd->updates); client++) {
        update_number_t held = member_holds(member, client);
        if (held != UPDATES_NONE && !is_there(self, member_on_disk(member, client), held)) {
            check_fail(self, "M%zu holds update %u, and its disk has %u", member_number(member),
                       held, member_on_disk(member, client));
        }
    }
}

static void check_links(check_t *self, const member_t *member)
{
    for (size_t i = 0; i < member_neighbour_count(member); i++) {
        const link_t *link = member_link(member, i);
        size_t neighbour = member_neighbour(member, i);
        if (link == NULL) {
            continue;
        }
        bool there = member_is_alive(self->herd->members[neighbour]);
        /* A heartbeat may be under way, so it need not be level at this very instant. */
        if (there && (!link_is_up(link) || !link_has_caught_up(link) || link_lag(link) != 0)) {
            check_fail(self, "the link of M%zu to M%zu is not up, or has more to send",
                       member_number(member), neighbour);
        }
        if (there && !check_clocks_measured(member, link, self->herd->members[neighbour])) {
            check_fail(self, "M%zu does not know the clock of M%zu", member_number(member),
                       neighbour);
        }
        if (!there && link_is_up(link)) {
            check_fail(self, "the link of M%zu to M%zu, which is down, is up",
                       member_number(member), neighbour);
        }
    }
}

bool check_agrees(check_t *self)
{
    const herd_t *herd = self->herd;
    for (size_t i = 0; i < herd->graph.member_count; i++) {
        const member_t *member = herd->members[i];
        for (size_t client = 0;
             member_is_alive(member) && client < updates_client_count(herd->updates); client++) {
            if (!is_right(self, member, member_holds(member, client),
                          *greatest_of(self, self->parts[i], client))) {
                return false;
            }
        }
    }
    return true;
}

void check_agreed(check_t *self, int64_t end_ns, int64_t within_ns)
{
    int64_t took_ns = self->last_change_ns - end_ns;
    if (within_ns > 0 && took_ns > within_ns) {
        check_fail(self, "it took %lld ms to agree", (long long)(took_ns / TIMESTAMP_NS_PER_MS));
    }
}

static void check_flood(check_t *self, const member_counters_t *counters)
{
    const graph_t *graph = &self->herd->graph;
    uint64_t most =
        updates_count(self->herd->updates) * (2 * graph->edge_count - (graph->member_count - 1));
    if (self->faults == 0 && counters->sent > most) {
        check_fail(self, "%llu records were sent, which need at most %llu",
                   (unsigned long long)counters->sent, (unsigned long long)most);
    }
}

void check_at_rest(check_t *self)
{
    const herd_t *herd = self->herd;
    member_counters_t counters = {0};
    for (size_t i = 0; i < herd->graph.member_count; i++) {
        const member_t *member = herd->members[i];
        member_add_counters(member, &counters);
        if (!member_is_alive(member)) {
            continue;
        }
        check_store(self, member);
        if (self->promised != NULL) {
            check_promised(self, member);
        }
        if (has(self, FAULT_FULL)) {
            check_disk_follows(self, member);
        }
        check_links(self, member);
        if (!member_is_serving(member)) {
            check_fail(self, "M%zu does not serve", i);
        }
    }
    check_flood(self, &counters);
    if (counters.refused != 0) {
        check_fail(self, "%llu records were refused", (unsigned long long)counters.refused);
    }
    if (counters.same != 0 && herd->is_even && self->faults == 0 && graph_is_tree(&herd->graph)) {
        check_fail(self, "%llu records came twice, though there is only one path",
                   (unsigned long long)counters.same);
    }
    if (counters.repaired != 0 && !check_waits_for_audits(self)) {
        check_fail(self, "audits repaired %llu records, without a known cause",
                   (unsigned long long)counters.repaired);
    }
}
