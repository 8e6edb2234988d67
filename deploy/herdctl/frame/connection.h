/* connection.h - a command's connection to a member, and the keys of the operator who runs it (docs/security.md).
 *
 * Owner: the command. Threads: one. Each function says on stderr what is wrong.
 */
#ifndef HERD_DEPLOY_HERDCTL_FRAME_CONNECTION_H
#define HERD_DEPLOY_HERDCTL_FRAME_CONNECTION_H

#include "common/config/config.h"
#include "common/security/security.h"
#include "deploy/herdctl/frame/connection.h"

#include <stdbool.h>

/* The keys that a command uses: those of the operator whom --key or $HERD_KEY names, else of the only one here. False, and
 * said, where there are none; `*ret_keys` is NULL in a herd without keys. Caller frees with security_close. */
bool herdctl_open_keys(const config_t *config, security_t **ret_keys);

/* The same for the tap: a watcher's where no operator, or none of that name, has a secret key here. */
bool herdctl_open_tap_keys(const config_t *config, security_t **ret_keys);

/* Whether the public key of that member's node is there, or `keys` NULL; where it is missing that is said. */
bool herdctl_has_key_of(const security_t *keys, const char *member);

/* A DEALER that connects to the member's request socket; NULL where that cannot be. Caller closes it with zmq_close. */
void *herdctl_connect(void *context, const security_t *keys, const config_member_t *member);

#endif
