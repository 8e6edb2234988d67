/* elements.h - the elements of a provider's array, printed one by one: an odd one costs itself.
 *
 * Owner: values; all borrow from the provider's reply. Threads: any. Free of I/O and clocks.
 * An element is odd if it is not an object, no sound JSON (json_read.h), not in the form that its
 * provider promises, or so large that the answer would not fit. It is left out and noted; what
 * stands around it is printed as if it had not been there.
 */
#ifndef HERD_NODE_PLACES_ELEMENTS_H
#define HERD_NODE_PLACES_ELEMENTS_H

#include "common/base/text.h"
#include "common/json/json_read.h"
#include "node/places/json_print.h"

#include <stdbool.h>
#include <stddef.h>

/* What was found in a reply beside the answer made of it (open value struct; zeros: nothing). */
typedef struct {
    size_t dropped; /* places, or members of the answer, that were odd and left out */
    text_t sample;  /* the first of them; borrows from the reply */
    bool garbled;   /* the body is not in the expected form, or nothing in it could be used */
    bool busy;      /* the provider says in a body that it has too much to do */
} places_notes_t;

/* Counts one that is left out. */
void places_elements_drop(places_notes_t *notes, text_t odd);

/* Prints one element, a sound object. False if it is odd; what was printed is then taken back. */
typedef bool places_element_fn(json_print_t *printer, text_t element, const void *argument);

/* Which elements, and how (open value struct). */
typedef struct {
    const json_read_body_t *body; /* they are a part of */
    text_t array;
    size_t maximum; /* most to print */
    places_element_fn *print;
    const void *argument; /* of print */
} places_elements_t;

/* Prints the first good elements into the open array; returns their number. Leaves room for the end
 * of the answer. */
size_t places_elements_print(const places_elements_t *self, json_print_t *printer,
                             places_notes_t *notes);

/* Whether a value is of the kind that its first byte says: '"' string, '0' number, '{' object,
 * '[' array, 't' true or false. */
bool places_elements_is_kind(text_t value, char kind);

/* Prints an array with the strings that are in `array`; whatever else is in it is left out. */
void places_elements_print_strings(json_print_t *printer, text_t array);

/* Whether both are numbers, of a place on earth. */
bool places_elements_is_position(text_t latitude, text_t longitude);

#endif
