/* member.h - one simulated member: the production store and links, and around them what node.c and neighbour.c do.
 *
 * Each function here that stands for one there names it; a change of those is a change here. Owner: the herd. Threads:
 * one.
 */
#ifndef HERD_TESTS_SIM_MEMBER_H
#define HERD_TESTS_SIM_MEMBER_H

#include "node/link.h"
#include "node/store.h"
#include "tests/sim/network.h"
#include "tests/sim/schedule.h"
#include "tests/sim/updates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct member member_t;

/* What a member works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    schedule_t *schedule;
    network_t *network;
    const updates_t *updates;
    random_t *random;
    void *observer;
    /* An update replaced `before` (or UPDATES_NONE) in the store; `now` is UPDATES_NONE where the record that the store took
     * is no update at all. */
    void (*changed)(void *observer, const member_t *member, update_number_t before,
                    update_number_t now);
    /* The client of this update gets its answer. */
    void (*answered)(void *observer, const member_t *member, update_number_t number);
} member_context_t;

/* Totals over all lives (open value struct). */
typedef struct {
    uint64_t sent;        /* records */
    uint64_t received;    /* records */
    uint64_t newer;       /* of these, taken */
    uint64_t same;        /* of these, duplicates */
    uint64_t refused;     /* of these, malformed or without room: a defect */
    uint64_t gaps;        /* NAKs sent */
    uint64_t bad;         /* messages dropped */
    uint64_t audits;      /* AUDITs sent */
    uint64_t comparisons; /* of digests */
    uint64_t repaired;    /* records that only an audit brought */
    uint64_t connected;   /* connections made */
} member_counters_t;

/* One that is down, with room for `neighbour_count`. Caller frees with member_destroy. */
member_t *member_new(const member_context_t *context, size_t number, size_t neighbour_count);
void member_destroy(member_t **self_p);

/* A neighbour: ours is `connection`. Before the first start. */
void member_add_neighbour(member_t *self, const member_t *neighbour, size_t connection);

/* A new life: another generation, an empty store. The member is down. */
void member_start(member_t *self);

/* The end of this life, at once (SIGKILL). */
void member_crash(member_t *self);

/* Stops as SIGTERM has it: no more updates, then down as soon as the neighbours have everything (R11). */
void member_stop(member_t *self);

/* Something is to be done at the member's end of a connection. */
void member_ready(member_t *self, size_t connection, network_readiness_t readiness);

/* Takes a message of an earlier session; `connection` is the neighbour's. */
void member_take_late(member_t *self, size_t connection, const message_t *message);

/* An update by a client; the member serves. */
void member_update(member_t *self, update_number_t number);

/* Sets the member's clock so far off the true time. */
void member_set_clock(member_t *self, int64_t offset_ns);

/* The true time, and the member's clock: POSIX. */
int64_t member_true_ns(const member_t *self);
int64_t member_now_ns(const member_t *self);

/* Its name; borrowed. */
text_t member_name(const member_t *self);
size_t member_number(const member_t *self);
bool member_is_alive(const member_t *self);
bool member_is_serving(const member_t *self);

/* The store, of a member that is alive; and what it is seen to hold of a client. */
const store_t *member_store(const member_t *self);
update_number_t member_holds(const member_t *self, size_t client);

/* Neighbours and links, of a member that is alive. */
size_t member_neighbour_count(const member_t *self);
size_t member_neighbour(const member_t *self, size_t index);
const link_t *member_link(const member_t *self, size_t index);

/* Adds its totals. */
void member_add_counters(const member_t *self, member_counters_t *counters);

#endif
