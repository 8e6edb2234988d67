/* reply.h - takes the body of a REPLY apart (bus-protocol.md, request link). Pure.
 *
 * Owner: values; texts borrow from the body. Threads: any.
 */
#ifndef HERD_FRONTEND_UPSTREAM_REPLY_H
#define HERD_FRONTEND_UPSTREAM_REPLY_H

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Open value struct. */
typedef struct {
    uint64_t connection; /* as the REQUEST named it */
    uint64_t sequence;   /* as the REQUEST named it */
    text_t text;         /* the reply with its LF; "?" LF for an invalid line */
} reply_t;

/* Cuts the next reply off the front of `body`. Sample:
 *   1048576 17 80 AT Goloman +0.263873386 kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.95949
 * False, with `body` unchanged, if it is empty or does not begin with a reply. */
bool reply_take(text_t *body, reply_t *ret_reply);

#endif
