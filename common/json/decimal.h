/* decimal.h - numbers of JSON as whole numbers of a small unit, and back, without a rounding that
 * is not asked for. Pure.
 *
 * Owner: values. Threads: any.
 * Programs write positions as they print doubles: "5.0E-4", "34.068899999999999". What is sent on
 * has a fixed number of decimals, rounded once from all digits that there are.
 */
#ifndef HERD_COMMON_JSON_DECIMAL_H
#define HERD_COMMON_JSON_DECIMAL_H

#include "common/base/status.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { DECIMAL_SIZE = 24 }; /* bytes of the longest text that decimal_write makes */

/* Open value struct. */
typedef struct {
    uint64_t units; /* of 10 to the power of -decimals; the absolute value, rounded half up */
    bool negative;  /* never of 0 */
    bool beyond;    /* the absolute value was a little more than `floor` */
    uint64_t floor; /* the same, rounded down */
} decimal_t;

/* Reads a number of JSON (RFC 8259, section 6), in units of 10 to the power of -`decimals`.
 * STATUS_INVALID: it is none. STATUS_OUT_OF_RANGE: 2 to the power of 63 units or more. */
status_t decimal_read(text_t text, unsigned decimals, decimal_t *ret_decimal) STATUS_MUST_USE;

/* Whether the absolute value as it was read, before rounding, is more than so many units. */
static inline bool decimal_exceeds(const decimal_t *self, uint64_t units)
{
    return self->floor > units || (self->floor == units && self->beyond);
}

/* Writes the digits, without a sign: at least `digits` before the point, then the decimals without
 * zeros at their end; no point if none are left. Returns the byte behind. */
char *decimal_write(uint64_t units, unsigned decimals, unsigned digits, char *out);

#endif
