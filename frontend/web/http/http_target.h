/* http_target.h - the path and query of a request taken apart (RFC 3986). Pure.
 *
 * Owner: values; texts borrow. Threads: any.
 */
#ifndef HERD_FRONTEND_WEB_HTTP_HTTP_TARGET_H
#define HERD_FRONTEND_WEB_HTTP_HTTP_TARGET_H

#include "common/base/buffer.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Cuts "/segment" off the front of `path`; the segment's escapes are not undone, so a slash within
 * it is %2F. False at the end. */
bool http_target_segment(text_t *path, text_t *ret_segment);

/* Cuts "name=value" off the front of `query`; neither is decoded. False at the end. */
bool http_target_parameter(text_t *query, text_t *ret_name, text_t *ret_value);

/* Appends what a segment means, each %HH made one byte; in a parameter (`form`) "+" is a space.
 * False, with nothing appended: a malformed escape, or there is no room. */
bool http_target_decode(text_t encoded, bool form, buffer_t *out);

/* Appends a segment that means `text`: what is not unreserved (section 2.3) becomes %HH. False,
 * with nothing appended: there is no room. */
bool http_target_encode(text_t text, buffer_t *out);

#endif
