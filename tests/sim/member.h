/* member.h - one simulated member: the real store and links, and a stand-in for node and neighbour.
 *
 * Each function here that stands for one of node.c or neighbour.c names it: change both together.
 * member.c: its lives. member_bus.c: its turns, and what it does with messages. member_clients.c:
 * what it does for clients and operators. member_journal.c: its disk, in memory
 * (tests/support/journal_model.h): what the node's own journal says is written, after a while, and
 * what its recovery makes of it comes back.
 * Owner: the herd. Threads: one.
 */
#ifndef HERD_TESTS_SIM_MEMBER_H
#define HERD_TESTS_SIM_MEMBER_H

#include "common/base/timestamp.h"
#include "common/replication/link.h"
#include "common/store/store.h"
#include "tests/sim/network.h"
#include "tests/sim/schedule.h"
#include "tests/sim/updates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct member member_t;

/* What it finds on its disk when it starts. */
typedef enum {
    DISK_EMPTY,   /* nothing */
    DISK_WHOLE,   /* all that was committed */
    DISK_DAMAGED, /* the same, but a chunk has a wrong byte */
    DISK_OLD,     /* a copy of some moment, perhaps of an earlier life, even of its stop */
    DISK_STATES
} disk_state_t;

/* expire_after, and the grace after that until a record is purged (R16). */
#define MEMBER_EXPIRE_AFTER_NS (20 * TIMESTAMP_NS_PER_S)
#define MEMBER_EXPIRE_GRACE_NS (10 * TIMESTAMP_NS_PER_S)

/* clock_warning, and how long a leap of the herd's time is doubted (R16): less than in a node. */
#define MEMBER_CLOCK_TOLERANCE_NS (500 * TIMESTAMP_NS_PER_MS)
#define MEMBER_CLOCK_DOUBT_NS     (5 * TIMESTAMP_NS_PER_S)

/* What it reports (open value struct). */
typedef struct {
    void *context;
    /* An update replaced `before` (or UPDATES_NONE) in the store; `now` is UPDATES_NONE if the
     * record that the store took is not an update. */
    void (*changed)(void *context, const member_t *member, update_number_t before,
                    update_number_t now);
    /* The client of this update gets its answer. */
    void (*answered)(void *context, const member_t *member, update_number_t number);
    /* An operator wanted a client forgotten that is there, and it could not be. */
    void (*not_forgotten)(void *context, const member_t *member, size_t client);
    /* Its journal broke a rule; NULL: of no interest. */
    void (*broke)(void *context, const member_t *member, const char *what);
    /* The update that it was seen to hold was purged (R16). */
    void (*purged)(void *context, const member_t *member, update_number_t number);
    /* Its clock was set. */
    void (*clock_set)(void *context);
} member_observer_t;

/* Settings that all members share (open value struct). */
typedef struct {
    unsigned acknowledge_peers; /* neighbours that have a record before its answer leaves (R18) */
    bool has_disk;              /* members keep a journal */
    bool acknowledge_disk;      /* whose disk has a record before its answer leaves (R18) */
    bool expires;               /* records go when they are old (R16) */
    size_t batch_size;          /* of links: see link_identity_t */
} member_settings_t;

/* What a member works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    schedule_t *schedule;
    network_t *network;
    updates_t *updates;
    random_t *random;
    const member_settings_t *settings;
    member_observer_t observer;
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
    uint64_t answered;    /* updates */
    uint64_t unanswered;  /* updates whose promise could not be kept in time */
    uint64_t resumed;     /* lives that went on from the list of an earlier one */
    uint64_t recovered;   /* lives that found their disk damaged */
} member_counters_t;

/* A member with room for `neighbour_count` neighbours. It is down. Caller frees
 * with member_destroy. */
member_t *member_new(const member_context_t *context, size_t number, size_t neighbour_count);
void member_destroy(member_t **self_p);

/* Adds the next neighbour, numbered from 0 on; `connection` is ours. Before the first start. */
void member_add_neighbour(member_t *self, const member_t *neighbour, size_t connection);

/* Puts a neighbour into this member's herd file, where all are at first, or takes it out: its link
 * is made, or goes. */
void member_set_neighbour(member_t *self, size_t index, bool configured);

/* Begins a new life, with what its disk has in that state. The member is down. */
void member_start(member_t *self, disk_state_t state);

/* Ends this life at once (SIGKILL). */
void member_crash(member_t *self);

/* Stops in order (SIGTERM): no more updates, then down as soon as the neighbours have everything
 * (R11). */
void member_stop(member_t *self);

/* There is something to do at the member's end of a connection with that neighbour. */
void member_ready(member_t *self, size_t index, network_readiness_t readiness);

/* Takes a message, or an answer, of an earlier session. */
void member_take_late(member_t *self, size_t index, network_readiness_t readiness,
                      const message_t *message);

/* Takes an update by a client, made by updates_make with this member as origin; the member
 * serves. */
void member_update(member_t *self, update_number_t number);

/* An operator has a client forgotten. The member is alive. */
void member_forget(member_t *self, size_t client);

/* Loses a record of its store without noticing. The member is alive. */
void member_rot(member_t *self, random_t *random);

/* Of a member that is down, lose: how far it had processed its neighbours' lists; everything that
 * it had. */
void member_lose_checkpoints(member_t *self);
void member_lose_disk(member_t *self);

/* Its disk loses what is written from now on; or not any more. */
void member_set_disk_fails(member_t *self, bool fails);

/* Its disk has room for so many bytes more. */
#define MEMBER_ROOM_ENOUGH SIZE_MAX
void member_set_disk_room(member_t *self, size_t bytes);

/* Whether its disk has ever lost what it had: an old copy, damage, nothing at all. */
bool member_lost_disk(const member_t *self);

/* The update of a client that its disk has; it has a disk. */
update_number_t member_on_disk(const member_t *self, size_t client);

/* Sets how far the member's clock is from the true time, and how fast it drifts, in millionths. */
void member_set_clock(member_t *self, int64_t offset_ns, int drift_ppm);

/* How far it is from the true time now. */
int64_t member_clock_offset(const member_t *self);

/* When its life began: steady. What it works with; borrowed. */
int64_t member_life_since(const member_t *self);
const schedule_t *member_schedule(const member_t *self);

/* The true time, and the member's clock: POSIX. */
int64_t member_true_ns(const member_t *self);
int64_t member_now_ns(const member_t *self);

/* Its name; borrowed. */
text_t member_name(const member_t *self);
size_t member_number(const member_t *self);
bool member_is_alive(const member_t *self);
bool member_is_serving(const member_t *self);

/* The store, if the member is alive; the update of a client that it was seen to hold; the greatest
 * that it ever held. */
const store_t *member_store(const member_t *self);
update_number_t member_holds(const member_t *self, size_t client);
update_number_t member_ever_held(const member_t *self, size_t client);

/* Its neighbours; those that are not in its herd file now have no link, nor has a member that is
 * down. */
size_t member_neighbour_count(const member_t *self);
size_t member_neighbour(const member_t *self, size_t index);
bool member_is_configured(const member_t *self, size_t index);
const link_t *member_link(const member_t *self, size_t index);

/* Adds its counters. */
void member_add_counters(const member_t *self, member_counters_t *counters);

#endif
