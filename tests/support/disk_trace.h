/* disk_trace.h - the file in which disk_recorder.c notes what a program does to a folder.
 *
 * Records one after the other, each appended by one write(2): a head, and a payload. A test appends
 * its own (TRACE_ANSWER), so both are in one order.
 */
#ifndef HERD_TESTS_SUPPORT_DISK_TRACE_H
#define HERD_TESTS_SUPPORT_DISK_TRACE_H

#include <stdint.h>

/* What fails, bits of the byte in the file that HERD_RECORD_FAIL names. */
enum { TRACE_FAILS_SYNC = 1, TRACE_FAILS_META = 2 };

/* What happened; `file` is a descriptor of the program. Writes are noted when they begin, syncs
 * when they have succeeded: what lies between may be on the disk or not. */
typedef enum {
    TRACE_START, /* a program began; it has no files yet */
    TRACE_OPEN,  /* payload: the path, without links */
    TRACE_CLOSE,
    TRACE_WRITE,      /* at `offset`; payload: the bytes */
    TRACE_CUT,        /* ftruncate(2) to `offset` */
    TRACE_SYNC,       /* fsync(2), fdatasync(2); of a folder: its names */
    TRACE_SYNC_RANGE, /* a write with O_DSYNC has ended: `range` bytes at `offset` */
    TRACE_FAIL,       /* as TRACE_SYNC, but it failed: see disk_recorder.c */
    TRACE_FAIL_RANGE, /* as TRACE_SYNC_RANGE, likewise */
    TRACE_FOLDER,     /* mkdir(2); payload: the path */
    TRACE_UNLINK,     /* payload: the path */
    TRACE_RENAME,     /* payload: the old path, a zero, the new one */
    TRACE_MAP,        /* LMDB's map has another size, `offset` */
    TRACE_ANSWER,     /* payload: a line that a client has read */
} trace_kind_t;

typedef struct {
    uint32_t kind;
    int32_t file;
    uint64_t offset; /* bytes */
    uint64_t range;  /* bytes */
    uint64_t size;   /* of the payload, bytes */
} trace_head_t;

#endif
