/* session.h - one client connection: bytes in, lines, requests, replies in their order, bytes out.
 *
 * Owner: itself, from session_open until it has called shared->closed. Threads: the reactor's.
 * A session never talks to the node. It puts itself on the lists that all sessions share; from
 * these the front-end gives turns (`waiting`), takes requests (`unasked`), writes output
 * (`unwritten`) and checks times (`active`).
 */
#ifndef HERD_FRONTEND_LINES_SESSION_H
#define HERD_FRONTEND_LINES_SESSION_H

#include "frontend/clients/session_shared.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

/* Disconnects the client that has been idle longest, so that a new one has room: one without a line
 * for LIMIT_NEWCOMER_IDLE_MS, or else any for LIMIT_IDLE_MS. False if there is none. */
bool session_make_room(session_shared_t *shared);

/* Disconnects clients that have been idle for `idle_timeout`, if that is set. */
void session_end_idle(session_shared_t *shared);

/* Takes `file`, a connected, non-blocking socket, even if it fails; makes a session of it and
 * begins to read. `address` is the client's. STATUS_FULL: the table of sessions is full.
 * STATUS_SYSTEM: the socket is unusable. */
status_t session_open(session_shared_t *shared, int file,
                      const struct sockaddr *address) STATUS_MUST_USE;

/* Its number on the request link. */
uint64_t session_number(const session_t *self);

/* The session that a link of shared->waiting, ->unasked, ->unwritten or ->active belongs to. */
session_t *session_of_waiting(list_link_t *link);
session_t *session_of_unasked(list_link_t *link);
session_t *session_of_unwritten(list_link_t *link);
session_t *session_of_active(list_link_t *link);

/* Its turn, taken out of shared->waiting: takes some of the lines that it has read, at most what
 * LIMIT_TURN_COST allows, and goes back to the end of the list if more are left. */
void session_take_turn(session_t *self);

/* Takes the next request for the node; false if there is none, and then the session reads on. */
bool session_ask(session_t *self, pipeline_request_t *ret_request);

/* The node has forgotten us: asks again what was asked and not answered. */
void session_ask_again(session_t *self);

/* Takes the node's reply to request `sequence`; ignores one that was not asked or has its reply. */
void session_answer(session_t *self, uint64_t sequence, text_t reply);

/* Writes the output; once all of it is written, does what waited for that: reads on, or closes. */
void session_flush(session_t *self);

/* Call this about every 100 ms while the session is in shared->active: gives back idle memory, ends
 * a session that is overdue. May close it. */
void session_tick(session_t *self);

/* Answers what is under way and what still comes, and closes when nothing has come for a while, or
 * at shared->finish_ms. Set shared->stopping before. */
void session_stop(session_t *self);

/* Closes at once. */
void session_close(session_t *self);

#endif
