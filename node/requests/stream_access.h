/* stream_access.h - who may speak at a Unix socket: what the kernel says of the peer, and what the
 * permissions of the socket's file say of it now.
 *
 * The kernel checks the permissions when a peer connects; this checks them once more when the
 * connection is accepted, by the peer's own credentials (SO_PEERCRED, unix(7)).
 * Owner: none. Threads: any.
 */
#ifndef HERD_NODE_REQUESTS_STREAM_ACCESS_H
#define HERD_NODE_REQUESTS_STREAM_ACCESS_H

#include <stdbool.h>

enum { STREAM_ACCESS_ADDRESS_SIZE = 64 };

/* Whether the process that made the connection `file` may write to the file at `path`: our own user
 * and root always may, its groups count, and so does an access list, which the kernel has read.
 * Writes the address of the peer in any case, in ZeroMQ's form: "localhost:1000:1000:4711" (user,
 * group, process). */
bool stream_access_allows(int file, const char *path, char ret_address[STREAM_ACCESS_ADDRESS_SIZE]);

#endif
