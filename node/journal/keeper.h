/* keeper.h - a member's journal: what the reactor does for it, by what journal.h decides.
 *
 * docs/replication.md, J1 to J7. Owner: the node. Threads: the reactor's.
 */
#ifndef HERD_NODE_JOURNAL_KEEPER_H
#define HERD_NODE_JOURNAL_KEEPER_H

#include "common/config/config.h"
#include "common/journal/state.h"
#include "common/log/log.h"
#include "common/store/store.h"
#include "node/bus/neighbours.h"
#include "node/loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct journal_keeper journal_keeper_t;

/* What it works with (open value struct); all borrowed as long as it lives. */
typedef struct {
    const config_t *config; /* the settings in effect */
    const config_member_t *member;
    log_t *log;
    store_t *store;          /* empty */
    generation_t generation; /* of this life */
} journal_keeper_context_t;

/* For reports (open value struct). */
typedef struct {
    int64_t lag_ns;       /* for how long the oldest change has not been on disk; 0: none is */
    uint64_t lag_records; /* that are not on disk, at most */
    uint64_t records;     /* on disk, those that count no more too */
    uint64_t size;        /* bytes of data.mdb */
    uint64_t live_size;   /* bytes of the chunks in it */
    uint64_t commits;     /* of this life, that of its start too */
    int64_t committed_ns; /* POSIX: the newest */
    int64_t took_ns;      /* how long it took */
    int64_t filling_ns;   /* processor time, the most that chunks took of a turn in this life */
    uint64_t errors;      /* transactions that failed */
    uint64_t damaged;     /* chunks that the start found damaged */
    bool failing;         /* the newest transaction failed ... */
    char error[LIMIT_LOG_SAMPLE]; /* ... because of this */
} journal_keeper_figures_t;

/* Starts with the folder DATA_DIR/NAME: puts what it has into the store, and this life on the disk;
 * waits for all of it. If it cannot be used the reason is logged, and a status other than STATUS_OK
 * is the result. Caller frees with journal_keeper_destroy, before the store. */
status_t journal_keeper_new(const journal_keeper_context_t *context,
                            journal_keeper_t **ret_self) STATUS_MUST_USE;

/* Ends it when what was begun is written, and clears the pointer; NULL is fine. */
void journal_keeper_destroy(journal_keeper_t **self_p);

/* This life as it is on the disk: its parent, and how far neighbours' lists had been processed.
 * Borrowed. */
const journal_state_t *journal_keeper_life(const journal_keeper_t *self);

/* The neighbours whose checkpoints are kept from now on; borrowed as long as it lives. */
void journal_keeper_watch(journal_keeper_t *self, const neighbours_t *neighbours);

/* Has the loop call this, until journal_keeper_destroy, when there is something to receive.
 * STATUS_SYSTEM: see errno. */
status_t journal_keeper_hook(journal_keeper_t *self, loop_t *loop, loop_fn *call,
                             void *argument) STATUS_MUST_USE;

/* Takes what the thread and the timer have. `waiting`: answers that wait for the disk. Returns
 * whether it holds more than before. */
bool journal_keeper_receive(journal_keeper_t *self, size_t waiting, int64_t steady_ns);

/* At the end of a turn: packs what is due, some hundred microseconds' worth. */
void journal_keeper_pump(journal_keeper_t *self, int64_t steady_ns);

/* Call it several times a second. */
void journal_keeper_tick(journal_keeper_t *self, int64_t steady_ns);

/* So many answers, 1 or more, wait until all of the list of now is on the disk. If they are few the
 * timer wakes the reactor when it is time (gather.h). */
void journal_keeper_hurry(journal_keeper_t *self, size_t waiting, int64_t steady_ns);

/* The node stops: all that is left is written at once. */
void journal_keeper_stop(journal_keeper_t *self);

/* Up to which index of the list the disk holds it (J3); whether all of it and the checkpoints. */
uint64_t journal_keeper_held(const journal_keeper_t *self);
bool journal_keeper_is_level(const journal_keeper_t *self);

journal_keeper_figures_t journal_keeper_figures(const journal_keeper_t *self, int64_t steady_ns);

#endif
