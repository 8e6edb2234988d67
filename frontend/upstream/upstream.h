/* upstream.h - the request link to the node (bus-protocol.md, Q rules), on a libuv loop.
 *
 * Owner: the front-end. Threads: the reactor's.
 * One ZeroMQ socket is one session with the node: if anything is wrong with either, both are made
 * anew. The upstream takes requests only while the node can be sent more (at most
 * LIMIT_REQUEST_WINDOW messages are unanswered), so a batch is what has gathered until then, and no
 * timer waits for it.
 */
#ifndef HERD_FRONTEND_UPSTREAM_UPSTREAM_H
#define HERD_FRONTEND_UPSTREAM_UPSTREAM_H

#include "common/base/status.h"
#include "common/log/log.h"
#include "common/security/security.h"
#include "common/sockets/passage.h"
#include "frontend/upstream/pipeline.h"

#include <stdbool.h>
#include <uv.h>

typedef struct upstream upstream_t;

/* What an upstream is made of (open value struct); it borrows everything until upstream_close. */
typedef struct {
    uv_loop_t *loop;
    log_t *log;
    const char *endpoint;       /* the node's `requests`: "ipc://...", "tcp://..." */
    const char *herd;           /* name of the herd */
    const char *name;           /* name of the member */
    const char *program;        /* what we are, if not herd-frontend; or NULL */
    const char *bus;            /* endpoint of its node for neighbours; or NULL */
    const char *file;           /* path of the herd file; or NULL */
    const char *keys;           /* the folder of keys; NULL without keys */
    const security_t *security; /* NULL without keys */
    passage_t *passage;         /* to a node in this process; NULL: by `endpoint` */
    /* A session with the node has begun: it knows of no request, so ask all of them (again). */
    void (*opened)(void *argument);
    /* It has ended; the node was last known to be there at `since_ms` (steady). */
    void (*lost)(void *argument, uint64_t since_ms);
    /* The node's key is missing among those of `security`: see whether it is there now, and call
     * upstream_use_keys if it is. */
    void (*key_missing)(void *argument);
    /* A reply came; `text` is borrowed for the call. */
    void (*replied)(void *argument, uint64_t connection, uint64_t sequence, text_t text);
    /* Appends the figures of PING as `key value` lines (Q8). */
    status_t (*figures)(void *argument, buffer_t *out);
    void *argument; /* for these */
} upstream_settings_t;

/* Begins to connect; what passes, as a lack of descriptors or of the node's key, is logged and
 * tried again each second. STATUS_SYSTEM if ZeroMQ does not understand the endpoint, which is
 * logged. Caller ends it with upstream_close. */
status_t upstream_open(const upstream_settings_t *settings, upstream_t **ret_self) STATUS_MUST_USE;

/* Connects anew with other keys, borrowed until the next call or upstream_close. */
void upstream_use_keys(upstream_t *self, const security_t *security);

/* Takes a bounded number of messages of the node and sends what can be sent. Call it in every turn
 * of the loop, and before the loop sleeps: ZeroMQ's file descriptor is edge-triggered. */
void upstream_turn(upstream_t *self);

/* Whether upstream_turn must be called again before the loop may sleep. */
bool upstream_is_due(const upstream_t *self);

/* Whether upstream_add takes a request now. Sends a full batch to make room. */
bool upstream_takes(upstream_t *self);

/* Adds a copy of one request to the batch; only after upstream_takes. */
void upstream_add(upstream_t *self, uint64_t connection, const pipeline_request_t *request);

/* Sends the batch if it may leave now; if not, a later upstream_turn sends it. */
void upstream_flush(upstream_t *self);

/* Says goodbye and ends; waits up to 200 ms for what is still to be sent. The loop's next turns
 * free the memory. Clears the pointer; NULL is fine. */
void upstream_close(upstream_t **self_p);

#endif
