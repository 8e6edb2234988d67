/* sessions.h - the table of client connections: a number for each, and back.
 *
 * Owner: the front-end. Threads: the reactor's.
 * A number names a connection on the request link (bus-protocol.md, Q2). It is used only once in
 * the life of the process, so a late reply finds no client rather than the wrong one:
 *   number = use of the slot (44 bits) | slot (20 bits)
 */
#ifndef HERD_FRONTEND_CLIENTS_SESSIONS_H
#define HERD_FRONTEND_CLIENTS_SESSIONS_H

#include "common/base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct session session_t;

typedef struct sessions sessions_t;

/* Makes an empty table for at most `maximum` (1 .. LIMIT_CONNECTIONS) connections; caller frees
 * with sessions_destroy. */
sessions_t *sessions_new(size_t maximum);

/* Frees the table, not the sessions; NULL is fine. */
void sessions_destroy(sessions_t **self_p);

/* Borrows `session` until sessions_remove and gives it a number. STATUS_FULL at the maximum. */
status_t sessions_add(sessions_t *self, session_t *session, uint64_t *ret_number) STATUS_MUST_USE;

/* The connection of that number; NULL if there is none, or no longer. */
session_t *sessions_find(const sessions_t *self, uint64_t number);

/* Forgets the connection `number`; no effect if there is none. */
void sessions_remove(sessions_t *self, uint64_t number);

/* Returns the count of connections. */
size_t sessions_count(const sessions_t *self);

/* Goes through all connections: returns the next one at or behind slot `*cursor` (0 at first), and
 * moves the cursor on; NULL at the end. Connections may be added and removed meanwhile. */
session_t *sessions_next(const sessions_t *self, size_t *cursor);

#endif
