/* state.h - what a journal keeps beside its chunks: whose list it is, how far, and checkpoints.
 *
 * docs/replication.md, J2, J6, J7. A text of lines, in this order; a checkpoint for each neighbour
 * that has one; the checksum, XXH3-64, is that of all lines before its own:
 *
 *   herd-journal 1
 *   herd ucla
 *   member Goloman
 *   generation 0123456789abcdef0123456789abcdef
 *   parent fedcba9876543210fedcba9876543210 4711
 *   tail 4711
 *   serial 17
 *   written 1772000000123456789
 *   refused 12
 *   checkpoint Hands 00112233445566778899aabbccddeeff 980 980
 *   checksum 0123456789abcdef
 *
 * Owner: the caller. Threads: one for each object. Free of I/O.
 */
#ifndef HERD_COMMON_JOURNAL_STATE_H
#define HERD_COMMON_JOURNAL_STATE_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/replication/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_STATE_FORMAT = 1,
    JOURNAL_STATE_LINE_SIZE = 256,                                       /* bytes, at most */
    JOURNAL_STATE_SIZE = (LIMIT_MEMBERS + 16) * JOURNAL_STATE_LINE_SIZE, /* bytes, at most */
};

/* How far a neighbour's list was processed (open value struct). */
typedef struct {
    char neighbour[LIMIT_NAME_SIZE + 1];
    link_checkpoint_t checkpoint;
} journal_checkpoint_t;

/* Open value struct, but for its life. */
typedef struct {
    char herd[LIMIT_NAME_SIZE + 1];
    char member[LIMIT_NAME_SIZE + 1];
    generation_t generation;  /* of the list */
    bool has_parent;          /* it goes on where an earlier one ... */
    link_checkpoint_t parent; /* ... was recovered up to; its level is not used */
    uint64_t tail;            /* of the list at this moment (J1) */
    uint32_t serial;          /* of the newest chunk */
    int64_t written_ns;       /* POSIX */
    uint64_t refused;         /* records on the disk for which the list had no room; mostly 0 */
    journal_checkpoint_t *checkpoints;
    size_t checkpoint_count; /* 0 .. LIMIT_MEMBERS */
} journal_state_t;

void journal_state_init(journal_state_t *self);
void journal_state_done(journal_state_t *self);

/* Adds a checkpoint; there are fewer than LIMIT_MEMBERS. Copies the name, at most LIMIT_NAME_SIZE
 * bytes. */
void journal_state_add(journal_state_t *self, text_t neighbour,
                       const link_checkpoint_t *checkpoint);

/* The checkpoint of a neighbour; false if there is none. */
bool journal_state_find(const journal_state_t *self, text_t neighbour,
                        link_checkpoint_t *ret_checkpoint);

/* Appends the text to `out`, which has room for JOURNAL_STATE_SIZE bytes. */
void journal_state_write(const journal_state_t *self, buffer_t *out);

/* Parses a text. STATUS_VERSION: of another format. STATUS_DAMAGED: its checksum or form is wrong.
 * Caller frees with journal_state_done, after STATUS_OK. */
status_t journal_state_read(text_t text, journal_state_t *ret_self) STATUS_MUST_USE;

#endif
