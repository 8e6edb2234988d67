/* What a node answers to operators, and what it drops (node/requests/operators.h; bus-protocol.md,
 * S1 to S6). */
#include "tests/support/cmocka_herd.h"

#include "common/base/limits.h"
#include "common/base/memory.h"
#include "node/requests/operators.h"

#include <stdlib.h>

static const int64_t now_ns = 1621464830 * INT64_C(1000000000);

/* A member with a store and nothing else. */
typedef struct {
    config_t config;
    config_member_t member;
    store_t *store;
    neighbours_t *neighbours;
    queries_t *queries;
    frontends_t *frontends;
    request_t *request;
    request_log_t request_log;
    operators_t operators;
    buffer_t out;
} scene_t;

static void scene_init(scene_t *self)
{
    *self =
        (scene_t){.config = {.max_clients = 100, .max_memory = 1000}, .member = {.name = "Clark"}};
    self->store = store_new(100, 1);
    self->neighbours = neighbours_new(&(neighbours_settings_t){.herd = TEXT("test")});
    self->queries = queries_new();
    self->frontends = frontends_new();
    self->request = memory_new(sizeof *self->request);
    self->operators.context = (operators_context_t){.config = &self->config,
                                                    .member = &self->member,
                                                    .store = self->store,
                                                    .neighbours = self->neighbours,
                                                    .queries = self->queries,
                                                    .request = self->request,
                                                    .request_log = &self->request_log,
                                                    .frontends = self->frontends};
    buffer_init(&self->out, LIMIT_BODY_SIZE);
}

static void scene_done(scene_t *self)
{
    buffer_done(&self->out);
    free(self->request);
    frontends_destroy(&self->frontends);
    queries_destroy(&self->queries);
    neighbours_destroy(&self->neighbours);
    store_destroy(&self->store);
}

static void merge(scene_t *self, const char *line)
{
    record_t record;
    assert_int_equal(record_parse_bus_line(text_of(line), &record), STATUS_OK);
    assert_int_equal(store_merge(self->store, &record, 0), STORE_NEWER);
}

static bool ask(scene_t *self, message_type_t type, text_t body)
{
    const char *problem = NULL;
    buffer_clear(&self->out);
    message_t question = {.type = type, .header = TEXT("1"), .body = body};
    const operators_question_t asked = {.message = &question, .by = "somebody", .now_ns = now_ns};
    assert_true(message_is_question(type));
    bool answered = operators_answer(&self->operators, &asked, &self->out, &problem);
    assert_non_null(problem);
    return answered;
}

static void expect(scene_t *self, message_type_t type, const char *body, const char *answer)
{
    assert_true(ask(self, type, text_of(body)));
    assert_text_equal(buffer_text(&self->out), answer);
}

#define KIWI "AT Clark +0.500000000 kiwi +34-118 1621464827 ="
#define GONE "FORGET Clark +0.500000000 emu 1621464827 ="

static void where_shows_what_is_there(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    expect(&scene, MESSAGE_WHERE, "kiwi\n", "known 0\n");
    merge(&scene, KIWI);
    merge(&scene, GONE);
    expect(&scene, MESSAGE_WHERE, "kiwi\n", "known 1\nserved 1\nrecord " KIWI "\n");
    expect(&scene, MESSAGE_WHERE, "emu\n", "known 1\nserved 0\nrecord " GONE "\n");
    store_set_horizon(scene.store, now_ns, now_ns); /* R16: too old to be shown */
    expect(&scene, MESSAGE_WHERE, "kiwi\n", "known 1\nserved 0\nrecord " KIWI "\n");
    scene_done(&scene);
}

static void forgetting_says_whether_it_was_known(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    merge(&scene, KIWI);
    expect(&scene, MESSAGE_FORGET, "kiwi\n", "forgotten 1\n");
    expect(&scene, MESSAGE_FORGET, "kiwi\n", "forgotten 0\nknown 0\n");
    expect(&scene, MESSAGE_FORGET, "emu\n", "forgotten 0\nknown 0\n");
    scene_done(&scene);
}

/* S2, S3: a body that is not one ID is dropped, and has no effect. */
static void bodies_that_are_no_client_are_dropped(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",          "\n",       "kiwi",      " kiwi\n",
                                         "kiwi \n",   "ki wi\n",  "kiwi\n\n",  "kiwi\nemu\n",
                                         "kiwi\nemu", "\tkiwi\n", "\n kiwi\n", "kiwi\r\n"};
    scene_t scene;
    scene_init(&scene);
    merge(&scene, KIWI);
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        assert_false(ask(&scene, MESSAGE_WHERE, text_of(bodies[i])));
        assert_false(ask(&scene, MESSAGE_FORGET, text_of(bodies[i])));
        assert_int_equal(scene.out.size, 0);
    }
    record_t record;
    assert_true(store_find(scene.store, TEXT("kiwi"), &record));
    /* A zero is a byte of an ID like any other. */
    assert_true(ask(&scene, MESSAGE_WHERE, TEXT("ki\0wi\n")));
    scene_done(&scene);
}

/* S4 */
static void levels_of_the_log_are_set(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "\n",      "warning", "Warning\n",
                                      "warn\n",   "debug\n", "info \n", "info\ninfo\n",
                                      "info\n\n", "\ninfo\n"};
    char path[] = "/tmp/herd-test-operators.XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    scene_t scene;
    scene_init(&scene);
    log_t *log;
    assert_int_equal(
        log_open(&(log_options_t){.path = path, .member = "Clark", .program = "node"}, &log),
        STATUS_OK);
    scene.operators.context.log = log;
    assert_int_equal(log_level(log), LOG_LEVEL_INFO);
    expect(&scene, MESSAGE_LOGLEVEL, "warning\n", "log_level warning\nbefore info\n");
    expect(&scene, MESSAGE_LOGLEVEL, "error\n", "log_level error\nbefore warning\n");
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_false(ask(&scene, MESSAGE_LOGLEVEL, text_of(bad[i])));
    }
    assert_int_equal(log_level(log), LOG_LEVEL_ERROR);
    expect(&scene, MESSAGE_LOGLEVEL, "info\n", "log_level info\nbefore error\n");
    log_close(&log);
    unlink(path);
    scene_done(&scene);
}

static void echo_and_status_answer_whatever_the_body_is(void **state)
{
    (void)state;
    scene_t scene;
    scene_init(&scene);
    expect(&scene, MESSAGE_ECHO, "", "name Clark\n");
    expect(&scene, MESSAGE_ECHO, "\x1b\n\xff", "name Clark\n");
    merge(&scene, KIWI);
    assert_true(ask(&scene, MESSAGE_STATUS, TEXT("")));
    uint64_t records;
    assert_true(message_number(buffer_text(&scene.out), "records", UINT64_MAX, &records));
    assert_int_equal(records, 1);
    assert_false(operators_want_digest(&scene.operators)); /* so little is done at once */
    scene_done(&scene);
}

/* S6: the node does it, and finds whom to answer. */
static void a_reload_is_noted(void **state)
{
    (void)state;
    char longest[LIMIT_HEADER_SIZE];
    memset(longest, 'x', sizeof longest);
    const text_t peers[] = {
        TEXT("\0operator"), TEXT("a"), {.data = longest, .size = FRONTENDS_ROUTING_ID_SIZE}};
    const text_t headers[] = {TEXT("1"), TEXT(""), {.data = longest, .size = LIMIT_HEADER_SIZE}};
    scene_t scene;
    scene_init(&scene);
    for (size_t i = 0; i < ARRAY_COUNT(peers); i++) {
        message_t question = {.type = MESSAGE_RELOAD, .header = headers[i]};
        assert_false(operators_want_reload(&scene.operators));
        const operators_question_t asked = {.message = &question, .by = "somebody"};
        operators_note_reload(&scene.operators, peers[i], &asked);
        assert_true(operators_want_reload(&scene.operators));
        text_t header;
        text_t peer = operators_end_reload(&scene.operators, &header);
        assert_true(text_equal(peer, peers[i]));
        assert_true(text_equal(header, headers[i]));
    }
    assert_false(operators_want_reload(&scene.operators));
    scene_done(&scene);
}

static void other_types_are_no_questions(void **state)
{
    (void)state;
    for (int type = 0; type < MESSAGE_TYPES; type++) {
        bool question = type == MESSAGE_STATUS || type == MESSAGE_FORGET || type == MESSAGE_WHERE ||
                        type == MESSAGE_LOGLEVEL || type == MESSAGE_ECHO || type == MESSAGE_RELOAD;
        assert_int_equal(message_is_question((message_type_t)type), question);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_shows_what_is_there),
        cmocka_unit_test(forgetting_says_whether_it_was_known),
        cmocka_unit_test(bodies_that_are_no_client_are_dropped),
        cmocka_unit_test(levels_of_the_log_are_set),
        cmocka_unit_test(echo_and_status_answer_whatever_the_body_is),
        cmocka_unit_test(a_reload_is_noted),
        cmocka_unit_test(other_types_are_no_questions),
    };
    return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
