/* foreign.h - knows a client that speaks another protocol by the first bytes that it sends. Pure.
 *
 * Owner: values. Threads: any.
 * Such a client must not be read on: a web page can make a browser send lines that move a client
 * behind the head of an HTTP request, and a proxy's header would shift the answers by one.
 */
#ifndef HERD_FRONTEND_LINES_FOREIGN_H
#define HERD_FRONTEND_LINES_FOREIGN_H

#include "common/base/text.h"

/* Whether the first line of a connection is the head of an HTTP request (RFC 9112, section 3) or
 * of a proxy (haproxy's proxy-protocol.txt, version 1): returns the protocol's name, or NULL. */
const char *foreign_line(text_t line);

/* The same for the first bytes of a connection and version 2 of a proxy's head, whose first line is
 * empty. */
const char *foreign_bytes(text_t bytes);

#endif
