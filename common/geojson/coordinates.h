/* coordinates.h - a position as a client sent it, as numbers of JSON: with its own digits, where it
 * was sent in degrees.
 *
 * Owner: values; texts borrow from the position. Threads: any. Free of I/O.
 */
#ifndef HERD_COMMON_GEOJSON_COORDINATES_H
#define HERD_COMMON_GEOJSON_COORDINATES_H

#include "common/base/text.h"
#include "common/protocol/iso6709.h"

#include <stdbool.h>

/* Open value struct. */
typedef struct {
    text_t latitude; /* with their signs, as they stand in the position */
    text_t longitude;
    text_t altitude; /* metres; empty if there is none */
    iso6709_position_t degrees;
} coordinates_t;

/* Bytes that a number becomes that was not sent in degrees. */
enum { COORDINATES_SIZE = 32 };

/* Takes a position apart; false: it is not valid. */
bool coordinates_read(text_t position, coordinates_t *ret_coordinates);

/* The same of a valid one. */
coordinates_t coordinates_of(text_t position);

/* Writes one of them as a number of JSON (RFC 8259, section 6): the digits that the client sent, of
 * minutes and seconds degrees to 0.1 mm. At most the size of the text, or COORDINATES_SIZE bytes.
 * Returns the byte behind it. */
char *coordinates_put_latitude(const coordinates_t *self, char *out);
char *coordinates_put_longitude(const coordinates_t *self, char *out);
char *coordinates_put_altitude(const coordinates_t *self, char *out);

#endif
