#include "node/requests/request.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/command.h"
#include "common/protocol/iso6709.h"
#include "common/protocol/record.h"
#include "node/places/answer.h"

#include <assert.h>

/* A receipt time further back than any front-end keeps a request is no receipt time (Q6). */
static const int64_t oldest_receipt_ns = 60 * TIMESTAMP_NS_PER_S;

/* Requests that are answered together: while one is taken apart, the memory of those before comes (store_fetch). More gain
 * nothing, as a core has some ten fetches under way at most. */
enum { GROUP_SIZE = 16 };

/* One request record, taken apart (Q2), and what it is answered with. */
typedef struct {
    uint64_t connection;
    uint64_t sequence;
    int64_t receipt_time_ns;
    text_t record; /* from its connection on */
    size_t
        name_size; /* bytes of its connection and sequence, each with its SP; 0 where there is no record */
    command_t command; /* its line's */
    text_t line;
    uint32_t hash;      /* of the command's client */
    uint64_t malformed; /* the counter, before it was taken */
    frontend_link_t *frontend;
    int64_t now_ns;
    int64_t steady_ns;
} exchange_t;

void request_init(request_t *self, const request_context_t *context)
{
    memset(self, 0, sizeof *self);
    self->context = *context;
    buffer_init(&self->scratch, LIMIT_REPLY_SIZE);
}

void request_done(request_t *self)
{
    buffer_done(&self->scratch);
}

/* Names the request in the log, once for both of its lines: front-end "#" connection "." sequence. */
static void name_exchange(request_t *self, const exchange_t *exchange)
{
    self->peer_size = 0;
    if (!log_has_traffic(self->context.log)) {
        return;
    }
    char *end = text_copy(text_of(exchange->frontend->label), self->peer);
    *end++ = '#';
    end += text_write_u64(exchange->connection, end);
    *end++ = '.';
    end += text_write_u64(exchange->sequence, end);
    self->peer_size = (size_t)(end - self->peer);
}

/* The first line of `text`, where traffic is logged. */
static void log_exchange(const request_t *self, const exchange_t *exchange,
                         log_direction_t direction, text_t text)
{
    if (self->peer_size == 0) {
        return;
    }
    text_t first_line = text;
    text_take_line(&text, &first_line);
    log_traffic(self->context.log, direction, exchange->now_ns,
                (text_t){.data = self->peer, .size = self->peer_size}, first_line);
}

/* connection SP sequence SP length SP reply: all but the reply, for whose `size` bytes there is room where it returns. There
 * is always room: request_answer_some stops at a batch, and a reply is at most LIMIT_REPLY_SIZE. */
static char *begin_reply(const exchange_t *exchange, size_t size)
{
    buffer_t *out = &exchange->frontend->replies;
    status_t status = buffer_reserve(out, (size_t)3 * (TEXT_NUMBER_SIZE + 1) + size);
    assert(status == STATUS_OK);
    char *end = out->data + out->size;
    if (exchange->name_size > 0) {
        end = text_copy(text_first(exchange->record, exchange->name_size), end);
    } else {
        end += text_write_u64(exchange->connection, end);
        *end++ = ' ';
        end += text_write_u64(exchange->sequence, end);
        *end++ = ' ';
    }
    end += text_write_u64(size, end);
    *end++ = ' ';
    return end;
}

/* The reply is there. */
static void end_reply(const request_t *self, const exchange_t *exchange, text_t reply)
{
    buffer_t *out = &exchange->frontend->replies;
    out->size = (size_t)(reply.data + reply.size - out->data);
    log_exchange(self, exchange, LOG_ANSWERED, reply);
}

static void put_reply(const request_t *self, const exchange_t *exchange, text_t reply)
{
    char *out = begin_reply(exchange, reply.size);
    memcpy(out, reply.data, reply.size);
    end_reply(self, exchange, (text_t){.data = out, .size = reply.size});
}

/* The AT line of `record`, made where it is sent from. */
static void put_answer(const request_t *self, const exchange_t *exchange, const record_t *record)
{
    size_t size = record_answer_size(record);
    char *out = begin_reply(exchange, size);
    char *end = record_write_answer(record, out);
    assert(end == out + size);
    end_reply(self, exchange, (text_t){.data = out, .size = size});
}

static void put_invalid(request_t *self, const exchange_t *exchange)
{
    self->invalid++;
    put_reply(self, exchange, TEXT("?\n"));
}

/* Formats the AT line of `record` into the scratch buffer. */
static text_t format_answer(request_t *self, const record_t *record)
{
    buffer_clear(&self->scratch);
    status_t status = record_append_answer(record, &self->scratch);
    assert(status == STATUS_OK);
    return buffer_text(&self->scratch);
}

/* R18: no answer is better than a promise that is not kept; the front-end's time-out closes the connection. */
static void note_unkept(request_t *self, size_t count, const char *reason)
{
    self->unkept += count;
    log_event(
        self->context.log, LOG_PROMISE_UNKEPT, LOG_ABOUT(NULL, LOG_NUMBER("unkept", self->unkept)),
        "%s: %zu IAMATs not answered, their clients will be disconnected; %llu since the start",
        reason, count, (unsigned long long)self->unkept);
}

/* R18: the answer waits for neighbours, unless they have what was there before. */
static void promise_answer(request_t *self, const exchange_t *exchange, text_t answer)
{
    uint64_t index = store_tail(self->context.store);
    if (promises_are_kept(self->context.promises, index)) {
        self->positions++;
        put_reply(self, exchange, answer);
        return;
    }
    promise_t promise = {
        .index = index,
        .frontend = frontends_slot(self->context.frontends, exchange->frontend),
        .frontend_serial = exchange->frontend->serial,
        .connection = exchange->connection,
        .sequence = exchange->sequence,
        .since_ns = exchange->steady_ns,
    };
    if (!promises_add(self->context.promises, &promise, answer)) {
        note_unkept(self, 1, "too many IAMATs wait for neighbours");
    }
}

static void answer_iamat(request_t *self, const exchange_t *exchange)
{
    const command_t *command = &exchange->command;
    record_t record = {
        .client = command->client,
        .position = command->position,
        .client_time = command->client_time,
        .origin = self->context.member,
        .client_time_ns = command->client_time_ns,
        .receipt_time_ns = exchange->receipt_time_ns,
        .order_time_ns = record_order_time(command->client_time_ns, exchange->receipt_time_ns,
                                           self->context.max_clock_lead_ns),
    };
    if (store_merge(self->context.store, &record, 0) == STORE_FULL) {
        /* No answer is better than a promise that is not kept: the front-end's time-out closes the connection. */
        log_event(self->context.log, LOG_STORE_FULL, LOG_PEER(exchange->frontend->label),
                  "no room for another client (max_clients, max_memory); its update is not "
                  "answered, known "
                  "clients are served");
        return;
    }
    if (self->context.promises != NULL) {
        promise_answer(self, exchange, format_answer(self, &record));
        return;
    }
    self->positions++;
    put_answer(self, exchange, &record);
}

/* The AT line, then a JSON text that needs no provider. */
static void answer_without_places(request_t *self, const exchange_t *exchange,
                                  const record_t *record, places_status_t outcome, text_t message)
{
    format_answer(self, record);
    places_answer_t none = {.status = outcome, .error_message = message};
    status_t status = places_answer_write(&none, &self->scratch);
    assert(status == STATUS_OK);
    put_reply(self, exchange, buffer_text(&self->scratch));
}

/* Puts the question aside until its places are known. */
static void ask_places(request_t *self, const exchange_t *exchange, const command_t *command,
                       const record_t *record)
{
    iso6709_position_t position;
    bool parsed = iso6709_parse(record->position, &position);
    assert(parsed); /* it was before it was stored */
    query_t query = {
        .frontend = frontends_slot(self->context.frontends, exchange->frontend),
        .frontend_serial = exchange->frontend->serial,
        .connection = exchange->connection,
        .sequence = exchange->sequence,
        .since_ns = exchange->steady_ns,
    };
    uint64_t ticket;
    if (!queries_add(self->context.queries, &query, format_answer(self, record), &ticket)) {
        answer_without_places(self, exchange, record, PLACES_STATUS_OVER_QUERY_LIMIT,
                              TEXT("too many questions are waiting at this server"));
        return;
    }
    self->questions[self->question_count++] = (places_query_t){
        .ticket = ticket,
        .latitude_deg = position.latitude_deg,
        .longitude_deg = position.longitude_deg,
        .radius_km = command->radius_km,
        .result_count = command->result_count,
    };
}

static void answer_whatsat(request_t *self, const exchange_t *exchange)
{
    const command_t *command = &exchange->command;
    record_t record;
    if (!store_find(self->context.store, command->client, &record)) {
        put_invalid(self, exchange);
        return;
    }
    self->lookups++;
    if (command->radius_km == 0 || command->result_count == 0 || !self->context.has_places) {
        answer_without_places(self, exchange, &record, PLACES_STATUS_ZERO_RESULTS, (text_t){0});
        return;
    }
    ask_places(self, exchange, command, &record);
}

/* Only a clock of before 1970 has a sign, and is replaced (Q6). */
static bool take_receipt(text_t *line, int64_t *ret_time_ns)
{
    uint64_t time_ns;
    text_t text;
    if (text_take_u64(line, ' ', INT64_MAX, &time_ns)) {
        *ret_time_ns = (int64_t)time_ns;
        return true;
    }
    return text_take_until(line, ' ', &text) && text_to_i64(text, ret_time_ns);
}

/* connection SP sequence SP time SP line */
static bool parse_exchange(text_t line, exchange_t *exchange)
{
    exchange->record = line;
    if (!text_take_u64(&line, ' ', UINT64_MAX, &exchange->connection) ||
        !text_take_u64(&line, ' ', UINT64_MAX, &exchange->sequence)) {
        return false;
    }
    exchange->name_size = exchange->record.size - line.size;
    bool valid = take_receipt(&line, &exchange->receipt_time_ns) && line.size <= LIMIT_LINE_SIZE;
    exchange->line = line;
    return valid;
}

/* Q6 */
static void check_stamp(request_t *self, exchange_t *exchange)
{
    int64_t now_ns = exchange->now_ns;
    if (exchange->receipt_time_ns > now_ns + self->context.max_clock_lead_ns ||
        exchange->receipt_time_ns < now_ns - oldest_receipt_ns) {
        /* Strictly increasing, as those of a front-end are (Q2). */
        self->replaced_ns = now_ns > self->replaced_ns ? now_ns : self->replaced_ns + 1;
        exchange->receipt_time_ns = self->replaced_ns;
        self->stamps_replaced++;
    }
}

static void answer(request_t *self, exchange_t *exchange)
{
    name_exchange(self, exchange);
    log_exchange(self, exchange, LOG_RECEIVED, exchange->line);
    check_stamp(self, exchange);
    switch (exchange->command.kind) {
    case COMMAND_IAMAT: answer_iamat(self, exchange); break;
    case COMMAND_WHATSAT: answer_whatsat(self, exchange); break;
    case COMMAND_INVALID: put_invalid(self, exchange); break;
    }
}

/* Takes a group of request records off the front of `body`, and has their memory fetched; so many. */
static size_t take_group(request_t *self, text_t *body, exchange_t *exchanges)
{
    size_t count = 0;
    text_t line;
    while (count < GROUP_SIZE && text_take_line(body, &line)) {
        exchange_t *exchange = &exchanges[count];
        exchange->malformed = self->malformed;
        if (!parse_exchange(line, exchange)) {
            self->malformed++;
            continue;
        }
        count++;
        exchange->command = command_parse(exchange->line);
        if (exchange->command.kind != COMMAND_INVALID) {
            exchange->hash = store_hash(self->context.store, exchange->command.client);
            store_fetch(self->context.store, exchange->hash, 0);
        }
    }
    for (unsigned step = 1; step < STORE_FETCH_STEPS; step++) {
        for (size_t i = 0; i < count; i++) {
            if (exchanges[i].command.kind != COMMAND_INVALID) {
                store_fetch(self->context.store, exchanges[i].hash, step);
            }
        }
    }
    return count;
}

bool request_answer_some(request_t *self, text_t *body, frontend_link_t *frontend, int64_t now_ns,
                         int64_t steady_ns)
{
    exchange_t exchanges[GROUP_SIZE];
    size_t count;
    while ((count = take_group(self, body, exchanges)) > 0) {
        for (size_t i = 0; i < count; i++) {
            exchange_t *exchange = &exchanges[i];
            if (frontend->replies.size >= LIMIT_BATCH_SIZE ||
                self->question_count >= REQUEST_QUESTIONS_MAX) {
                /* The rest of the group comes again. */
                const char *end = body->data + body->size;
                self->malformed = exchange->malformed;
                *body = (text_t){.data = exchange->record.data,
                                 .size = (size_t)(end - exchange->record.data)};
                return true;
            }
            exchange->frontend = frontend;
            exchange->now_ns = now_ns;
            exchange->steady_ns = steady_ns;
            answer(self, exchange);
        }
    }
    return false;
}

void request_answer_query(request_t *self, const query_t *query, text_t json,
                          frontend_link_t *frontend, int64_t now_ns)
{
    exchange_t exchange = {.connection = query->connection,
                           .sequence = query->sequence,
                           .frontend = frontend,
                           .now_ns = now_ns};
    name_exchange(self, &exchange);
    text_t answer = {.data = query->answer, .size = query->answer_size};
    if (json.size <= LIMIT_REPLY_SIZE - answer.size) {
        char *out = begin_reply(&exchange, answer.size + json.size);
        char *end = text_copy(json, text_copy(answer, out));
        end_reply(self, &exchange, (text_t){.data = out, .size = (size_t)(end - out)});
        return;
    }
    buffer_clear(&self->scratch);
    status_t status = buffer_append(&self->scratch, answer.data, answer.size);
    assert(status == STATUS_OK);
    places_answer_t none = {.status = PLACES_STATUS_UNKNOWN_ERROR,
                            .error_message = TEXT("the places are too many to carry")};
    status = places_answer_write(&none, &self->scratch);
    assert(status == STATUS_OK);
    put_reply(self, &exchange, buffer_text(&self->scratch));
}

void request_answer_promise(request_t *self, const promise_t *promise, text_t reply,
                            frontend_link_t *frontend, int64_t now_ns)
{
    exchange_t exchange = {.connection = promise->connection,
                           .sequence = promise->sequence,
                           .frontend = frontend,
                           .now_ns = now_ns};
    name_exchange(self, &exchange);
    self->positions++;
    put_reply(self, &exchange, reply);
}

void request_drop_late_promises(request_t *self, int64_t latest_ns)
{
    size_t count = promises_drop_late(self->context.promises, latest_ns);
    if (count > 0) {
        note_unkept(self, count, "neighbours did not take IAMATs in time");
    }
}
