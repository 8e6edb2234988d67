#include "tests/sim/herd.h"

#include "common/base/memory.h"

#include <stdlib.h>

/* The connection whose DEALER belongs to the member at which it happens. */
static size_t own_connection(size_t connection, network_readiness_t readiness)
{
    return readiness == NETWORK_MESSAGE ? network_reverse(connection) : connection;
}

static void on_ready(void *context, size_t connection, network_readiness_t readiness)
{
    herd_t *self = context;
    size_t own = own_connection(connection, readiness);
    member_ready(self->members[network_from(self->network, own)], self->indices[own], readiness);
}

static void on_late(void *context, size_t connection, network_readiness_t readiness,
                    const message_t *message)
{
    herd_t *self = context;
    size_t own = own_connection(connection, readiness);
    member_take_late(self->members[network_from(self->network, own)], self->indices[own], readiness,
                     message);
}

static void make_members(herd_t *self, const herd_settings_t *settings)
{
    const graph_t *graph = &self->graph;
    size_t *degrees = memory_new_array(graph->member_count, sizeof(size_t));
    for (size_t i = 0; i < graph->edge_count; i++) {
        degrees[graph->edges[i].one]++;
        degrees[graph->edges[i].other]++;
    }
    member_context_t context = {.schedule = self->schedule,
                                .network = self->network,
                                .updates = self->updates,
                                .random = &self->random,
                                .settings = &self->settings,
                                .observer = settings->observer};
    self->members = memory_new_array(graph->member_count, sizeof(member_t *));
    for (size_t i = 0; i < graph->member_count; i++) {
        self->members[i] = member_new(&context, i, degrees[i]);
    }
    free(degrees);
}

static void join_members(herd_t *self)
{
    const graph_t *graph = &self->graph;
    self->joins = memory_new_array(graph->edge_count + 1, sizeof(size_t));
    self->indices = memory_new_array(2 * graph->edge_count + 1, sizeof(size_t));
    self->present = memory_new_array(graph->edge_count + 1, sizeof(bool));
    for (size_t i = 0; i < graph->edge_count; i++) {
        member_t *one = self->members[graph->edges[i].one];
        member_t *other = self->members[graph->edges[i].other];
        size_t join = network_join(self->network, member_number(one), member_number(other));
        self->joins[i] = join;
        self->indices[join] = member_neighbour_count(one);
        self->indices[network_reverse(join)] = member_neighbour_count(other);
        self->present[i] = i < graph->spare_from;
        member_add_neighbour(one, other, join);
        member_add_neighbour(other, one, network_reverse(join));
        herd_configure(self, i, true, true);
    }
}

void herd_configure(herd_t *self, size_t edge, bool one, bool other)
{
    size_t join = self->joins[edge];
    size_t reverse = network_reverse(join);
    if (one) {
        member_set_neighbour(self->members[network_from(self->network, join)], self->indices[join],
                             self->present[edge]);
    }
    if (other) {
        member_set_neighbour(self->members[network_from(self->network, reverse)],
                             self->indices[reverse], self->present[edge]);
    }
}

herd_t *herd_new(const herd_settings_t *settings)
{
    herd_t *self = memory_new(sizeof *self);
    self->settings = settings->members;
    self->is_even = settings->latency_ns > 0;
    random_init(&self->random, settings->seed, 1);
    self->schedule = schedule_new();
    self->updates = updates_new(settings->update_count, settings->client_count);
    graph_init(&self->graph, settings->graph, settings->member_count, &self->random);
    if (settings->has_spare_edges) {
        graph_add_spares(&self->graph, &self->random);
    }
    network_handlers_t handlers = {.context = self, .ready = on_ready, .late = on_late};
    self->network = network_new(settings->member_count, self->schedule, &self->random, &handlers);
    network_set_latency(self->network, settings->latency_ns);
    make_members(self, settings);
    join_members(self);
    for (size_t i = 0; i < settings->member_count; i++) {
        member_start(self->members[i], DISK_EMPTY);
    }
    return self;
}

void herd_destroy(herd_t **self_p)
{
    herd_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->graph.member_count; i++) {
        member_destroy(&self->members[i]);
    }
    free(self->members);
    free(self->joins);
    free(self->indices);
    free(self->present);
    graph_done(&self->graph);
    network_destroy(&self->network);
    updates_destroy(&self->updates);
    schedule_destroy(&self->schedule);
    free(self);
    *self_p = NULL;
}

/* Gives all members that can be reached from `first` the number `part`; `todo` has room for each
 * member once. */
static void spread_part(const herd_t *self, size_t first, size_t part, size_t *parts, size_t *todo)
{
    size_t count = 0;
    todo[count++] = first;
    parts[first] = part;
    while (count > 0) {
        const member_t *member = self->members[todo[--count]];
        for (size_t i = 0; i < member_neighbour_count(member); i++) {
            size_t neighbour = member_neighbour(member, i);
            if (member_is_configured(member, i) && parts[neighbour] == SIZE_MAX &&
                member_is_alive(self->members[neighbour])) {
                parts[neighbour] = part;
                todo[count++] = neighbour;
            }
        }
    }
}

size_t herd_find_parts(const herd_t *self, size_t *ret_parts)
{
    size_t member_count = self->graph.member_count;
    size_t *todo = memory_new_array(member_count, sizeof(size_t));
    size_t part_count = 0;
    for (size_t i = 0; i < member_count; i++) {
        ret_parts[i] = SIZE_MAX;
    }
    for (size_t i = 0; i < member_count; i++) {
        if (ret_parts[i] == SIZE_MAX && member_is_alive(self->members[i])) {
            spread_part(self, i, part_count++, ret_parts, todo);
        }
    }
    free(todo);
    return part_count;
}
