/* operators.h - what a node answers to operators (herdctl): docs/bus-protocol.md, S1 to S6.
 *
 * Owner: the service, which embeds it. Threads: the reactor's. Free of sockets: a question in, the body of a REPORT out.
 */
#ifndef HERD_NODE_REQUESTS_OPERATORS_H
#define HERD_NODE_REQUESTS_OPERATORS_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/protocol/message.h"
#include "common/store/store.h"
#include "node/bus/neighbours.h"
#include "node/places/actor.h"
#include "node/requests/frontends.h"
#include "node/requests/promises.h"
#include "node/requests/queries.h"
#include "node/requests/request.h"
#include "node/requests/request_log.h"
#include "node/security/guard.h"
#include "node/tap/tap.h"

#include <stdbool.h>
#include <stdint.h>

/* What the answers depend on (open value struct); all borrowed as long as it is used. */
typedef struct {
    const config_t *config;
    const config_member_t *member;
    log_t *log;
    store_t *store;
    const neighbours_t *neighbours;
    const places_actor_t *places; /* NULL without a provider */
    const promises_t *promises;   /* NULL where no answer waits for neighbours */
    const queries_t *queries;
    const request_t *request;
    const request_log_t *request_log;
    frontends_t *frontends;
    const tap_t *tap;                                 /* NULL: there is none */
    const guard_t *guard;                             /* NULL: nobody is turned away */
    size_t max_memory;                                /* of the store, bytes */
    int64_t started_ns;                               /* POSIX time */
    bool (*reload)(void *argument, buffer_t *report); /* see service.h */
    void *argument;                                   /* for `reload` */
} operators_context_t;

/* Open only to be embedded. */
typedef struct {
    operators_context_t context;
    bool digest_asked; /* the last report had no digest: it is to be computed */
} operators_t;

/* Whether messages of this type are questions of operators, taken from anybody, in no session. */
bool operators_take(message_type_t type);

/* Does what a question asks for, and writes the body of its REPORT to `out`, empty so far. False, with nothing done, where
 * its body is none (M3); `*ret_problem` then says what it is, a constant. */
bool operators_answer(operators_t *self, const message_t *question, int64_t now_ns, buffer_t *out,
                      const char **ret_problem);

/* Whether an operator waits for the digest. */
bool operators_want_digest(operators_t *self);

#endif
