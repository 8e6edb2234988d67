/* roles.h - what the holder of a key may be, and where each may speak: the policy alone, without
 * keys.
 *
 * docs/bus-protocol.md, K2 and K5. Owner: none. Threads: any.
 */
#ifndef HERD_COMMON_SECURITY_ROLES_H
#define HERD_COMMON_SECURITY_ROLES_H

#include "common/base/text.h"
#include "common/protocol/message.h"

#include <stdbool.h>

/* Every role: name in the code, name of its folder. */
#define ROLES_MAP(X)                                                                               \
    X(MEMBER, "member")       /* a node: speaks and listens on the bus */                          \
    X(FRONT_END, "front-end") /* asks its own node */                                              \
    X(OPERATOR, "operator")   /* asks and commands any node, follows it, reads taps */             \
    X(WATCHER, "watcher")     /* reads taps */                                                     \
    X(FOLLOWER, "follower")   /* follows any node */

typedef enum {
#define ROLES_ENUM(name, text) ROLES_##name,
    ROLES_MAP(ROLES_ENUM)
#undef ROLES_ENUM
        ROLES_COUNT
} roles_role_t;

/* Every kind of socket that a node binds: its domain for ZAP (rfc.zeromq.org/spec/27). */
#define ROLES_DOMAIN_MAP(X)                                                                        \
    X(BUS, "bus")                                                                                  \
    X(REQUESTS, "requests")                                                                        \
    X(TAP, "tap")

typedef enum {
#define ROLES_ENUM(name, text) ROLES_DOMAIN_##name,
    ROLES_DOMAIN_MAP(ROLES_ENUM)
#undef ROLES_ENUM
        ROLES_DOMAIN_COUNT
} roles_domain_t;

/* "front-end", "bus". */
const char *roles_text(roles_role_t role);
const char *roles_domain_text(roles_domain_t domain);

/* The role or domain of that text; false if there is none. */
bool roles_from_text(text_t text, roles_role_t *ret_role);
bool roles_domain_from_text(text_t text, roles_domain_t *ret_domain);

/* Whether a role may connect to a domain (K2). */
bool roles_admit(roles_domain_t domain, roles_role_t role);

/* Whether a role may send such a message on the requests socket (K5). */
bool roles_may_request(roles_role_t role, message_type_t type);

#endif
