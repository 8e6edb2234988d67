#include "node/requests/request_log.h"

enum { NAME_SIZE = FRONTENDS_LABEL_SIZE + 2 * (TEXT_NUMBER_SIZE + 1UL) };

/* The name of a request in the traffic log: front-end "#" connection "." sequence. `out` has
 * NAME_SIZE bytes. */
static text_t write_name(const frontend_link_t *frontend, const request_outcome_t *outcome,
                         char *out)
{
    char *end = text_copy(text_of(frontend->label), out);
    *end++ = '#';
    end += text_write_u64(outcome->connection, end);
    *end++ = '.';
    end += text_write_u64(outcome->sequence, end);
    return (text_t){.data = out, .size = (size_t)(end - out)};
}

static void log_answer(const request_log_t *self, const frontend_link_t *frontend,
                       const request_outcome_t *outcome, text_t name, int64_t now_ns)
{
    text_t reply = {.data = frontend->replies.data + outcome->reply_start,
                    .size = outcome->reply_size};
    text_t line = reply;
    text_take_line(&reply, &line); /* of an answer with places the AT line alone */
    log_traffic(self->log, LOG_ANSWERED, now_ns, name, line);
}

/* R18: the front-end's time-out closes the connections. */
static void note_unkept(request_log_t *self, size_t count, const char *reason)
{
    self->unkept += count;
    log_event(
        self->log, LOG_PROMISE_UNKEPT, LOG_ABOUT(NULL, LOG_NUMBER("unkept", self->unkept)),
        "%s: %zu IAMATs not answered, their clients will be disconnected; %llu since the start",
        reason, count, (unsigned long long)self->unkept);
}

static void note_result(request_log_t *self, const frontend_link_t *frontend,
                        request_result_t result)
{
    switch (result) {
    case REQUEST_ANSWERED:
    case REQUEST_WAITS: break;
    case REQUEST_NO_ROOM:
        self->unstored++;
        log_event(self->log, LOG_STORE_FULL, LOG_PEER(frontend->label),
                  "no room for another client (max_clients, max_memory); its update is not "
                  "answered, known clients are served");
        break;
    case REQUEST_NO_PROMISE: note_unkept(self, 1, "too many IAMATs wait for neighbours"); break;
    }
}

void request_log_group(request_log_t *self, const request_t *request,
                       const frontend_link_t *frontend, int64_t now_ns)
{
    bool traffic = log_has_traffic(self->log);
    char text[NAME_SIZE];
    text_t name = {0};
    for (size_t i = 0; i < request->outcome_count; i++) {
        const request_outcome_t *outcome = &request->outcomes[i];
        if (traffic) {
            name = write_name(frontend, outcome, text);
            log_traffic(self->log, LOG_RECEIVED, now_ns, name, outcome->line);
        }
        note_result(self, frontend, outcome->result);
        if (traffic && outcome->result == REQUEST_ANSWERED) {
            log_answer(self, frontend, outcome, name, now_ns);
        }
    }
}

void request_log_answer(const request_log_t *self, const frontend_link_t *frontend,
                        const request_outcome_t *outcome, int64_t now_ns)
{
    if (log_has_traffic(self->log)) {
        char text[NAME_SIZE];
        log_answer(self, frontend, outcome, write_name(frontend, outcome, text), now_ns);
    }
}

void request_log_late(request_log_t *self, size_t count)
{
    if (count > 0) {
        note_unkept(self, count, "neighbours did not take IAMATs in time");
    }
}
