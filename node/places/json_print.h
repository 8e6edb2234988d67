/* json_print.h - prints JSON as Google does: one member or element a line, three spaces a level,
 * `"key" : value`.
 *
 * Owner: values; a printer borrows its buffer. Threads: any.
 * The caller pairs the brackets, and puts a json_print_next or json_print_name before each value
 * except the outermost. Like a sheet, a printer remembers its first failure and appends nothing
 * after it.
 * Two LFs never stand in a row: empty objects and arrays are `{}` and `[]`, and no value has an LF
 * inside.
 */
#ifndef HERD_NODE_PLACES_JSON_PRINT_H
#define HERD_NODE_PLACES_JSON_PRINT_H

#include "common/base/buffer.h"
#include "common/base/sheet.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>

/* Open value struct. */
typedef struct {
    sheet_t sheet;     /* where it prints */
    unsigned level;    /* objects and arrays that are open */
    bool has_elements; /* the innermost open one has an element */
} json_print_t;

/* A printer that appends to `buffer`, with nothing open. */
json_print_t json_print_begin(buffer_t *buffer);

/* STATUS_OK: everything is printed. Otherwise the first failure, STATUS_FULL as a rule; the buffer
 * is then what it was at the beginning. */
status_t json_print_end(json_print_t *self) STATUS_MUST_USE;

/* Where a printer was (open value struct). */
typedef struct {
    json_print_t printer;
    size_t size; /* bytes of its buffer */
} json_print_mark_t;

/* Remembers where it is; goes back there, as if nothing had been printed or failed since. */
json_print_mark_t json_print_mark(const json_print_t *self);
void json_print_go_back(json_print_t *self, const json_print_mark_t *mark);

/* Whether all was printed so far, and `size` more bytes have room. */
bool json_print_has_room(const json_print_t *self, size_t size);

/* Opens "{" or "[", closes it with "}" or "]". */
void json_print_open(json_print_t *self, char bracket);
void json_print_close(json_print_t *self, char bracket);

/* Begins the next element of the open array: a comma behind the one before, and a new line. */
void json_print_next(json_print_t *self);

/* Begins the next member of the open object. `name` is one of ours and needs no escapes. */
void json_print_name(json_print_t *self, text_t name);

/* A string of any bytes. */
void json_print_string(json_print_t *self, text_t text);

/* Bytes as they are, e.g. the digits of a number. */
void json_print_raw(json_print_t *self, text_t text);

/* A value from text that passed json_read_check: laid out anew, strings and digits unchanged. */
void json_print_value(json_print_t *self, text_t json);

#endif
