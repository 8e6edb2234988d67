#include "tests/sim/graph.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_texts[GRAPH_KINDS] = {
#define GRAPH_TEXT(name, text) text,
    GRAPH_MAP(GRAPH_TEXT)
#undef GRAPH_TEXT
};

const char *graph_kind_text(graph_kind_t kind)
{
    return kind_texts[kind];
}

bool graph_kind_parse(const char *text, graph_kind_t *ret_kind)
{
    for (unsigned kind = 0; kind < GRAPH_KINDS; kind++) {
        if (strcmp(kind_texts[kind], text) == 0) {
            *ret_kind = (graph_kind_t)kind;
            return true;
        }
    }
    return false;
}

/* Joins two members. An edge that this herd cannot have is left out, so that each shape can be made
 * for any number of members. */
static void join(graph_t *self, size_t one, size_t other)
{
    if (one == other || one >= self->member_count || other >= self->member_count) {
        return;
    }
    if (self->edge_count == self->capacity) {
        self->capacity = 2 * self->capacity + 16;
        self->edges = memory_resize(self->edges, self->capacity * sizeof(graph_edge_t));
    }
    self->edges[self->edge_count++] = (graph_edge_t){.one = one, .other = other};
}

static bool are_joined(const graph_t *self, size_t one, size_t other)
{
    for (size_t i = 0; i < self->edge_count; i++) {
        const graph_edge_t *edge = &self->edges[i];
        if ((edge->one == one && edge->other == other) ||
            (edge->one == other && edge->other == one)) {
            return true;
        }
    }
    return false;
}

/* Goloman, Hands, Holiday, Welsh, Wilkes */
static void join_sample(graph_t *self)
{
    static const graph_edge_t sample[] = {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}};
    for (size_t i = 0; i < sizeof sample / sizeof sample[0]; i++) {
        /* A smaller herd is a chain. */
        if (self->member_count >= 5) {
            join(self, sample[i].one, sample[i].other);
        }
    }
    for (size_t i = self->member_count >= 5 ? 5 : 1; i < self->member_count; i++) {
        join(self, i, self->member_count >= 5 ? i - 5 : i - 1);
    }
}

static void join_full(graph_t *self, size_t first, size_t end)
{
    for (size_t one = first; one < end; one++) {
        for (size_t other = one + 1; other < end; other++) {
            join(self, one, other);
        }
    }
}

static void join_grid(graph_t *self)
{
    size_t width = 1;
    while (width * width < self->member_count) {
        width++;
    }
    for (size_t i = 0; i < self->member_count; i++) {
        if ((i + 1) % width != 0) {
            join(self, i, i + 1);
        }
        join(self, i, i + width);
    }
}

static void join_some(graph_t *self, random_t *random)
{
    for (size_t i = 0; i < self->member_count / 2; i++) {
        size_t one = random_below(random, self->member_count);
        size_t other = random_below(random, self->member_count);
        if (!are_joined(self, one, other)) {
            join(self, one, other);
        }
    }
}

static void join_random(graph_t *self, random_t *random)
{
    for (size_t i = 1; i < self->member_count; i++) {
        join(self, i, random_below(random, i));
    }
    join_some(self, random);
}

static void join_barbell(graph_t *self)
{
    size_t half = self->member_count / 2;
    join_full(self, 0, half);
    join_full(self, half, self->member_count);
    if (half > 0) {
        join(self, half - 1, half);
    }
}

void graph_init(graph_t *self, graph_kind_t kind, size_t member_count, random_t *random)
{
    *self = (graph_t){.member_count = member_count};
    for (size_t i = 1; i < member_count; i++) {
        switch (kind) {
        case GRAPH_LINE:
        case GRAPH_RING: join(self, i - 1, i); break;
        case GRAPH_STAR: join(self, 0, i); break;
        case GRAPH_TREE: join(self, (i - 1) / 2, i); break;
        default: break;
        }
    }
    switch (kind) {
    case GRAPH_RING: join(self, member_count > 2 ? member_count - 1 : 0, 0); break;
    case GRAPH_SAMPLE: join_sample(self); break;
    case GRAPH_GRID: join_grid(self); break;
    case GRAPH_RANDOM: join_random(self, random); break;
    case GRAPH_FULL: join_full(self, 0, member_count); break;
    case GRAPH_BARBELL: join_barbell(self); break;
    default: break;
    }
    self->spare_from = self->edge_count;
}

void graph_done(graph_t *self)
{
    free(self->edges);
    *self = (graph_t){0};
}

void graph_add_spares(graph_t *self, random_t *random)
{
    join_some(self, random);
}

/* The neighbours of each member: those of member n stand from neighbours[first[n]] to before
 * neighbours[first[n + 1]]. */
typedef struct {
    size_t *first;
    size_t *neighbours;
} adjacency_t;

static void adjacency_init(adjacency_t *self, const graph_t *graph)
{
    self->first = memory_new_array(graph->member_count + 2, sizeof(size_t));
    self->neighbours = memory_new_array(2 * graph->spare_from + 1, sizeof(size_t));
    for (size_t i = 0; i < graph->spare_from; i++) {
        self->first[graph->edges[i].one + 2]++;
        self->first[graph->edges[i].other + 2]++;
    }
    for (size_t i = 2; i < graph->member_count + 2; i++) {
        self->first[i] += self->first[i - 1];
    }
    for (size_t i = 0; i < graph->spare_from; i++) {
        const graph_edge_t *edge = &graph->edges[i];
        self->neighbours[self->first[edge->one + 1]++] = edge->other;
        self->neighbours[self->first[edge->other + 1]++] = edge->one;
    }
}

/* Links to the member that is farthest from `member`. `distances` and `todo` have room for all
 * members. */
static size_t eccentricity(const adjacency_t *adjacency, size_t member_count, size_t member,
                           size_t *distances, size_t *todo)
{
    size_t count = 0;
    for (size_t i = 0; i < member_count; i++) {
        distances[i] = SIZE_MAX;
    }
    distances[member] = 0;
    todo[count++] = member;
    for (size_t done = 0; done < count; done++) {
        size_t one = todo[done];
        for (size_t i = adjacency->first[one]; i < adjacency->first[one + 1]; i++) {
            size_t other = adjacency->neighbours[i];
            if (distances[other] == SIZE_MAX) {
                distances[other] = distances[one] + 1;
                todo[count++] = other;
            }
        }
    }
    return distances[todo[count - 1]];
}

size_t graph_diameter(const graph_t *self)
{
    adjacency_t adjacency;
    size_t *distances = memory_new_array(self->member_count, sizeof(size_t));
    size_t *todo = memory_new_array(self->member_count, sizeof(size_t));
    size_t diameter = 0;
    adjacency_init(&adjacency, self);
    for (size_t i = 0; i < self->member_count; i++) {
        size_t farthest = eccentricity(&adjacency, self->member_count, i, distances, todo);
        diameter = farthest > diameter ? farthest : diameter;
    }
    free(adjacency.first);
    free(adjacency.neighbours);
    free(distances);
    free(todo);
    return diameter;
}
