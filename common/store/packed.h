/* packed.h - texts of digits, signs and points in four bits a byte: nearly all positions and times.
 *
 * Owner: values. Threads: any. "*+,-./0123456789" are 16 bytes in a row (0x2a to 0x39 in RFC 20):
 * four bits say which of them. Half the memory for the longer part of a record means fewer cache
 * lines for each.
 */
#ifndef HERD_COMMON_STORE_PACKED_H
#define HERD_COMMON_STORE_PACKED_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PACKED_TEXT_SIZE = 64, /* bytes, the longest text */
    PACKED_SIZE = PACKED_TEXT_SIZE / 2,
};

/* Bytes that a text of `text_size` (<= PACKED_TEXT_SIZE) takes when packed. */
static inline size_t packed_size(size_t text_size)
{
    return (text_size + 1) / 2;
}

/* Packs the first `size` bytes of `text`, an array of PACKED_TEXT_SIZE bytes; the rest of it is
 * overwritten. `out` has room for PACKED_SIZE. False, with `out` undefined, if a byte is not among
 * those above. */
bool packed_write(char *text, size_t size, unsigned char *out);

/* Unpacks the text of `text_size` bytes into `out`, which has room for PACKED_TEXT_SIZE. */
void packed_read(const unsigned char *packed, size_t text_size, char *out);

#endif
