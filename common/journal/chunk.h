/* chunk.h - records of the list of changes, packed: what a journal keeps on disk, up to 256 KiB.
 *
 * docs/replication.md, J6. All numbers are little-endian.
 *
 *   offset  bytes
 *   0       8      XXH3-64 of all that follows
 *   8       4      "HJC1"
 *   12      4      bytes of the chunk
 *   16      8      index of its first record
 *   24      8      index of its last one
 *   32      4      number of records, 1 or more
 *   36      4      serial: tells chunks of the same indices apart
 *   40             the records, by rising index:
 *           8      index in the list of changes
 *           8      order time, nanoseconds
 *           8      receipt time, nanoseconds
 *           2      number of the origin; 0x8000: position and time are packed (store/packed.h);
 *                  0x4000: an era follows
 *           2      bytes of the client
 *           2      bytes of the position
 *           2      bytes of the client time
 *           1, n   if the origin's number is the next one: bytes of its name, and the name
 *                  client, position and client time, the last two perhaps packed together
 *           8      era, if it is neither 0 nor that of a tombstone
 *
 * A chunk stands by itself: it names its origins. Whoever reads it takes every byte for foreign: a
 * disk may be damaged, and a folder may be anyone's. Owner: the caller. Threads: one for each
 * object. Free of I/O.
 */
#ifndef HERD_COMMON_JOURNAL_CHUNK_H
#define HERD_COMMON_JOURNAL_CHUNK_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_CHUNK_SIZE = 262144, /* bytes, at most */
    JOURNAL_CHUNK_HEADER_SIZE = 40,
    JOURNAL_CHUNK_KEY_SIZE = 24,
};

/* By these a chunk can be found in any bytes: what it has, and where. */
#define JOURNAL_CHUNK_MAGIC "HJC1"
enum { JOURNAL_CHUNK_MAGIC_AT = 8 };

/* What tells a chunk from others (open value struct). */
typedef struct {
    uint64_t first; /* index */
    uint64_t last;  /* index, `first` or more */
    uint32_t count; /* records, 1 or more, and no more than there are indices */
    uint32_t serial;
} journal_chunk_name_t;

/* Writes chunks, one after the other. */
typedef struct journal_chunk_writer journal_chunk_writer_t;

/* `chunk_size`: bytes after which a chunk takes no more records; 0: JOURNAL_CHUNK_SIZE. Caller
 * frees with journal_chunk_writer_destroy. */
journal_chunk_writer_t *journal_chunk_writer_new(size_t chunk_size);
void journal_chunk_writer_destroy(journal_chunk_writer_t **self_p);

/* Begins a chunk in `out`, which has room for JOURNAL_CHUNK_SIZE bytes and is borrowed until
 * journal_chunk_end. */
void journal_chunk_begin(journal_chunk_writer_t *self, char *out);

/* Adds a record, whose index is greater than that of the last one. False, with nothing added, if it
 * does not fit: begin another chunk. Every record fits an empty one. */
bool journal_chunk_add(journal_chunk_writer_t *self, const store_entry_t *entry);

/* Whether nothing was added. */
bool journal_chunk_is_empty(const journal_chunk_writer_t *self);

/* Ends the chunk, which is not empty. Returns its bytes; it needs journal_chunk_seal. */
size_t journal_chunk_end(journal_chunk_writer_t *self, uint32_t serial,
                         journal_chunk_name_t *ret_name);

/* Writes the checksum of a chunk of `size` bytes: any thread that has it may. */
void journal_chunk_seal(char *chunk, size_t size);

/* A key that sorts by first index, then by last one, as bytes; and the name of a key, false if it
 * is none. */
void journal_chunk_write_key(const journal_chunk_name_t *name, unsigned char *key);
bool journal_chunk_parse_key(text_t key, journal_chunk_name_t *ret_name);

/* The name of a chunk by its own bytes, which may be any; false if they are too few. */
bool journal_chunk_read_name(text_t chunk, journal_chunk_name_t *ret_name);

/* The bytes of a chunk that begins with `head`, JOURNAL_CHUNK_HEADER_SIZE bytes; false if it cannot
 * be one. */
bool journal_chunk_size(text_t head, size_t *ret_size);

/* Reads the records of a chunk. */
typedef struct journal_chunk_reader journal_chunk_reader_t;

/* Caller frees with journal_chunk_reader_destroy. */
journal_chunk_reader_t *journal_chunk_reader_new(void);
void journal_chunk_reader_destroy(journal_chunk_reader_t **self_p);

/* Begins to read `chunk`, borrowed until the next call of this. STATUS_DAMAGED: its checksum or
 * layout is wrong. */
status_t journal_chunk_open(journal_chunk_reader_t *self, text_t chunk,
                            journal_chunk_name_t *ret_name) STATUS_MUST_USE;

/* Reads the next record; its marks are 0, and its texts borrow from the chunk and, until the next
 * call, from the reader. STATUS_NOT_FOUND behind the last one. STATUS_DAMAGED: it is no record that
 * a store takes, or the chunk does not end behind the last one; nothing more comes. */
status_t journal_chunk_next(journal_chunk_reader_t *self, store_entry_t *ret_entry) STATUS_MUST_USE;

#endif
