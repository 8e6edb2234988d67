#include "tests/sim/fault.h"

#include "common/base/timestamp.h"

#define HOUR (3600 * TIMESTAMP_NS_PER_S)

/* How fast a clock may be wrong; bytes that a full disk may still take, a few chunks. */
enum { DRIFT_PPM = 90, ROOM_MAX = 3000 };

static const int64_t shortest_ns = 20 * TIMESTAMP_NS_PER_MS;
static const int64_t longest_ns = 20 * TIMESTAMP_NS_PER_S;

static const char *const kind_texts[FAULT_KINDS] = {
#define FAULT_TEXT(name, text) text,
    FAULT_MAP(FAULT_TEXT)
#undef FAULT_TEXT
};

const char *fault_kind_text(fault_kind_t kind)
{
    return kind_texts[kind];
}

bool fault_kind_is_event(fault_kind_t kind)
{
    return kind != FAULT_TWINS && kind != FAULT_LATE && kind != FAULT_EXPIRY &&
           kind != FAULT_NEWCOMER;
}

static size_t any_target(fault_kind_t kind, const herd_t *herd, random_t *random)
{
    const graph_t *graph = &herd->graph;
    if (kind == FAULT_LINKS) {
        return random_below(random, graph->edge_count);
    }
    if (kind != FAULT_PARTITION && kind != FAULT_ONEWAY && kind != FAULT_BREAK) {
        return random_below(random, graph->member_count);
    }
    size_t join = herd->joins[random_below(random, graph->edge_count)];
    return random_once_in(random, 2) ? network_reverse(join) : join;
}

/* Mostly a disk has what was committed. */
static disk_state_t any_state(random_t *random)
{
    static const disk_state_t states[] = {DISK_WHOLE, DISK_WHOLE,   DISK_WHOLE,
                                          DISK_OLD,   DISK_DAMAGED, DISK_EMPTY};
    return states[random_below(random, sizeof states / sizeof states[0])];
}

fault_t fault_make(fault_kind_t kind, const herd_t *herd, int64_t from_ns, random_t *random)
{
    fault_t fault = {.kind = kind,
                     .from_ns = from_ns,
                     .until_ns = from_ns + random_duration(random, shortest_ns, longest_ns),
                     .everywhere = random_once_in(random, 4),
                     .for_good = kind == FAULT_CRASH && random_once_in(random, 12),
                     .in_order = random_once_in(random, 2),
                     .state = any_state(random),
                     .salt = random_next(random)};
    fault.target = any_target(kind, herd, random);
    return fault;
}

static bool is_in_first_half(const fault_t *fault, size_t member)
{
    random_t random;
    random_init(&random, fault->salt, member);
    return random_once_in(&random, 2);
}

static void block(herd_t *herd, size_t connection, bool blocks)
{
    if (blocks) {
        network_block(herd->network, connection);
    } else {
        network_unblock(herd->network, connection);
    }
}

static void block_both(herd_t *herd, size_t connection, bool blocks)
{
    block(herd, connection, blocks);
    block(herd, network_reverse(connection), blocks);
}

static void partition(herd_t *herd, const fault_t *fault, bool blocks)
{
    if (!fault->everywhere) {
        block_both(herd, fault->target, blocks);
        return;
    }
    for (size_t i = 0; i < herd->graph.edge_count; i++) {
        const graph_edge_t *edge = &herd->graph.edges[i];
        if (is_in_first_half(fault, edge->one) != is_in_first_half(fault, edge->other)) {
            block_both(herd, herd->joins[i], blocks);
        }
    }
}

/* An hour off, a day or decades ahead, or right again. */
static int64_t any_clock_offset(random_t *random)
{
    switch (random_below(random, 6)) {
    case 0: return HOUR;
    case 5: return 24 * HOUR;
    case 1: return -HOUR;
    case 2: return (int64_t)random_below(random, 40) * 8766 * HOUR;
    case 3: return (int64_t)random_below(random, 20 * TIMESTAMP_NS_PER_S) - 10 * TIMESTAMP_NS_PER_S;
    default: return 0;
    }
}

/* Seconds, or a whole hour or day. */
static int64_t set_back(const fault_t *fault)
{
    static const int64_t most_ns[] = {10 * TIMESTAMP_NS_PER_S, 200 * TIMESTAMP_NS_PER_S, 2 * HOUR,
                                      48 * HOUR};
    random_t random;
    random_init(&random, fault->salt, fault->target);
    int64_t most = most_ns[random_below(&random, sizeof most_ns / sizeof most_ns[0])];
    return (int64_t)random_below(&random, (uint64_t)most);
}

/* False if the member is down already. */
static bool take_down(herd_t *herd, size_t number, bool in_order)
{
    member_t *member = herd->members[number];
    if (!member_is_alive(member)) {
        return false;
    }
    if (in_order) {
        member_stop(member);
    } else {
        member_crash(member);
    }
    return true;
}

static void forget(herd_t *herd, member_t *member, random_t *random)
{
    size_t client = random_below(random, updates_client_count(herd->updates));
    if (member_is_alive(member) && updates_room(herd->updates) > 0) {
        member_forget(member, client);
    }
}

static void rot(member_t *member, random_t *random)
{
    if (member_is_alive(member)) {
        member_rot(member, random);
    }
}

/* One end learns of the change now, the other when it ends. */
static void change_links(herd_t *herd, const fault_t *fault)
{
    herd->present[fault->target] = !herd->present[fault->target];
    herd_configure(herd, fault->target, fault->in_order, !fault->in_order);
}

/* Its disk loses what is written, or it stops. */
static void begin_disk(fault_t *self, herd_t *herd)
{
    if (self->everywhere) {
        member_set_disk_fails(herd->members[self->target], true);
    } else {
        self->active = take_down(herd, self->target, self->in_order);
    }
}

void fault_begin(fault_t *self, herd_t *herd, random_t *random)
{
    self->active = true;
    switch (self->kind) {
    case FAULT_PARTITION: partition(herd, self, true); break;
    case FAULT_ONEWAY: network_block(herd->network, self->target); break;
    case FAULT_BREAK: network_break(herd->network, self->target); break;
    case FAULT_NEWCOMER:
    case FAULT_CRASH: self->active = take_down(herd, self->target, false); break;
    case FAULT_RESTART: self->active = take_down(herd, self->target, true); break;
    case FAULT_DISK: begin_disk(self, herd); break;
    case FAULT_FULL:
        member_set_disk_room(herd->members[self->target], self->salt % ROOM_MAX);
        break;
    case FAULT_REWIND: self->active = take_down(herd, self->target, self->in_order); break;
    case FAULT_LINKS: change_links(herd, self); break;
    case FAULT_SLOW:
        network_slow(herd->network, self->target,
                     random_duration(random, TIMESTAMP_NS_PER_MS, 2 * TIMESTAMP_NS_PER_S));
        break;
    case FAULT_CLOCKS:
        member_set_clock(herd->members[self->target], any_clock_offset(random),
                         (int)random_below(random, 2 * DRIFT_PPM + 1) - DRIFT_PPM);
        break;
    case FAULT_ROT: rot(herd->members[self->target], random); break;
    case FAULT_FORGET: forget(herd, herd->members[self->target], random); break;
    default: break;
    }
}

static bool is_of_member(const fault_t *fault)
{
    return fault->kind == FAULT_CRASH || fault->kind == FAULT_RESTART ||
           (fault->kind == FAULT_DISK && !fault->everywhere) || fault->kind == FAULT_NEWCOMER ||
           fault->kind == FAULT_REWIND;
}

bool fault_must_wait(const fault_t *self, const herd_t *herd)
{
    bool stops = self->kind == FAULT_RESTART || (self->kind == FAULT_REWIND && self->in_order) ||
                 (self->kind == FAULT_DISK && self->in_order && !self->everywhere);
    return stops && member_is_alive(herd->members[self->target]);
}

/* The connections that stood go on with what they held back, or turn out to be broken. */
static void break_perhaps(herd_t *herd, size_t connection, random_t *random)
{
    if (random_once_in(random, 2)) {
        network_break(herd->network, connection);
    }
}

/* Writing goes on; or the member is killed first, and what was not written is gone. */
static void end_bad_disk(const fault_t *self, member_t *member)
{
    if (self->kind == FAULT_FULL) {
        member_set_disk_room(member, MEMBER_ROOM_ENOUGH);
    } else {
        member_set_disk_fails(member, false);
    }
    if (!self->in_order && member_is_alive(member)) {
        member_crash(member);
        member_start(member, DISK_WHOLE);
    }
}

void fault_end(fault_t *self, herd_t *herd, random_t *random)
{
    self->active = false;
    if (is_of_member(self) && !member_is_alive(herd->members[self->target])) {
        if (self->kind == FAULT_REWIND) {
            member_t *member = herd->members[self->target];
            member_set_clock(member, member_clock_offset(member) - set_back(self), 0);
        }
        member_start(herd->members[self->target], self->state);
        return;
    }
    switch (self->kind) {
    case FAULT_PARTITION:
        partition(herd, self, false);
        if (!self->everywhere) {
            break_perhaps(herd, self->target, random);
            break_perhaps(herd, network_reverse(self->target), random);
        }
        break;
    case FAULT_ONEWAY:
        network_unblock(herd->network, self->target);
        break_perhaps(herd, self->target, random);
        break;
    case FAULT_LINKS: herd_configure(herd, self->target, true, true); break;
    case FAULT_FULL:
    case FAULT_DISK: end_bad_disk(self, herd->members[self->target]); break;
    case FAULT_SLOW: network_slow(herd->network, self->target, 0); break;
    case FAULT_CLOCKS:
        /* Someone sets it right, or not. */
        if (self->in_order) {
            member_set_clock(herd->members[self->target], 0, 0);
        }
        break;
    default: break;
    }
}
