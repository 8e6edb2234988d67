/* Any bytes as the body of a REQUEST: each record in it is answered once, or counted; a front-end
 * can read every reply, and replies that need not wait come in the order of their records. The
 * first byte says what there is to wait for: places, neighbours, both or nothing. */
#include "common/protocol/command.h"
#include "frontend/upstream/reply.h"
#include "node/requests/request.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS_MAX = 32 };
enum { WAIT_FOR_PLACES = 1, WAIT_FOR_NEIGHBOURS = 2 };

static const int64_t now_ns = INT64_C(1621464828000000000);

/* "?", an AT line with the time that was sent, or an AT line and JSON that ends in the only two LFs
 * in a row. */
static bool fits(const command_t *command, text_t reply)
{
    bool invalid = text_equal(reply, TEXT("?\n"));
    size_t size = command->client_time.size + 1;
    switch (command->kind) {
    case COMMAND_INVALID: return invalid;
    case COMMAND_IAMAT:
        return !invalid && reply.size > size &&
               memchr(reply.data, '\n', reply.size) == text_end(reply) - 1 &&
               memcmp(text_end(reply) - size, command->client_time.data, size - 1) == 0;
    case COMMAND_WHATSAT:
        return invalid || memmem(reply.data, reply.size, "\n\n", 2) == text_end(reply) - 2;
    }
    return false;
}

/* Finds the record that a reply names and answers, behind those of earlier replies. */
static void check_order(text_t *records, const reply_t *reply)
{
    bool found = false;
    while (!found) {
        text_t line;
        text_t receipt;
        uint64_t connection;
        uint64_t sequence;
        bool more = text_take_line(records, &line);
        assert(more);
        if (text_take_u64(&line, ' ', UINT64_MAX, &connection) &&
            text_take_u64(&line, ' ', UINT64_MAX, &sequence) &&
            text_take_until(&line, ' ', &receipt)) {
            const command_t command = command_parse(line);
            found = connection == reply->connection && sequence == reply->sequence &&
                    fits(&command, reply->text);
        }
    }
}

/* Takes what has gathered for the front-end, as that does; the number of replies. */
static size_t take_replies(frontend_link_t *frontend, text_t *records)
{
    text_t body = buffer_text(&frontend->replies);
    size_t count = 0;
    reply_t reply;
    while (reply_take(&body, &reply)) {
        count++;
        if (records != NULL) {
            check_order(records, &reply);
        }
    }
    assert(body.size == 0);
    buffer_clear(&frontend->replies);
    return count;
}

/* Answers what was put aside, and asks no one. */
static void answer_questions(request_t *request, frontend_link_t *frontend)
{
    assert(request->question_count <= REQUEST_QUESTIONS_MAX);
    for (size_t i = 0; i < request->question_count; i++) {
        query_t query;
        bool waits = queries_take(request->context.queries, request->questions[i].ticket, &query);
        assert(waits && request->questions[i].result_count > 0);
        (void)request_answer_query(request, &query, TEXT("{\n}\n\n"), frontend);
        free(query.answer);
    }
    request->question_count = 0;
    assert(queries_count(request->context.queries) == 0);
}

static void keep_promises(request_t *request, frontend_link_t *frontend)
{
    promises_t *promises = request->context.promises;
    promise_t promise;
    text_t reply;
    if (promises == NULL) {
        return;
    }
    promises_begin_round(promises);
    promises_note_held(promises, UINT64_MAX);
    promises_end_round(promises);
    while (promises_take_kept(promises, &promise, &reply)) {
        (void)request_answer_promise(request, &promise, reply, frontend);
    }
    assert(promises_count(promises) == 0);
}

static void answer_all(request_t *request, frontend_link_t *frontend, text_t body)
{
    const request_context_t *context = &request->context;
    bool waits = context->has_places || context->promises != NULL;
    text_t records = body;
    size_t line_count = 0;
    size_t reply_count = 0;
    text_t line;
    for (text_t rest = body; text_take_line(&rest, &line);) {
        line_count++;
    }
    request_step_t step = REQUEST_GO_ON;
    while (step != REQUEST_END) {
        step = request_answer_group(request, &body, frontend, now_ns, now_ns);
        for (size_t i = 0; i < request->outcome_count; i++) {
            assert(request->outcomes[i].result != REQUEST_NO_PROMISE);
        }
        reply_count += take_replies(frontend, waits ? NULL : &records);
        answer_questions(request, frontend);
        keep_promises(request, frontend);
        reply_count += take_replies(frontend, NULL);
    }
    size_t answered = request->positions + request->lookups + request->invalid;
    assert(reply_count == answered);
    assert(
        answered + request->malformed == line_count ||
        (answered + request->malformed < line_count && store_count(context->store) == CLIENTS_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static queries_t *queries; /* empty between inputs, as is what gathered for the front-end */
    static frontends_t *frontends;
    static frontend_link_t *frontend;
    static request_t request;
    unsigned waits = size > 0 ? data[0] : 0;
    if (queries == NULL) {
        queries = queries_new();
        frontends = frontends_new();
        frontend = frontends_add(frontends, TEXT("Goloman"), 1);
    }
    request_context_t context = {
        .store = store_new(CLIENTS_MAX, 1),
        .queries = queries,
        .promises =
            (waits & WAIT_FOR_NEIGHBOURS) != 0 ? promises_new(1, LIMIT_PROMISES_SIZE) : NULL,
        .frontends = frontends,
        .member = TEXT("Goloman"),
        .max_clock_lead_ns = 1000000000,
        .has_places = (waits & WAIT_FOR_PLACES) != 0,
    };
    request_init(&request, &context);
    if (size > 0) {
        answer_all(&request, frontend, (text_t){.data = (const char *)data + 1, .size = size - 1});
    }
    request_done(&request);
    promises_destroy(&context.promises);
    store_destroy(&context.store);
    return 0;
}
