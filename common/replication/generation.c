#include "common/replication/generation.h"

#include <assert.h>
#include <sys/random.h>

generation_t generation_new(void)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[GENERATION_SIZE / 2];
    ssize_t size = getrandom(random, sizeof random, 0);
    assert(size == (ssize_t)sizeof random); /* getrandom(2): up to 256 bytes are never cut short */
    generation_t generation;
    for (size_t i = 0; i < sizeof random; i++) {
        generation.hex[2 * i] = digits[random[i] >> 4];
        generation.hex[2 * i + 1] = digits[random[i] & 15];
    }
    return generation;
}

bool generation_parse(text_t text, generation_t *ret_generation)
{
    if (text.size != GENERATION_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!text_is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'f')) {
            return false;
        }
    }
    memcpy(ret_generation->hex, text.data, GENERATION_SIZE);
    return true;
}

bool generation_equal(const generation_t *one, const generation_t *other)
{
    return memcmp(one->hex, other->hex, GENERATION_SIZE) == 0;
}
