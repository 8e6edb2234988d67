/* pipeline.h - the order of replies of one client connection. Pure: no I/O, no clock.
 *
 * Owner: one session. Threads: one at a time.
 * Each line of the client is an entry: a request that waits for the node, or a line that is answered here. Replies
 * may come in any order; they leave in the order of the lines. Requests keep their line until they are
 * answered, so that they can be asked again when the node was away (bus-protocol.md, Q7).
 */
#ifndef HERD_FRONTEND_UPSTREAM_PIPELINE_H
#define HERD_FRONTEND_UPSTREAM_PIPELINE_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request as the node is asked (open value struct); `line` borrows until the next call. */
typedef struct {
    uint64_t sequence;   /* its name on this connection, from 1 on */
    int64_t receipt_ns;  /* POSIX time of receipt */
    uint64_t receipt_ms; /* steady time of receipt */
    text_t line;         /* the client's bytes */
} pipeline_request_t;

/* Where replies go, in their order (open value struct). */
typedef struct {
    buffer_t *out;                                 /* replies are appended */
    void (*replied)(void *argument, text_t reply); /* told of each one; NULL: nobody is */
    void *argument;                                /* for `replied` */
} pipeline_sink_t;

typedef struct pipeline_entry pipeline_entry_t;

/* Open struct, for embedding; fields are this module's alone. */
typedef struct {
    pipeline_entry_t *entries; /* ring of `capacity` (a power of two, or 0) */
    uint32_t capacity;         /* entries that there is room for */
    uint32_t first;            /* index of the oldest entry */
    uint32_t count;            /* entries in use */
    uint32_t stored;           /* entries whose reply is in `replies` */
    uint64_t head_sequence;    /* sequence of the oldest entry */
    uint64_t asked_sequence;   /* requests before this one were asked */
    buffer_t lines;            /* the entries' lines, one behind the other */
    size_t lines_start;        /* bytes of `lines` in front that no entry needs */
    uint64_t lines_offset; /* offset, counted from the connection's first line, of lines.data[0] */
    buffer_t replies;      /* replies that came out of turn, in the order they came */
    size_t replies_unused; /* bytes of `replies` that no entry needs */
    size_t reserved;       /* bytes of reply that the entries will probably come to */
} pipeline_t;

/* An empty pipeline whose kept lines and replies may each take up to `maximum` bytes. */
void pipeline_init(pipeline_t *self, size_t maximum);

/* Frees the memory; entries are gone. */
void pipeline_done(pipeline_t *self);

/* Adds a request that the node is to be asked; `request->sequence` is not looked at. `reserved`: bytes that its reply will
 * probably have. STATUS_FULL, with nothing changed, past the maximum. */
status_t pipeline_add_request(pipeline_t *self, const pipeline_request_t *request,
                              size_t reserved) STATUS_MUST_USE;

/* Adds a line that is answered here, "? " and the line, as soon as it is its turn; which may be now.
 * STATUS_FULL past the maximum of the pipeline or of the sink. */
status_t pipeline_add_invalid(pipeline_t *self, text_t line,
                              const pipeline_sink_t *sink) STATUS_MUST_USE;

/* Next request to ask the node, which is thereby asked; false where there is none. */
bool pipeline_ask(pipeline_t *self, pipeline_request_t *ret_request);

/* Whether a request is yet to be asked. */
bool pipeline_is_unasked(const pipeline_t *self);

/* All requests without a reply are to be asked again, in their order. True where there are any. */
bool pipeline_ask_again(pipeline_t *self);

/* The reply, LF and all, to the request `sequence`; "?" LF stands for "? ", the line and LF. It and the
 * replies that waited for it are appended to the sink, or it is kept until its turn. STATUS_NOT_FOUND, with nothing
 * changed, where no such request was asked or it has its reply. STATUS_FULL past a maximum: the pipeline then is good for
 * pipeline_done only. */
status_t pipeline_answer(pipeline_t *self, uint64_t sequence, text_t reply,
                         const pipeline_sink_t *sink) STATUS_MUST_USE;

/* Steady time of receipt of the oldest request without a reply; false where there is none. */
bool pipeline_oldest(const pipeline_t *self, uint64_t *ret_receipt_ms);

/* Lines without a reply yet that has left. */
static inline uint32_t pipeline_count(const pipeline_t *self)
{
    return self->count;
}

/* Bytes that the replies to come will probably have. */
static inline size_t pipeline_reserved(const pipeline_t *self)
{
    return self->reserved;
}

/* Bytes of memory it holds. */
size_t pipeline_footprint(const pipeline_t *self);

/* Gives the memory back where there are no entries. */
void pipeline_trim(pipeline_t *self);

#endif
