/* sender.h - who sent a message to the requests socket, in words for the log.
 *
 * With keys it is the holder of the key. Without, all that is known is what the kernel says: the
 * address, or the process at the other end of a Unix socket. What a peer says of itself is no
 * evidence, and not asked.
 *
 * Owner: values. Threads: any. Free of I/O.
 */
#ifndef HERD_NODE_REQUESTS_SENDER_H
#define HERD_NODE_REQUESTS_SENDER_H

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/security/security.h"

enum { SENDER_SIZE = LIMIT_NAME_SIZE + LIMIT_LOG_SAMPLE + 32 }; /* bytes, a zero included */

/* Writes "operator/anna at 192.0.2.7", "192.0.2.7", "process 4711 of user 1000", or "somebody".
 * `address`: as ZeroMQ gives it ("Peer-Address" of transport_property); may be empty, and is
 * escaped. `holder`: of its key; NULL without keys. */
void sender_write(text_t address, const security_holder_t *holder, char out[SENDER_SIZE]);

#endif
