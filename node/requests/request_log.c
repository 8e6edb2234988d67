#include "node/requests/request_log.h"

#include "common/base/timestamp.h"
#include "common/log/shares.h"

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

/* Whether a line of a client is logged; if not, it is counted. */
static bool takes(const request_log_t *self, frontend_link_t *frontend, uint64_t connection,
                  int64_t now_ns, size_t size)
{
    uint64_t client = log_shares_peer(connection, text_of(frontend->label));
    bool taken = log_traffic_takes(self->log, client, now_ns, size);
    frontend->left_out += !taken;
    return taken;
}

static void log_answer(const request_log_t *self, frontend_link_t *frontend,
                       const request_outcome_t *outcome, int64_t now_ns)
{
    char name[NAME_SIZE];
    text_t reply = {.data = frontend->replies.data + outcome->reply_start,
                    .size = outcome->reply_size};
    text_t line = reply;
    text_take_line(&reply, &line); /* of an answer with places the AT line alone */
    if (takes(self, frontend, outcome->connection, now_ns, line.size)) {
        log_traffic(self->log, LOG_ANSWERED, now_ns, write_name(frontend, outcome, name), line);
    }
}

static void log_line(const request_log_t *self, frontend_link_t *frontend,
                     const request_outcome_t *outcome, int64_t now_ns)
{
    char name[NAME_SIZE];
    if (takes(self, frontend, outcome->connection, now_ns, outcome->line.size)) {
        log_traffic(self->log, LOG_RECEIVED, now_ns, write_name(frontend, outcome, name),
                    outcome->line);
    }
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

void request_log_group(request_log_t *self, const request_t *request, frontend_link_t *frontend,
                       int64_t now_ns)
{
    bool traffic = log_has_traffic(self->log);
    for (size_t i = 0; i < request->outcome_count; i++) {
        const request_outcome_t *outcome = &request->outcomes[i];
        if (traffic) {
            log_line(self, frontend, outcome, now_ns);
        }
        note_result(self, frontend, outcome->result);
        if (traffic && outcome->result == REQUEST_ANSWERED) {
            log_answer(self, frontend, outcome, now_ns);
        }
    }
}

void request_log_answer(const request_log_t *self, frontend_link_t *frontend,
                        const request_outcome_t *outcome, int64_t now_ns)
{
    if (log_has_traffic(self->log)) {
        log_answer(self, frontend, outcome, now_ns);
    }
}

void request_log_left_out(const request_log_t *self, frontend_link_t *frontend, int64_t steady_ns)
{
    if (frontend->left_out == 0 || steady_ns - frontend->left_out_ns < TIMESTAMP_NS_PER_S) {
        return;
    }
    log_event(self->log, LOG_TRAFFIC_CUT,
              LOG_ABOUT(frontend->label, LOG_NUMBER("lines", frontend->left_out)),
              "%u lines of its clients' traffic are not in the log, for some had more in a second "
              "than one client may; they are served as before",
              (unsigned)frontend->left_out);
    frontend->left_out = 0;
    frontend->left_out_ns = steady_ns;
}

void request_log_late(request_log_t *self, size_t count)
{
    if (count > 0) {
        note_unkept(self, count, "neighbours did not take IAMATs in time");
    }
}
