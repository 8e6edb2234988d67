#include "frontend/clients/receipt.h"

#include "common/base/timestamp.h"

#include <stdbool.h>

enum {
    /* A WHATSAT reply: the AT line and the frame of the JSON, and each place. */
    WHATSAT_REPLY_SIZE = 1024,
    WHATSAT_PLACE_SIZE = 512,
    /* How much longer than its IAMAT line an AT line may be: member name and difference, without
     * the command. */
    IAMAT_REPLY_EXTRA = 64,
};

int64_t receipt_stamp(int64_t *last_ns, int64_t now_ns)
{
    bool stepped_back = now_ns < *last_ns - TIMESTAMP_NS_PER_S;
    *last_ns = now_ns > *last_ns || stepped_back ? now_ns : *last_ns + 1;
    return *last_ns;
}

size_t receipt_reply_size(const command_t *command, size_t line_size)
{
    return command->kind == COMMAND_IAMAT
               ? line_size + IAMAT_REPLY_EXTRA
               : WHATSAT_REPLY_SIZE + command->result_count * WHATSAT_PLACE_SIZE;
}

bool receipt_is_repeated(const command_t *command, text_t line)
{
    text_t name = TEXT("IAMAT ");
    return command->kind == COMMAND_IAMAT && text_equal(text_first(line, name.size), name) &&
           command->client.data == line.data + name.size && *text_end(command->client) == ' ' &&
           command->position.data == text_end(command->client) + 1 &&
           *text_end(command->position) == ' ' &&
           command->client_time.data == text_end(command->position) + 1 &&
           text_end(command->client_time) == text_end(line);
}
