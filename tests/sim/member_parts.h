/* member_parts.h - what only the files of a member share. */
#ifndef HERD_TESTS_SIM_MEMBER_PARTS_H
#define HERD_TESTS_SIM_MEMBER_PARTS_H

#include "tests/sim/member.h"

enum { MEMBER_NAME_SIZE = 16 };

typedef struct {
    const member_t *member;
    size_t connection; /* ours; the neighbour's is its reverse */
    bool configured;   /* in the herd file */
    unsigned mark;     /* while there is a link: the least that was free */
    link_t *link;      /* NULL: the member is down, or the neighbour not in its herd file */
    bool has_journaled;
    link_checkpoint_t journaled; /* the newest on disk */
} neighbour_t;

/* An update that is not answered yet. */
typedef struct {
    update_number_t number;
    uint64_t index;   /* in the list of changes: what neighbours must have */
    int64_t limit_ns; /* steady: after that the client gets no answer */
} promise_t;

struct member {
    member_context_t context;
    size_t number;
    char name[MEMBER_NAME_SIZE];
    neighbour_t *neighbours;
    size_t neighbour_count;
    link_group_t link_group; /* of the links to them */
    bool alive;
    bool serving;            /* takes updates (R11) */
    bool stopping;           /* SIGTERM came */
    bool digesting;          /* on_digest is scheduled */
    uint64_t life;           /* ticks of an earlier one are void */
    disk_life_t identity;    /* who it is in this life */
    disk_t *disk;            /* NULL: without a disk */
    int64_t started_ns;      /* steady */
    int64_t stopping_ns;     /* steady: since when */
    int64_t clock_offset_ns; /* its clock minus the true time */
    store_t *store;          /* NULL while the member is down */
    store_cursor_t seen;     /* changes that were observed */
    update_number_t *held;   /* by client: the newest that was observed in this life */
    update_number_t *ever;   /* by client: the greatest of all lives; NULL: of no interest */
    promise_t *promises;     /* oldest first */
    size_t promise_count;
    size_t promise_capacity;    /* allocated */
    member_counters_t counters; /* of links that are gone */
};

static inline int64_t member_steady_ns(const member_t *self)
{
    return schedule_now_ns(self->context.schedule);
}

/* member.c */
/* Reports what the store took to the observer, and writes it to the disk. */
void member_observe(member_t *self);
/* Forgets what it was seen to hold: the store has purged. */
void member_note_purged(member_t *self);
/* Makes the connection anew (neighbour.c, connect_dealer). */
void member_connect(member_t *self, neighbour_t *neighbour);

/* member_bus.c */
void member_pump_all(member_t *self);
void member_schedule_tick(member_t *self);
void member_expire(member_t *self);

/* member_clients.c */
/* Answers the updates whose promise is kept; drops those that waited too long. */
void member_keep_promises(member_t *self);

#endif
