/* claim.h - whose a TCP port is that several processes share (SO_REUSEPORT, socket(7)).
 *
 * The kernel lets all processes of a user share a port, whoever they are, and deals out the
 * connections among them. Here they are processes of one *tenant*: one member of one herd. Each of
 * them holds a claim while it listens, a Unix socket with an abstract name (unix(7)), which goes
 * with its process and is seen where the port is, in the network namespace. The name has the
 * address, the tenant, and a random number, so that processes of one tenant do not clash:
 *
 *   herd-port/11490/00000000000000000000ffff7f000001/0/5a0b…/91c4…
 *
 * A claim proves nothing against other users of the machine: one who makes false claims can keep
 * further processes of a tenant from joining the first, as one who takes the port can.
 *
 * Owner: the caller closes the descriptor of a claim. Threads: any.
 */
#ifndef HERD_COMMON_SOCKETS_CLAIM_H
#define HERD_COMMON_SOCKETS_CLAIM_H

#include "common/base/text.h"
#include "common/sockets/address.h"

#include <stdint.h>

/* What the claims of others say of an address. */
typedef enum {
    CLAIM_NONE,
    CLAIM_OURS,   /* our tenant holds this very address, and no other one that overlaps it */
    CLAIM_THEIRS, /* another tenant holds it, or one that overlaps it */
} claim_verdict_t;

/* The number of a tenant, never 0: of the herd's name, the member's, and the node's endpoint as
 * endpoint_write gives it. */
uint64_t claim_tenant(text_t herd, text_t member, text_t node);

/* Claims the address. Returns a descriptor; -1, and errno. */
int claim_make(const address_point_t *point, uint64_t tenant);

/* Looks at all claims but that with descriptor `own` (-1: none). */
claim_verdict_t claim_look(const address_point_t *point, uint64_t tenant, int own);

#endif
