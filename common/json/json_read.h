/* json_read.h - finds its way in JSON text and leaves the text as it is: members, elements and
 * numbers are slices of it, in their order and with their digits (docs/decisions/0018).
 *
 * Owner: values; every slice borrows from the text it was found in. Threads: any. Source: RFC 8259.
 * json_read_check comes first and refuses whatever is not JSON. The other functions never leave
 * their text, whatever it holds, but what they find has a meaning only in text that passed.
 */
#ifndef HERD_COMMON_JSON_JSON_READ_H
#define HERD_COMMON_JSON_JSON_READ_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest number that json_read_double takes. */
enum { JSON_READ_NUMBER_SIZE = 64 };

/* Checks that `text` is one JSON object or array: valid UTF-8, no member twice in an object,
 * numbers within 64-bit integers and doubles. `ret_value` is the object or array without the white
 * space around it. STATUS_TOO_LONG beyond `maximum` bytes, STATUS_OUT_OF_RANGE beyond
 * LIMIT_JSON_DEPTH levels, STATUS_INVALID for anything else. */
status_t json_read_check(text_t text, size_t maximum, text_t *ret_value) STATUS_MUST_USE;

/* A body whose parts may be odd (open value struct). */
typedef struct {
    text_t value;  /* an object, without what stands around it */
    bool is_sound; /* json_read_check took all of it; else each part is to be asked for */
} json_read_body_t;

/* Takes a body of which single parts may be no good JSON: an element with a lone surrogate, a
 * member twice, a number beyond 64 bits, too many levels. What must be right is what divides it:
 * brackets, the members of the object, the elements of arrays that are members. A byte order mark
 * in front is passed over. STATUS_TOO_LONG beyond `maximum` bytes, STATUS_INVALID for anything
 * else. */
status_t json_read_open(text_t text, size_t maximum, json_read_body_t *ret_body) STATUS_MUST_USE;

/* Whether a value of any kind passes what json_read_check asks of a text. */
bool json_read_is_sound(text_t value);

/* The same for a part of `body`; not looked at again if the whole body is sound. */
static inline bool json_read_part_is_sound(const json_read_body_t *body, text_t value)
{
    return body->is_sound || json_read_is_sound(value);
}

/* Whether a name of json_read_member means `name`, spelled with escapes or without. */
bool json_read_name_is(text_t found, text_t name);

/* How many members of `object` have that name, spelled without escapes. */
size_t json_read_count(text_t object, text_t name);

/* Appends what a string means, cut to the room that `out` has. False, with nothing appended, if it
 * is not a string, or not a sound one. */
bool json_read_decode(text_t value, buffer_t *out);

/* Cuts the next token off the front of `rest`: a bracket, comma or colon, a string with its
 * quotation marks, a number, or a word. False at the end of the text. */
bool json_read_token(text_t *rest, text_t *ret_token);

/* What is between the brackets of an object or array, for json_read_member and json_read_element.
 * Empty for other values. */
text_t json_read_inside(text_t value);

/* Cuts the next member off the inside of an object. `ret_name` is without its quotation marks.
 * False at the end. */
bool json_read_member(text_t *rest, text_t *ret_name, text_t *ret_value);

/* Cuts the next element off the inside of an array. False at the end. */
bool json_read_element(text_t *rest, text_t *ret_value);

/* The value of member `name` of `object`; false if it is not an object or has no such member. A
 * name that is spelled with escapes is not found. */
bool json_read_find(text_t object, text_t name, text_t *ret_value);

/* The same for the member of a member. */
bool json_read_find_in(text_t object, text_t outer, text_t inner, text_t *ret_value);

static inline bool json_read_is_string(text_t value)
{
    return value.size >= 2 && value.data[0] == '"';
}

static inline bool json_read_is_array(text_t value)
{
    return value.size >= 2 && value.data[0] == '[';
}

static inline bool json_read_is_object(text_t value)
{
    return value.size >= 2 && value.data[0] == '{';
}

static inline bool json_read_is_number(text_t value)
{
    return value.size > 0 && (value.data[0] == '-' || text_is_digit(value.data[0]));
}

/* What is between the quotation marks of a string, escapes included; empty for other values. */
text_t json_read_string(text_t value);

/* The value of a number, for calculations only. False if it is not a number, or longer than
 * JSON_READ_NUMBER_SIZE bytes. */
bool json_read_double(text_t value, double *ret_number);

#endif
