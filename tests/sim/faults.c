#include "tests/sim/faults.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"

#include <stdlib.h>
#include <string.h>

static const int64_t stop_check_ns = 50 * TIMESTAMP_NS_PER_MS;

struct faults {
    herd_t *herd;
    fault_set_t set;
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
        while (kind < FAULT_KINDS &&
               !text_equal(part, text_of(fault_kind_text((fault_kind_t)kind)))) {
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

void faults_write(fault_set_t set, char text[FAULTS_TEXT_SIZE])
{
    char *end = text;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        if (fault_set_has(set, (fault_kind_t)kind)) {
            end = text_copy(end == text ? TEXT("") : TEXT(","), end);
            end = text_copy(text_of(fault_kind_text((fault_kind_t)kind)), end);
        }
    }
    end = text_copy(set == 0 ? TEXT("none") : TEXT(""), end);
    *end = '\0';
}

fault_set_t faults_choose(uint64_t seed)
{
    random_t random;
    fault_set_t set = 0;
    random_init(&random, seed, 4);
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        /* What only an audit repairs takes long, and hides what needs no audit. */
        bool rare = kind == FAULT_ROT || kind >= FAULT_EXPIRY;
        bool chosen = rare ? random_once_in(&random, 6) : !random_once_in(&random, 3);
        set |= chosen ? 1U << kind : 0;
    }
    return set;
}

static void on_end(void *subject, uint64_t detail)
{
    faults_t *self = subject;
    fault_t *fault = &self->faults[detail];
    if (!fault->active || fault->for_good) {
        return;
    }
    if (fault_must_wait(fault, self->herd)) {
        schedule_at(self->herd->schedule, schedule_now_ns(self->herd->schedule) + stop_check_ns,
                    on_end, self, detail);
        return;
    }
    fault_end(fault, self->herd, &self->random);
}

static void on_begin(void *subject, uint64_t detail)
{
    faults_t *self = subject;
    fault_begin(&self->faults[detail], self->herd, &self->random);
    schedule_at(self->herd->schedule, self->faults[detail].until_ns, on_end, self, detail);
}

/* Kinds after EXPIRY came later: without them a seed has the luck that it had before. */
static fault_kind_t any_event(random_t *random, fault_set_t set)
{
    fault_kind_t kind;
    unsigned kinds = set >> (FAULT_EXPIRY + 1) != 0 ? FAULT_KINDS : FAULT_EXPIRY + 1;
    do {
        kind = (fault_kind_t)random_below(random, kinds);
    } while (!fault_set_has(set, kind) || !fault_kind_is_event(kind));
    return kind;
}

static bool has_event(fault_set_t set)
{
    bool has = false;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        has = has ||
              (fault_set_has(set, (fault_kind_t)kind) && fault_kind_is_event((fault_kind_t)kind));
    }
    return has;
}

static void add(faults_t *self, fault_t fault)
{
    self->faults[self->count] = fault;
    schedule_at(self->herd->schedule, fault.from_ns, on_begin, self, self->count++);
}

/* Members that are not there at the start of the herd; the first always is. */
static void add_newcomers(faults_t *self, int64_t until_ns)
{
    for (size_t i = 1; i < self->herd->graph.member_count; i++) {
        if (random_once_in(&self->random, 6)) {
            fault_t fault = {.kind = FAULT_NEWCOMER, .state = DISK_EMPTY, .target = i};
            fault.until_ns = (int64_t)random_below(&self->random, (uint64_t)until_ns);
            add(self, fault);
        }
    }
}

faults_t *faults_new(fault_set_t set, uint64_t seed, herd_t *herd, int64_t from_ns,
                     int64_t until_ns)
{
    faults_t *self = memory_new(sizeof *self);
    self->herd = herd;
    self->set = set;
    random_init(&self->random, seed, 3);
    network_set_late(herd->network, fault_set_has(set, FAULT_LATE));
    uint64_t seconds = (uint64_t)((until_ns - from_ns) / TIMESTAMP_NS_PER_S);
    size_t member_count = herd->graph.member_count;
    size_t event_count = 1 + random_below(&self->random, 3 + member_count * seconds / 8);
    self->faults = memory_new_array(event_count + member_count, sizeof(fault_t));
    if (herd->graph.edge_count == 0) {
        return self;
    }
    if (fault_set_has(set, FAULT_NEWCOMER)) {
        add_newcomers(self, until_ns);
    }
    for (size_t i = 0; i < event_count && has_event(set); i++) {
        int64_t time_ns =
            from_ns + (int64_t)random_below(&self->random, (uint64_t)(until_ns - from_ns));
        add(self, fault_make(any_event(&self->random, set), herd, time_ns, &self->random));
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

/* Some herds end with the links that they began with, some with others. */
static void settle_links(faults_t *self)
{
    const graph_t *graph = &self->herd->graph;
    bool as_before = random_once_in(&self->random, 2);
    for (size_t i = 0; i < graph->edge_count; i++) {
        bool before = i < graph->spare_from;
        self->herd->present[i] = as_before ? before : self->herd->present[i];
        herd_configure(self->herd, i, true, true);
    }
}

/* If records expire, a member whose clock is wrong would drop them for ever. */
static void settle_clocks(const faults_t *self)
{
    for (size_t i = 0; i < self->herd->graph.member_count; i++) {
        member_set_clock(self->herd->members[i], 0, 0);
    }
}

void faults_end(faults_t *self)
{
    network_set_late(self->herd->network, false);
    for (size_t i = 0; i < self->count; i++) {
        fault_t *fault = &self->faults[i];
        if (!fault->active || fault->for_good) {
            continue;
        }
        if (fault_must_wait(fault, self->herd)) {
            /* There is no time left to stop in order: what it alone holds may be lost. */
            member_crash(self->herd->members[fault->target]);
        }
        fault_end(fault, self->herd, &self->random);
    }
    settle_links(self);
    if (fault_set_has(self->set, FAULT_EXPIRY)) {
        settle_clocks(self);
    }
}
