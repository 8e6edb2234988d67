/* Which records are wanted. The client of a line is the one whose position it gives or asks for. */
#include "common/protocol/command.h"
#include "deploy/herdctl/traffic/traffic.h"

/* AT Goloman +0.263873386 kiwi +34.068930-118.445127 1621464827.959498503 */
static bool client_of_answer(text_t line, text_t *ret_client)
{
    text_t field;
    for (int i = 0; i < 3; i++) {
        if (!text_take_field(&line, &field) || (i == 0 && !text_equal(field, TEXT("AT")))) {
            return false;
        }
    }
    return text_take_field(&line, ret_client);
}

/* False if the line has none. */
static bool client_of(text_t line, text_t *ret_client)
{
    text_t refused = TEXT("? ");
    if (client_of_answer(line, ret_client)) {
        return true;
    }
    if (text_equal(text_first(line, refused.size), refused)) {
        line = text_after(line, refused.size);
    }
    command_t command = command_parse(line);
    *ret_client = command.client;
    return command.kind != COMMAND_INVALID;
}

/* "(and 2861 bytes of JSON)": it stands behind the AT line that it belongs to. */
static bool is_note(const log_record_t *record)
{
    text_t note = TEXT("(and ");
    return record->kind == LOG_ANSWERED && text_equal(text_first(record->line, note.size), note);
}

static bool is_of_client(herdctl_traffic_filter_t *self, const log_record_t *record)
{
    text_t client;
    if (!self->has_client) {
        return true;
    }
    if (!is_note(record)) {
        self->wanted = (record->kind == LOG_RECEIVED || record->kind == LOG_ANSWERED) &&
                       client_of(record->line, &client) && text_equal(client, self->client);
    }
    return self->wanted;
}

bool herdctl_traffic_filter_wants(herdctl_traffic_filter_t *self, const log_record_t *record)
{
    bool of_client = is_of_client(self, record);
    return of_client && (self->kinds >> record->kind & 1) != 0 &&
           record->time_ns >= self->since_ns && record->time_ns < self->until_ns;
}
