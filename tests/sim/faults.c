#include "tests/sim/faults.h"

#include "common/memory.h"
#include "common/timestamp.h"

#include <stdlib.h>
#include <string.h>

#define HOUR (3600 * TIMESTAMP_NS_PER_S)

static const char *const fault_texts[FAULT_KINDS] = {
#define FAULT_TEXT(name, text) text,
    FAULT_MAP(FAULT_TEXT)
#undef FAULT_TEXT
};

typedef struct {
    fault_kind_t kind;
    bool active;
    bool everywhere;  /* PARTITION: between two halves */
    bool for_good;    /* CRASH: never comes back */
    uint64_t salt;    /* says which member is in which half */
    size_t target;    /* member, or connection */
    int64_t until_ns; /* virtual time */
} fault_t;

struct faults {
    herd_t *herd;
    random_t random;
    fault_t *faults;
    size_t count;
};

bool faults_parse(const char *text, fault_set_t *ret_set)
{
    if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0) {
        *ret_set = text[0] == 'a' ? FAULT_SET_ALL : 0;
        return true;
    }
    fault_set_t set = 0;
    text_t rest = text_of(text);
    text_t part;
    while (text_take_until(&rest, ',', &part)) {
        unsigned kind = 0;
        while (kind < FAULT_KINDS && !text_equal(part, text_of(fault_texts[kind]))) {
            kind++;
        }
        if (kind == FAULT_KINDS) {
            return false;
        }
        set |= 1U << kind;
    }
    *ret_set = set;
    return set != 0;
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

/* An hour off, or decades ahead, or right again. */
static int64_t any_clock_offset(random_t *random)
{
    switch (random_below(random, 5)) {
    case 0: return HOUR;
    case 1: return -HOUR;
    case 2: return (int64_t)random_below(random, 40) * 8766 * HOUR;
    case 3: return (int64_t)random_below(random, 20 * TIMESTAMP_NS_PER_S) - 10 * TIMESTAMP_NS_PER_S;
    default: return 0;
    }
}

static void begin(faults_t *self, fault_t *fault)
{
    herd_t *herd = self->herd;
    fault->active = true;
    switch (fault->kind) {
    case FAULT_PARTITION: partition(herd, fault, true); break;
    case FAULT_ONEWAY: network_block(herd->network, fault->target); break;
    case FAULT_BREAK: network_break(herd->network, fault->target); break;
    case FAULT_CRASH:
        fault->active = member_is_alive(herd->members[fault->target]);
        if (fault->active) {
            member_crash(herd->members[fault->target]);
        }
        break;
    case FAULT_RESTART:
        fault->active = member_is_alive(herd->members[fault->target]);
        member_stop(herd->members[fault->target]);
        break;
    case FAULT_SLOW:
        network_slow(herd->network, fault->target,
                     random_duration(&self->random, TIMESTAMP_NS_PER_MS, 2 * TIMESTAMP_NS_PER_S));
        break;
    case FAULT_CLOCKS:
        member_set_clock(herd->members[fault->target], any_clock_offset(&self->random));
        break;
    default: break;
    }
}

/* The connections that stood still go on with what they held back, or are found to be broken. */
static void break_perhaps(faults_t *self, size_t connection)
{
    if (random_once_in(&self->random, 2)) {
        network_break(self->herd->network, connection);
    }
}

static void end(faults_t *self, fault_t *fault)
{
    herd_t *herd = self->herd;
    fault->active = false;
    switch (fault->kind) {
    case FAULT_PARTITION:
        partition(herd, fault, false);
        if (!fault->everywhere) {
            break_perhaps(self, fault->target);
            break_perhaps(self, network_reverse(fault->target));
        }
        break;
    case FAULT_ONEWAY:
        network_unblock(herd->network, fault->target);
        break_perhaps(self, fault->target);
        break;
    case FAULT_CRASH:
    case FAULT_RESTART:
        if (!member_is_alive(herd->members[fault->target])) {
            member_start(herd->members[fault->target]);
        }
        break;
    case FAULT_SLOW: network_slow(herd->network, fault->target, 0); break;
    default: break;
    }
}

static void on_end(void *subject, uint64_t detail)
{
    faults_t *self = subject;
    fault_t *fault = &self->faults[detail];
    if (!fault->active || fault->for_good) {
        return;
    }
    if (fault->kind == FAULT_RESTART && member_is_alive(self->herd->members[fault->target])) {
        /* It has not stopped yet. */
        schedule_at(self->herd->schedule,
                    schedule_now_ns(self->herd->schedule) + 50 * TIMESTAMP_NS_PER_MS, on_end, self,
                    detail);
        return;
    }
    end(self, fault);
}

static void on_begin(void *subject, uint64_t detail)
{
    faults_t *self = subject;
    begin(self, &self->faults[detail]);
    schedule_at(self->herd->schedule, self->faults[detail].until_ns, on_end, self, detail);
}

static fault_t make_fault(faults_t *self, fault_kind_t kind, int64_t time_ns)
{
    random_t *random = &self->random;
    const graph_t *graph = &self->herd->graph;
    bool of_connection = kind == FAULT_PARTITION || kind == FAULT_ONEWAY || kind == FAULT_BREAK;
    fault_t fault = {.kind = kind,
                     .until_ns = time_ns + random_duration(random, 20 * TIMESTAMP_NS_PER_MS,
                                                           20 * TIMESTAMP_NS_PER_S),
                     .everywhere = random_once_in(random, 4),
                     .for_good = kind == FAULT_CRASH && random_once_in(random, 12),
                     .salt = random_next(random)};
    fault.target = of_connection ? self->herd->joins[random_below(random, graph->edge_count)]
                                 : random_below(random, graph->member_count);
    if (of_connection && random_once_in(random, 2)) {
        fault.target = network_reverse(fault.target);
    }
    return fault;
}

static fault_kind_t any_kind(random_t *random, fault_set_t set)
{
    unsigned kind;
    do {
        kind = (unsigned)random_below(random, FAULT_KINDS);
    } while ((set >> kind & 1) == 0);
    return (fault_kind_t)kind;
}

faults_t *faults_new(fault_set_t set, uint64_t seed, herd_t *herd, int64_t from_ns,
                     int64_t until_ns)
{
    faults_t *self = memory_new(sizeof *self);
    self->herd = herd;
    random_init(&self->random, seed, 3);
    network_set_late(herd->network, (set >> FAULT_LATE & 1) != 0);
    /* Those are no events. */
    set &= ~(1U << FAULT_LATE | 1U << FAULT_TWINS);
    if (set == 0 || herd->graph.edge_count == 0) {
        return self;
    }
    uint64_t seconds = (uint64_t)((until_ns - from_ns) / TIMESTAMP_NS_PER_S);
    self->count = 1 + random_below(&self->random, 3 + herd->graph.member_count * seconds / 8);
    self->faults = memory_new_array(self->count, sizeof(fault_t));
    for (size_t i = 0; i < self->count; i++) {
        int64_t time_ns =
            from_ns + (int64_t)random_below(&self->random, (uint64_t)(until_ns - from_ns));
        self->faults[i] = make_fault(self, any_kind(&self->random, set), time_ns);
        schedule_at(herd->schedule, time_ns, on_begin, self, i);
    }
    return self;
}

void faults_destroy(faults_t **self_p)
{
    faults_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    free(self->faults);
    free(self);
    *self_p = NULL;
}

void faults_end(faults_t *self)
{
    network_set_late(self->herd->network, false);
    for (size_t i = 0; i < self->count; i++) {
        fault_t *fault = &self->faults[i];
        if (!fault->active || fault->for_good) {
            continue;
        }
        if (fault->kind == FAULT_RESTART && member_is_alive(self->herd->members[fault->target])) {
            /* No more time to stop as it should: what it alone holds is not to be counted on. */
            member_crash(self->herd->members[fault->target]);
        }
        end(self, fault);
    }
}
