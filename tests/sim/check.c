#include "tests/sim/check.h"

#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAILURE_SIZE = 256 };

struct check {
    const herd_t *herd;
    size_t *parts;             /* by member, since the faults ended */
    update_number_t *greatest; /* by part and client, since the faults ended; NULL before */
    size_t part_count;
    int64_t last_change_ns;
    char failure[FAILURE_SIZE]; /* empty: none */
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
    free(self);
    *self_p = NULL;
}

void check_watch(check_t *self, const herd_t *herd)
{
    self->herd = herd;
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
    if (self->greatest != NULL) {
        note_held(self, member, now);
    }
}

void check_answered(void *check, const member_t *member, update_number_t number)
{
    check_t *self = check;
    const updates_t *updates = self->herd->updates;
    update_number_t held = member_holds(member, updates_client(updates, number));
    if (updates_greater(updates, held, number) != held) {
        check_fail(self, "M%zu answered update %u and holds %u", member_number(member), number,
                   held);
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

/* The store itself, not what was observed of it. */
static void check_store(check_t *self, const member_t *member)
{
    const herd_t *herd = self->herd;
    size_t count = 0;
    for (size_t client = 0; client < updates_client_count(herd->updates); client++) {
        update_number_t wanted = *greatest_of(self, self->parts[member_number(member)], client);
        char name[UPDATES_CLIENT_SIZE];
        record_t record;
        bool found = store_find(member_store(member), updates_client_name(client, name), &record);
        update_number_t held = found ? updates_find(herd->updates, &record) : UPDATES_NONE;
        if (held != wanted || found != (wanted != UPDATES_NONE)) {
            check_fail(self, "M%zu holds update %u of %s instead of %u", member_number(member),
                       held, name, wanted);
        }
        count += found ? 1 : 0;
    }
    if (count != store_count(member_store(member))) {
        check_fail(self, "M%zu holds records of unknown clients", member_number(member));
    }
}

static void check_links(check_t *self, const member_t *member)
{
    for (size_t i = 0; i < member_neighbour_count(member); i++) {
        const link_t *link = member_link(member, i);
        size_t neighbour = member_neighbour(member, i);
        bool there = member_is_alive(self->herd->members[neighbour]);
        /* A heartbeat may be under way, so it need not be level at this very instant. */
        if (there && (!link_is_up(link) || !link_has_caught_up(link) || link_lag(link) != 0)) {
            check_fail(self, "the link of M%zu to M%zu is not up, or has more to send",
                       member_number(member), neighbour);
        }
        if (!there && link_is_up(link)) {
            check_fail(self, "the link of M%zu to M%zu, which is down, is up",
                       member_number(member), neighbour);
        }
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
        check_links(self, member);
        if (!member_is_serving(member)) {
            check_fail(self, "M%zu does not serve", i);
        }
    }
    if (counters.refused != 0) {
        check_fail(self, "%llu records were refused", (unsigned long long)counters.refused);
    }
    if (counters.repaired != 0) {
        check_fail(self, "audits repaired %llu records, without a known cause",
                   (unsigned long long)counters.repaired);
    }
}
