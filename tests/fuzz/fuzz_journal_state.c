/* Any bytes as the state of a journal: as they are, and once more with their right checksum. What
 * is taken is written again as it was. */
#include "common/base/memory.h"
#include "common/journal/state.h"

#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(text_t text)
{
    journal_state_t state;
    buffer_t again;
    if (journal_state_read(text, &state) != STATUS_OK) {
        return;
    }
    buffer_init(&again, JOURNAL_STATE_SIZE);
    journal_state_write(&state, &again);
    journal_state_t twice;
    status_t status = journal_state_read(buffer_text(&again), &twice);
    assert(status == STATUS_OK && twice.tail == state.tail);
    assert(twice.checkpoint_count == state.checkpoint_count);
    journal_state_done(&twice);
    buffer_done(&again);
    journal_state_done(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] = "checksum ";
    char *copy = memory_copy_text((const char *)data, size);
    use((text_t){.data = copy, .size = size});
    size_t sealed_size = size + sizeof key - 1 + 16 + 1;
    char *sealed = memory_new(sealed_size);
    char *end = text_copy((text_t){.data = copy, .size = size}, sealed);
    end = text_copy(TEXT("checksum "), end);
    text_write_hex(XXH3_64bits(copy, size), 16, end);
    end[16] = '\n';
    use((text_t){.data = sealed, .size = sealed_size});
    free(sealed);
    free(copy);
    return 0;
}
