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

command_t command_parse(text_t line)
{
    enum { FIELDS = 4 };
    command_t command = {.kind = COMMAND_INVALID};
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
