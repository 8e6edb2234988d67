/* connection.h - a command's connection to a member, and the keys of the operator who runs the
 * command (docs/security.md).
 *
 * Owner: the command. Threads: one. Each function that fails prints why to stderr.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_CONNECTION_H
#define HERD_DEPLOY_HERDCTL_FRAME_CONNECTION_H

#include "common/config/config.h"
#include "common/security/security.h"
#include "common/sockets/inflow.h"

#include <stdbool.h>
#include <stddef.h>

/* The keys that a command uses: those of the operator that --key or $HERD_KEY names, else of the
 * only operator here. `*ret_keys` is NULL in a herd without keys. False if there are no such keys.
 * Caller frees with security_close. */
bool herdctl_connection_open_keys(const config_t *config, security_t **ret_keys);

/* The same for the tap: the keys of a watcher if no operator, or none of that name, has a secret
 * key here. */
bool herdctl_connection_open_tap_keys(const config_t *config, security_t **ret_keys);

/* Whether the public key of that member's node is there, or `keys` is NULL. */
bool herdctl_connection_has_key_of(const security_t *keys, const char *member);

/* Whether that many more files may be open for each of `count` members; raises the soft limit for
 * it. ZeroMQ aborts at places where it gets no descriptor. */
bool herdctl_connection_has_files(size_t count, size_t files_each);

/* What a connection is made of (open value struct); all borrowed. */
typedef struct {
    void *context;          /* ZeroMQ's */
    const security_t *keys; /* NULL in a herd without keys */
    inflow_t *inflow;       /* watches what comes by it */
    size_t index;           /* its number there */
    const config_member_t *member;
} herdctl_connection_t;

/* A DEALER that connects to the member's request socket. NULL with errno set if it cannot, about
 * which nothing is printed. Caller ends it with inflow_leave and zmq_close. */
void *herdctl_connection_open(const herdctl_connection_t *self);

#endif
