/* row.h - one place in an imported file of places (file.h).
 *
 * Owner: values; a row that was taken borrows the bytes it was taken from. Threads: any.
 * Shape, numbers in the byte order of the machine that imported, nothing aligned:
 *   id, population     each 1 to 10 bytes of 7 bits, the lowest first; all except the last have the
 *                      top bit set (LEB128, DWARF 5 section 7.6)
 *   latitude, longitude  int32, 1e-7 degree
 *   class              1 byte: the letter, or a space
 *   sizes              code, country, admin1: 1 byte each; name: uint16
 *   texts              code, country, admin1, name
 */
#ifndef HERD_COMMON_PLACES_ROW_H
#define HERD_COMMON_PLACES_ROW_H

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/places/geonames.h"

/* Bytes of the shortest row (a name of one byte) and of the longest. */
enum {
    PLACES_ROW_FIXED_SIZE = 2 * 4 + 1 + 3 + 2,
    PLACES_ROW_SIZE_MIN = 2 + PLACES_ROW_FIXED_SIZE + 1,
    PLACES_ROW_SIZE = 2 * 10 + PLACES_ROW_FIXED_SIZE + GEONAMES_CODE_SIZE + 2 +
                      GEONAMES_ADMIN1_SIZE + GEONAMES_NAME_SIZE,
};

/* Writes `row`, as geonames_parse_row gives it, to `out` (PLACES_ROW_SIZE bytes); returns the
 * bytes written. */
size_t places_row_write(const geonames_row_t *row, char *out);

/* Cuts the next row off the front of `rest`. STATUS_INVALID, with nothing cut off, unless it is a
 * row that geonames_parse_row could have given. */
status_t places_row_take(text_t *rest, geonames_row_t *ret_row) STATUS_MUST_USE;

#endif
