/* backlog.h - what the node has sent and the front-end has not taken: the end of a connection by
 * which more comes than may. A front-end trusts its node with what its clients are told, but not
 * with its memory, which ZeroMQ would fill with a message that has no end.
 *
 * Owner: the upstream's socket. Threads: the reactor's. Only TCP is measured; of a Unix socket the
 * kernel does not count what comes by it (docs/security.md).
 */
#ifndef HERD_FRONTEND_UPSTREAM_BACKLOG_H
#define HERD_FRONTEND_UPSTREAM_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open struct, for embedding; all zeros: no connection. */
typedef struct {
    bool connected;
    int file;           /* ZeroMQ's, of the connection */
    uint64_t cookie;    /* of that, connections_cookie */
    uint64_t base;      /* bytes that had come when all that was whole had been taken */
    uint64_t delivered; /* bytes of the messages taken since */
    bool moved;         /* one was taken since the last look */
} backlog_t;

/* The socket has a new connection with that descriptor. */
void backlog_begin(backlog_t *self, int file);

/* It has none. */
void backlog_end(backlog_t *self);

/* A message of `size` bytes was taken. */
static inline void backlog_delivered(backlog_t *self, size_t size)
{
    self->delivered += size;
    self->moved = true;
}

/* Looks at the connection; `drained`: no whole message waits. Returns NULL, or what is wrong, "it
 * ...": then the connection is to be cut. */
const char *backlog_look(backlog_t *self, bool drained);

/* Cuts the connection; `reserve` is a descriptor that may be replaced. */
void backlog_cut(backlog_t *self, int reserve);

/* What is wrong with that much, NULL if nothing is: `size` bytes have come and were not taken. */
const char *backlog_judge(uint64_t size, bool drained);

#endif
