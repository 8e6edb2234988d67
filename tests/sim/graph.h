/* graph.h - which members are neighbours: the shapes of herds that are simulated.
 *
 * Owner: the caller. Threads: one.
 */
#ifndef HERD_TESTS_SIM_GRAPH_H
#define HERD_TESTS_SIM_GRAPH_H

#include "tests/sim/random.h"

#include <stdbool.h>
#include <stddef.h>

/* Every kind: name in the code, name on the command line. */
#define GRAPH_MAP(X)                                                                               \
    X(SAMPLE, "sample") /* the five of deploy/herd.cfg; further members hang on one of them */     \
    X(LINE, "line")                                                                                \
    X(RING, "ring")                                                                                \
    X(STAR, "star")       /* all are neighbours of the first */                                    \
    X(TREE, "tree")       /* binary */                                                             \
    X(GRID, "grid")       /* about as wide as high */                                              \
    X(RANDOM, "random")   /* a random tree, and half as many more links */                         \
    X(FULL, "full")       /* each of each */                                                       \
    X(BARBELL, "barbell") /* two full halves, one link between them */

typedef enum {
#define GRAPH_ENUM(name, text) GRAPH_##name,
    GRAPH_MAP(GRAPH_ENUM)
#undef GRAPH_ENUM
        GRAPH_KINDS
} graph_kind_t;

/* Two neighbours (open value struct): numbers of members. */
typedef struct {
    size_t one;
    size_t other;
} graph_edge_t;

/* Open value struct; each edge is there once. */
typedef struct {
    size_t member_count;
    size_t edge_count;
    size_t spare_from; /* edges from here on are not there at first; edge_count: all are */
    size_t capacity;   /* edges allocated */
    graph_edge_t *edges;
} graph_t;

/* "ring" for GRAPH_RING; never NULL. */
const char *graph_kind_text(graph_kind_t kind);

/* The kind of that name; false if there is none. */
bool graph_kind_parse(const char *text, graph_kind_t *ret_kind);

/* A connected graph of `member_count` > 0 members. Caller ends it with graph_done. */
void graph_init(graph_t *self, graph_kind_t kind, size_t member_count, random_t *random);
void graph_done(graph_t *self);

/* Adds some edges that are not there at first: half as many as there are members, but none
 * twice. */
void graph_add_spares(graph_t *self, random_t *random);

/* Whether there is only one path from each member to each other one. */
static inline bool graph_is_tree(const graph_t *self)
{
    return self->edge_count + 1 == self->member_count;
}

/* The number of links between the two members that are farthest from each other. */
size_t graph_diameter(const graph_t *self);

#endif
