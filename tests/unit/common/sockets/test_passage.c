/* A request link inside one process (common/sockets/passage.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/sockets/passage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A passage, and how often each end was stirred. */
typedef struct {
    passage_t *passage;
    unsigned stirred[PASSAGE_ENDS];
} ends_t;

static void on_stirred(void *argument)
{
    unsigned *count = argument;
    (*count)++;
}

static void set_up(ends_t *ends)
{
    *ends = (ends_t){.passage = passage_new()};
    for (unsigned end = 0; end < PASSAGE_ENDS; end++) {
        passage_tell(ends->passage, (passage_end_t)end, on_stirred, &ends->stirred[end]);
    }
}

static status_t send_text(ends_t *ends, passage_end_t from, text_t body)
{
    const message_t message = {.type = MESSAGE_REQUEST, .header = TEXT("7"), .body = body};
    return passage_send(ends->passage, from, &message);
}

static void assert_next(ends_t *ends, passage_end_t at, const char *body)
{
    message_t message;
    assert_int_equal(passage_receive(ends->passage, at, &message), STATUS_OK);
    assert_int_equal(message.type, MESSAGE_REQUEST);
    assert_true(text_equal(message.header, TEXT("7")));
    assert_true(text_equal(message.body, text_of(body)));
}

static void assert_nothing(ends_t *ends, passage_end_t at)
{
    message_t message;
    assert_false(passage_has(ends->passage, at));
    assert_int_equal(passage_receive(ends->passage, at, &message), STATUS_AGAIN);
}

static void messages_come_whole_in_their_order_and_both_ways(void **state)
{
    (void)state;
    ends_t ends;
    set_up(&ends);
    assert_nothing(&ends, PASSAGE_NODE);
    assert_nothing(&ends, PASSAGE_FRONTEND);
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("one")), STATUS_OK);
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("")), STATUS_OK);
    assert_int_equal(send_text(&ends, PASSAGE_NODE, TEXT("back")), STATUS_OK);
    assert_int_equal(ends.stirred[PASSAGE_NODE], 2);
    assert_int_equal(ends.stirred[PASSAGE_FRONTEND], 1);
    assert_next(&ends, PASSAGE_NODE, "one");
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("three")), STATUS_OK);
    assert_next(&ends, PASSAGE_NODE, "");
    assert_next(&ends, PASSAGE_NODE, "three");
    assert_nothing(&ends, PASSAGE_NODE);
    assert_next(&ends, PASSAGE_FRONTEND, "back");
    assert_nothing(&ends, PASSAGE_FRONTEND);
    passage_destroy(&ends.passage);
    passage_destroy(&ends.passage); /* NULL is fine */
}

/* Through all sizes of the queue, with one more sent for each that is received. */
static void a_queue_that_never_empties_stays_small_and_right(void **state)
{
    (void)state;
    ends_t ends;
    char *body = memory_new(LIMIT_BATCH_SIZE + 1);
    set_up(&ends);
    memset(body, 'x', LIMIT_BATCH_SIZE);
    for (int i = 0; i < 100; i++) {
        snprintf(body, 16, "%07d", i);
        const text_t large = {.data = body, .size = LIMIT_BATCH_SIZE};
        assert_int_equal(send_text(&ends, PASSAGE_NODE, large), STATUS_OK);
        if (i > 0) {
            char first[16];
            message_t message;
            snprintf(first, sizeof first, "%07d", i - 1);
            assert_int_equal(passage_receive(ends.passage, PASSAGE_FRONTEND, &message), STATUS_OK);
            assert_memory_equal(message.body.data, first, strlen(first));
        }
    }
    assert_true(passage_has(ends.passage, PASSAGE_FRONTEND));
    free(body);
    passage_destroy(&ends.passage);
}

static void who_does_not_receive_is_sent_no_more_than_the_limit(void **state)
{
    (void)state;
    ends_t ends;
    char *bytes = memory_new(LIMIT_BODY_SIZE);
    text_t body = {.data = bytes, .size = LIMIT_BODY_SIZE};
    set_up(&ends);
    assert_true(passage_has_room(ends.passage, PASSAGE_NODE));
    size_t sent = 0;
    while (send_text(&ends, PASSAGE_NODE, body) == STATUS_OK) {
        sent += body.size;
        assert_true(sent <= LIMIT_STREAM_OUTPUT_SIZE);
    }
    assert_true(sent > LIMIT_STREAM_OUTPUT_SIZE / 2);
    assert_false(passage_has_room(ends.passage, PASSAGE_NODE));
    /* The other way is not touched by that. */
    assert_true(passage_has_room(ends.passage, PASSAGE_FRONTEND));
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("still")), STATUS_OK);
    /* Who waits for room is stirred once, when it is there. */
    ends.stirred[PASSAGE_NODE] = 0;
    message_t message;
    while (passage_receive(ends.passage, PASSAGE_FRONTEND, &message) == STATUS_OK) {
        assert_int_equal(ends.stirred[PASSAGE_NODE],
                         passage_has(ends.passage, PASSAGE_FRONTEND) ? 0 : 1);
    }
    assert_int_equal(ends.stirred[PASSAGE_NODE], 1);
    assert_true(passage_has_room(ends.passage, PASSAGE_NODE));
    passage_destroy(&ends.passage);
    free(bytes);
}

static void a_new_connection_finds_nothing_of_an_older_one(void **state)
{
    (void)state;
    ends_t ends;
    set_up(&ends);
    assert_int_equal(send_text(&ends, PASSAGE_NODE, TEXT("old")), STATUS_OK);
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("old")), STATUS_OK);
    passage_clear(ends.passage);
    assert_nothing(&ends, PASSAGE_NODE);
    assert_nothing(&ends, PASSAGE_FRONTEND);
    passage_tell(ends.passage, PASSAGE_NODE, NULL, NULL);
    assert_int_equal(send_text(&ends, PASSAGE_FRONTEND, TEXT("new")), STATUS_OK);
    assert_int_equal(ends.stirred[PASSAGE_NODE], 1);
    assert_next(&ends, PASSAGE_NODE, "new");
    passage_destroy(&ends.passage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_whole_in_their_order_and_both_ways),
        cmocka_unit_test(a_queue_that_never_empties_stays_small_and_right),
        cmocka_unit_test(who_does_not_receive_is_sent_no_more_than_the_limit),
        cmocka_unit_test(a_new_connection_finds_nothing_of_an_older_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
