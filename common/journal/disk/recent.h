/* recent.h - small transactions, on the disk before they are in data.mdb.
 *
 * A commit of LMDB waits for the disk twice, one sync after the other. So a small transaction stays
 * in LMDB's open one, and is brought to the disk here, by one write and one sync; LMDB commits when
 * this file is full, at a large transaction, and after a while. A start reads both.
 *
 * The file "recent" of a journal's folder always has JOURNAL_RECENT_SIZE bytes, all written when it
 * is made, so that an entry changes nothing but its own bytes on the disk: no size, no block.
 * Entries lie one behind the other, each from a multiple of 4096 bytes on, so that none is touched
 * when the next is written. Numbers are little-endian:
 *
 *   offset  bytes
 *   0       8      XXH3-64 of all that follows
 *   8       4      "HJR1"
 *   12      4      number of the entry, from 0
 *   16      8      base: XXH3-64 of the state in data.mdb
 *   24      4      bytes of the chunk; 0: there is none
 *   28      4      bytes of the state
 *   32             chunk (chunk.h), state (state.h)
 *
 * An entry counts only with the state that is in data.mdb: a commit of LMDB has all, and makes the
 * file empty by that. An entry that is missing before one that counts is damage; behind the last
 * one there may be another that the power was too short for.
 *
 * Owner: the caller. Threads: one at a time. It blocks.
 */
#ifndef HERD_COMMON_JOURNAL_DISK_RECENT_H
#define HERD_COMMON_JOURNAL_DISK_RECENT_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECENT_NAME "recent"

enum {
    JOURNAL_RECENT_SIZE = 524288,
    JOURNAL_RECENT_CHUNK_SIZE = 16384, /* bytes of a chunk, at most: a larger one is written once */
};

typedef struct journal_recent journal_recent_t;

/* A transaction (open value struct); borrowed until the next change. */
typedef struct {
    text_t chunk; /* of size 0: none */
    text_t state;
} journal_recent_entry_t;

/* Empty, without a file. Caller frees with journal_recent_destroy, which closes the file; NULL is
 * fine. */
journal_recent_t *journal_recent_new(void);
void journal_recent_destroy(journal_recent_t **self_p);

/* What names a state of data.mdb, by its bytes. */
uint64_t journal_recent_base(text_t state);

/* Reads the entries of a folder that count with that base; none if there is no such file. It is
 * empty, and errno says why, with STATUS_SYSTEM: the file cannot be read. */
status_t journal_recent_read(journal_recent_t *self, const char *folder,
                             uint64_t base) STATUS_MUST_USE;

/* Whether entries are missing between those that were read. */
bool journal_recent_is_damaged(const journal_recent_t *self);

/* Whether there are any. */
bool journal_recent_is_empty(const journal_recent_t *self);

/* Goes through the entries, from `*place` 0 on. False behind the last one. */
bool journal_recent_next(const journal_recent_t *self, size_t *place,
                         journal_recent_entry_t *ret_entry);

/* data.mdb has all, and its state is that of `base`: empties it, and makes and opens the file if
 * need be. If that fails it takes nothing, which costs time and nothing else. */
void journal_recent_begin(journal_recent_t *self, const char *folder, uint64_t base);

/* The state of data.mdb, read anew, is that of `base`: if another one was, LMDB has committed all
 * entries, and they are none any more. */
void journal_recent_compare(journal_recent_t *self, uint64_t base);

/* Takes nothing until journal_recent_begin; entries stay, here and on the disk. */
void journal_recent_close(journal_recent_t *self);

/* Whether an entry with such a chunk and state could be written. */
bool journal_recent_has_room(const journal_recent_t *self, size_t chunk_size, size_t state_size);

/* Copies the chunk of the next entry; there is room for it. */
void journal_recent_keep(journal_recent_t *self, text_t chunk);

/* Brings an entry to the disk, with the first `chunk_size` bytes that were kept; there is room for
 * it. 0, or errno: it may be there or not, and nothing is taken until journal_recent_begin. */
int journal_recent_write(journal_recent_t *self, size_t chunk_size, text_t state);

#endif
