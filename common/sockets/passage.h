/* passage.h - a request link inside one process: messages between a front-end and a node that share
 * a loop, without a system call.
 *
 * It has two ends, each with a queue of what came for it. An end that sends has the other stirred:
 * that one is to receive in a turn of its own, not at once.
 *
 * Owner: the program; it outlives both ends. Threads: one. Each queue holds at most
 * LIMIT_STREAM_OUTPUT_SIZE bytes.
 */
#ifndef HERD_COMMON_SOCKETS_PASSAGE_H
#define HERD_COMMON_SOCKETS_PASSAGE_H

#include "common/base/status.h"
#include "common/protocol/message.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct passage passage_t;

typedef enum { PASSAGE_FRONTEND, PASSAGE_NODE, PASSAGE_ENDS } passage_end_t;

/* Something came for an end, or there is room again for what it sends. It must not call the
 * passage. */
typedef void passage_stir_fn(void *argument);

/* Caller frees with passage_destroy. */
passage_t *passage_new(void);

/* Frees it and clears the pointer; NULL is fine. */
void passage_destroy(passage_t **self_p);

/* Whom to stir at an end; NULL: no one. */
void passage_tell(passage_t *self, passage_end_t end, passage_stir_fn *stir, void *argument);

/* Begins a connection anew: what is under way is dropped. */
void passage_clear(passage_t *self);

/* Sends a copy of `message` from an end. STATUS_AGAIN: too much waits at the other. */
status_t passage_send(passage_t *self, passage_end_t from,
                      const message_t *message) STATUS_MUST_USE;

/* The next message for an end, borrowed until the other sends or this one receives again.
 * STATUS_AGAIN: there is none. */
status_t passage_receive(passage_t *self, passage_end_t at, message_t *ret_message) STATUS_MUST_USE;

/* Whether something waits for an end. */
bool passage_has(const passage_t *self, passage_end_t at);

/* Whether so little waits at the other end that more should be sent. If not, this end is stirred
 * when it is so. */
bool passage_has_room(passage_t *self, passage_end_t from);

#endif
