/* quote.h - any bytes as text of JSON or CSV, so that they can be told again.
 *
 * Owner: values. Threads: any. Free of I/O.
 */
#ifndef HERD_COMMON_JSON_QUOTE_H
#define HERD_COMMON_JSON_QUOTE_H

#include "common/base/sheet.h"
#include "common/base/text.h"

/* Bytes that one byte becomes, at most; a field of CSV has two quotes more. */
enum { QUOTE_SIZE = 5 };

/* Writes `text` as the inside of a JSON string (RFC 8259, section 7). Printable UTF-8 stays; any
 * other byte, and the backslash, becomes \xHH, whose backslash JSON doubles. Returns the byte
 * behind what was written. */
char *quote_json(text_t text, char *out);

/* Appends `text` as a JSON string of that kind, with its quotation marks. */
void quote_put_json(sheet_t *sheet, text_t text);

/* Writes `text` as a field of CSV (RFC 4180, section 2), in quotes if it needs them. The same
 * bytes become \xHH. */
char *quote_csv(text_t text, char *out);

#endif
