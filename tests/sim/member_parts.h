/* member_parts.h - what only the files of a member share. */
#ifndef HERD_TESTS_SIM_MEMBER_PARTS_H
#define HERD_TESTS_SIM_MEMBER_PARTS_H

#include "common/journal/journal.h"
#include "common/replication/clocks.h"
#include "tests/sim/member.h"
#include "tests/support/journal_model.h"

enum { MEMBER_NAME_SIZE = 16 };

typedef struct {
    const member_t *member;
    size_t connection; /* ours; the neighbour's is its reverse */
    bool configured;   /* in the herd file */
    unsigned mark;     /* while there is a link: the least that was free */
    link_t *link;      /* NULL: the member is down, or the neighbour not in its herd file */
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
    bool started;             /* its first links are made */
    bool serving;             /* takes updates (R11) */
    bool stopping;            /* SIGTERM came */
    bool digesting;           /* on_digest is scheduled */
    uint64_t life;            /* ticks of an earlier one are void */
    journal_state_t identity; /* who it is in this life, and how its disk says it began */
    int64_t started_ns;       /* steady */
    int64_t stopping_ns;      /* steady: since when */
    int64_t clock_offset_ns;  /* its clock minus the true time, when it was set last */
    int64_t clock_since_ns;   /* steady: when that was */
    int clock_drift_ppm;      /* since then */
    clocks_t clocks;          /* of this life */
    store_t *store;           /* NULL while the member is down */
    store_cursor_t seen;      /* changes that were observed */
    update_number_t *held;    /* by client: the newest that was observed in this life */
    update_number_t *ever;    /* by client: the greatest of all lives; NULL: of no interest */
    promise_t *promises;      /* oldest first */
    size_t promise_count;
    size_t promise_capacity;    /* allocated */
    member_counters_t counters; /* of links that are gone */
    /* member_journal.c: */
    journal_model_t *disk; /* NULL: without a disk */
    journal_t *journal;    /* NULL: the member is down, or without a disk */
    char *chunk;           /* JOURNAL_CHUNK_SIZE bytes */
    random_t luck;         /* of the disk */
    bool disk_fails;
    size_t disk_size;     /* bytes of chunks that it takes, or MEMBER_ROOM_ENOUGH */
    uint64_t refused;     /* the newest transaction of this life that found no room; 0: none did */
    bool lost_disk;       /* see member_lost_disk */
    bool touched;         /* for the last time, as it stops */
    bool ending;          /* a transaction has ended and is not on the disk yet */
    bool lost;            /* it will never be */
    uint64_t transaction; /* of the newest chunk */
    journal_part_t end;   /* of the newest transaction that has ended */
    journal_state_t end_state;
    uint64_t disk_records;    /* on the disk */
    update_number_t *listed;  /* by client: the list when that transaction ended */
    update_number_t *on_disk; /* by client: what the disk has */
};

static inline int64_t member_steady_ns(const member_t *self)
{
    return schedule_now_ns(self->context.schedule);
}

/* member_journal.c */
/* A life begins with what the disk has in that state, under this generation; or ends. */
void member_journal_open(member_t *self, disk_state_t state, const generation_t *generation);
void member_journal_close(member_t *self);
/* At the end of a turn; several times a second. */
void member_journal_pump(member_t *self);
void member_journal_tick(member_t *self);
bool member_journal_is_level(const member_t *self);
/* Whether it knows that the disk has the list up to there (J3). */
bool member_journal_holds(const member_t *self, uint64_t index);
/* J5: whether the disk has this life. */
bool member_journal_has_generation(const member_t *self);

/* member.c */
/* Notes that it holds an update, taken now or recovered. */
void member_note_held(member_t *self, size_t client, update_number_t number);
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
