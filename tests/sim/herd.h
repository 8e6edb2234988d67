/* herd.h - a simulated herd: members, the network between them, the clock, and their updates.
 *
 * Owner: the run. Threads: one.
 */
#ifndef HERD_TESTS_SIM_HERD_H
#define HERD_TESTS_SIM_HERD_H

#include "tests/sim/graph.h"
#include "tests/sim/member.h"
#include "tests/sim/network.h"
#include "tests/sim/schedule.h"
#include "tests/sim/updates.h"

/* What a herd is made from (open value struct). */
typedef struct {
    uint64_t seed;
    graph_kind_t graph;
    size_t member_count;
    size_t client_count;
    size_t update_count;  /* at most, with tombstones */
    bool has_spare_edges; /* see graph_add_spares */
    int64_t latency_ns;   /* of all connections, one way; 0: by chance */
    member_settings_t members;
    member_observer_t observer;
} herd_settings_t;

/* Open to the files of the simulator, except for its life: herd_new and herd_destroy. */
typedef struct {
    schedule_t *schedule;
    network_t *network;
    updates_t *updates;
    graph_t graph;
    member_t **members; /* graph.member_count of them */
    size_t *joins;      /* by edge: number of the connection from `one` to `other` */
    size_t *indices;    /* by connection: which neighbour of its member is at the other end */
    bool *present;      /* by edge: it is in the present herd file */
    member_settings_t settings;
    bool is_even;    /* no jitter, one latency for all connections: no session opens twice */
    random_t random; /* of network and members */
} herd_t;

/* All members are started. Caller frees with herd_destroy. */
herd_t *herd_new(const herd_settings_t *settings);
void herd_destroy(herd_t **self_p);

/* Gives one end of an edge, or both, the present herd file. */
void herd_configure(herd_t *self, size_t edge, bool one, bool other);

/* Writes the number of its part for each member: living members that are joined by a chain of
 * living members have the same number, from 0 on; those that are down have SIZE_MAX. Returns the
 * count of parts. */
size_t herd_find_parts(const herd_t *self, size_t *ret_parts);

#endif
