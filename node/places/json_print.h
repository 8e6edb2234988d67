/* json_print.h - prints JSON as Google does: one member or element a line, three spaces a level, `"key" : value`.
 *
 * Owner: values; a printer borrows its buffer. Threads: any.
 * The caller keeps brackets in pairs and gives each value a json_print_next or json_print_name before it, but
 * the outermost. After the first append that does not fit, nothing more is appended, and `status` says so.
 * Never two LFs in a row: empty objects and arrays are `{}` and `[]`, and no value has an LF inside.
 */
#ifndef HERD_NODE_PLACES_JSON_PRINT_H
#define HERD_NODE_PLACES_JSON_PRINT_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Open value struct. */
typedef struct {
    buffer_t *buffer;  /* borrowed */
    status_t status;   /* of the first append that failed, else STATUS_OK */
    unsigned level;    /* objects and arrays that are open */
    bool has_elements; /* the innermost open one has an element */
} json_print_t;

/* A printer that appends to `buffer`, with nothing open. */
json_print_t json_print_to(buffer_t *buffer);

/* Opens "{" or "[", closes it with "}" or "]". */
void json_print_open(json_print_t *self, char bracket);
void json_print_close(json_print_t *self, char bracket);

/* Begins the next element of the open array: a comma where one came before, and a line of its own. */
void json_print_next(json_print_t *self);

/* Begins the next member of the open object. `name` is one of ours: nothing in it is to be escaped. */
void json_print_name(json_print_t *self, text_t name);

/* A string of any bytes. */
void json_print_string(json_print_t *self, text_t text);

/* Bytes as they are, e.g. the digits of a number. */
void json_print_raw(json_print_t *self, text_t text);

/* A value that stands in JSON text which passed json_read_check: laid out anew, its strings and the digits of its numbers
 * as they are. */
void json_print_value(json_print_t *self, text_t json);

#endif
