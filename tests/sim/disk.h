/* disk.h - the disk of a simulated member: a journal of its records and checkpoints.
 *
 * The journal is a history: what it holds is what came of its entries, in the order in which they
 * were written, the records of a message before the checkpoint that they move. A crash, or an old
 * copy put back, leaves a beginning of it; the next life goes on from there. It stands for the
 * node's journal, which the simulator does not run.
 * Owner: the member. Threads: one.
 */
#ifndef HERD_TESTS_SIM_DISK_H
#define HERD_TESTS_SIM_DISK_H

#include "common/replication/link.h"
#include "tests/sim/random.h"
#include "tests/sim/updates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct disk disk_t;

/* What a member finds when it starts. */
typedef enum {
    DISK_EMPTY, /* nothing */
    DISK_WHOLE, /* everything; but as DISK_TORN if it was not stopped in order */
    DISK_TORN,  /* everything except what was written last */
    DISK_OLD,   /* what there was at some time, perhaps in an earlier life */
    DISK_STATES
} disk_state_t;

/* The identity of a life (open value struct), as in link_identity_t. */
typedef struct {
    generation_t generation;
    bool has_parent;
    link_checkpoint_t parent;
} disk_life_t;

/* A record that was found (open value struct). */
typedef struct {
    update_number_t number;
    uint64_t index; /* in the list of changes */
} disk_record_t;

/* An empty disk, in a herd of `member_count` members and `client_count` clients. Caller frees with
 * disk_destroy. */
disk_t *disk_new(size_t member_count, size_t client_count);
void disk_destroy(disk_t **self_p);

/* These write: a life begins; it took a record; one was purged; a neighbour's list was processed so
 * far; all is written, and the end of the list is `tail`. */
void disk_begin_life(disk_t *self, const disk_life_t *life);
void disk_put_record(disk_t *self, update_number_t number, size_t client, uint64_t index);
void disk_purge_record(disk_t *self, size_t client);
void disk_put_checkpoint(disk_t *self, size_t neighbour, const link_checkpoint_t *checkpoint);
void disk_stop(disk_t *self, uint64_t tail);

/* Removes all checkpoints, without a trace. */
void disk_forget_checkpoints(disk_t *self);

/* Brings the disk into that state, by chance as far as the state leaves it open. Returns whether
 * the life that was written last goes on exactly where it stopped. */
bool disk_recover(disk_t *self, disk_state_t state, random_t *random);

/* What it has after that: whose list it is, false if there is none; the end of the list; its
 * records in the order of their index, for which `ret_records` has room for each client; a
 * neighbour's checkpoint, false if there is none. */
bool disk_life(const disk_t *self, disk_life_t *ret_life);
uint64_t disk_tail(const disk_t *self);
size_t disk_records(const disk_t *self, disk_record_t *ret_records);
bool disk_checkpoint(const disk_t *self, size_t neighbour, link_checkpoint_t *ret_checkpoint);

#endif
