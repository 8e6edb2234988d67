/* output.h - what a client has yet to read: bytes on their way into a libuv stream.
 *
 * Owner: one session. Threads: the reactor's.
 * Bytes gather until a flush offers them to the socket. What it does not take at once is left to
 * libuv, one write at a time; what comes meanwhile gathers anew.
 */
#ifndef HERD_FRONTEND_CLIENTS_OUTPUT_H
#define HERD_FRONTEND_CLIENTS_OUTPUT_H

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Bytes of the longest buffer that is kept while nothing has gathered. */
enum { OUTPUT_IDLE_SIZE = 65536 };

/* The write that was left to libuv has ended: 0, or libuv's error. `owner`: the stream's data. */
typedef void output_left_fn(void *owner, int outcome);

/* Such a write, this module's alone. */
typedef struct {
    uv_write_t request;   /* its data is the output */
    buffer_t bytes;       /* some of them written already */
    output_left_fn *left; /* to be called at its end */
} output_write_t;

/* Open struct, for embedding. */
typedef struct {
    buffer_t gathered;       /* bytes for the next flush: append them here */
    output_write_t *writing; /* NULL if none is under way */
} output_t;

/* An empty output that gathers up to `maximum` bytes; allocates nothing yet. */
void output_init(output_t *self, size_t maximum);

/* Frees what has gathered. A write under way ends with its stream. */
void output_done(output_t *self);

/* Offers what has gathered to `stream`, and adds to `sent` the bytes that the kernel or libuv took.
 * Returns 0: nothing is left. UV_EAGAIN: the rest is left to libuv; `left` is called at its end.
 * UV_EALREADY: an earlier rest has not left yet. Any other error: the connection is lost. */
int output_flush(output_t *self, uv_stream_t *stream, output_left_fn *left, uint64_t *sent);

/* Bytes that the client has yet to read. */
static inline size_t output_size(const output_t *self)
{
    return self->gathered.size + (self->writing != NULL ? self->writing->bytes.size : 0);
}

/* Bytes of memory that it holds. */
static inline size_t output_footprint(const output_t *self)
{
    size_t size = self->gathered.capacity;
    if (self->writing != NULL) {
        size += sizeof *self->writing + self->writing->bytes.capacity;
    }
    return size;
}

/* Frees the memory if nothing has gathered. */
static inline void output_trim(output_t *self)
{
    if (self->gathered.size == 0) {
        buffer_done(&self->gathered);
    }
}

/* After a flush: does not keep a long buffer for the next one. True if it has freed one. */
static inline bool output_shrink(output_t *self)
{
    bool is_long = self->gathered.size == 0 && self->gathered.capacity > OUTPUT_IDLE_SIZE;
    if (is_long) {
        buffer_done(&self->gathered);
    }
    return is_long;
}

#endif
