/* guard.h - whether a request may come from where it comes: pages of other sites in a browser on
 * this machine may neither write nor read (docs/security.md). Pure.
 *
 * Owner: values. Threads: any.
 * A page that a browser got elsewhere can have it send requests to 127.0.0.1. The browser says
 * whose page it is (Origin, RFC 6454; Sec-Fetch-Site, W3C Fetch Metadata), which must be our own. A
 * page may also come from a name that its owner has made to point to 127.0.0.1 (DNS rebinding):
 * that is our own page to the browser, but it says the name (Host).
 */
#ifndef HERD_FRONTEND_WEB_GUARD_H
#define HERD_FRONTEND_WEB_GUARD_H

#include "frontend/web/http/http_head.h"

#include <stdbool.h>

/* Returns HTTP_OK, or what to answer, with the reason, a sentence. `open`: other machines may ask
 * too, by whatever name they know this one. */
http_status_t guard_check(const http_head_t *head, bool open, const char **ret_reason);

#endif
