/* Answers in the order of the requests:
 *
 * The answer to the oldest request goes to the output at once; one that comes out of turn is kept
 * in its exchange until those before it have left. A reply of the node becomes an answer by
 * `replied` of web_session_program_t. The last answer of a connection, by its request's wish or
 * after a request that was refused, says so, and ends the taking of requests. */
#include "frontend/web/web_session_parts.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "common/protocol/command.h"
#include "frontend/clients/receipt.h"

#include <assert.h>
#include <stdio.h>

/* The clock is read once in a turn of the loop. */
static text_t date_of(const session_shared_t *shared)
{
    web_session_program_t *program = web_session_program(shared);
    uint64_t now_ms = uv_now(shared->loop);
    if (program->date_s == 0 || now_ms != program->date_ms) {
        int64_t now_s = clock_now_ns() / TIMESTAMP_NS_PER_S;
        program->date_ms = now_ms;
        if (now_s != program->date_s) {
            program->date_s = now_s;
            http_answer_date(now_s, program->date);
        }
    }
    return (text_t){.data = program->date, .size = sizeof program->date - 1};
}

static http_manner_t manner_of(web_session_t *self, exchange_manner_t manner)
{
    return (http_manner_t){.date = date_of(self->base.shared),
                           .without = manner.without,
                           .gzip = manner.gzip,
                           .keep_alive = manner.keep_alive && !self->base.shared->stopping,
                           .old = manner.old};
}

/* Appends an answer. False: there is no room for it, and the connection has ended. */
static bool put(web_session_t *self, exchange_manner_t manner, const http_answer_t *answer,
                buffer_t *out)
{
    http_manner_t how = manner_of(self, manner);
    if (http_answer_write(answer, &how, out) != STATUS_OK) {
        session_close_because(&self->base, "more output than can be kept");
        return false;
    }
    return true;
}

static void count(web_session_t *self, exchange_manner_t manner, http_status_t status,
                  uint64_t receipt_ms)
{
    const web_session_program_t *program = web_session_program(self->base.shared);
    program->counted(program->argument, manner.route, status,
                     uv_now(self->base.shared->loop) - receipt_ms);
}

/* What is in the output is to be written, and after the last answer no more comes. */
static void note_output(web_session_t *self, exchange_manner_t manner)
{
    list_append(&self->base.shared->unwritten, &self->base.unwritten);
    if (!manner.keep_alive) {
        session_finish(&self->base);
    }
}

static void log_answer(web_session_t *self, const http_answer_t *answer)
{
    enum { NOTE_SIZE = 96 };
    char note[NOTE_SIZE];
    if (!log_has_traffic(self->base.shared->log)) {
        return;
    }
    const traffic_of_t of = session_traffic(&self->base);
    int size = snprintf(note, sizeof note, "%d %s, %zu bytes", (int)answer->status,
                        http_status_phrase(answer->status), answer->content.size);
    traffic_share_answered(&self->base.traffic, &of, (text_t){.data = note, .size = (size_t)size});
}

void web_session_reply(session_t *base, const http_answer_t *answer)
{
    web_session_t *self = web_session_of(base);
    exchange_manner_t manner = self->manner;
    count(self, manner, answer->status, uv_now(self->base.shared->loop));
    log_answer(self, answer);
    if (exchanges_first(&self->exchanges) == NULL) {
        if (put(self, manner, answer, &self->base.output.gathered)) {
            note_output(self, manner);
        }
        return;
    }
    manner.kind = EXCHANGE_NONE;
    exchange_t *exchange =
        exchanges_add(&self->exchanges, manner, (text_t){0}, self->base.output.gathered.maximum);
    if (put(self, manner, answer, &exchange->answer)) { /* else it has gone with the connection */
        exchange->is_ready = true;
        exchanges_account(&self->exchanges, exchange);
    }
}

void web_session_reply_problem(session_t *base, http_status_t status, const char *detail,
                               const char *fields)
{
    buffer_t content;
    buffer_init(&content, LIMIT_HTTP_HEAD_SIZE);
    http_answer_t answer = {.status = status, .type = "application/problem+json", .fields = fields};
    if (http_answer_write_problem(status, detail, &content) == STATUS_OK) {
        answer.content = buffer_text(&content);
    }
    web_session_reply(base, &answer);
    buffer_done(&content);
}

void web_session_refuse(web_session_t *self, http_status_t status, const char *detail)
{
    self->base.shared->figures.malformed++;
    self->manner = (exchange_manner_t){0};
    if (exchanges_are_full(&self->exchanges)) {
        session_close_because(&self->base, "a bad request behind as many as may be under way");
        return;
    }
    web_session_reply_problem(&self->base, status, detail, NULL);
    session_finish(&self->base);
}

void web_session_set_route(session_t *base, uint8_t route)
{
    web_session_of(base)->manner.route = route;
}

void web_session_ask_node(session_t *base, exchange_kind_t kind, text_t line, bool fresh)
{
    web_session_t *self = web_session_of(base);
    session_shared_t *shared = self->base.shared;
    if (!shared->node_serves) {
        web_session_reply_problem(base, HTTP_SERVICE_UNAVAILABLE,
                                  "The member's node is away; ask again in a few seconds.",
                                  "Retry-After: 5\r\n");
        return;
    }
    assert(line.size <= LIMIT_LINE_SIZE);
    exchange_manner_t manner = self->manner;
    manner.kind = kind;
    manner.fresh = fresh;
    exchange_t *exchange =
        exchanges_add(&self->exchanges, manner, line, self->base.output.gathered.maximum);
    exchange->receipt_ns = receipt_stamp(&shared->last_receipt_ns, clock_now_ns());
    exchange->receipt_ms = uv_now(shared->loop);
    if (log_has_traffic(shared->log)) {
        command_t command = command_parse(line);
        const traffic_of_t of = session_traffic(base);
        traffic_share_received(&self->base.traffic, &of, exchange->receipt_ns, line, &command);
    }
    list_append(&shared->unasked, &self->base.unasked);
}

bool web_session_ask(session_t *base, pipeline_request_t *ret_request)
{
    web_session_t *self = web_session_of(base);
    if (exchanges_ask(&self->exchanges, ret_request)) {
        return true;
    }
    list_remove(&self->base.unasked);
    return false;
}

void web_session_ask_again(session_t *base)
{
    web_session_t *self = web_session_of(base);
    if (exchanges_ask_again(&self->exchanges)) {
        list_append(&self->base.shared->unasked, &self->base.unasked);
    }
}

/* The answers at the front that are ready leave. */
static void advance(web_session_t *self)
{
    exchange_t *first;
    while (self->base.state != SESSION_CLOSING &&
           (first = exchanges_first(&self->exchanges)) != NULL && first->is_ready) {
        exchange_manner_t manner = first->manner;
        text_t answer = buffer_text(&first->answer);
        if (answer.size > 0 &&
            buffer_append(&self->base.output.gathered, answer.data, answer.size) != STATUS_OK) {
            session_close_because(&self->base, "more output than can be kept");
            return;
        }
        exchanges_drop(&self->exchanges);
        note_output(self, manner);
    }
}

/* Answers an exchange: the oldest one right into the output. */
static void answer_exchange(web_session_t *self, exchange_t *exchange, const http_answer_t *answer)
{
    bool is_first = exchange == exchanges_first(&self->exchanges);
    buffer_t *out = is_first ? &self->base.output.gathered : &exchange->answer;
    count(self, exchange->manner, answer->status, exchange->receipt_ms);
    if (!put(self, exchange->manner, answer, out)) {
        return;
    }
    exchange->is_ready = true;
    exchanges_account(&self->exchanges, exchange);
    if (is_first) {
        advance(self);
    }
    session_account(&self->base);
}

void web_session_answer(session_t *base, uint64_t sequence, text_t reply)
{
    web_session_t *self = web_session_of(base);
    session_shared_t *shared = self->base.shared;
    exchange_t *exchange = exchanges_find(&self->exchanges, sequence);
    if (exchange == NULL) {
        return;
    }
    http_answer_t answer = {.status = HTTP_INTERNAL_SERVER_ERROR};
    if (log_has_traffic(shared->log)) {
        const traffic_of_t of = session_traffic(base);
        traffic_share_answered(&self->base.traffic, &of, reply);
    }
    const web_session_program_t *program = web_session_program(shared);
    program->replied(program->argument, exchange, reply, &answer);
    answer_exchange(self, exchange, &answer);
    if (shared->memory > LIMIT_ANSWERS_MEMORY && self->base.state != SESSION_CLOSING) {
        shared->figures.given_up++;
        session_close_because(&self->base, "more output of all than can be kept");
    }
}

void web_session_answer_late(web_session_t *self)
{
    static const char detail[] = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                                 "\"status\":503,\"detail\":\"The member's node did not answer in "
                                 "time; ask again in a few seconds.\"}\n";
    static const http_answer_t answer = {.status = HTTP_SERVICE_UNAVAILABLE,
                                         .type = "application/problem+json",
                                         .content = {.data = detail, .size = sizeof detail - 1},
                                         .fields = "Retry-After: 5\r\n"};
    self->base.shared->figures.given_up++;
    answer_exchange(self, exchanges_first(&self->exchanges), &answer);
}

/* `is_written`: there was room for the head. */
static void begin_stream(web_session_t *self, http_status_t status, bool is_written)
{
    enum { SEND_SIZE = 8192 }; /* what a reader that stalls holds in the kernel */
    int size = SEND_SIZE;
    if (exchanges_first(&self->exchanges) != NULL || !is_written) {
        session_close_because(&self->base, "a stream behind other requests");
        return;
    }
    (void)uv_send_buffer_size((uv_handle_t *)&self->base.tcp, &size);
    count(self, self->manner, status, uv_now(self->base.shared->loop));
    list_append(&self->base.shared->unwritten, &self->base.unwritten);
}

void web_session_stream(session_t *base, uint32_t stream, const http_answer_t *answer, text_t first)
{
    web_session_t *self = web_session_of(base);
    buffer_t *out = &base->output.gathered;
    http_manner_t manner = manner_of(self, self->manner);
    base->streams = true; /* from here on its end cuts the stream */
    self->stream = stream;
    begin_stream(self, answer->status,
                 http_answer_write_endless(answer, &manner, out) == STATUS_OK &&
                     buffer_append(out, first.data, first.size) == STATUS_OK);
}

void web_session_upgrade(session_t *base, uint32_t stream, const char *accept, bool in_batches)
{
    web_session_t *self = web_session_of(base);
    uint64_t now_ms = uv_now(base->shared->loop);
    base->streams = true;
    self->stream = stream;
    self->socket = memory_new(sizeof *self->socket);
    self->socket->in_batches = in_batches;
    self->socket->heard_ms = now_ms;
    self->socket->since_ms = stream == WEB_SESSION_NO_STREAM ? now_ms : 0;
    web_session_program(base->shared)->sockets++;
    begin_stream(self, HTTP_SWITCHING_PROTOCOLS,
                 buffer_format(&base->output.gathered,
                               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                               accept) == STATUS_OK);
}

bool web_session_stream_takes(const session_t *base)
{
    return base->streams && base->state == SESSION_OPEN && output_size(&base->output) == 0;
}

void web_session_stream_write(session_t *base, text_t content)
{
    if (buffer_append(&base->output.gathered, content.data, content.size) != STATUS_OK) {
        session_close_because(base, "more output than can be kept");
        return;
    }
    list_append(&base->shared->unwritten, &base->unwritten);
}
