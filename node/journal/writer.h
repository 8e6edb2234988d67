/* writer.h - the thread that writes a journal: it may wait for the disk, the reactor never.
 *
 * The two share a pair of inproc sockets; orders go one way, news come back. What an order points
 * to belongs to the thread from then on, and comes back with the news or is freed there.
 *
 * Owner: the keeper. Threads: all functions belong to the reactor's.
 */
#ifndef HERD_NODE_JOURNAL_WRITER_H
#define HERD_NODE_JOURNAL_WRITER_H

#include "common/journal/disk/disk.h"
#include "node/loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct journal_writer journal_writer_t;

/* What became of an order (open value struct). */
typedef enum {
    JOURNAL_WRITER_TAKEN,     /* a chunk is in the transaction, which has not ended */
    JOURNAL_WRITER_COMMITTED, /* all of it is on the disk, its last chunk too */
    JOURNAL_WRITER_FAILED,    /* the transaction is lost */
} journal_writer_event_t;

typedef struct {
    journal_writer_event_t event;
    uint64_t transaction; /* 0, with FAILED: none is lost, but the disk has a fault */
    char *chunk;          /* to be used again, or freed; NULL: none */
    /* COMMITTED */
    uint64_t records;   /* on disk */
    uint64_t size;      /* bytes of data.mdb */
    uint64_t live_size; /* bytes of its chunks */
    int64_t took_ns;    /* the commit */
    /* FAILED */
    status_t status; /* STATUS_AGAIN: the cause is gone */
    journal_disk_problem_t problem;
} journal_writer_news_t;

/* Starts the thread, which takes the disk. NULL if no thread can be had, with the disk left. Caller
 * ends it with journal_writer_destroy. */
journal_writer_t *journal_writer_new(journal_disk_t **disk_p);

/* Ends it when what was ordered is done, closes the disk, and clears the pointer; NULL is fine. */
void journal_writer_destroy(journal_writer_t **self_p);

/* Has the loop call this when there are news, until journal_writer_destroy. STATUS_SYSTEM: see
 * errno. */
status_t journal_writer_watch(journal_writer_t *self, loop_t *loop, loop_fn *call,
                              void *argument) STATUS_MUST_USE;

/* Puts a chunk, JOURNAL_CHUNK_SIZE bytes from malloc, into the transaction; takes it. The thread
 * gets it with the next call of this function or one of the next two. */
void journal_writer_put(journal_writer_t *self, const journal_part_t *part, char **chunk_p);

/* Gives the thread what was put: no end comes in this turn. */
void journal_writer_send(journal_writer_t *self);

/* Ends a transaction; takes what is in the state, and leaves it as after journal_state_init. */
void journal_writer_commit(journal_writer_t *self, const journal_part_t *end,
                           journal_state_t *state);

/* Takes the next news; false if there is none. */
bool journal_writer_receive(journal_writer_t *self, journal_writer_news_t *ret_news);

#endif
