/* stream.h - one end of a request link over a Unix socket: messages in frames (frame.h), without
 * ZeroMQ and its threads.
 *
 * Owner: whoever embeds it; its descriptor is its own. Threads: one. Nothing waits: what the kernel
 * does not take now is kept, up to LIMIT_STREAM_OUTPUT_SIZE, and of what comes at most one message
 * and one read more is held.
 */
#ifndef HERD_COMMON_SOCKETS_STREAM_H
#define HERD_COMMON_SOCKETS_STREAM_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/protocol/frame.h"

#include <stdbool.h>
#include <stddef.h>

/* Open only to be embedded; read by its owner. */
typedef struct {
    buffer_t input;  /* bytes received... */
    size_t taken;    /* ...of which so many were delivered */
    buffer_t output; /* bytes to be sent... */
    size_t sent;     /* ...of which so many have left */
    int file;        /* the socket; -1: none */
    bool greeted;    /* the peer's preamble has come */
    bool unread;     /* the last read was full: more may wait */
} stream_t;

/* Takes `file`, a connected socket that does not block. */
void stream_init(stream_t *self, int file);

/* Closes it; fine if it is closed already, or all zeros with the descriptor -1. */
void stream_done(stream_t *self);

/* Begins a connection to the Unix socket at `path`. A descriptor, or -1 with errno set: EAGAIN if
 * too many wait there to be accepted, ENOENT or ECONNREFUSED if no one listens. */
int stream_connect(const char *path);

/* Sends our preamble; STATUS_SYSTEM with errno set. */
status_t stream_greet(stream_t *self) STATUS_MUST_USE;

/* Takes the peer's preamble and nothing beyond it. STATUS_OK, also later on: it has come.
 * STATUS_AGAIN: not yet. STATUS_INVALID: what came is none. STATUS_UNREACHABLE: the peer speaks
 * ZeroMQ. STATUS_SYSTEM: the connection has ended, errno is 0 if the peer closed it. */
status_t stream_take_greeting(stream_t *self) STATUS_MUST_USE;

/* The next message, once the preamble was taken; borrowed until the next call about the input.
 * STATUS_AGAIN: none has come whole. STATUS_INVALID, STATUS_VERSION, STATUS_TOO_LONG: what came is
 * no message; the stream cannot be read any more. STATUS_SYSTEM as above. */
status_t stream_receive(stream_t *self, message_t *ret_message) STATUS_MUST_USE;

/* Whether stream_receive may find something without a word of the kernel that more has come. */
bool stream_is_due(const stream_t *self);

/* Bytes that came and were not delivered; held in memory. */
size_t stream_open_size(const stream_t *self);

/* Gives back memory that an empty input holds beyond `keep` bytes. */
void stream_trim(stream_t *self, size_t keep);

/* Sends a message, all of it or nothing: what the kernel does not take waits for stream_flush.
 * STATUS_AGAIN: too much waits already. STATUS_SYSTEM: the connection has ended, see errno. */
status_t stream_send(stream_t *self, const message_t *message) STATUS_MUST_USE;

/* Sends what waits, as far as that goes now. STATUS_SYSTEM as above. */
status_t stream_flush(stream_t *self) STATUS_MUST_USE;

/* Bytes that wait. */
static inline size_t stream_unsent(const stream_t *self)
{
    return self->output.size - self->sent;
}

#endif
