/* pipeline.h - the order of replies of one client connection. Pure: no I/O, no clock.
 *
 * Owner: one session. Threads: one at a time.
 * Each line of the client is an entry: a request that waits for the node, or a malformed line that
 * is answered here. Replies may come in any order; they leave in the order of the lines. A request
 * keeps its line until it has its reply, so that it can be asked again when the node was away
 * (bus-protocol.md, Q7).
 */
#ifndef HERD_FRONTEND_UPSTREAM_PIPELINE_H
#define HERD_FRONTEND_UPSTREAM_PIPELINE_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request to the node (open value struct); `line` is borrowed until the next call. */
typedef struct {
    uint64_t sequence;   /* its number on this connection, from 1 on */
    int64_t receipt_ns;  /* POSIX time of receipt */
    uint64_t receipt_ms; /* steady time of receipt */
    bool is_lookup;      /* a WHATSAT: others need not wait for its answer at the node */
    text_t line;         /* the client's bytes */
} pipeline_request_t;

/* Where replies go, in their order (open value struct). */
typedef struct {
    buffer_t *out;                                 /* replies are appended */
    void (*replied)(void *argument, text_t reply); /* called with each reply; may be NULL */
    void *argument;                                /* for `replied` */
} pipeline_sink_t;

typedef struct pipeline_entry pipeline_entry_t;

/* Open struct, for embedding; the fields are this module's alone. */
typedef struct {
    pipeline_entry_t *entries; /* ring of `capacity` (a power of two, or 0) */
    uint32_t capacity;         /* entries that there is room for */
    uint32_t first;            /* index of the oldest entry */
    uint32_t count;            /* entries in use */
    uint32_t stored;           /* entries whose reply is in `replies` */
    uint32_t lookups;          /* WHATSATs that were asked and have no reply */
    uint64_t head_sequence;    /* sequence of the oldest entry */
    uint64_t asked_sequence;   /* requests before this one were asked */
    buffer_t lines;            /* the entries' lines, one behind the other */
    size_t lines_start;        /* bytes in front of `lines` that no entry needs */
    uint64_t lines_offset;     /* offset of lines.data[0], counted from the first line ever */
    buffer_t replies;          /* replies that came out of turn, in the order they came */
    size_t replies_unused;     /* bytes of `replies` that no entry needs */
    size_t reserved;           /* probable bytes of all replies to the entries */
} pipeline_t;

/* Makes an empty pipeline whose lines and replies may each take up to `maximum` bytes. */
void pipeline_init(pipeline_t *self, size_t maximum);

/* Forgets all entries and frees the memory; the pipeline is then as after pipeline_init. */
void pipeline_done(pipeline_t *self);

/* Adds a request for the node, with a copy of its line; ignores `request->sequence`. `reserved` is
 * the probable size of its reply in bytes. STATUS_FULL, with nothing changed, past the maximum. */
status_t pipeline_add_request(pipeline_t *self, const pipeline_request_t *request,
                              size_t reserved) STATUS_MUST_USE;

/* Adds a malformed line. Its reply, "? " and the line, goes to the sink in its turn, perhaps at
 * once. STATUS_FULL past the maximum of the pipeline or of the sink. */
status_t pipeline_add_invalid(pipeline_t *self, text_t line,
                              const pipeline_sink_t *sink) STATUS_MUST_USE;

/* Takes the next request for the node, which counts as asked from now on; false if there is
 * none. */
bool pipeline_ask(pipeline_t *self, pipeline_request_t *ret_request);

/* Whether the request that pipeline_ask would take is a WHATSAT. */
bool pipeline_next_is_lookup(pipeline_t *self);

/* Lets pipeline_ask return all requests without a reply again, in their order. False if there is
 * none. */
bool pipeline_ask_again(pipeline_t *self);

/* Takes the reply, with its LF, to the request `sequence`; "?" LF stands for "? ", the line and LF.
 * Appends it, and the replies that waited for it, to the sink, or keeps it until its turn.
 * STATUS_NOT_FOUND, with nothing changed: no such request was asked, or it has its reply.
 * STATUS_FULL past a maximum: only pipeline_done may follow. */
status_t pipeline_answer(pipeline_t *self, uint64_t sequence, text_t reply,
                         const pipeline_sink_t *sink) STATUS_MUST_USE;

/* The steady time of receipt of the oldest request without a reply; false if there is none. */
bool pipeline_oldest(const pipeline_t *self, uint64_t *ret_receipt_ms);

/* The line that stands `index` (< pipeline_count) entries behind the oldest: one without a reply,
 * or whose reply waits for its turn. A malformed line has no times. */
pipeline_request_t pipeline_at(const pipeline_t *self, uint32_t index);

/* Returns how many lines have not got their reply yet. */
static inline uint32_t pipeline_count(const pipeline_t *self)
{
    return self->count;
}

/* Returns the probable size in bytes of the replies to come. */
static inline size_t pipeline_reserved(const pipeline_t *self)
{
    return self->reserved;
}

/* Returns the bytes of memory that it holds. */
size_t pipeline_footprint(const pipeline_t *self);

/* Frees the memory if there are no entries. */
void pipeline_trim(pipeline_t *self);

#endif
