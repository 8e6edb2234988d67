/* The places actor: a real thread, asked and answered over its sockets (node/places/actor.h). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "node/places/actor.h"

#include <assert.h>
#include <czmq.h>
#include <jansson.h>
#include <stdlib.h>

#define CITIES HERD_SOURCE_DIR "/deploy/places/cities.tsv"

/* What has come back, by ticket. */
typedef struct {
    unsigned char *seen; /* how often each ticket was answered, up to 255 */
    size_t ticket_count; /* tickets 0 .. ticket_count - 1 are out */
    size_t answer_count; /* answers received */
    char *last;          /* the last answer, a string; NULL before the first */
} answers_t;

static void take_answer(void *argument, uint64_t ticket, text_t json)
{
    answers_t *answers = argument;
    assert_true(ticket < answers->ticket_count);
    answers->seen[ticket]++;
    answers->answer_count++;
    assert_true(json.size > 4);
    assert_memory_equal(json.data + json.size - 3, "}\n\n", 3);
    free(answers->last);
    answers->last = memory_copy_text(json.data, json.size);
}

static answers_t answers_of(size_t ticket_count)
{
    return (answers_t){.seen = memory_new(ticket_count), .ticket_count = ticket_count};
}

static void answers_done(answers_t *answers)
{
    free(answers->seen);
    free(answers->last);
}

/* Receives until there are `wanted` answers in all; fails after ten seconds without another. */
static void receive_until(places_actor_t *places, answers_t *answers, size_t wanted)
{
    while (answers->answer_count < wanted) {
        zmq_pollitem_t item = {.socket = places_actor_socket(places), .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&item, 1, 10000), 1);
        while (places_actor_receive(places, take_answer, answers)) {
        }
    }
    assert_int_equal(answers->answer_count, wanted);
}

static void assert_each_answered_once(const answers_t *answers)
{
    for (size_t i = 0; i < answers->ticket_count; i++) {
        assert_int_equal(answers->seen[i], 1);
    }
}

static places_query_t query_of(uint64_t ticket, uint32_t radius_km, uint32_t result_count)
{
    return (places_query_t){.ticket = ticket,
                            .latitude_deg = 34.068930,
                            .longitude_deg = -118.445127,
                            .radius_km = radius_km,
                            .result_count = result_count};
}

static places_actor_t *start(config_places_t provider, const char *file)
{
    /* Static: the actor borrows it as long as it lives. */
    static config_t config;
    config =
        (config_t){.places = provider, .places_file = file, .places_classes = GEONAMES_ALL_CLASSES};
    places_actor_t *places = NULL;
    assert_int_equal(places_actor_new(&config, NULL, &places), STATUS_OK);
    assert_non_null(places);
    return places;
}

static size_t result_count_of(const char *text, const char *status)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "status")), status);
    size_t count = json_array_size(json_object_get(json, "results"));
    json_decref(json);
    return count;
}

static void one_question_has_one_answer(void **state)
{
    (void)state;
    places_actor_t *places = start(CONFIG_PLACES_LOCAL, CITIES);
    answers_t answers = answers_of(4);
    const places_query_t queries[] = {query_of(0, 10, 5), query_of(1, 10, 20), query_of(2, 0, 5),
                                      query_of(3, 10, 0)};
    static const size_t expected_counts[] = {5, 10, 0, 0};
    assert_false(places_actor_receive(places, take_answer, &answers));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(places_actor_ask(places, &queries[i], 1), STATUS_OK);
        receive_until(places, &answers, i + 1);
        size_t count = result_count_of(answers.last, i < 2 ? "OK" : "ZERO_RESULTS");
        assert_int_equal(count, expected_counts[i]);
    }
    assert_each_answered_once(&answers);
    assert_int_equal(places_actor_ask(places, queries, 0), STATUS_OK);
    assert_false(places_actor_receive(places, take_answer, &answers));
    answers_done(&answers);
    places_actor_destroy(&places);
    assert_null(places);
    places_actor_destroy(&places);
}

/* Far more answers than the pipes hold: none may be lost, whichever side waits for the other. */
static void batches_are_answered_whole(void **state)
{
    (void)state;
    enum { BATCHES = 20, BATCH = 250, ALL = 5000 };
    static_assert(ALL == BATCHES * BATCH, "every ticket is asked once");
    places_actor_t *places = start(CONFIG_PLACES_LOCAL, CITIES);
    answers_t answers = answers_of(ALL);
    places_query_t queries[BATCH];
    for (size_t i = 0; i < BATCHES; i++) {
        for (size_t j = 0; j < BATCH; j++) {
            queries[j] = query_of(i * BATCH + j, 50, 20);
        }
        assert_int_equal(places_actor_ask(places, queries, BATCH), STATUS_OK);
    }
    receive_until(places, &answers, ALL);
    assert_each_answered_once(&answers);
    assert_false(places_actor_receive(places, take_answer, &answers));
    answers_done(&answers);
    places_actor_destroy(&places);
}

static void a_full_queue_refuses_whole_batches(void **state)
{
    (void)state;
    enum { BATCH = 4096 };
    places_actor_t *places = start(CONFIG_PLACES_NONE, NULL);
    places_query_t *queries = memory_new_array(BATCH, sizeof *queries);
    answers_t answers = answers_of(LIMIT_WAITING_QUERIES + 1);
    for (size_t asked = 0; asked < LIMIT_WAITING_QUERIES; asked += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            queries[i] = query_of(asked + i, 10, 5);
        }
        assert_int_equal(places_actor_ask(places, queries, BATCH), STATUS_OK);
    }
    queries[0].ticket = LIMIT_WAITING_QUERIES;
    assert_int_equal(places_actor_ask(places, queries, 1), STATUS_AGAIN);
    receive_until(places, &answers, LIMIT_WAITING_QUERIES);
    assert_int_equal(answers.seen[LIMIT_WAITING_QUERIES], 0);
    assert_int_equal(places_actor_ask(places, queries, 1), STATUS_OK);
    receive_until(places, &answers, LIMIT_WAITING_QUERIES + 1);
    assert_each_answered_once(&answers);
    answers_done(&answers);
    free(queries);
    places_actor_destroy(&places);
}

static void no_provider_answers_with_nothing(void **state)
{
    (void)state;
    places_actor_t *places = start(CONFIG_PLACES_NONE, NULL);
    answers_t answers = answers_of(1);
    places_query_t query = query_of(0, 10, 5);
    assert_int_equal(places_actor_ask(places, &query, 1), STATUS_OK);
    receive_until(places, &answers, 1);
    assert_int_equal(result_count_of(answers.last, "ZERO_RESULTS"), 0);
    answers_done(&answers);
    places_actor_destroy(&places);
}

static void a_provider_that_cannot_work_is_said_at_once(void **state)
{
    (void)state;
    config_t config = {.places = CONFIG_PLACES_LOCAL,
                       .places_file = "/nonexistent/cities.tsv",
                       .places_classes = GEONAMES_ALL_CLASSES};
    places_actor_t *places = NULL;
    assert_int_equal(places_actor_new(&config, NULL, &places), STATUS_NOT_FOUND);
    config.places_file = "/tmp";
    assert_int_equal(places_actor_new(&config, NULL, &places), STATUS_INVALID);
    config.places_file = HERD_SOURCE_DIR "/CMakeLists.txt";
    assert_int_equal(places_actor_new(&config, NULL, &places), STATUS_INVALID);
    assert_null(places);
}

/* With questions waiting, and every pipe full of answers that are not taken, the end comes soon. */
static void an_end_does_not_wait_for_answers(void **state)
{
    (void)state;
    enum { BATCH = 1024 };
    for (int round = 0; round < 3; round++) {
        places_actor_t *places = start(CONFIG_PLACES_LOCAL, CITIES);
        places_query_t *queries = memory_new_array(BATCH, sizeof *queries);
        for (size_t i = 0; i < BATCH; i++) {
            queries[i] = query_of(i, 50, 20);
        }
        size_t batches = round == 0 ? 1 : LIMIT_WAITING_QUERIES / BATCH;
        for (size_t i = 0; i < batches; i++) {
            assert_int_equal(places_actor_ask(places, queries, BATCH), STATUS_OK);
        }
        if (round == 2) {
            /* The actor fills its pipe only after the first answers are there. */
            zmq_pollitem_t item = {.socket = places_actor_socket(places), .events = ZMQ_POLLIN};
            assert_int_equal(zmq_poll(&item, 1, 10000), 1);
        }
        int64_t begin_ns = clock_steady_ns();
        places_actor_destroy(&places);
        assert_true(clock_steady_ns() - begin_ns < TIMESTAMP_NS_PER_S);
        free(queries);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_question_has_one_answer),
        cmocka_unit_test(batches_are_answered_whole),
        cmocka_unit_test(a_full_queue_refuses_whole_batches),
        cmocka_unit_test(no_provider_answers_with_nothing),
        cmocka_unit_test(a_provider_that_cannot_work_is_said_at_once),
        cmocka_unit_test(an_end_does_not_wait_for_answers),
    };
    zsys_handler_set(NULL); /* a test that hangs must be stoppable */
    int failed = cmocka_run_group_tests_name("places", tests, NULL, NULL);
    zsys_shutdown();
    return failed;
}
