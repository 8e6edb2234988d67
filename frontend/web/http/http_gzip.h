/* http_gzip.h - content made shorter (RFC 1952), by zlib. Pure.
 *
 * Owner: values. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_GZIP_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_GZIP_H

#include "common/base/buffer.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Appends `content`, compressed. False, with nothing appended: it does not fit, or zlib has no
 * memory for it. */
bool http_gzip(text_t content, buffer_t *out);

#endif
