/* Any bytes as a client's input, in chunks of sizes that the bytes choose: the lines, the LFs and
 * CRs between them, and what waits make up the input again. */
#include "frontend/lines/lines.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINE = 40 };

/* All lines of a chunk; false when one was too long, which ends the connection. */
static bool take_lines(lines_t *lines, text_t chunk, size_t *ret_bytes)
{
    text_t line;
    for (;;) {
        switch (lines_take(lines, &chunk, &line)) {
        case LINES_NONE: lines_keep(lines, chunk); return true;
        case LINES_TOO_LONG: return false;
        case LINES_LINE:
            assert(line.size <= MAX_LINE &&
                   (line.size == 0 || memchr(line.data, '\n', line.size) == NULL));
            *ret_bytes += line.size + 1;
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lines_t lines;
    text_t line;
    text_t rest = {.data = (const char *)data, .size = size};
    size_t bytes = 0;
    bool open = true;
    lines_init(&lines, MAX_LINE);
    while (open && rest.size > 0) {
        size_t chunk_size = (unsigned char)rest.data[0] % 16;
        text_t chunk = text_first(text_after(rest, 1), chunk_size);
        rest = text_after(rest, 1 + chunk.size);
        open = take_lines(&lines, chunk, &bytes);
        assert(!open || lines_waiting(&lines) <= MAX_LINE + 1);
    }
    if (open && lines_take_last(&lines, &line) == LINES_LINE) {
        assert(line.size > 0 && line.size <= MAX_LINE + 1);
        bytes += line.size;
    }
    assert(bytes <= size); /* CRs before LFs are not counted */
    lines_done(&lines);
    return 0;
}
