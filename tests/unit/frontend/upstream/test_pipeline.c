/* The order of replies of one connection (frontend/upstream/pipeline.h; client-protocol.md, L5). */
#include "tests/support/cmocka_herd.h"

#include "frontend/upstream/pipeline.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAXIMUM = 1 << 20 };

/* A pipeline, the buffer for its replies, and how many of these it reported. */
typedef struct {
    pipeline_t pipeline;
    buffer_t out;
    pipeline_sink_t sink;
    unsigned told; /* replies */
} fixture_t;

static void count_reply(void *argument, text_t reply)
{
    fixture_t *fixture = argument;
    assert_true(reply.size > 0 && reply.data[reply.size - 1] == '\n');
    fixture->told++;
}

static void begin(fixture_t *fixture)
{
    *fixture = (fixture_t){0};
    pipeline_init(&fixture->pipeline, MAXIMUM);
    buffer_init(&fixture->out, MAXIMUM);
    fixture->sink =
        (pipeline_sink_t){.out = &fixture->out, .replied = count_reply, .argument = fixture};
}

static void end(fixture_t *fixture)
{
    pipeline_done(&fixture->pipeline);
    buffer_done(&fixture->out);
}

static void request(fixture_t *fixture, const char *line, int64_t time)
{
    pipeline_request_t added = {
        .line = text_of(line), .receipt_ns = time, .receipt_ms = (uint64_t)time};
    assert_int_equal(pipeline_add_request(&fixture->pipeline, &added, 100), STATUS_OK);
}

static void invalid(fixture_t *fixture, const char *line)
{
    assert_int_equal(pipeline_add_invalid(&fixture->pipeline, text_of(line), &fixture->sink),
                     STATUS_OK);
}

/* The next request to ask is this one. */
static void asks(fixture_t *fixture, uint64_t sequence, const char *line, int64_t time)
{
    pipeline_request_t asked;
    assert_true(pipeline_ask(&fixture->pipeline, &asked));
    assert_int_equal(asked.sequence, sequence);
    assert_int_equal(asked.receipt_ns, time);
    assert_text_equal(asked.line, line);
}

static void asks_nothing(fixture_t *fixture)
{
    pipeline_request_t asked;
    assert_false(pipeline_ask(&fixture->pipeline, &asked));
}

static void answer(fixture_t *fixture, uint64_t sequence, const char *reply)
{
    assert_int_equal(pipeline_answer(&fixture->pipeline, sequence, text_of(reply), &fixture->sink),
                     STATUS_OK);
}

static void refuse(fixture_t *fixture, uint64_t sequence)
{
    assert_int_equal(pipeline_answer(&fixture->pipeline, sequence, TEXT("AT x\n"), &fixture->sink),
                     STATUS_NOT_FOUND);
}

static void gave(fixture_t *fixture, const char *replies)
{
    assert_text_equal(buffer_text(&fixture->out), replies);
    buffer_clear(&fixture->out);
}

static void replies_in_turn_go_straight_out(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    request(&fixture, "A", 10);
    request(&fixture, "B", 11);
    asks(&fixture, 1, "A", 10);
    asks(&fixture, 2, "B", 11);
    asks_nothing(&fixture);
    answer(&fixture, 1, "AT a\n");
    gave(&fixture, "AT a\n");
    answer(&fixture, 2, "AT b\n");
    gave(&fixture, "AT b\n");
    assert_int_equal(pipeline_count(&fixture.pipeline), 0);
    assert_int_equal(pipeline_reserved(&fixture.pipeline), 0);
    assert_int_equal(fixture.told, 2);
    end(&fixture);
}

static void replies_out_of_turn_wait(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    request(&fixture, "A", 1);
    request(&fixture, "B", 2);
    request(&fixture, "C", 3);
    asks(&fixture, 1, "A", 1);
    asks(&fixture, 2, "B", 2);
    asks(&fixture, 3, "C", 3);
    answer(&fixture, 3, "AT c\n");
    answer(&fixture, 2, "AT b\n{\n}\n\n");
    gave(&fixture, "");
    answer(&fixture, 1, "AT a\n");
    gave(&fixture, "AT a\nAT b\n{\n}\n\nAT c\n");
    assert_int_equal(fixture.told, 3);
    end(&fixture);
}

static void invalid_lines_are_answered_in_their_turn(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    invalid(&fixture, "now");
    invalid(&fixture, "");
    gave(&fixture, "? now\n? \n");
    request(&fixture, "A", 1);
    invalid(&fixture, "x");
    request(&fixture, "B", 2);
    invalid(&fixture, "");
    asks(&fixture, 1, "A", 1);
    asks(&fixture, 3, "B", 2);
    asks_nothing(&fixture);
    refuse(&fixture, 2);
    /* "?" of the node: the line, as the client sent it. */
    answer(&fixture, 3, "?\n");
    gave(&fixture, "");
    answer(&fixture, 1, "?\n");
    gave(&fixture, "? A\n? x\n? B\n? \n");
    assert_int_equal(fixture.told, 6);
    assert_int_equal(pipeline_reserved(&fixture.pipeline), 0);
    end(&fixture);
}

static void foreign_replies_change_nothing(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    refuse(&fixture, 0);
    refuse(&fixture, 1);
    request(&fixture, "A", 1);
    request(&fixture, "B", 2);
    refuse(&fixture, 1); /* not asked yet */
    asks(&fixture, 1, "A", 1);
    refuse(&fixture, 2);
    asks(&fixture, 2, "B", 2);
    answer(&fixture, 2, "AT b\n");
    refuse(&fixture, 2); /* twice */
    refuse(&fixture, 3);
    refuse(&fixture, 0);
    refuse(&fixture, UINT64_MAX);
    answer(&fixture, 1, "AT a\n");
    refuse(&fixture, 1); /* gone */
    gave(&fixture, "AT a\nAT b\n");
    end(&fixture);
}

static void unanswered_requests_are_asked_again_in_order(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    assert_false(pipeline_ask_again(&fixture.pipeline));
    request(&fixture, "A", 1);
    request(&fixture, "B", 2);
    invalid(&fixture, "x");
    request(&fixture, "C", 3);
    request(&fixture, "D", 4);
    asks(&fixture, 1, "A", 1);
    asks(&fixture, 2, "B", 2);
    asks(&fixture, 4, "C", 3);
    answer(&fixture, 1, "AT a\n");
    answer(&fixture, 4, "AT c\n");
    assert_true(pipeline_ask_again(&fixture.pipeline));
    asks(&fixture, 2, "B", 2);
    asks(&fixture, 5, "D", 4);
    asks_nothing(&fixture);
    assert_true(pipeline_ask_again(&fixture.pipeline));
    asks(&fixture, 2, "B", 2);
    answer(&fixture, 2, "AT b\n");
    asks(&fixture, 5, "D", 4);
    answer(&fixture, 5, "AT d\n");
    assert_false(pipeline_ask_again(&fixture.pipeline));
    gave(&fixture, "AT a\nAT b\n? x\nAT c\nAT d\n");
    end(&fixture);
}

static void the_oldest_is_the_first_without_reply(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    uint64_t oldest_ms = 7;
    invalid(&fixture, "x");
    assert_false(pipeline_oldest(&fixture.pipeline, &oldest_ms));
    request(&fixture, "A", 100);
    request(&fixture, "B", 200);
    asks(&fixture, 1, "A", 100);
    asks(&fixture, 2, "B", 200);
    assert_true(pipeline_oldest(&fixture.pipeline, &oldest_ms));
    assert_int_equal(oldest_ms, 100);
    answer(&fixture, 2, "AT b\n");
    assert_true(pipeline_oldest(&fixture.pipeline, &oldest_ms));
    assert_int_equal(oldest_ms, 100);
    answer(&fixture, 1, "AT a\n");
    assert_false(pipeline_oldest(&fixture.pipeline, &oldest_ms));
    end(&fixture);
}

static void reserved_bytes_follow_the_replies(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    request(&fixture, "A", 1);
    size_t one = pipeline_reserved(&fixture.pipeline);
    assert_true(one >= 100);
    request(&fixture, "B", 2);
    assert_int_equal(pipeline_reserved(&fixture.pipeline), 2 * one);
    asks(&fixture, 1, "A", 1);
    asks(&fixture, 2, "B", 2);
    char reply[1000];
    memset(reply, 'x', sizeof reply);
    reply[sizeof reply - 2] = '\n';
    reply[sizeof reply - 1] = '\0';
    answer(&fixture, 2, reply);
    assert_true(pipeline_reserved(&fixture.pipeline) >= one + sizeof reply - 1);
    answer(&fixture, 1, "AT a\n");
    assert_int_equal(pipeline_reserved(&fixture.pipeline), 0);
    end(&fixture);
}

static void maxima_are_kept(void **state)
{
    (void)state;
    fixture_t fixture;
    begin(&fixture);
    fixture.pipeline.lines.maximum = 4;
    fixture.pipeline.replies.maximum = 8;
    fixture.out.maximum = 8;
    request(&fixture, "AB", 1);
    request(&fixture, "CD", 2);
    pipeline_request_t more = {.line = TEXT("E")};
    assert_int_equal(pipeline_add_request(&fixture.pipeline, &more, 1), STATUS_FULL);
    assert_int_equal(pipeline_add_invalid(&fixture.pipeline, TEXT("E"), &fixture.sink),
                     STATUS_FULL);
    assert_int_equal(pipeline_count(&fixture.pipeline), 2);
    asks(&fixture, 1, "AB", 1);
    asks(&fixture, 2, "CD", 2);
    assert_int_equal(pipeline_answer(&fixture.pipeline, 2, TEXT("AT 45678\n"), &fixture.sink),
                     STATUS_FULL);
    assert_int_equal(pipeline_answer(&fixture.pipeline, 1, TEXT("AT 45678\n"), &fixture.sink),
                     STATUS_FULL);
    end(&fixture);
}

/* Thousands of requests through a ring that grows and wraps, replies shuffled within a window. */
static void long_streams_stay_in_order(void **state)
{
    (void)state;
    enum { REQUESTS = 20000, WINDOW = 300 };
    fixture_t fixture;
    begin(&fixture);
    unsigned seed = 1;
    uint64_t waiting[WINDOW];
    size_t count = 0;
    uint64_t next = 1;
    uint64_t expected = 1;
    text_t out = {0};
    while (expected <= REQUESTS) {
        while (count < WINDOW && next <= REQUESTS) {
            char line[32];
            snprintf(line, sizeof line, "%llu", (unsigned long long)next);
            request(&fixture, line, (int64_t)next);
            asks(&fixture, next, line, (int64_t)next);
            waiting[count++] = next++;
        }
        seed = seed * 1103515245 + 12345;
        size_t chosen = (seed >> 16) % count;
        char reply[400];
        snprintf(reply, sizeof reply, "AT %0*llu\n", (int)(seed >> 24),
                 (unsigned long long)waiting[chosen]);
        answer(&fixture, waiting[chosen], (seed & 1024) != 0 ? reply : "?\n");
        waiting[chosen] = waiting[--count];
        out = buffer_text(&fixture.out);
        text_t line;
        while (text_take_line(&out, &line)) {
            uint64_t number;
            text_t mark; /* "AT" or "?" */
            assert_true(text_take_until(&line, ' ', &mark));
            assert_true(text_to_u64(line, UINT64_MAX, &number));
            assert_int_equal(number, expected);
            expected++;
        }
        buffer_clear(&fixture.out);
        assert_true(fixture.pipeline.replies.size < MAXIMUM / 2);
    }
    assert_int_equal(pipeline_count(&fixture.pipeline), 0);
    assert_int_equal(pipeline_reserved(&fixture.pipeline), 0);
    pipeline_trim(&fixture.pipeline);
    assert_int_equal(pipeline_footprint(&fixture.pipeline), 0);
    request(&fixture, "Z", 1);
    asks(&fixture, REQUESTS + 1, "Z", 1);
    answer(&fixture, REQUESTS + 1, "?\n");
    gave(&fixture, "? Z\n");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_in_turn_go_straight_out),
        cmocka_unit_test(replies_out_of_turn_wait),
        cmocka_unit_test(invalid_lines_are_answered_in_their_turn),
        cmocka_unit_test(foreign_replies_change_nothing),
        cmocka_unit_test(unanswered_requests_are_asked_again_in_order),
        cmocka_unit_test(the_oldest_is_the_first_without_reply),
        cmocka_unit_test(reserved_bytes_follow_the_replies),
        cmocka_unit_test(maxima_are_kept),
        cmocka_unit_test(long_streams_stay_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
