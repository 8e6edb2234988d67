/* follower.h - follows a node: the connection that keeps a copy (common/copy), on a libuv loop.
 *
 * docs/bus-protocol.md, F rules. Owner: the front-end program. Threads: the reactor's.
 *
 * It has a connection of its own beside the upstream's, to the same endpoint: a burst of changes
 * holds up no answer, and either may be cut without the other. Over a Unix socket without keys that
 * is a stream, else ZeroMQ. It needs no calls in turns of the loop: it has handles of its own,
 * takes a bounded number of messages a turn, and calls `changed` and `removed` of the copy then.
 *
 * If the connection breaks, the node says RESET or REFUSED, or nothing is heard for five seconds,
 * it is made anew, at the latest with the next second, and the copy resumes (copy.h). Each reason
 * is logged once until the node is there again. */
#ifndef HERD_FRONTEND_FOLLOWER_FOLLOWER_H
#define HERD_FRONTEND_FOLLOWER_FOLLOWER_H

#include "common/base/status.h"
#include "common/copy/copy.h"
#include "common/log/log.h"
#include "common/security/security.h"

#include <stdbool.h>
#include <uv.h>

typedef struct follower follower_t;

/* What a follower is made of (open value struct); it borrows everything until follower_close. */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    copy_t *copy;               /* what it feeds; nobody else does */
    const char *endpoint;       /* the node's `requests`: "ipc://...", "tcp://..." */
    const char *herd;           /* name of the herd */
    const char *member;         /* name of the member whose node that is */
    const char *name;           /* our own, for the node's log: with keys that of our key */
    const char *bus;            /* endpoint of its node for neighbours; or NULL */
    const char *file;           /* path of the herd file; or NULL */
    const security_t *security; /* NULL without keys */
    /* Messages of the node were taken in this turn, or the state has changed (copy_state). NULL:
     * nobody wants to know. */
    void (*turned)(void *argument);
    void *argument; /* for this */
} follower_settings_t;

/* Begins to connect; what passes is logged and tried again each second. STATUS_SYSTEM if ZeroMQ
 * does not understand the endpoint, which is logged. Caller ends it with follower_close. */
status_t follower_open(const follower_settings_t *settings, follower_t **ret_self) STATUS_MUST_USE;

/* Connects anew with other keys, borrowed until the next call or follower_close. The program sees
 * to them: where the node's key is missing, it looks for it as its upstream asks (upstream.h). */
void follower_use_keys(follower_t *self, const security_t *security);

/* Follows another member from now on: its node is compared with the copy. The texts are borrowed as
 * in the settings. */
void follower_move(follower_t *self, const char *member, const char *endpoint, const char *bus);

/* Whether the node takes us as a follower now. */
bool follower_is_up(const follower_t *self);

/* Why it does not, for people: what was logged last; "" while it does. Borrowed until the loop's
 * next turn. */
const char *follower_problem(const follower_t *self);

/* Says goodbye and ends; the copy stays. The loop's next turns free the memory. Clears the pointer;
 * NULL is fine. */
void follower_close(follower_t **self_p);

#endif
