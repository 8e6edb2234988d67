/* json_string.h - bytes of any kind written as a JSON string.
 *
 * Owner: values. Threads: any.
 * Source: RFC 8259 section 7. Bytes that are not UTF-8 (RFC 3629) become U+FFFD, one for each
 * maximal part of a character (Unicode 15, section 3.9, "substitution of maximal subparts"): the
 * output is always valid.
 */
#ifndef HERD_COMMON_JSON_JSON_STRING_H
#define HERD_COMMON_JSON_JSON_STRING_H

#include "common/base/sheet.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Appends `text` with its quotation marks; at most 6 * size + 2 bytes. */
void json_string_put(sheet_t *sheet, text_t text);

/* Whether all of it is UTF-8 (RFC 3629). */
bool json_string_is_utf8(text_t text);

#endif
