/* record.h - a line of traffic, and its form as a binary record (docs/traffic-log.md). Pure: no
 * I/O, no clock.
 *
 * Owner: values; texts borrow. Threads: any.
 * A file is a row of records, all of one form, numbers in little-endian:
 *   offset  bytes
 *        0  4      mark: 0A 89 48 54 (LF, 89, "HT")
 *        4  4      size of the record in bytes, head included
 *        8  8      XXH3 of 64 bits (https://github.com/Cyan4973/xxHash, v0.8) of all that follows
 *       16  8      POSIX time, ns, signed
 *       24  1      version of the form, 1
 *       25  1      kind: 0 beginning, 1 received, 2 answered, 3 came, 4 left
 *       26  1      flags: bit 0, the line was longer and was cut
 *       27  1      size of the peer in bytes
 *       28         the peer, then the line
 * No peer and no line has an LF in it. So the mark stands at the front of a record alone, whatever
 * clients send, and a reader finds the next record behind one that broke off.
 */
#ifndef HERD_COMMON_LOG_RECORD_H
#define HERD_COMMON_LOG_RECORD_H

#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a line of traffic is. */
typedef enum {
    LOG_BEGINNING, /* a program began to write here: the peer is "member/program" */
    LOG_RECEIVED,
    LOG_ANSWERED,
    LOG_CAME, /* the client; the line says so in words */
    LOG_LEFT, /* the client; the line says why */
    LOG_KINDS
} log_kind_t;

/* Open value struct. */
typedef struct {
    log_kind_t kind;
    bool cut;        /* the line was longer */
    int64_t time_ns; /* POSIX */
    text_t peer;     /* e.g. "127.0.0.1:40112#7" */
    text_t line;     /* without its LF */
} log_record_t;

enum {
    LOG_RECORD_MARK_SIZE = 4,   /* bytes */
    LOG_RECORD_HEAD_SIZE = 28,  /* bytes, with the mark */
    LOG_RECORD_PEER_SIZE = 255, /* most bytes of a peer; more are cut */
    /* Most bytes of a line; more are cut. Twice the longest of a client, for "?" and AT lines. */
    LOG_RECORD_LINE_SIZE = 2 * LIMIT_LINE_SIZE,
    LOG_RECORD_SIZE = LOG_RECORD_HEAD_SIZE + LOG_RECORD_PEER_SIZE + LOG_RECORD_LINE_SIZE,
};

/* Appends it; what stands behind an LF in peer or line is cut. STATUS_FULL, with nothing changed,
 * past the buffer's maximum. */
status_t log_record_append(const log_record_t *record, buffer_t *out) STATUS_MUST_USE;

/* What stands at the front of some bytes. */
typedef enum {
    LOG_RECORD_WHOLE,   /* a record */
    LOG_RECORD_NEWER,   /* a whole record, of a version or kind that is not known here */
    LOG_RECORD_PARTIAL, /* the beginning of a record, perhaps: more bytes are wanted */
    LOG_RECORD_NONE,    /* no record: skip these bytes */
} log_record_found_t;

/* Looks at the front of `bytes`. Of a record and of what is none, `ret_size` are the bytes that it
 * takes, at least 1; of PARTIAL it is not set. `ret_record` is set for WHOLE, and borrows from
 * `bytes`. */
log_record_found_t log_record_read(text_t bytes, log_record_t *ret_record, size_t *ret_size);

/* Returns the number of records that `bytes`, a row of whole ones, begin behind the first `offset`
 * bytes, and counts with them one that `offset` cuts in two. */
size_t log_record_count_after(text_t bytes, size_t offset);

#endif
