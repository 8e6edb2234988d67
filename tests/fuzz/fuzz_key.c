/* Any bytes as the file of a provider's key: it is printable, without white space, no longer than a
 * key may be, and stands in the file with white space behind it alone. */
#include "node/places/key.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    places_key_t key = {0};
    int file = memfd_create("key", MFD_CLOEXEC);
    assert(file >= 0);
    ssize_t written = write(file, data, size);
    int failed = fchmod(file, S_IRUSR | S_IWUSR);
    assert(written == (ssize_t)size && failed == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (places_key_from_file(path, &key) == STATUS_OK) {
        text_t text = places_key_text(&key);
        assert(text.size > 0 && text.size <= LIMIT_KEY_SIZE && text.size <= size);
        assert(memcmp(text.data, data, text.size) == 0);
        for (size_t i = 0; i < size; i++) {
            bool white = data[i] == '\n' || text_is_space((char)data[i]);
            assert(i < text.size ? data[i] > ' ' && data[i] <= '~' : white);
        }
        places_key_done(&key);
        assert(key.size == 0);
    }
    close(file);
    return 0;
}
