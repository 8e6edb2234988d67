/* fault.h - one thing that goes wrong in a simulated herd, and how it ends.
 *
 * Owner: the faults. Threads: one.
 */
#ifndef HERD_TESTS_SIM_FAULT_H
#define HERD_TESTS_SIM_FAULT_H

#include "tests/sim/herd.h"

/* Every kind: name in the code, name on the command line. */
#define FAULT_MAP(X)                                                                               \
    X(PARTITION, "partition") /* nothing passes between two neighbours, or two halves */           \
    X(ONEWAY, "oneway")       /* nothing passes from one neighbour to another */                   \
    X(BREAK, "break")         /* a connection loses what is under way */                           \
    X(CRASH, "crash")         /* a member loses what is in its memory; some never come back */     \
    X(RESTART, "restart")     /* a member stops as it should, and comes back */                    \
    X(DISK, "disk")   /* members have disks: one stops, and finds all or not; or one fails */      \
    X(LINKS, "links") /* neighbours come into the herd file, and go */                             \
    X(NEWCOMER, "newcomer") /* a member is not there at first */                                   \
    X(SLOW, "slow")         /* a member reads slowly */                                            \
    X(CLOCKS, "clocks")     /* members' clocks step, an hour to decades */                         \
    X(ROT, "rot")           /* a member loses a record without noticing */                         \
    X(FORGET, "forget")     /* an operator has a client forgotten */                               \
    X(TWINS, "twins")       /* clients send to two members at once (workload.h) */                 \
    X(LATE, "late")         /* messages and answers of earlier sessions come late, and twice */    \
    X(EXPIRY, "expiry")     /* records go when they are old */                                     \
    X(FULL, "full")         /* a member's disk has no more room, until it has */                   \
    X(REWIND, "rewind")     /* a member is down, and comes back with a clock that was set back */

typedef enum {
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_MAP(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KINDS
} fault_kind_t;

/* Bit `1 << kind` for each kind. */
typedef unsigned fault_set_t;
#define FAULT_SET_ALL ((1U << FAULT_KINDS) - 1)

static inline bool fault_set_has(fault_set_t set, fault_kind_t kind)
{
    return (set >> kind & 1) != 0;
}

/* Open value struct. */
typedef struct {
    fault_kind_t kind;
    bool active;
    bool everywhere; /* PARTITION: between two halves. DISK: it fails, and the member goes on */
    bool for_good;   /* CRASH: never comes back */
    /* DISK, REWIND: it stops in order. LINKS: the first end is the first to know. FULL: it is not
     * killed when it ends. */
    bool in_order;
    disk_state_t state; /* of the member's disk when it comes back */
    uint64_t salt;      /* says which member is in which half; how much room; how far back */
    size_t target;      /* member, connection, or edge */
    int64_t from_ns;    /* virtual time */
    int64_t until_ns;   /* virtual time */
} fault_t;

/* "crash" for FAULT_CRASH; never NULL. */
const char *fault_kind_text(fault_kind_t kind);

/* Whether it is an event, rather than a way the herd is. */
bool fault_kind_is_event(fault_kind_t kind);

/* Makes a fault that begins at `from_ns`, by chance. The herd has an edge. */
fault_t fault_make(fault_kind_t kind, const herd_t *herd, int64_t from_ns, random_t *random);

void fault_begin(fault_t *self, herd_t *herd, random_t *random);

/* Whether it cannot end yet: a member has not stopped. */
bool fault_must_wait(const fault_t *self, const herd_t *herd);
void fault_end(fault_t *self, herd_t *herd, random_t *random);

#endif
