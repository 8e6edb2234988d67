/* Any bytes as the body of a PUT: what is taken makes an IAMAT that a front-end takes; and a plain
 * body, which one pass reads, means what it means to the reader of any JSON, to whom a member that
 * is not known, in front, sends it. */
#include "common/base/buffer.h"
#include "common/base/limits.h"
#include "common/protocol/command.h"
#include "frontend/web/geo/fix.h"
#include "frontend/web/geo/fix_plain.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(buffer_t *out, text_t text)
{
    status_t status = buffer_append(out, text.data, text.size);
    assert(status == STATUS_OK);
}

static void check_line(const fix_t *fix)
{
    buffer_t line;
    buffer_init(&line, LIMIT_LINE_SIZE);
    put(&line, TEXT("IAMAT kiwi "));
    put(&line, fix_position(fix));
    put(&line, TEXT(" "));
    put(&line, fix->time_size > 0 ? fix_time(fix) : TEXT("1.5"));
    command_t command = command_parse(buffer_text(&line));
    assert(command.kind == COMMAND_IAMAT && text_equal(command.position, fix_position(fix)));
    buffer_done(&line);
}

/* {"x":[],"lat":... is no plain body. */
static void check_slow(text_t body, const fix_t *fix)
{
    fix_values_t values;
    fix_t other;
    buffer_t slow;
    size_t brace = (size_t)((const char *)memchr(body.data, '{', body.size) - body.data) + 1;
    buffer_init(&slow, body.size + 16);
    put(&slow, text_first(body, brace));
    put(&slow, TEXT("\"x\":[],"));
    put(&slow, text_after(body, brace));
    assert(!fix_plain_read(buffer_text(&slow), &values));
    const char *problem = fix_read(buffer_text(&slow), &other);
    assert((problem == NULL) == (fix != NULL));
    if (fix != NULL) {
        assert(text_equal(fix_position(fix), fix_position(&other)));
        assert(text_equal(fix_time(fix), fix_time(&other)));
    }
    buffer_done(&slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t body = {.data = (const char *)data, .size = size};
    fix_values_t values;
    fix_t fix;
    bool taken = fix_read(body, &fix) == NULL;
    if (taken) {
        check_line(&fix);
    }
    if (fix_plain_read(body, &values)) {
        check_slow(body, taken ? &fix : NULL);
    }
    return 0;
}
