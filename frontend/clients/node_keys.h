/* node_keys.h - the keys with which a program that serves clients connects to its node.
 *
 * Owner: the program. Threads: the reactor's.
 * They are read at the start, by SIGHUP, and each second while the node's is missing
 * (bus-protocol.md, K6). Keys that cannot be read, and keys of others, change nothing.
 */
#ifndef HERD_FRONTEND_CLIENTS_NODE_KEYS_H
#define HERD_FRONTEND_CLIENTS_NODE_KEYS_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/security/security.h"
#include "frontend/upstream/upstream.h"

/* Open struct, for embedding; `security` may be read, `use` and `argument` set. */
typedef struct {
    const config_t *config;
    const config_member_t *member;
    log_t *log;
    upstream_t *upstream; /* borrowed; NULL until it is open */
    security_t *security; /* NULL without keys */
    /* Other connections to the node use these from now on, until the next call; may be NULL. */
    void (*use)(void *argument, const security_t *security);
    void *argument; /* for `use` */
} node_keys_t;

/* Reads the keys, if the herd has some; borrows the rest. Fails as security_open does, and has
 * logged why; node_keys_done is fine then. */
status_t node_keys_init(node_keys_t *self, const config_t *config, const config_member_t *member,
                        log_t *log) STATUS_MUST_USE;

/* Reads them again, connects anew if the own or the node's key is another one, and logs it. */
void node_keys_reload(node_keys_t *self);

/* The same, quietly, for want of the node's key. */
void node_keys_look(node_keys_t *self);

void node_keys_done(node_keys_t *self);

#endif
