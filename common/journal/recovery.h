/* recovery.h - a member's list of changes out of what its disk has: one start.
 *
 * docs/replication.md, J6, J7. The caller reads the state, then all chunks in the order of their
 * keys, and asks what came of it. A damaged chunk costs its own records and all that is said about
 * the list as a whole: then it is no list of any moment, and its records are only records.
 *
 * Owner: the caller. Threads: one. Free of I/O.
 */
#ifndef HERD_COMMON_JOURNAL_RECOVERY_H
#define HERD_COMMON_JOURNAL_RECOVERY_H

#include "common/journal/chunk.h"
#include "common/journal/state.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct journal_recovery journal_recovery_t;

/* What came of it (open value struct). */
typedef struct {
    uint64_t chunks;   /* good ones */
    uint64_t damaged;  /* chunks; the state, if it is, counts too */
    uint64_t bytes;    /* of the good chunks */
    uint64_t records;  /* in the good chunks, those that count no more too */
    uint64_t restored; /* of these, put into the store; some were replaced by later ones */
    uint64_t expired;  /* left out, because they would be purged at once (R16) */
    uint64_t refused;  /* left out, because the store had no room */
    uint64_t tail;     /* of the list */
    uint32_t serial;   /* the greatest */
    bool has_life;     /* there is a state: whose list it was, up to the tail */
    bool resumes;      /* its checkpoints count */
} journal_recovery_result_t;

/* Begins, for an empty store. `state` is that of the disk, NULL if it has none; `damaged`: it has
 * one that cannot be read. Records whose time (record_age_from) is before `kept_from_ns`
 * are left out. All are
 * borrowed until the end. Caller frees with journal_recovery_destroy. */
journal_recovery_t *journal_recovery_new(store_t *store, const journal_state_t *state, bool damaged,
                                         int64_t kept_from_ns);
void journal_recovery_destroy(journal_recovery_t **self_p);

/* The chunks to come are of transactions up to that of this tail and serial, an earlier one than
 * the state's; or of all up to the state's. */
void journal_recovery_bound(journal_recovery_t *self, uint64_t tail, uint32_t serial);
void journal_recovery_unbound(journal_recovery_t *self);

/* A chunk that is not there is damaged. */
void journal_recovery_damage(journal_recovery_t *self);

/* Takes the chunk under `key`. STATUS_DAMAGED: it is damaged, or not the one of that key; what was
 * read before the damage stays. STATUS_NOT_FOUND: it was never committed, and is not taken. In both
 * cases it is to be deleted. */
status_t journal_recovery_take(journal_recovery_t *self, text_t key, text_t chunk) STATUS_MUST_USE;

/* All chunks were taken: puts the list to its end. */
journal_recovery_result_t journal_recovery_end(journal_recovery_t *self);

/* Makes the state of the life that begins with what was recovered (J7), all but its names: a new
 * generation, its parent, the checkpoints that count. `before`: the state of the disk, NULL if it
 * has none. Caller frees with journal_state_done. */
void journal_recovery_begin_life(const journal_recovery_result_t *result,
                                 const journal_state_t *before, const generation_t *generation,
                                 journal_state_t *ret_state);

#endif
