/* Any bytes as the ID of an event that a watcher says it heard last: what is read is written as it
 * came, but for zeros in front of its index. */
#include "frontend/web/watch_id.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INDEX_BEGIN = 49 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t text = {.data = (const char *)data, .size = size};
    char out[WATCH_ID_SIZE];
    watch_id_t id;
    if (!watch_id_read(text, &id)) {
        return 0;
    }
    text_t written = watch_id_write(&id, out);
    text_t index = text_after(text, INDEX_BEGIN);
    while (index.size > 1 && index.data[0] == '0') {
        index = text_after(index, 1);
    }
    assert(written.size < WATCH_ID_SIZE);
    assert(text_equal(text_first(written, INDEX_BEGIN), text_first(text, INDEX_BEGIN)));
    assert(text_equal(text_after(written, INDEX_BEGIN), index));
    return 0;
}
