/* json_string.h - bytes of any kind written as a JSON string.
 *
 * Owner: values. Threads: any.
 * Source: RFC 8259 section 7; what is not UTF-8 (RFC 3629) becomes U+FFFD, one for each maximal part of a
 * character (Unicode 15, section 3.9, "substitution of maximal subparts"), so the output is always valid.
 */
#ifndef HERD_NODE_PLACES_JSON_STRING_H
#define HERD_NODE_PLACES_JSON_STRING_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

/* Appends `text` with its quotation marks; at most 6 * size + 2 bytes. STATUS_FULL, perhaps with a part
 * appended, where the buffer's maximum is reached. */
status_t json_string_append(buffer_t *buffer, text_t text) STATUS_MUST_USE;

#endif
