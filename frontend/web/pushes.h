/* pushes.h - /ws/last, as OwnTracks Recorder has it: a WebSocket that tells where a client is that
 * has just moved.
 *
 * Owner: the program. Threads: the reactor's.
 * Its front-end asks for all that it shows (/api/0/last) whenever it is told of one. So each gets
 * one message a second at most, the newest position of all, and only where something has moved
 * since the one before. One that says LAST gets a message anyhow.
 */
#ifndef HERD_FRONTEND_WEB_PUSHES_H
#define HERD_FRONTEND_WEB_PUSHES_H

#include "frontend/web/mirror.h"
#include "frontend/web/web_session.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pushes pushes_t;

/* Their streams have numbers from this on, PUSHES_MAX of them. */
#define PUSHES_STREAM (UINT32_C(1) << 30)
enum { PUSHES_MAX = 256 };

static inline bool pushes_have(uint32_t stream)
{
    return stream >= PUSHES_STREAM && stream - PUSHES_STREAM < PUSHES_MAX;
}

/* Borrows loop, sessions, mirror and writer. Caller ends it with pushes_stop, then pushes_destroy.
 */
pushes_t *pushes_new(uv_loop_t *loop, const session_shared_t *shared, mirror_t *mirror,
                     websocket_writer_t *writer);

/* Closes what it has on the loop. */
void pushes_stop(pushes_t *self);

/* After the loop has ended. Clears the pointer; NULL is fine. */
void pushes_destroy(pushes_t **self_p);

/* The stream of a session that will be a WebSocket; UINT32_MAX: there are as many as there may be.
 */
uint32_t pushes_open(pushes_t *self, uint64_t session);

/* The reader of this stream has said something; its session is gone. */
void pushes_received(pushes_t *self, uint32_t stream, text_t message);
void pushes_cut(pushes_t *self, uint32_t stream);

#endif
