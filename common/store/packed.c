#include "common/store/packed.h"

#include "common/base/digits.h"

#include <assert.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { WORD = 8, FIRST = '*' };

bool packed_write(char *text, size_t size, unsigned char *out)
{
    assert(size <= PACKED_TEXT_SIZE);
    uint64_t all = 0;
    memset(text + size, FIRST, PACKED_TEXT_SIZE - size);
    for (size_t i = 0; i < size; i += WORD) {
        /* A byte below '*' borrows from the next ones, but is itself left with a high bit: one high
         * bit anywhere is enough to refuse. */
        uint64_t halves = digits_load(text + i) - DIGITS_EACH(FIRST);
        all |= halves;
        halves = (halves | halves >> 4) & UINT64_C(0x00ff00ff00ff00ff);
        halves = (halves | halves >> 8) & UINT64_C(0x0000ffff0000ffff);
        uint32_t packed = htole32((uint32_t)(halves | halves >> 16));
        memcpy(out + i / 2, &packed, sizeof packed);
    }
    return (all & DIGITS_EACH(0xf0)) == 0;
}

void packed_read(const unsigned char *packed, size_t text_size, char *out)
{
    assert(text_size <= PACKED_TEXT_SIZE);
    unsigned char copy[PACKED_SIZE];
    memcpy(copy, packed, packed_size(text_size));
    for (size_t i = 0; i < text_size; i += WORD) {
        uint32_t half_word;
        memcpy(&half_word, copy + i / 2, sizeof half_word);
        uint64_t halves = le32toh(half_word);
        halves = (halves | halves << 16) & UINT64_C(0x0000ffff0000ffff);
        halves = (halves | halves << 8) & UINT64_C(0x00ff00ff00ff00ff);
        halves = (halves | halves << 4) & DIGITS_EACH(0x0f);
        uint64_t word = htole64(halves + DIGITS_EACH(FIRST));
        memcpy(out + i, &word, sizeof word);
    }
}
