/* What a node does with the records of a REQUEST, and with the records of a neighbour. */
#include "tests/support/cmocka_herd.h"

#include "common/base/timestamp.h"
#include "frontend/upstream/reply.h"
#include "node/requests/request.h"
#include "node/requests/request_log.h"
#include "tests/instructions/counted.h"
#include "tests/instructions/input.h"

#include <stdlib.h>

enum { CLIENTS_MAX = 100000, SEED = 1, MARK = 1 << 3 };

static const int64_t now_ns = INPUT_TIME_S * TIMESTAMP_NS_PER_S;

/* A node without sockets. */
typedef struct {
    store_t *store;
    queries_t *queries;
    frontends_t *frontends;
    frontend_link_t *frontend;
    request_t *request; /* large */
    request_log_t log;  /* of nothing */
    buffer_t replies;   /* all replies of a run */
} node_t;

static void begin_node(node_t *node)
{
    *node = (node_t){.store = store_new(CLIENTS_MAX, SEED),
                     .queries = queries_new(),
                     .frontends = frontends_new(),
                     .request = malloc(sizeof *node->request)};
    assert_non_null(node->request);
    node->frontend = frontends_add(node->frontends, TEXT("front-end"), 1);
    request_init(node->request, &(request_context_t){.store = node->store,
                                                     .queries = node->queries,
                                                     .frontends = node->frontends,
                                                     .member = TEXT("Goloman"),
                                                     .max_clock_lead_ns = TIMESTAMP_NS_PER_S,
                                                     .has_places = true});
    buffer_init(&node->replies, (size_t)4 * LIMIT_BODY_SIZE);
}

static void end_node(node_t *node)
{
    request_done(node->request);
    free(node->request);
    buffer_done(&node->replies);
    frontends_destroy(&node->frontends);
    queries_destroy(&node->queries);
    store_destroy(&node->store);
}

/* As the service does it. */
static void answer_query(node_t *node, const places_query_t *question, text_t json)
{
    query_t query;
    if (!queries_take(node->queries, question->ticket, &query)) {
        return;
    }
    frontend_link_t *frontend =
        frontends_at(node->frontends, query.frontend, query.frontend_serial);
    assert_non_null(frontend);
    (void)request_answer_query(node->request, &query, json, frontend);
    free(query.answer);
}

/* Takes the replies away, as if the REPLY had left. */
static void collect_replies(node_t *node)
{
    buffer_t *replies = &node->frontend->replies;
    assert_int_equal(buffer_append(&node->replies, replies->data, replies->size), STATUS_OK);
    buffer_clear(replies);
}

/* Expects a reply for each line, in their order, each with this beginning. */
static void expect_replies(node_t *node, const char *beginning)
{
    text_t body = buffer_text(&node->replies);
    reply_t reply;
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        assert_true(reply_take(&body, &reply));
        assert_int_equal(reply.connection, 1048577);
        assert_int_equal(reply.sequence, i + 1);
        assert_text_equal(text_first(reply.text, strlen(beginning)), beginning);
    }
    assert_int_equal(body.size, 0);
    buffer_clear(&node->replies);
}

static void answer(node_t *node, const input_t *lines, const char *path)
{
    input_t requests;
    input_requests(&requests, lines);
    text_t body = buffer_text(&requests.bytes);
    request_step_t step;
    do {
        counted_begin();
        do {
            step = request_answer_group(node->request, &body, node->frontend, now_ns, now_ns);
            request_log_group(&node->log, node->request, node->frontend);
        } while (step == REQUEST_GO_ON);
        counted_end(path, 0, "line");
        collect_replies(node);
    } while (step != REQUEST_END);
    counted_items(path, INPUT_COUNT, "line");
    assert_int_equal(body.size, 0);
    assert_int_equal(node->request->malformed, 0);
    assert_int_equal(node->request->stamps_replaced, 0);
    input_done(&requests);
}

/* The same clients twice: unknown, then known. */
static void answer_iamats(node_t *node)
{
    for (int round = 0; round < 2; round++) {
        input_t lines;
        input_iamats(&lines, round);
        answer(node, &lines, round == 0 ? "request-new" : "request-known");
        expect_replies(node, "AT Goloman ");
        assert_int_equal(store_count(node->store), INPUT_COUNT);
        for (size_t i = 0; i < INPUT_COUNT; i++) {
            record_t expected = input_record(&lines, i, "Goloman");
            record_t found;
            assert_true(store_find(node->store, expected.client, &found));
            assert_true(text_equal(found.client_time, expected.client_time));
        }
        input_done(&lines);
    }
}

static void answer_malformed(node_t *node)
{
    input_t lines;
    input_malformed(&lines);
    answer(node, &lines, "request-malformed");
    expect_replies(node, "?\n");
    assert_int_equal(node->request->invalid, INPUT_COUNT);
    input_done(&lines);
}

/* Questions, and answers of the size of five places. */
static void answer_whatsats(node_t *node)
{
    static char json[2000];
    input_t lines;
    memset(json, ' ', sizeof json);
    memcpy(json + sizeof json - 2, "\n\n", 2);
    input_whatsats(&lines);
    answer(node, &lines, "request-whatsat");
    assert_int_equal(node->request->question_count, INPUT_COUNT);
    assert_int_equal(node->replies.size, 0);
    assert_int_equal(queries_count(node->queries), INPUT_COUNT);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        const places_query_t *query = &node->request->questions[i];
        assert_int_equal(query->result_count, 5);
        counted_begin();
        answer_query(node, query, (text_t){.data = json, .size = sizeof json});
        counted_end("request-places", 1, "answer");
        if (node->frontend->replies.size >= LIMIT_BATCH_SIZE) {
            collect_replies(node);
        }
    }
    collect_replies(node);
    expect_replies(node, "AT Goloman ");
    input_done(&lines);
}

static void merge_all(store_t *store, const record_t *records, store_outcome_t expected,
                      const char *path)
{
    size_t count = 0;
    counted_begin();
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        count += store_merge(store, &records[i], MARK) == expected;
    }
    counted_end(path, INPUT_COUNT, "record");
    assert_int_equal(count, INPUT_COUNT);
}

static void make_records(const input_t *iamats, record_t *ret_records)
{
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        ret_records[i] = input_record(iamats, i, "Clark");
    }
}

static void merge(void)
{
    static record_t first[INPUT_COUNT];
    static record_t second[INPUT_COUNT];
    input_t first_lines;
    input_t second_lines;
    store_t *store = store_new(CLIENTS_MAX, SEED);
    input_iamats(&first_lines, 0);
    input_iamats(&second_lines, 1);
    make_records(&first_lines, first);
    make_records(&second_lines, second);
    merge_all(store, first, STORE_NEWER, "merge-new");
    merge_all(store, second, STORE_NEWER, "merge-newer");
    merge_all(store, second, STORE_SAME, "merge-same");
    merge_all(store, first, STORE_OLDER, "merge-older");
    assert_int_equal(store_count(store), INPUT_COUNT);
    assert_int_equal(store_tail(store), 2 * INPUT_COUNT);
    store_destroy(&store);
    input_done(&first_lines);
    input_done(&second_lines);
}

static void print_all(const record_t *records, buffer_t *out)
{
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        if (record_append_bus_line(&records[i], out) != STATUS_OK) {
            return; /* the checks notice */
        }
    }
}

static size_t parse_all(const input_t *lines, record_t *ret_records)
{
    size_t count = 0;
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        count += record_parse_bus_line(input_line(lines, i), &ret_records[i]) == STATUS_OK;
    }
    return count;
}

/* Bus lines, both ways. */
static void print_and_parse(void)
{
    static record_t records[INPUT_COUNT];
    static record_t parsed[INPUT_COUNT];
    input_t iamats;
    input_t lines;
    input_iamats(&iamats, 0);
    make_records(&iamats, records);
    buffer_init(&lines.bytes, LIMIT_BODY_SIZE);
    counted_begin();
    print_all(records, &lines.bytes);
    counted_end("record-print", INPUT_COUNT, "record");
    text_t rest = buffer_text(&lines.bytes);
    text_t line;
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        assert_true(text_take_line(&rest, &line));
        lines.ends[i] = (size_t)(line.data + line.size - lines.bytes.data);
    }
    assert_int_equal(rest.size, 0);
    counted_begin();
    size_t count = parse_all(&lines, parsed);
    counted_end("record-parse", INPUT_COUNT, "record");
    assert_int_equal(count, INPUT_COUNT);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        assert_true(text_equal(records[i].client, parsed[i].client));
        assert_int_equal(record_compare(&records[i], &parsed[i]), 0);
    }
    input_done(&lines);
    input_done(&iamats);
}

void node_paths(void **state)
{
    (void)state;
    node_t node;
    begin_node(&node);
    answer_iamats(&node);
    answer_malformed(&node);
    answer_whatsats(&node);
    end_node(&node);
    merge();
    print_and_parse();
}
