#include "common/replication/generation.h"

#include "common/base/entropy.h"

generation_t generation_new(void)
{
    generation_t generation;
    text_write_hex(entropy_number(), GENERATION_SIZE / 2, generation.hex);
    text_write_hex(entropy_number(), GENERATION_SIZE / 2, generation.hex + GENERATION_SIZE / 2);
    return generation;
}

bool generation_parse(text_t text, generation_t *ret_generation)
{
    if (text.size != GENERATION_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!text_is_hex(text.data[i])) {
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
