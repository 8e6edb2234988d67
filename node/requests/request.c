#include "node/requests/request.h"

#include "common/base/limits.h"
#include "common/base/timestamp.h"
#include "common/protocol/command.h"
#include "common/protocol/iso6709.h"
#include "common/protocol/record.h"
#include "node/places/answer.h"

#include <assert.h>

/* The body of a REQUEST comes in: client lines, each with the connection it came by, its number
 * there, and its time of receipt (Q2). They are taken apart in groups, so that the memory of one
 * client comes while the next line is parsed, and are then answered one by one, in their order:
 *   - A time of receipt that cannot be is replaced by ours (Q6).
 *   - An IAMAT is merged into the store, and answered with its AT line; if neighbours must hold the
 *     record first, the answer waits for them as a promise (R18). If there is no room for the
 *     record or the promise it is not answered: no answer is better than a promise that is not
 *     kept, and the front-end's time-out closes the connection.
 *   - A WHATSAT of a known client is answered with the AT line and the places around it. If the
 *     provider has to be asked, it waits as a query, and a question goes to the caller.
 *   - Any other line is answered "?".
 * Out go replies for the front-end, questions, and what became of each line. When the replies make
 * a batch (Q4), the rest of the group is put back and comes again. */

/* Receipt times further back are replaced (Q6): no front-end keeps a request that long. */
static const int64_t oldest_receipt_ns = 60 * TIMESTAMP_NS_PER_S;

/* What the records of one call have in common. */
typedef struct {
    request_t *request;
    frontend_link_t *frontend;
    int64_t now_ns;
    int64_t steady_ns;
} turn_t;

/* A request record, taken apart (Q2). */
typedef struct {
    request_outcome_t *outcome; /* its connection, sequence and line */
    text_t record;              /* from its connection on */
    size_t name_size;           /* bytes of its connection and sequence, each with its SP */
    int64_t receipt_time_ns;
    command_t command;  /* of its line */
    uint64_t malformed; /* the counter, before it was taken */
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

/* Makes room for connection SP sequence SP length SP and a reply of `size` bytes; returns where it
 * is. There always is room: a batch and one reply of LIMIT_REPLY_SIZE fit. */
static char *reserve_reply(buffer_t *out, size_t size)
{
    status_t status = buffer_reserve(out, (size_t)3 * (TEXT_NUMBER_SIZE + 1) + size);
    assert(status == STATUS_OK);
    return out->data + out->size;
}

/* Writes a number and SP; returns where what follows goes. */
static char *write_number(uint64_t number, char *out)
{
    char *end = out + text_write_u64(number, out);
    *end++ = ' ';
    return end;
}

/* The reply is there: outcome->reply_size bytes from `reply` on. */
static void end_reply(buffer_t *out, const char *reply, request_outcome_t *outcome)
{
    outcome->reply_start = (size_t)(reply - out->data);
    out->size = outcome->reply_start + outcome->reply_size;
}

/* Begins the reply to a line of this turn, with the name that the line came with; returns where its
 * `size` bytes go. */
static char *begin_answer(const turn_t *turn, const exchange_t *exchange, size_t size)
{
    char *end = reserve_reply(&turn->frontend->replies, size);
    exchange->outcome->reply_size = size;
    return write_number(size, text_copy(text_first(exchange->record, exchange->name_size), end));
}

static void end_answer(const turn_t *turn, const exchange_t *exchange, const char *reply)
{
    end_reply(&turn->frontend->replies, reply, exchange->outcome);
}

static void put_answer(const turn_t *turn, const exchange_t *exchange, text_t reply)
{
    char *out = begin_answer(turn, exchange, reply.size);
    memcpy(out, reply.data, reply.size);
    end_answer(turn, exchange, out);
}

/* Puts the AT line of `record`, which is written straight into the replies. */
static void put_record(const turn_t *turn, const exchange_t *exchange, const record_t *record)
{
    size_t size = record_answer_size(record);
    char *out = begin_answer(turn, exchange, size);
    char *end = record_write_answer(record, out);
    assert(end == out + size);
    end_answer(turn, exchange, out);
}

static void put_invalid(const turn_t *turn, const exchange_t *exchange)
{
    turn->request->invalid++;
    put_answer(turn, exchange, TEXT("?\n"));
}

/* Formats the AT line of `record` into the scratch buffer. */
static text_t format_answer(request_t *self, const record_t *record)
{
    buffer_clear(&self->scratch);
    status_t status = record_append_answer(record, &self->scratch);
    assert(status == STATUS_OK);
    return buffer_text(&self->scratch);
}

/* R18: the answer waits for neighbours, unless they hold the record already. */
static request_result_t promise_answer(const turn_t *turn, const exchange_t *exchange,
                                       text_t answer)
{
    request_t *self = turn->request;
    uint64_t index = store_tail(self->context.store);
    if (promises_are_kept(self->context.promises, index)) {
        self->positions++;
        put_answer(turn, exchange, answer);
        return REQUEST_ANSWERED;
    }
    promise_t promise = {
        .index = index,
        .frontend = frontends_slot(self->context.frontends, turn->frontend),
        .frontend_serial = turn->frontend->serial,
        .connection = exchange->outcome->connection,
        .sequence = exchange->outcome->sequence,
        .since_ns = turn->steady_ns,
    };
    bool added = promises_add(self->context.promises, &promise, answer);
    return added ? REQUEST_WAITS : REQUEST_NO_PROMISE;
}

/* What is not as it should be with the clock of a client, or a member, is counted. */
static void count_clock(request_t *self, const record_t *record, store_outcome_t outcome)
{
    self->clocks.expired += outcome == STORE_EXPIRED ? 1 : 0;
    if (record->client_time_ns > record->receipt_time_ns) {
        self->clocks.ahead += record->order_time_ns != record->client_time_ns ? 1 : 0;
    } else {
        int64_t behind_ns = record->receipt_time_ns - record->client_time_ns;
        self->clocks.behind += behind_ns > oldest_receipt_ns ? 1 : 0;
    }
}

static request_result_t answer_iamat(const turn_t *turn, const exchange_t *exchange)
{
    request_t *self = turn->request;
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
    store_outcome_t outcome = store_update(self->context.store, &record);
    if (outcome == STORE_FULL) {
        return REQUEST_NO_ROOM;
    }
    count_clock(self, &record, outcome);
    if (self->context.promises != NULL) {
        return promise_answer(turn, exchange, format_answer(self, &record));
    }
    self->positions++;
    put_record(turn, exchange, &record);
    return REQUEST_ANSWERED;
}

/* Appends the JSON text of an answer without places to the AT line in the scratch buffer. */
static text_t add_no_places(request_t *self, places_status_t outcome, text_t message)
{
    places_answer_t none = {.status = outcome, .error_message = message};
    status_t status = places_answer_write(&none, &self->scratch);
    assert(status == STATUS_OK);
    return buffer_text(&self->scratch);
}

/* Puts the WHATSAT aside until its places are known. */
static request_result_t ask_places(const turn_t *turn, const exchange_t *exchange,
                                   const record_t *record)
{
    request_t *self = turn->request;
    iso6709_position_t position;
    bool parsed = iso6709_parse(record->position, &position);
    assert(parsed); /* it was before it was stored */
    query_t query = {
        .frontend = frontends_slot(self->context.frontends, turn->frontend),
        .frontend_serial = turn->frontend->serial,
        .connection = exchange->outcome->connection,
        .sequence = exchange->outcome->sequence,
        .since_ns = turn->steady_ns,
    };
    uint64_t ticket;
    if (!queries_add(self->context.queries, &query, format_answer(self, record), &ticket)) {
        put_answer(turn, exchange,
                   add_no_places(self, PLACES_STATUS_OVER_QUERY_LIMIT,
                                 TEXT("too many questions are waiting at this server")));
        return REQUEST_ANSWERED;
    }
    self->questions[self->question_count++] = (places_query_t){
        .ticket = ticket,
        .latitude_deg = position.latitude_deg,
        .longitude_deg = position.longitude_deg,
        .radius_km = exchange->command.radius_km,
        .result_count = exchange->command.result_count,
    };
    return REQUEST_WAITS;
}

static request_result_t answer_whatsat(const turn_t *turn, const exchange_t *exchange)
{
    request_t *self = turn->request;
    const command_t *command = &exchange->command;
    record_t record;
    if (!store_find(self->context.store, command->client, &record)) {
        put_invalid(turn, exchange);
        return REQUEST_ANSWERED;
    }
    self->lookups++;
    if (command->radius_km == 0 || command->result_count == 0 || !self->context.has_places) {
        format_answer(self, &record);
        put_answer(turn, exchange, add_no_places(self, PLACES_STATUS_ZERO_RESULTS, (text_t){0}));
        return REQUEST_ANSWERED;
    }
    return ask_places(turn, exchange, &record);
}

/* Only a clock of before 1970 has a sign; it is replaced (Q6). */
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

/* connection SP sequence SP time SP line, e.g.
 * 1048577 3 1621464828000000000 WHATSAT kiwi.cs.ucla.edu 10 5 */
static bool parse_exchange(text_t line, exchange_t *exchange)
{
    request_outcome_t *outcome = exchange->outcome;
    exchange->record = line;
    if (!text_take_u64(&line, ' ', UINT64_MAX, &outcome->connection) ||
        !text_take_u64(&line, ' ', UINT64_MAX, &outcome->sequence)) {
        return false;
    }
    exchange->name_size = exchange->record.size - line.size;
    bool valid = take_receipt(&line, &exchange->receipt_time_ns) && line.size <= LIMIT_LINE_SIZE;
    outcome->line = line;
    return valid;
}

/* Q6 */
static void check_stamp(const turn_t *turn, exchange_t *exchange)
{
    request_t *self = turn->request;
    if (exchange->receipt_time_ns > turn->now_ns + self->context.max_clock_lead_ns ||
        exchange->receipt_time_ns < turn->now_ns - oldest_receipt_ns) {
        /* Strictly increasing, as those of a front-end are (Q2), except over a clock that was set
         * back. */
        bool set_back = turn->now_ns < self->replaced_ns - TIMESTAMP_NS_PER_S;
        self->replaced_ns =
            turn->now_ns > self->replaced_ns || set_back ? turn->now_ns : self->replaced_ns + 1;
        exchange->receipt_time_ns = self->replaced_ns;
        self->stamps_replaced++;
    }
}

static request_result_t answer(const turn_t *turn, exchange_t *exchange)
{
    check_stamp(turn, exchange);
    switch (exchange->command.kind) {
    case COMMAND_IAMAT: return answer_iamat(turn, exchange);
    case COMMAND_WHATSAT: return answer_whatsat(turn, exchange);
    case COMMAND_INVALID: break;
    }
    put_invalid(turn, exchange);
    return REQUEST_ANSWERED;
}

/* Takes a group of request records off the front of `body`, and has their memory fetched. Returns
 * the count. */
static size_t take_group(request_t *self, text_t *body, exchange_t *exchanges)
{
    uint32_t hashes[REQUEST_GROUP_SIZE];
    size_t hash_count = 0;
    size_t count = 0;
    text_t line;
    while (count < REQUEST_GROUP_SIZE && text_take_line(body, &line)) {
        exchange_t *exchange = &exchanges[count];
        exchange->outcome = &self->outcomes[count];
        exchange->malformed = self->malformed;
        if (!parse_exchange(line, exchange)) {
            self->malformed++;
            continue;
        }
        count++;
        exchange->command = command_parse(exchange->outcome->line);
        if (exchange->command.kind != COMMAND_INVALID) {
            hashes[hash_count++] = store_fetch_begin(self->context.store, exchange->command.client);
        }
    }
    store_fetch_end(self->context.store, hashes, hash_count);
    return count;
}

/* Puts this record, and all behind it, back to the front of `body`. */
static void put_back(request_t *self, const exchange_t *exchange, text_t *body)
{
    const char *end = body->data + body->size;
    self->malformed = exchange->malformed;
    *body = (text_t){.data = exchange->record.data, .size = (size_t)(end - exchange->record.data)};
}

request_step_t request_answer_group(request_t *self, text_t *body, frontend_link_t *frontend,
                                    int64_t now_ns, int64_t steady_ns)
{
    const turn_t turn = {
        .request = self, .frontend = frontend, .now_ns = now_ns, .steady_ns = steady_ns};
    exchange_t exchanges[REQUEST_GROUP_SIZE];
    size_t count = take_group(self, body, exchanges);
    for (self->outcome_count = 0; self->outcome_count < count; self->outcome_count++) {
        exchange_t *exchange = &exchanges[self->outcome_count];
        if (frontend->replies.size >= LIMIT_BATCH_SIZE ||
            self->question_count >= REQUEST_QUESTIONS_MAX) {
            put_back(self, exchange, body);
            return REQUEST_PAUSE;
        }
        exchange->outcome->result = answer(&turn, exchange);
    }
    return count > 0 ? REQUEST_GO_ON : REQUEST_END;
}

/* Begins the reply to the request of an earlier turn that `outcome` names; returns where its `size`
 * bytes go. */
static char *begin_late_answer(frontend_link_t *frontend, request_outcome_t *outcome, size_t size)
{
    char *end = reserve_reply(&frontend->replies, size);
    outcome->reply_size = size;
    end = write_number(outcome->connection, end);
    end = write_number(outcome->sequence, end);
    return write_number(size, end);
}

static void put_late_answer(frontend_link_t *frontend, request_outcome_t *outcome, text_t answer)
{
    char *reply = begin_late_answer(frontend, outcome, answer.size);
    text_copy(answer, reply);
    end_reply(&frontend->replies, reply, outcome);
}

request_outcome_t request_answer_query(request_t *self, const query_t *query, text_t json,
                                       frontend_link_t *frontend)
{
    request_outcome_t outcome = {.connection = query->connection, .sequence = query->sequence};
    text_t answer = {.data = query->answer, .size = query->answer_size};
    if (json.size <= LIMIT_REPLY_SIZE - answer.size) {
        char *reply = begin_late_answer(frontend, &outcome, answer.size + json.size);
        text_copy(json, text_copy(answer, reply));
        end_reply(&frontend->replies, reply, &outcome);
        return outcome;
    }
    buffer_clear(&self->scratch);
    status_t status = buffer_append(&self->scratch, answer.data, answer.size);
    assert(status == STATUS_OK);
    put_late_answer(
        frontend, &outcome,
        add_no_places(self, PLACES_STATUS_UNKNOWN_ERROR, TEXT("the places are too many to carry")));
    return outcome;
}

request_outcome_t request_answer_promise(request_t *self, const promise_t *promise, text_t reply,
                                         frontend_link_t *frontend)
{
    request_outcome_t outcome = {.connection = promise->connection, .sequence = promise->sequence};
    self->positions++;
    put_late_answer(frontend, &outcome, reply);
    return outcome;
}
