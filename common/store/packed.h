/* packed.h - texts of digits, signs and points in four bits a byte: what positions and times are, nearly always.
 *
 * Owner: values. Threads: any.
 * "*+,-./0123456789" are 16 bytes in a row (0x2a to 0x39 in RFC 20): each is told by its place among them. Half the
 * memory for the longer part of a record means fewer cache lines for each.
 */
#ifndef HERD_COMMON_STORE_PACKED_H
#define HERD_COMMON_STORE_PACKED_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PACKED_TEXT_SIZE = 64, /* bytes, the longest text */
    PACKED_SIZE = PACKED_TEXT_SIZE / 2,
};

/* Bytes that a text of `text_size` (<= PACKED_TEXT_SIZE) comes to. */
static inline size_t packed_size(size_t text_size)
{
    return (text_size + 1) / 2;
}

/* Packs the `size` bytes of `text`, an array of PACKED_TEXT_SIZE whose rest may be anything; `out` has room for
 * PACKED_SIZE. False, with `out` undefined, where a byte is not of those above. */
bool packed_write(char *text, size_t size, unsigned char *out);

/* Puts the text of `text_size` bytes that `packed` holds into `out`, which has room for PACKED_TEXT_SIZE. */
void packed_read(const unsigned char *packed, size_t text_size, char *out);

#endif
