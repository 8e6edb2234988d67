/* What a front-end does with lines and replies, except for its sockets. */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/protocol/command.h"
#include "frontend/lines/lines.h"
#include "frontend/upstream/pipeline.h"
#include "frontend/upstream/reply.h"
#include "tests/instructions/counted.h"
#include "tests/instructions/input.h"

enum {
    MAXIMUM = 1 << 20,
    CHUNK_SIZE = 4096,
    /* Replies that come in another order than their requests: of each group of this size the last
     * comes first. */
    REVERSED = 10,
};

static size_t parse_all(const input_t *lines, command_kind_t expected)
{
    size_t count = 0;
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        command_t command = command_parse(input_line(lines, i));
        count += command.kind == expected;
    }
    return count;
}

/* Frees `lines`, too. */
static void parse(const char *path, input_t *lines, command_kind_t expected)
{
    counted_begin();
    size_t count = parse_all(lines, expected);
    counted_end(path, INPUT_COUNT, "line");
    assert_int_equal(count, INPUT_COUNT);
    input_done(lines);
}

static void parse_lines(void)
{
    input_t lines;
    input_iamats(&lines, 0);
    parse("parse-iamat", &lines, COMMAND_IAMAT);
    input_whatsats(&lines);
    parse("parse-whatsat", &lines, COMMAND_WHATSAT);
    input_malformed(&lines);
    parse("parse-malformed", &lines, COMMAND_INVALID);
}

/* Chunk after chunk, as they come off a socket. */
static size_t take_lines(lines_t *lines, text_t input, size_t *ret_size)
{
    size_t count = 0;
    while (input.size > 0) {
        text_t chunk = text_first(input, CHUNK_SIZE);
        text_t line;
        input = text_after(input, chunk.size);
        while (lines_take(lines, &chunk, &line) == LINES_LINE) {
            count++;
            *ret_size += line.size;
        }
    }
    return count;
}

static void cut_lines(void)
{
    input_t input;
    lines_t lines;
    size_t size = 0;
    input_iamats(&input, 0);
    lines_init(&lines, LIMIT_LINE_SIZE);
    counted_begin();
    size_t count = take_lines(&lines, buffer_text(&input.bytes), &size);
    counted_end("lines", INPUT_COUNT, "line");
    assert_int_equal(count, INPUT_COUNT);
    assert_int_equal(size, input.bytes.size - INPUT_COUNT);
    lines_done(&lines);
    input_done(&input);
}

static void ask_all(pipeline_t *pipeline, const input_t *lines)
{
    pipeline_request_t request = {.receipt_ms = 1};
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        request.line = input_line(lines, i);
        request.receipt_ns++;
        if (pipeline_add_request(pipeline, &request, 100) != STATUS_OK) {
            return; /* the checks notice */
        }
    }
    while (pipeline_ask(pipeline, &request)) {
    }
}

static size_t take_replies(pipeline_t *pipeline, text_t body, const pipeline_sink_t *sink)
{
    reply_t reply;
    size_t count = 0;
    while (reply_take(&body, &reply) &&
           pipeline_answer(pipeline, reply.sequence, reply.text, sink) == STATUS_OK) {
        count++;
    }
    return count;
}

static void append(buffer_t *out, const void *data, size_t size)
{
    assert_int_equal(buffer_append(out, data, size), STATUS_OK);
}

/* The replies that the client is to get, in its order: the AT line of each IAMAT. */
static void make_answers(const input_t *lines, input_t *ret_answers)
{
    buffer_init(&ret_answers->bytes, MAXIMUM);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        record_t record = input_record(lines, i, "Goloman");
        assert_int_equal(record_append_answer(&record, &ret_answers->bytes), STATUS_OK);
        ret_answers->ends[i] = ret_answers->bytes.size - 1;
    }
}

/* Writes the body of a REPLY that answers the requests from `first` on; each group of `reversed`
 * stands in reverse order. */
static void make_reply_body(const input_t *answers, uint64_t first, size_t reversed, buffer_t *out)
{
    buffer_init(out, MAXIMUM);
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        size_t index = i - i % reversed + (reversed - 1 - i % reversed);
        text_t answer = input_line(answers, index);
        assert_int_equal(buffer_format(out, "1048577 %llu %zu ",
                                       (unsigned long long)(first + index), answer.size + 1),
                         STATUS_OK);
        append(out, answer.data, answer.size + 1);
    }
}

/* Makes requests of lines, and sends their replies in the order of the lines. Two rounds: the first
 * makes the buffers grow. */
static void order_replies(void)
{
    input_t lines;
    input_t answers;
    buffer_t body;
    pipeline_t pipeline;
    buffer_t out;
    pipeline_sink_t sink = {.out = &out};
    input_iamats(&lines, 0);
    make_answers(&lines, &answers);
    pipeline_init(&pipeline, MAXIMUM);
    buffer_init(&out, MAXIMUM);
    for (size_t round = 0; round < 2; round++) {
        make_reply_body(&answers, 1 + round * INPUT_COUNT, round == 0 ? 1 : REVERSED, &body);
        counted_begin();
        ask_all(&pipeline, &lines);
        counted_end("pipeline-ask", INPUT_COUNT, "line");
        assert_int_equal(pipeline_count(&pipeline), INPUT_COUNT);
        buffer_clear(&out);
        counted_begin();
        size_t count = take_replies(&pipeline, buffer_text(&body), &sink);
        counted_end(round == 0 ? "reply" : "reply-unordered", INPUT_COUNT, "line");
        assert_int_equal(count, INPUT_COUNT);
        assert_int_equal(pipeline_count(&pipeline), 0);
        assert_true(text_equal(buffer_text(&out), buffer_text(&answers.bytes)));
        buffer_done(&body);
    }
    buffer_done(&out);
    pipeline_done(&pipeline);
    input_done(&answers);
    input_done(&lines);
}

void client_paths(void **state)
{
    (void)state;
    parse_lines();
    cut_lines();
    order_replies();
}
