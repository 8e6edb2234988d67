/* Texts in four bits a byte (common/store/packed.h). */
#include "common/store/packed.h"
#include "tests/support/cmocka_herd.h"

#include <stdlib.h>

static const char alphabet[] = "*+,-./0123456789";

static bool pack(text_t text, unsigned char *out)
{
    char padded[PACKED_TEXT_SIZE];
    memset(padded, '\xff', sizeof padded);
    text_copy(text, padded);
    return packed_write(padded, text.size, out);
}

/* Packs the text, copies the result into a block of just that size, which the address sanitizer
 * guards, and unpacks it. */
static void assert_comes_back(text_t text)
{
    unsigned char packed[PACKED_SIZE];
    char out[PACKED_TEXT_SIZE];
    assert_true(pack(text, packed));
    unsigned char *block = malloc(packed_size(text.size) + 1);
    assert_non_null(block);
    memcpy(block, packed, packed_size(text.size));
    packed_read(block, text.size, out);
    free(block);
    assert_memory_equal(out, text.data, text.size);
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    char text[PACKED_TEXT_SIZE];
    unsigned random = 1;
    for (size_t size = 0; size <= sizeof text; size++) {
        for (int round = 0; round < 50; round++) {
            for (size_t i = 0; i < size; i++) {
                random = random * 1664525 + 1013904223;
                text[i] = alphabet[(random >> 16) % 16];
            }
            assert_comes_back((text_t){.data = text, .size = size});
        }
    }
    assert_comes_back(TEXT("+34.068930-118.4451271621464827.959498503"));
    assert_int_equal(packed_size(41), 21);
}

/* One byte outside the alphabet, anywhere, is enough. */
static void other_bytes_are_refused(void **state)
{
    (void)state;
    unsigned char packed[PACKED_SIZE];
    for (int byte = 0; byte < 256; byte++) {
        bool known = byte != 0 && strchr(alphabet, byte) != NULL;
        for (size_t at = 0; at < 17; at++) {
            char text[] = "00000000000000000";
            text[at] = (char)byte;
            assert_int_equal(pack((text_t){.data = text, .size = sizeof text - 1}, packed), known);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(other_bytes_are_refused),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
