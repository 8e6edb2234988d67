/* Answers in the order of the requests:
 *
 * The answer to the oldest request goes to the output at once; one that comes out of turn is kept
 * in its exchange until those before it have left. A reply of the node becomes an answer by
 * `replied` of session_program_t. The last answer of a connection, by its request's wish or after a
 * request that was refused, says so, and ends the taking of requests. */
#include "frontend/web/session_parts.h"

#include "common/base/limits.h"
#include "common/clock/clock.h"
#include "common/protocol/command.h"
#include "frontend/clients/receipt.h"

#include <assert.h>
#include <stdio.h>

static text_t date_of(session_program_t *program)
{
    int64_t now_s = clock_now_ns() / 1000000000;
    if (now_s != program->date_s) {
        program->date_s = now_s;
        http_answer_date(now_s, program->date);
    }
    return text_of(program->date);
}

static http_manner_t manner_of(session_t *self, exchange_manner_t manner)
{
    return (http_manner_t){.date = date_of(session_program(self->shared)),
                           .without = manner.without,
                           .gzip = manner.gzip,
                           .keep_alive = manner.keep_alive && !self->shared->stopping,
                           .old = manner.old};
}

/* Appends an answer. False: there is no room for it, and the connection has ended. */
static bool put(session_t *self, exchange_manner_t manner, const http_answer_t *answer,
                buffer_t *out)
{
    http_manner_t how = manner_of(self, manner);
    if (http_answer_write(answer, &how, out) != STATUS_OK) {
        session_close_because(self, "more output than can be kept");
        return false;
    }
    return true;
}

static void count(session_t *self, exchange_manner_t manner, http_status_t status,
                  uint64_t receipt_ms)
{
    const session_program_t *program = session_program(self->shared);
    program->counted(program->argument, manner.route, status,
                     uv_now(self->shared->loop) - receipt_ms);
}

/* What is in the output is to be written, and after the last answer no more comes. */
static void note_output(session_t *self, exchange_manner_t manner)
{
    list_append(&self->shared->unwritten, &self->unwritten);
    if (!manner.keep_alive) {
        session_finish(self);
    }
}

static void log_answer(session_t *self, const http_answer_t *answer)
{
    enum { NOTE_SIZE = 96 };
    char note[NOTE_SIZE];
    if (!log_has_traffic(self->shared->log)) {
        return;
    }
    int size = snprintf(note, sizeof note, "%d %s, %zu bytes", (int)answer->status,
                        http_status_phrase(answer->status), answer->content.size);
    traffic_share_answered(&self->traffic, (text_t){.data = note, .size = (size_t)size});
}

void session_reply(session_t *self, const http_answer_t *answer)
{
    exchange_manner_t manner = self->manner;
    count(self, manner, answer->status, uv_now(self->shared->loop));
    log_answer(self, answer);
    if (exchanges_first(&self->exchanges) == NULL) {
        if (put(self, manner, answer, &self->output.gathered)) {
            note_output(self, manner);
        }
        return;
    }
    manner.kind = EXCHANGE_NONE;
    exchange_t *exchange =
        exchanges_add(&self->exchanges, manner, (text_t){0}, self->output.gathered.maximum);
    exchange->is_ready = put(self, manner, answer, &exchange->answer);
    if (exchange->is_ready) {
        exchanges_account(&self->exchanges, exchange);
    }
}

void session_reply_problem(session_t *self, http_status_t status, const char *detail,
                           const char *fields)
{
    buffer_t content;
    buffer_init(&content, LIMIT_HTTP_HEAD_SIZE);
    http_answer_t answer = {.status = status, .type = "application/problem+json", .fields = fields};
    if (http_answer_write_problem(status, detail, &content) == STATUS_OK) {
        answer.content = buffer_text(&content);
    }
    session_reply(self, &answer);
    buffer_done(&content);
}

void session_refuse(session_t *self, http_status_t status, const char *detail)
{
    self->shared->figures.malformed++;
    self->manner = (exchange_manner_t){0};
    if (exchanges_are_full(&self->exchanges)) {
        session_close_because(self, "a bad request behind as many as may be under way");
        return;
    }
    session_reply_problem(self, status, detail, NULL);
    session_finish(self);
}

void session_set_route(session_t *self, uint8_t route)
{
    self->manner.route = route;
}

void session_ask_node(session_t *self, exchange_kind_t kind, text_t line, bool fresh)
{
    session_shared_t *shared = self->shared;
    if (!shared->node_serves) {
        session_reply_problem(self, HTTP_SERVICE_UNAVAILABLE,
                              "The member's node is away; ask again in a few seconds.",
                              "Retry-After: 5\r\n");
        return;
    }
    assert(line.size <= LIMIT_LINE_SIZE);
    exchange_manner_t manner = self->manner;
    manner.kind = kind;
    manner.fresh = fresh;
    exchange_t *exchange =
        exchanges_add(&self->exchanges, manner, line, self->output.gathered.maximum);
    exchange->receipt_ns = receipt_stamp(&shared->last_receipt_ns, clock_now_ns());
    exchange->receipt_ms = uv_now(shared->loop);
    command_t command = command_parse(line);
    traffic_share_received(&self->traffic, exchange->receipt_ns, line, &command);
    list_append(&shared->unasked, &self->unasked);
}

bool session_ask(session_t *self, pipeline_request_t *ret_request)
{
    if (exchanges_ask(&self->exchanges, ret_request)) {
        return true;
    }
    list_remove(&self->unasked);
    return false;
}

void session_ask_again(session_t *self)
{
    if (exchanges_ask_again(&self->exchanges)) {
        list_append(&self->shared->unasked, &self->unasked);
    }
}

/* The answers at the front that are ready leave. */
void session_advance(session_t *self)
{
    exchange_t *first;
    while (self->state != SESSION_CLOSING && (first = exchanges_first(&self->exchanges)) != NULL &&
           first->is_ready) {
        exchange_manner_t manner = first->manner;
        text_t answer = buffer_text(&first->answer);
        if (answer.size > 0 &&
            buffer_append(&self->output.gathered, answer.data, answer.size) != STATUS_OK) {
            session_close_because(self, "more output than can be kept");
            return;
        }
        exchanges_drop(&self->exchanges);
        note_output(self, manner);
    }
}

/* Answers an exchange: the oldest one right into the output. */
static void answer_exchange(session_t *self, exchange_t *exchange, const http_answer_t *answer)
{
    bool is_first = exchange == exchanges_first(&self->exchanges);
    buffer_t *out = is_first ? &self->output.gathered : &exchange->answer;
    count(self, exchange->manner, answer->status, exchange->receipt_ms);
    if (!put(self, exchange->manner, answer, out)) {
        return;
    }
    exchange->is_ready = true;
    exchanges_account(&self->exchanges, exchange);
    if (is_first) {
        session_advance(self);
    }
    session_account(self);
}

void session_answer(session_t *self, uint64_t sequence, text_t reply)
{
    session_shared_t *shared = self->shared;
    exchange_t *exchange = exchanges_find(&self->exchanges, sequence);
    if (exchange == NULL) {
        return;
    }
    http_answer_t answer = {.status = HTTP_INTERNAL_SERVER_ERROR};
    if (log_has_traffic(shared->log)) {
        traffic_share_answered(&self->traffic, reply);
    }
    const session_program_t *program = session_program(shared);
    program->replied(program->argument, exchange, reply, &answer);
    answer_exchange(self, exchange, &answer);
    if (shared->memory > LIMIT_ANSWERS_MEMORY && self->state != SESSION_CLOSING) {
        shared->figures.given_up++;
        session_close_because(self, "more output of all than can be kept");
    }
}

void session_answer_late(session_t *self)
{
    static const char detail[] = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                                 "\"status\":503,\"detail\":\"The member's node did not answer in "
                                 "time; ask again in a few seconds.\"}\n";
    static const http_answer_t answer = {.status = HTTP_SERVICE_UNAVAILABLE,
                                         .type = "application/problem+json",
                                         .content = {.data = detail, .size = sizeof detail - 1},
                                         .fields = "Retry-After: 5\r\n"};
    self->shared->figures.given_up++;
    answer_exchange(self, exchanges_first(&self->exchanges), &answer);
}

void session_stream(session_t *self, uint32_t stream, const http_answer_t *answer, text_t first)
{
    enum { SEND_SIZE = 8192 }; /* what a reader that stalls holds in the kernel */
    uv_os_fd_t file;
    int size = SEND_SIZE;
    http_manner_t manner = manner_of(self, self->manner);
    if (exchanges_first(&self->exchanges) != NULL ||
        http_answer_write_endless(answer, &manner, &self->output.gathered) != STATUS_OK ||
        buffer_append(&self->output.gathered, first.data, first.size) != STATUS_OK) {
        session_close_because(self, "a stream behind other requests");
        return;
    }
    if (uv_fileno((uv_handle_t *)&self->tcp, &file) == 0) {
        (void)setsockopt(file, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    count(self, self->manner, answer->status, uv_now(self->shared->loop));
    self->streams = true;
    self->stream = stream;
    list_append(&self->shared->unwritten, &self->unwritten);
}

bool session_stream_takes(const session_t *self)
{
    return self->streams && self->state == SESSION_OPEN && output_size(&self->output) == 0;
}

void session_stream_write(session_t *self, text_t content)
{
    if (buffer_append(&self->output.gathered, content.data, content.size) != STATUS_OK) {
        session_close_because(self, "more output than can be kept");
        return;
    }
    list_append(&self->shared->unwritten, &self->unwritten);
}
