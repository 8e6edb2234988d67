/* Request records and their answers (node/requests/request.h; bus-protocol.md, Q2, Q3, Q4, Q6). */
#include "tests/support/cmocka_herd.h"

#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "node/requests/request.h"

#include <stdlib.h>

#define NOW_S  "1621464828"
#define IAMAT  "IAMAT kiwi +34.068930-118.445127 1621464827.5"
#define ANSWER "AT Goloman +0.500000000 kiwi +34.068930-118.445127 1621464827.5\n"

static const int64_t now_ns = INT64_C(1621464828) * TIMESTAMP_NS_PER_S;

/* A node without sockets, and the one front-end that asks it. */
typedef struct {
    request_t request;
    store_t *store;
    queries_t *queries;
    frontends_t *frontends;
    frontend_link_t *frontend;
} fixture_t;

static int begin(void **state)
{
    fixture_t *fixture = memory_new(sizeof *fixture);
    fixture->store = store_new(100, 1);
    fixture->queries = queries_new();
    fixture->frontends = frontends_new();
    fixture->frontend = frontends_add(fixture->frontends, TEXT("front-end"), 1);
    request_init(&fixture->request, &(request_context_t){.store = fixture->store,
                                                         .queries = fixture->queries,
                                                         .frontends = fixture->frontends,
                                                         .member = TEXT("Goloman"),
                                                         .max_clock_lead_ns = TIMESTAMP_NS_PER_S,
                                                         .has_places = true});
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    fixture_t *fixture = *state;
    request_done(&fixture->request);
    frontends_destroy(&fixture->frontends);
    queries_destroy(&fixture->queries);
    store_destroy(&fixture->store);
    free(fixture);
    return 0;
}

/* Answers one record, and expects exactly this in the REPLY. */
static void expect(fixture_t *fixture, const char *record, const char *replies)
{
    text_t body = text_of(record);
    buffer_clear(&fixture->frontend->replies);
    request_t *request = &fixture->request;
    while (request_answer_group(request, &body, fixture->frontend, now_ns, now_ns) ==
           REQUEST_GO_ON) {
    }
    assert_int_equal(body.size, 0);
    assert_text_equal(buffer_text(&fixture->frontend->replies), replies);
}

static void a_reply_names_its_request(void **state)
{
    fixture_t *fixture = *state;
    expect(fixture, "1048577 1 " NOW_S "000000000 " IAMAT "\n", "1048577 1 64 " ANSWER);
    expect(fixture, "0 0 " NOW_S "000000000 " IAMAT "\n", "0 0 64 " ANSWER);
    expect(fixture, "18446744073709551615 18446744073709551615 " NOW_S "000000000 " IAMAT "\n",
           "18446744073709551615 18446744073709551615 64 " ANSWER);
    expect(fixture,
           "7 1 " NOW_S "000000000 hello\n8 2 " NOW_S "000000000 " IAMAT "\n7 3 " NOW_S
           "000000000 \n",
           "7 1 2 ?\n8 2 64 " ANSWER "7 3 2 ?\n");
    assert_int_equal(fixture->request.positions, 4);
    assert_int_equal(fixture->request.invalid, 2);
    assert_int_equal(fixture->request.malformed, 0);
}

static void a_size_has_as_many_digits_as_it_needs(void **state)
{
    fixture_t *fixture = *state;
    expect(fixture, "1 1 " NOW_S "000000000 IAMAT k +1-1 1621464827\n",
           "1 1 42 AT Goloman +1.000000000 k +1-1 1621464827\n");
    expect(fixture,
           "1 2 " NOW_S "000000000 IAMAT kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi "
           "+34.068930-118.445127 1600000000.0\n",
           "1 2 121 AT Goloman +21464828.000000000 "
           "kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi.kiwi +34.068930-118.445127 "
           "1600000000.0\n");
}

static void what_is_no_record_is_passed_over(void **state)
{
    fixture_t *fixture = *state;
    static const char *const records[] = {
        "\n",
        "1\n",
        "1 1\n",
        "1 1 \n",
        "x 1 " NOW_S "000000000 " IAMAT "\n",
        "1 -1 " NOW_S "000000000 " IAMAT "\n",
        "1 18446744073709551616 " NOW_S "000000000 " IAMAT "\n",
        "1 1 " NOW_S "00000000x " IAMAT "\n",
        "1 1 9223372036854775808 " IAMAT "\n",
        "1 1  " NOW_S "000000000 " IAMAT "\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
        expect(fixture, records[i], "");
        assert_int_equal(fixture->request.malformed, i + 1);
    }
    assert_int_equal(store_count(fixture->store), 0);
}

/* Q6: the node's own time stands in for one that cannot be. */
static void impossible_times_of_receipt_are_replaced(void **state)
{
    fixture_t *fixture = *state;
    static const char *const records[] = {
        "1 1 -1 " IAMAT "\n",
        "1 1 -9223372036854775808 " IAMAT "\n",
        "1 1 0 " IAMAT "\n",
        "1 1 9223372036854775807 " IAMAT "\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
        text_t body = text_of(records[i]);
        buffer_clear(&fixture->frontend->replies);
        assert_int_equal(
            request_answer_group(&fixture->request, &body, fixture->frontend, now_ns, now_ns),
            REQUEST_GO_ON);
        assert_text_equal(text_first(buffer_text(&fixture->frontend->replies), 25),
                          "1 1 64 AT Goloman +0.5000");
        assert_int_equal(fixture->request.stamps_replaced, i + 1);
    }
}

/* Asks for places, and gives them as `json`. */
static text_t answer_whatsat(fixture_t *fixture, text_t json)
{
    query_t query;
    expect(fixture, "1 1 " NOW_S "000000000 " IAMAT "\n", "1 1 64 " ANSWER);
    expect(fixture, "12 34 " NOW_S "000000000 WHATSAT kiwi 10 5\n", "");
    assert_int_equal(fixture->request.question_count, 1);
    assert_true(queries_take(fixture->queries, fixture->request.questions[0].ticket, &query));
    const frontend_link_t *frontend = fixture->frontend;
    request_outcome_t outcome =
        request_answer_query(&fixture->request, &query, json, fixture->frontend);
    free(query.answer);
    assert_int_equal(outcome.result, REQUEST_ANSWERED);
    assert_int_equal(outcome.connection, 12);
    assert_int_equal(outcome.sequence, 34);
    assert_int_equal(outcome.reply_start + outcome.reply_size, frontend->replies.size);
    return buffer_text(&frontend->replies);
}

static void places_follow_the_answer(void **state)
{
    assert_text_equal(answer_whatsat(*state, TEXT("{}\n\n")), "12 34 68 " ANSWER "{}\n\n");
}

static void too_many_places_are_none(void **state)
{
    size_t size = LIMIT_REPLY_SIZE - (sizeof ANSWER - 1);
    text_t json = {.data = memory_new(size + 1), .size = size + 1};
    text_t reply = answer_whatsat(*state, json);
    assert_non_null(memmem(reply.data, reply.size, "UNKNOWN_ERROR", 13));
    assert_true(reply.size < 400);
    free((char *)(uintptr_t)json.data);
}

static void as_many_places_as_fit_are_sent(void **state)
{
    size_t size = LIMIT_REPLY_SIZE - (sizeof ANSWER - 1);
    text_t json = {.data = memory_new(size), .size = size};
    text_t reply = answer_whatsat(*state, json);
    assert_int_equal(reply.size, sizeof "12 34 982784 " - 1 + LIMIT_REPLY_SIZE);
    free((char *)(uintptr_t)json.data);
}

static request_step_t answer_group(fixture_t *fixture, text_t *body)
{
    return request_answer_group(&fixture->request, body, fixture->frontend, now_ns, now_ns);
}

/* What became of a line of the last group, and how its answer begins ("": it has none). */
static void expect_outcome(const fixture_t *fixture, size_t number, request_result_t result,
                           const char *answer)
{
    assert_true(number < fixture->request.outcome_count);
    const request_outcome_t *outcome = &fixture->request.outcomes[number];
    const buffer_t *replies = &fixture->frontend->replies;
    assert_int_equal(outcome->result, result);
    assert_int_equal(outcome->connection, 7);
    assert_int_equal(outcome->sequence, number + 1);
    if (result == REQUEST_ANSWERED) {
        assert_in_range(outcome->reply_start, 0, replies->size - outcome->reply_size);
        text_t reply = {.data = replies->data + outcome->reply_start, .size = outcome->reply_size};
        assert_text_equal(text_first(reply, strlen(answer)), answer);
    }
}

static void an_outcome_says_what_became_of_a_line(void **state)
{
    fixture_t *fixture = *state;
    text_t body = TEXT("7 1 " NOW_S "000000000 " IAMAT "\n"
                       "7 2 " NOW_S "000000000 IAMAT emu +1-1 1621464827\n"
                       "malformed\n"
                       "7 3 " NOW_S "000000000 WHATSAT kiwi 10 5\n"
                       "7 4 " NOW_S "000000000 WHATSAT emu 10 5\n"
                       "7 5 " NOW_S "000000000 WHATSAT kiwi 0 0\n");
    store_limit_clients(fixture->store, 1);
    assert_int_equal(answer_group(fixture, &body), REQUEST_GO_ON);
    assert_int_equal(fixture->request.outcome_count, 5);
    expect_outcome(fixture, 0, REQUEST_ANSWERED, ANSWER);
    expect_outcome(fixture, 1, REQUEST_NO_ROOM, "");
    expect_outcome(fixture, 2, REQUEST_WAITS, "");
    expect_outcome(fixture, 3, REQUEST_ANSWERED, "?\n");
    expect_outcome(fixture, 4, REQUEST_ANSWERED, ANSWER "{");
    assert_text_equal(fixture->request.outcomes[1].line, "IAMAT emu +1-1 1621464827");
    assert_int_equal(fixture->request.positions, 1);
    assert_int_equal(answer_group(fixture, &body), REQUEST_END);
    assert_int_equal(fixture->request.outcome_count, 0);
}

/* R18 */
static void an_iamat_waits_for_neighbours(void **state)
{
    fixture_t *fixture = *state;
    text_t body = TEXT("7 1 " NOW_S "000000000 " IAMAT "\n"
                       "7 2 " NOW_S "000000000 IAMAT emu +1-1 1621464827\n");
    promises_t *promises = promises_new(1, sizeof(promise_t) + sizeof(size_t) + sizeof ANSWER);
    fixture->request.context.promises = promises;
    assert_int_equal(answer_group(fixture, &body), REQUEST_GO_ON);
    expect_outcome(fixture, 0, REQUEST_WAITS, "");
    expect_outcome(fixture, 1, REQUEST_NO_PROMISE, "");
    assert_int_equal(fixture->request.positions, 0);
    assert_int_equal(fixture->frontend->replies.size, 0);
    promise_t promise;
    text_t reply;
    promises_begin_round(promises);
    promises_note_held(promises, UINT64_MAX);
    promises_end_round(promises);
    assert_true(promises_take_kept(promises, &promise, &reply));
    request_outcome_t outcome =
        request_answer_promise(&fixture->request, &promise, reply, fixture->frontend);
    assert_int_equal(outcome.result, REQUEST_ANSWERED);
    assert_text_equal(buffer_text(&fixture->frontend->replies), "7 1 64 " ANSWER);
    assert_int_equal(outcome.reply_start, sizeof "7 1 64 " - 1);
    assert_int_equal(fixture->request.positions, 1);
    promises_destroy(&promises);
}

/* The rest of a group comes again, and is not counted twice. */
static void as_many_questions_as_fit_make_a_pause(void **state)
{
    fixture_t *fixture = *state;
    buffer_t lines;
    buffer_init(&lines, LIMIT_BODY_SIZE);
    expect(fixture, "1 1 " NOW_S "000000000 " IAMAT "\n", "1 1 64 " ANSWER);
    for (size_t i = 0; i < REQUEST_QUESTIONS_MAX + 1; i++) {
        assert_int_equal(buffer_format(&lines, "%s7 1 " NOW_S "000000000 WHATSAT kiwi 10 5\n",
                                       i == REQUEST_QUESTIONS_MAX ? "malformed\nmalformed\n" : ""),
                         STATUS_OK);
    }
    text_t body = buffer_text(&lines);
    for (size_t i = 0; i < REQUEST_QUESTIONS_MAX; i += fixture->request.outcome_count) {
        assert_int_equal(answer_group(fixture, &body), REQUEST_GO_ON);
    }
    assert_int_equal(fixture->request.question_count, REQUEST_QUESTIONS_MAX);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(answer_group(fixture, &body), REQUEST_PAUSE);
        assert_int_equal(fixture->request.outcome_count, 0);
    }
    fixture->request.question_count = 0;
    assert_int_equal(answer_group(fixture, &body), REQUEST_GO_ON);
    assert_int_equal(fixture->request.outcome_count, 1);
    assert_int_equal(fixture->request.question_count, 1);
    assert_int_equal(fixture->request.malformed, 2);
    assert_int_equal(answer_group(fixture, &body), REQUEST_END);
    buffer_done(&lines);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_names_its_request),        TEST(a_size_has_as_many_digits_as_it_needs),
        TEST(what_is_no_record_is_passed_over), TEST(impossible_times_of_receipt_are_replaced),
        TEST(places_follow_the_answer),         TEST(too_many_places_are_none),
        TEST(as_many_places_as_fit_are_sent),   TEST(an_outcome_says_what_became_of_a_line),
        TEST(an_iamat_waits_for_neighbours),    TEST(as_many_questions_as_fit_make_a_pause),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
