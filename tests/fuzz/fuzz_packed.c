/* Any bytes, packed: a text of the sixteen bytes that can be packed comes back as it was; any other
 * is refused. */
#include "common/store/packed.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[PACKED_TEXT_SIZE];
    char again[PACKED_TEXT_SIZE];
    unsigned char packed[PACKED_SIZE];
    bool fits = true;
    if (size > PACKED_TEXT_SIZE) {
        return 0;
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)data[i];
        fits = fits && data[i] >= '*' && data[i] <= '9';
    }
    bool taken = packed_write(text, size, packed);
    assert(taken == fits);
    if (taken) {
        packed_read(packed, size, again);
        assert(size == 0 || memcmp(again, data, size) == 0);
    }
    return 0;
}
