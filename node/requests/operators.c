#include "node/requests/operators.h"

#include "common/base/limits.h"
#include "common/base/sheet.h"
#include "common/clock/clock.h"
#include "common/protocol/report_keys.h"
#include "node/requests/report.h"

#include <assert.h>

/* A question of an operator comes in, from anyone who may use the requests socket; the body of its
 * REPORT goes out, and the caller sends it.
 *   - STATUS: the figures of all parts of the node (S1, report.c). The digest is among them if it
 *     is complete; otherwise the question sets it going.
 *   - FORGET: a tombstone takes the place of a record, and floods like one (S2, R17).
 *   - WHERE: the record of a client as it stands here, and whether it is served (S3).
 *   - LOGLEVEL: which events are logged from now on (S4). ECHO: our name (S5).
 *   - RELOAD: is noted; the node does it when the turn is over (S6).
 * A question whose body is malformed is dropped, and has no effect (M3). */

/* Entries that a STATUS may add to the digest by itself: one or two milliseconds. */
enum { STATUS_DIGEST_STEP = 16384 };

bool operators_want_digest(operators_t *self)
{
    self->digest_asked = self->digest_asked && store_digest(self->context.store) == NULL;
    return self->digest_asked;
}

static herd_time_figures_t time_figures(const operators_t *self)
{
    const herd_time_t *time = self->context.herd_time;
    return time != NULL ? herd_time_figures(time) : (herd_time_figures_t){0};
}

void operators_note_rises(operators_t *self, int64_t now_ns)
{
    const operators_context_t *context = &self->context;
    herd_time_figures_t time = time_figures(self);
    if (time.steps != self->rises.counts[RISES_CLOCK_STEPS]) {
        rises_shift(&self->rises, time.step_ns);
    }
    const uint64_t counts[RISES] = {
        [RISES_LOG_LOST] = log_lost_count(context->log),
        [RISES_KEYS_REFUSED] = context->guard != NULL ? guard_keys_refused(context->guard) : 0,
        [RISES_CONNECTIONS_CUT] =
            context->guard != NULL ? guard_connections_cut(context->guard) : 0,
        [RISES_CONNECTIONS_REFUSED] =
            context->guard != NULL ? guard_connections_refused(context->guard) : 0,
        [RISES_UNSTORED] = context->request_log->unstored,
        [RISES_UNKEPT] = context->request_log->unkept,
        [RISES_CLOCK_STEPS] = time.steps,
        [RISES_FOLLOWERS_REFUSED] =
            context->followers != NULL ? followers_refused(context->followers) : 0,
        [RISES_TAP_RESETS] = context->tap != NULL ? tap_counters(context->tap).resets : 0,
    };
    rises_note(&self->rises, counts, now_ns);
}

void operators_note_reload_end(operators_t *self, const operators_reload_end_t *end)
{
    self->reload_refused = end->refused;
    if (end->keys_changed) {
        operators_note_rises(self, end->now_ns);
        self->rises.last_ns[RISES_KEYS_REFUSED] = 0;
    }
}

/* S1 */
static bool answer_status(operators_t *self, const operators_question_t *asked, buffer_t *out)
{
    const operators_context_t *context = &self->context;
    const request_t *request = context->request;
    /* This takes in the little that has changed since it was last complete. If that is not enough,
     * the node goes on, and the operator asks again. */
    if (!self->digest_asked) {
        self->digest_asked = !store_digest_step(context->store, STATUS_DIGEST_STEP);
    }
    operators_note_rises(self, asked->now_ns);
    const uint64_t *counts = self->rises.counts;
    journal_keeper_figures_t journal;
    if (context->journal != NULL) {
        journal = journal_keeper_figures(context->journal, clock_steady_ns());
    }
    report_figures_t figures = {
        .now_ns = asked->now_ns,
        .steady_ns = asked->steady_ns,
        .clocks = &request->clocks,
        .time = time_figures(self),
        .keys_refused = counts[RISES_KEYS_REFUSED],
        .connections_cut = counts[RISES_CONNECTIONS_CUT],
        .connections_refused = counts[RISES_CONNECTIONS_REFUSED],
        .unstored = counts[RISES_UNSTORED],
        .reload_refused = self->reload_refused,
        .rises = &self->rises,
        .name = context->member->name,
        .started_ns = context->started_ns,
        .log = context->log,
        .records = store_count(context->store),
        .digest = store_digest(context->store),
        .memory_size = store_memory(context->store),
        .max_clients = context->config->max_clients,
        .max_memory = context->config->max_memory,
        .positions = request->positions,
        .lookups = request->lookups,
        .invalid = request->invalid,
        .stamps_replaced = request->stamps_replaced,
        .malformed = request->malformed,
        .acknowledge_peers = context->config->acknowledge_peers,
        .acknowledge_disk = context->config->acknowledge_disk,
        .unacknowledged = context->promises != NULL ? promises_count(context->promises) : 0,
        .unkept = context->request_log->unkept,
        .queries = queries_count(context->queries),
        .journal = context->journal != NULL ? &journal : NULL,
        .security = config_security_text(context->config->security),
        .sockets_missing = context->guard != NULL ? guard_sockets_missing(context->guard) : 0,
        .refused = context->guard != NULL ? guard_refused(context->guard) : 0,
        .frontends = context->frontends,
        .followers = context->followers,
        .places = context->places != NULL ? places_actor_figures(context->places) : NULL,
        .tap = context->tap != NULL ? tap_counters(context->tap) : (tap_counters_t){0},
        .neighbours = neighbours_all(context->neighbours),
        .neighbour_count = neighbours_count(context->neighbours),
    };
    return report_write(&figures, out) == STATUS_OK;
}

/* kiwi.cs.ucla.edu LF */
static bool read_client(text_t body, text_t *ret_client)
{
    text_t line;
    if (!text_take_line(&body, &line) || body.size > 0) {
        return false;
    }
    text_t rest = line;
    return text_take_field(&rest, ret_client) && ret_client->size == line.size;
}

/* What an operator has changed, or is about to, and who it is. It stands in the log whatever its
 * level is; `by` is from sender.h, and the client in `object` is escaped. */
static void log_command(const operators_context_t *context, const char *by, const char *command,
                        const char *object)
{
    log_event(context->log, LOG_OPERATOR_COMMAND,
              LOG_ABOUT(NULL, LOG_TEXT("by", by), LOG_TEXT("command", command),
                        LOG_TEXT("object", object)),
              "%s%s%s, by %s", command, object[0] != '\0' ? " " : "", object, by);
}

/* R17. False if there is nothing to forget, or no room for the tombstone. */
static bool forget(const operators_context_t *context, const char *by, text_t client,
                   int64_t now_ns)
{
    if (!store_forget(context->store, client, text_of(context->member->name), now_ns)) {
        return false;
    }
    char shown[LIMIT_LOG_SAMPLE];
    text_escape(client, shown, sizeof shown);
    log_command(context, by, "forget", shown);
    log_event(context->log, LOG_CLIENT_FORGOTTEN,
              LOG_ABOUT(NULL, LOG_TEXT("client", shown), LOG_TEXT("by", by)),
              "client %s forgotten by an operator, %s; its tombstone goes to all members", shown,
              by);
    return true;
}

static void put_bool(sheet_t *sheet, report_key_t key, bool value)
{
    sheet_format(sheet, "%s %d\n", report_keys_text(key), value ? 1 : 0);
}

/* S2 */
static bool answer_forget(const operators_context_t *context, const operators_question_t *asked,
                          text_t client, buffer_t *out)
{
    record_t record;
    sheet_t sheet = sheet_begin(out);
    bool forgotten = forget(context, asked->by, client, asked->now_ns);
    put_bool(&sheet, REPORT_KEY_FORGOTTEN, forgotten);
    if (!forgotten) {
        put_bool(&sheet, REPORT_KEY_KNOWN, store_find(context->store, client, &record));
    }
    return sheet_end(&sheet) == STATUS_OK;
}

/* S3 */
static bool answer_where(const operators_context_t *context, text_t client, buffer_t *out)
{
    record_t served;
    record_t record;
    sheet_t sheet = sheet_begin(out);
    bool is_served = store_find(context->store, client, &served);
    bool is_known = store_find_any(context->store, client, &record);
    put_bool(&sheet, REPORT_KEY_KNOWN, is_known);
    if (is_known) {
        put_bool(&sheet, REPORT_KEY_SERVED, is_served);
        sheet_format(&sheet, "%s ", report_keys_text(REPORT_KEY_RECORD));
        sheet_fail(&sheet, record_append_bus_line(&record, out));
    }
    return sheet_end(&sheet) == STATUS_OK;
}

/* S4; e.g. warning LF */
static bool answer_log_level(const operators_context_t *context, const char *by, text_t body,
                             buffer_t *out)
{
    text_t name;
    log_level_t level;
    if (!text_take_line(&body, &name) || body.size > 0 || !log_level_parse(name, &level)) {
        return false;
    }
    log_level_t before = log_level(context->log);
    log_command(context, by, "log-level", log_level_text(level));
    log_event(context->log, LOG_LEVEL_SET, LOG_ABOUT(NULL, LOG_TEXT("by", by)),
              "events of level %s and graver are logged from now on, as an operator asked; "
              "before it was %s",
              log_level_text(level), log_level_text(before));
    log_set_level(context->log, level);
    return buffer_format(out, "%s %s\n%s %s\n", report_keys_text(REPORT_KEY_LOG_LEVEL),
                         log_level_text(level), report_keys_text(REPORT_KEY_BEFORE),
                         log_level_text(before)) == STATUS_OK;
}

bool operators_answer(operators_t *self, const operators_question_t *asked, buffer_t *out,
                      const char **ret_problem)
{
    const operators_context_t *context = &self->context;
    const message_t *question = asked->message;
    text_t client = {0};
    bool names_client = read_client(question->body, &client);
    switch (question->type) {
    case MESSAGE_STATUS:
        *ret_problem = "a STATUS whose REPORT is too long";
        return answer_status(self, asked, out);
    case MESSAGE_FORGET:
        *ret_problem = "a FORGET of no client";
        return names_client && answer_forget(context, asked, client, out);
    case MESSAGE_WHERE:
        *ret_problem = "a WHERE of no client";
        return names_client && answer_where(context, client, out);
    case MESSAGE_LOGLEVEL:
        *ret_problem = "a LOGLEVEL of no level";
        return answer_log_level(context, asked->by, question->body, out);
    case MESSAGE_ECHO: /* S5 */
        *ret_problem = "an ECHO that cannot be answered";
        return buffer_format(out, "%s %s\n", report_keys_text(REPORT_KEY_NAME),
                             context->member->name) == STATUS_OK;
    default: *ret_problem = "no question of operators"; return false;
    }
}

void operators_note_reload(operators_t *self, text_t peer, const operators_question_t *asked)
{
    const message_t *question = asked->message;
    operators_reload_t *reload = &self->reload;
    assert(!reload->wanted);
    assert(peer.size <= sizeof reload->peer && question->header.size <= sizeof reload->header);
    reload->wanted = true;
    reload->peer_size = peer.size;
    text_copy(peer, reload->peer);
    reload->header_size = question->header.size;
    text_copy(question->header, reload->header);
    log_command(&self->context, asked->by, "reload", "");
}

text_t operators_end_reload(operators_t *self, text_t *ret_header)
{
    operators_reload_t *reload = &self->reload;
    reload->wanted = false;
    *ret_header = (text_t){.data = reload->header, .size = reload->header_size};
    return (text_t){.data = reload->peer, .size = reload->peer_size};
}
