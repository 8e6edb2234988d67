/* Any bytes as a client line: a command's fields lie in the line in their order, and one more field
 * makes the line invalid. */
#include "common/base/limits.h"
#include "common/protocol/command.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where `field`, which is no white space, ends in `line`; it begins at `from` or later. */
static const char *end_in(text_t line, const char *from, text_t field)
{
    assert(field.size > 0 && field.data >= from);
    assert(field.data + field.size <= line.data + line.size);
    for (size_t i = 0; i < field.size; i++) {
        assert(!text_is_space(field.data[i]));
    }
    return field.data + field.size;
}

static bool is_same(const command_t *one, const command_t *other)
{
    return one->kind == other->kind && text_equal(one->client, other->client) &&
           text_equal(one->position, other->position) &&
           text_equal(one->client_time, other->client_time) &&
           one->client_time_ns == other->client_time_ns && one->radius_km == other->radius_km &&
           one->result_count == other->result_count;
}

/* With white space behind it a line is read field by field, never in one pass. */
static void check_by_fields(text_t line, const command_t *command)
{
    char longer[8192];
    if (line.size < sizeof longer) {
        char *end = text_copy(TEXT(" "), text_copy(line, longer));
        command_t same = command_parse((text_t){.data = longer, .size = (size_t)(end - longer)});
        assert(is_same(command, &same));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    text_t line = {.data = (const char *)data, .size = size};
    command_t command = command_parse(line);
    check_by_fields(line, &command);
    if (command.kind == COMMAND_INVALID) {
        return 0;
    }
    const char *client_end = end_in(line, line.data, command.client);
    if (command.kind == COMMAND_IAMAT) {
        const char *position_end = end_in(line, client_end, command.position);
        end_in(line, position_end, command.client_time);
        assert(command.client_time_ns >= 0);
    } else {
        assert(command.radius_km <= LIMIT_RADIUS_KM && command.result_count <= LIMIT_RESULTS);
    }
    /* The line ends with its last field: one more makes it invalid (C1, C2). */
    char longer[8192];
    if (size + 2 <= sizeof longer) {
        char *end = text_copy(TEXT(" x"), text_copy(line, longer));
        text_t line_and_field = {.data = longer, .size = (size_t)(end - longer)};
        assert(command_parse(line_and_field).kind == COMMAND_INVALID);
    }
    return 0;
}
