/* journal.h - when a member's list of changes is written to its disk, and what of it.
 *
 * docs/replication.md, J1 to J5. The disk is one more neighbour: a cursor goes through the list of
 * changes, and what lies behind it is packed into chunks. A transaction is all chunks from the last
 * committed index to the tail; it ends where the cursor stands at the tail, so the disk has the
 * list of that very moment. What changes again meanwhile is in the next one, once. A second cursor
 * goes through the list from its oldest end while the disk has more than three times as many
 * records as the list: what it passes replaces all older chunks of those indices. No table says
 * which of the records on disk are still of use: the list itself does.
 *
 * Free of I/O, clocks and threads: the caller, node/journal or the simulator, writes. Its turns:
 *
 *   journal_step     a chunk, to be put into the transaction that is open, or its end
 *   journal_taken    a chunk was put there, and its memory is free
 *   journal_committed, journal_failed    what became of the transaction
 *
 * Owner: the node. Threads: the store's.
 */
#ifndef HERD_COMMON_JOURNAL_JOURNAL_H
#define HERD_COMMON_JOURNAL_JOURNAL_H

#include "common/journal/chunk.h"
#include "common/store/store.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct journal journal_t;

enum {
    /* Chunks on their way to the disk: with JOURNAL_CHUNK_SIZE each 2 MiB. */
    JOURNAL_CHUNKS_MAX = 8,
};

/* Open value struct. */
typedef struct {
    store_t *store;      /* borrowed as long as the journal lives; at its recovered tail */
    uint64_t tail;       /* up to which the list is on disk */
    uint64_t records;    /* on disk, in all chunks */
    uint32_t serial;     /* of the newest chunk */
    int64_t interval_ns; /* between transactions for which no one waits; 0: none */
    /* Chunks up to this index hold records that the store has not: they stay. 0: none. */
    uint64_t kept_until;
    size_t chunk_size; /* bytes after which a chunk takes no more; 0: JOURNAL_CHUNK_SIZE */
    uint64_t slack;    /* records on disk beyond three times the list's; 0: some thousand */
} journal_settings_t;

typedef enum {
    JOURNAL_NOTHING, /* to do now */
    JOURNAL_CHUNK,   /* a chunk */
    JOURNAL_END,     /* commit what was given out since the last end */
} journal_step_t;

/* What journal_step gives out (open value struct). */
typedef struct {
    uint64_t transaction; /* its number, from 1 */
    /* CHUNK */
    size_t size; /* bytes */
    journal_chunk_name_t name;
    bool compacted; /* else it is of what lies behind the last transaction */
    /* END. Before the compacted chunks are put, those go whose last index is beyond `from` and not
     * beyond `until`; none if the two are equal (J4). */
    uint64_t tail;
    uint32_t serial; /* of the newest chunk */
    uint64_t from;
    uint64_t until;
} journal_part_t;

/* Caller frees with journal_destroy, before the store. */
journal_t *journal_new(const journal_settings_t *settings);
void journal_destroy(journal_t **self_p);

/* From now on transactions for which no one waits begin so far apart. */
void journal_set_interval(journal_t *self, int64_t interval_ns);

/* Someone waits until the list is on disk up to its tail of now: a transaction begins at once. */
void journal_hurry(journal_t *self);

/* What is to be written beside the chunks has changed. */
void journal_touch(journal_t *self);

/* Whether a chunk of earlier transactions goes by this end (J4). */
bool journal_part_replaces(const journal_part_t *end, const journal_chunk_name_t *name);

/* The next step. A chunk is written to `chunk`, which has room for JOURNAL_CHUNK_SIZE bytes. At END
 * the caller reads, before anything else happens, how far its neighbours' lists are processed
 * (J2). */
journal_step_t journal_step(journal_t *self, int64_t steady_ns, char *chunk,
                            journal_part_t *ret_part);

/* Whether journal_step would have something. */
bool journal_is_due(const journal_t *self, int64_t steady_ns);

/* Whether a transaction does not come to its end by itself: more steps are to be taken in each turn
 * than it adds to the list, or all in this one, until it does, however many. */
bool journal_must_end(const journal_t *self, int64_t steady_ns);

/* A chunk of that transaction is no longer in memory. */
void journal_taken(journal_t *self, uint64_t transaction);

/* That transaction is on disk, which has so many records now. */
void journal_committed(journal_t *self, uint64_t transaction, uint64_t records);

/* It is not, and what was not committed is lost: all of it is written anew, at once if the cause
 * has been removed, else after a pause of 1 s, which doubles up to 60 s. */
void journal_failed(journal_t *self, uint64_t transaction, bool at_once, int64_t steady_ns);

/* The greatest index such that the disk has, for each entry that ever stood in the list up to it,
 * that record or a greater one of its client (J3). It never goes back. */
uint64_t journal_held(const journal_t *self);

/* Whether a transaction is open, or on its way to the disk. */
bool journal_is_writing(const journal_t *self);

/* Whether the disk has all of the list. */
bool journal_is_level(const journal_t *self);

/* Notes that something is not on disk yet, for journal_lag_ns: call it several times a second. */
void journal_tick(journal_t *self, int64_t steady_ns);

/* For how long the oldest change that is not on disk has not been there; 0 if there is none. */
int64_t journal_lag_ns(const journal_t *self, int64_t steady_ns);

#endif
