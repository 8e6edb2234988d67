/* journal_model.h - a disk for journals in memory: committed transactions, all of them kept.
 *
 * Owner: the test, or a simulated member. Threads: one.
 */
#ifndef HERD_TESTS_SUPPORT_JOURNAL_MODEL_H
#define HERD_TESTS_SUPPORT_JOURNAL_MODEL_H

#include "common/journal/journal.h"
#include "common/journal/recovery.h"
#include "common/journal/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct journal_model journal_model_t;

/* An empty disk. Caller frees with journal_model_destroy. */
journal_model_t *journal_model_new(void);
void journal_model_destroy(journal_model_t **self_p);

/* Puts a copy of a chunk into the open transaction, and seals it. */
void journal_model_put(journal_model_t *self, const journal_part_t *part, const char *chunk);

/* Commits the open transaction; returns the records on disk. */
uint64_t journal_model_commit(journal_model_t *self, const journal_part_t *end,
                              const journal_state_t *state);

/* Commits a state and nothing else. */
void journal_model_commit_state(journal_model_t *self, const journal_state_t *state);

/* Loses the open transaction. */
void journal_model_abort(journal_model_t *self);

/* The same of a large one: its first `staged` chunks are on disk, without its end. */
void journal_model_tear(journal_model_t *self, size_t staged);

/* Transactions that were ever committed, and the disk as it was after `count` of them: the history
 * ends there. */
size_t journal_model_commits(const journal_model_t *self);
void journal_model_go_back(journal_model_t *self, size_t count);

/* Chunks on it now, their bytes, those of the open transaction, and one of them, to be damaged in
 * place. */
size_t journal_model_chunks(const journal_model_t *self);
size_t journal_model_bytes(const journal_model_t *self);
size_t journal_model_open_bytes(const journal_model_t *self);
char *journal_model_chunk(journal_model_t *self, size_t index, size_t *ret_size);

/* Whether there is a state; caller frees it with journal_state_done. */
bool journal_model_state(const journal_model_t *self, journal_state_t *ret_state);

/* Puts all chunks, in the order of their keys, into an empty store. Those that are of no use go
 * with the next commit. */
journal_recovery_result_t journal_model_recover(journal_model_t *self, store_t *store,
                                                const journal_state_t *state, int64_t kept_from_ns);

#endif
