/* holder.h - who has a port or a Unix socket that we cannot have, for people.
 *
 * The kernel's tables tell the socket (/proc/net), a look at the descriptors of processes its
 * holder: one of our own user, as a rule; of others only the user is known.
 *
 * Owner: values. Threads: any. Reads a few files for each process; for the way to an error only.
 */
#ifndef HERD_COMMON_SOCKETS_HOLDER_H
#define HERD_COMMON_SOCKETS_HOLDER_H

#include "common/sockets/address.h"
#include "common/sockets/endpoint.h"

enum { HOLDER_SIZE = 512 };

/* Writes e.g. "herd-frontend --config /etc/herd/herd.cfg Goloman (process 1234)", "a process of
 * user 1001" or "another process", escaped, and a zero. */
void holder_of_port(const struct sockaddr *address, char out[HOLDER_SIZE]);

/* Writes why an endpoint, "tcp://..." or "ipc://...", could not be bound: the text of `error`, an
 * errno, and ", by " its holder if another process has it. */
void holder_explain(int error, const char *endpoint, char out[HOLDER_SIZE]);

#endif
