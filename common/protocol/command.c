#include "common/protocol/command.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/iso6709.h"

/* IAMAT <client> <position> <time> (C1, P1, T1). What is no such line stays invalid. */
static void parse_iamat(const text_t *fields, command_t *command)
{
    if (!iso6709_is_valid(fields[2]) || !timestamp_parse(fields[3], &command->client_time_ns)) {
        return;
    }
    command->kind = COMMAND_IAMAT;
    command->client = fields[1];
    command->position = fields[2];
    command->client_time = fields[3];
}

/* WHATSAT <client> <radius in km> <most results> (C2, W2, W3), likewise. */
static void parse_whatsat(const text_t *fields, command_t *command)
{
    uint64_t radius_km;
    uint64_t result_count;
    if (!text_to_u64(fields[2], LIMIT_RADIUS_KM, &radius_km) ||
        !text_to_u64(fields[3], LIMIT_RESULTS, &result_count)) {
        return;
    }
    command->kind = COMMAND_WHATSAT;
    command->client = fields[1];
    command->radius_km = (uint32_t)radius_km;
    command->result_count = (uint32_t)result_count;
}

/* What most lines are: an IAMAT with one space before each field and nothing behind the last, whose
 * position is of the usual form. No byte of it is looked at twice. False for any other line, good
 * or bad. */
static inline bool parse_usual(text_t line, command_t *command)
{
    const text_t name = TEXT("IAMAT ");
    if (!text_equal(text_first(line, name.size), name)) {
        return false;
    }
    const char *end = text_end(line);
    const char *client = line.data + name.size;
    const char *client_end = text_field_end(client, end);
    if (client_end == client || client_end == end || *client_end != ' ') {
        return false;
    }
    const char *position = client_end + 1;
    const char *position_end = iso6709_skip_usual(client, position, end);
    if (position_end == NULL || position_end == end || *position_end != ' ') {
        return false;
    }
    const char *time = position_end + 1;
    command->client = (text_t){.data = client, .size = (size_t)(client_end - client)};
    command->position = (text_t){.data = position, .size = (size_t)(position_end - position)};
    command->client_time = (text_t){.data = time, .size = (size_t)(end - time)};
    return timestamp_parse(command->client_time, &command->client_time_ns);
}

command_t command_parse(text_t line)
{
    enum { FIELDS = 4 };
    command_t command;
    if (parse_usual(line, &command)) {
        command.kind = COMMAND_IAMAT;
        command.radius_km = 0;
        command.result_count = 0;
        return command;
    }
    command = (command_t){.kind = COMMAND_INVALID};
    text_t fields[FIELDS + 1]; /* one too many is noticed */
    if (text_cut_fields(line, FIELDS + 1, fields) != FIELDS) {
        return command;
    }
    if (text_equal(fields[0], TEXT("IAMAT"))) {
        parse_iamat(fields, &command);
    } else if (text_equal(fields[0], TEXT("WHATSAT"))) {
        parse_whatsat(fields, &command);
    }
    return command;
}
