/* handshake.h - how a connection of HTTP becomes a WebSocket (RFC 6455, section 4.2).
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HANDSHAKE_H
#define HERD_FRONTEND_WEB_HANDSHAKE_H

#include "frontend/web/http/http_head.h"

/* Bytes of what is said to a key, e.g. "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", with a zero. */
enum { HANDSHAKE_ACCEPT_SIZE = 29 };

/* Of a head that wants a WebSocket: HTTP_SWITCHING_PROTOCOLS, with what to say to its key. Else
 * what to answer, with the reason, a sentence; with HTTP_UPGRADE_REQUIRED goes HANDSHAKE_FIELDS. */
http_status_t handshake_check(const http_head_t *head, char ret_accept[HANDSHAKE_ACCEPT_SIZE],
                              const char **ret_reason);

/* What an answer says that the version is another one. */
#define HANDSHAKE_FIELDS                                                                           \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"

#endif
