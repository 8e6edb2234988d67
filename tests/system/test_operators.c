/* What an operator finds out with herdctl from real members, with faults made on purpose: status,
 * health, ping, where, log-level. */
#include "common/base/limits.h"
#include "common/base/memory.h"
#include "common/protocol/message.h"
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/lan.h"
#include "tests/support/scene.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <zmq.h>

static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
static const lan_way_t cut = {.cut = true};

static herd_t *new_chain(void **state, bool separate)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = chain, .member_count = ARRAY_COUNT(chain), .separate = separate});
    *state = herd;
    return herd;
}

/* What `herdctl --json ...` prints, as JSON; caller frees with json_decref. */
static json_t *parse(const herdctl_run_t *run)
{
    json_error_t error;
    json_t *json = json_loads(run->output, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        fail_msg("no JSON (%s): %s", error.text, run->output);
    }
    return json;
}

/* The element of "members" of that name. */
static const json_t *member_of(const json_t *json, const char *name)
{
    size_t index;
    const json_t *member;
    json_array_foreach(json_object_get(json, "members"), index, member)
    {
        if (strcmp(json_string_value(json_object_get(member, "member")), name) == 0) {
            return member;
        }
    }
    fail_msg("no member %s", name);
    return NULL;
}

static long long number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        fail_msg("no number \"%s\"", key);
    }
    return json_integer_value(value);
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

typedef struct {
    herd_t *herd;
    const char *health; /* awaited */
    const char *part;
} awaited_t;

static bool is_healthy_so(void *argument)
{
    const awaited_t *awaited = argument;
    herdctl_run_t run = herdctl_run(awaited->herd, "health", NULL);
    bool found = strncmp(run.output, awaited->health, strlen(awaited->health)) == 0 &&
                 strstr(run.output, awaited->part) != NULL;
    return found;
}

static void wait_health(herd_t *herd, const char *health, const char *part)
{
    awaited_t awaited = {.herd = herd, .health = health, .part = part};
    if (!wait_until(is_healthy_so, &awaited, WAIT_LIMIT_MS)) {
        herdctl_run_t run = herdctl_run(herd, "health", NULL);
        fail_msg("health is not \"%s ... %s\" but %s", health, part, run.output);
    }
}

static void a_herd_that_is_well_says_so(void **state)
{
    herd_t *herd = *state;
    const char *answer = herd_ask(herd, "Goloman", "IAMAT kiwi +1-1 5\n");
    for (size_t i = 0; i < herd_member_count(herd); i++) {
        herd_wait_seen(herd, herd_member_name(herd, i), "kiwi", answer);
    }
    wait_health(herd, "well", "5 members, 12 link ends up");
    herdctl_expect(herd, 0, "well", "health", NULL);
    herdctl_expect(herd, 0, "\"health\": \"well\"", "--json", "health", "Welsh", NULL);

    herdctl_run_t run =
        herdctl_run(herd, "--json", "ping", "--count", "3", "--interval", "0.01", NULL);
    assert_int_equal(run.status, 0);
    json_t *json = parse(&run);
    for (size_t i = 0; i < herd_member_count(herd); i++) {
        const json_t *member = member_of(json, herd_member_name(herd, i));
        assert_int_equal(number_of(member, "sent"), 3);
        assert_int_equal(number_of(member, "lost"), 0);
        assert_true(number_of(member, "min_ns") > 0);
        assert_true(number_of(member, "median_ns") >= number_of(member, "min_ns"));
        assert_true(number_of(member, "max_ns") >= number_of(member, "median_ns"));
    }
    json_decref(json);

    run = herdctl_run(herd, "where", "kiwi", "--json", NULL);
    assert_int_equal(run.status, 0);
    json = parse(&run);
    assert_true(json_is_true(json_object_get(json, "agree")));
    assert_string_equal(text_in(member_of(json, "Welsh"), "taken_by"), "Goloman");
    assert_string_equal(text_in(member_of(json, "Welsh"), "record"), "same");
    assert_string_equal(text_in(member_of(json, "Welsh"), "state"), "served");
    assert_string_equal(text_in(member_of(json, "Welsh"), "position"), "+1-1");
    json_decref(json);
    herdctl_expect(herd, 1, "unknown", "where", "emu", NULL);
}

/* Every figure that status documents is there, of a node of today. */
static void status_tells_every_figure(void **state)
{
    herd_t *herd = *state;
    (void)herd_ask(herd, "Goloman", "IAMAT kiwi +1-1 5\nWHATSAT emu 1 1\nWHERE\n");
    wait_health(herd, "well", "");
    herdctl_run_t run = herdctl_run(herd, "--json", "status", NULL);
    assert_int_equal(run.status, 0);
    json_t *json = parse(&run);
    assert_int_equal(number_of(json, "digests"), 1);
    const json_t *goloman = member_of(json, "Goloman");
    assert_int_equal(number_of(goloman, "pid"), process_pid(herd_node(herd, "Goloman")));
    assert_int_equal(number_of(goloman, "positions"), 1);
    assert_int_equal(number_of(goloman, "records"), 1);
    assert_int_equal(number_of(goloman, "log_lost"), 0);
    assert_true(number_of(goloman, "cpu") > 0);
    assert_true(number_of(goloman, "resident") > 0);
    assert_true(number_of(goloman, "memory_max") > number_of(goloman, "memory"));
    assert_string_equal(text_in(goloman, "log_level"), "info");
    assert_int_equal(strlen(text_in(goloman, "root")), 32);
    const json_t *links = json_object_get(goloman, "link_ends");
    assert_int_equal(json_array_size(links), 3);
    long long sent = 0;
    size_t index;
    const json_t *link;
    json_array_foreach(links, index, link)
    {
        assert_true(json_is_true(json_object_get(link, "up")));
        assert_int_equal(number_of(link, "lag"), 0);
        assert_true(number_of(link, "messages_sent") > 0);
        assert_true(number_of(link, "bytes_received") > 0);
        assert_true(number_of(link, "connects") > 0);
        sent += number_of(link, "sent");
    }
    assert_true(sent > 0);
    json_decref(json);
}

static void a_member_that_is_gone_is_named(void **state)
{
    herd_t *herd = *state;
    const char *answer = herd_ask(herd, "Goloman", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "Wilkes", "kiwi", answer);
    herd_kill_node(herd, "Welsh");
    process_signal(herd_node(herd, "Hands"), SIGSTOP);
    herdctl_run_t run = herdctl_run(herd, "health", NULL);
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.output, "degraded: "));
    assert_non_null(strstr(run.output, "Hands does not answer"));
    assert_non_null(strstr(run.output, "Welsh does not answer"));
    run = herdctl_run(herd, "--json", "status", NULL);
    assert_int_equal(run.status, 1);
    json_t *json = parse(&run);
    assert_true(json_is_false(json_object_get(member_of(json, "Welsh"), "up")));
    assert_true(json_is_false(json_object_get(member_of(json, "Hands"), "up")));
    assert_true(json_is_true(json_object_get(member_of(json, "Goloman"), "up")));
    json_decref(json);
    run = herdctl_run(herd, "--json", "ping", "--count", "1", NULL);
    assert_int_equal(run.status, 1);
    json = parse(&run);
    assert_int_equal(number_of(member_of(json, "Welsh"), "lost"), 1);
    assert_int_equal(number_of(member_of(json, "Hands"), "lost"), 1);
    assert_int_equal(number_of(member_of(json, "Wilkes"), "lost"), 0);
    json_decref(json);
    run = herdctl_run(herd, "--json", "where", "kiwi", NULL);
    assert_int_equal(run.status, 1);
    json = parse(&run);
    assert_string_equal(text_in(member_of(json, "Welsh"), "record"), "no answer");
    assert_string_equal(text_in(member_of(json, "Wilkes"), "record"), "same");
    json_decref(json);
    process_signal(herd_node(herd, "Hands"), SIGCONT);
    herd_start_node(herd, "Welsh");
    wait_health(herd, "well", "");
}

static void without_members_it_is_unusable(void **state)
{
    herd_t *herd = new_chain(state, false);
    herdctl_expect(herd, 2, "unusable: A does not answer; B does not answer; C does not answer",
                   "health", NULL);
    herdctl_expect(herd, 2, "unusable", "health", "A", NULL);
    herdctl_expect(herd, 2, "no member \"D\"", "health", "D", NULL);
    herdctl_expect(herd, 1, "no answer", "where", "kiwi", NULL);
    herdctl_expect(herd, 1, "B did not answer", "log-level", "info", NULL);
}

static void a_member_without_front_end_is_named(void **state)
{
    herd_t *herd = *state;
    herd_needs_pairs();
    wait_health(herd, "well", "");
    herd_kill_frontend(herd, "Welsh");
    wait_health(herd, "degraded", "Welsh has no front-end");
}

/* A and C went on without B between them, and hold different records for good. */
static void different_records_are_told(void **state)
{
    herd_t *herd = new_chain(state, false);
    herd_start(herd, "A");
    herd_start(herd, "C");
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    (void)herd_ask(herd, "C", "IAMAT kiwi +1-1 4\nIAMAT emu +1-1 4\n");
    herdctl_expect(herd, 1, "A and C hold different records", "health", NULL);
    herdctl_run_t run = herdctl_run(herd, "--json", "where", "kiwi", NULL);
    json_t *json = parse(&run);
    assert_true(json_is_false(json_object_get(json, "agree")));
    assert_string_equal(text_in(member_of(json, "A"), "record"), "newest");
    assert_string_equal(text_in(member_of(json, "B"), "record"), "no answer");
    assert_string_equal(text_in(member_of(json, "C"), "record"), "older");
    json_decref(json);
    herdctl_expect(herd, 1, "unknown", "where", "emu", "A", NULL);
    herdctl_expect(herd, 0, "same", "where", "emu", "C", NULL);

    herd_start(herd, "B");
    wait_health(herd, "well", "");
    herdctl_expect(herd, 0, "same", "where", "kiwi", NULL);
    herdctl_expect(herd, 0, "is forgotten by", "forget", "kiwi", "B", NULL);
    herdctl_expect(herd, 0, "forgotten", "where", "kiwi", "B", NULL);
}

/* Both ends live; what lies between them does not. */
static void a_link_that_is_cut_is_named(void **state)
{
    herd_needs_pairs(); /* nodes have hosts of their own, front-ends have not */
    if (!lan_is_possible()) {
        skip();
    }
    herd_t *herd = new_chain(state, true);
    herd_start_all(herd);
    wait_health(herd, "well", "");
    herd_set_link(herd, "B", "C", &cut);
    (void)herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    wait_health(herd, "degraded", "link B-C is down (nothing heard for 5 s)");
    herdctl_run_t run = herdctl_run(herd, "--json", "status", NULL);
    assert_int_equal(run.status, 0);
    json_t *json = parse(&run);
    const json_t *link = json_array_get(json_object_get(member_of(json, "C"), "link_ends"), 0);
    assert_true(json_is_false(json_object_get(link, "up")));
    assert_string_equal(text_in(link, "error"), "nothing heard for 5 s");
    assert_true(strlen(text_in(link, "error_since")) > 0);
    link = json_array_get(json_object_get(member_of(json, "B"), "link_ends"), 1);
    assert_string_equal(text_in(link, "peer"), "C");
    assert_int_equal(number_of(link, "lag"), 1);
    json_decref(json);
    herdctl_expect(herd, 0, "nothing heard for 5 s (", "status", NULL);
    herd_set_link(herd, "B", "C", &(lan_way_t){0});
    wait_health(herd, "well", "");
}

/* A file of the key folder of the herd goes to another one. */
static void move_key(const herd_t *herd, const char *from, const char *to)
{
    char *from_path = workspace_path(herd_folder(herd), from);
    char *to_path = workspace_path(herd_folder(herd), to);
    assert_int_equal(rename(from_path, to_path), 0);
    free(to_path);
    free(from_path);
}

static bool is_told_by_b(void *argument)
{
    const awaited_t *awaited = argument;
    herdctl_run_t run = herdctl_run(awaited->herd, "status", "B", NULL);
    bool found = strstr(run.output, awaited->part) != NULL;
    return found;
}

/* A was given a public key of B that B does not have; both answer operators. */
static void a_wrong_key_is_named(void **state)
{
    static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = pair, .member_count = ARRAY_COUNT(pair), .keys = true, .tcp_requests = true});
    *state = herd;
    herd_start_all(herd);
    wait_health(herd, "well", "");
    move_key(herd, "keys/member/B.cert", "B.cert");
    move_key(herd, "keys/member/B.cert_secret", "B.cert_secret");
    herdctl_expect(herd, 0, "B.cert", "keygen", "--role", "member", "B", NULL);
    herdctl_expect(herd, 0, "A", "reload", "A", NULL);
    move_key(herd, "B.cert", "keys/member/B.cert");
    move_key(herd, "B.cert_secret", "keys/member/B.cert_secret");
    wait_health(herd, "degraded", "link A-B is down (it hung up on our keys");
    awaited_t awaited = {.herd = herd, .part = "it refuses our key"};
    assert_true(wait_until(is_told_by_b, &awaited, WAIT_LIMIT_MS));
    herdctl_run_t run = herdctl_run(herd, "--json", "status", NULL);
    assert_int_equal(run.status, 0); /* both answer */
    json_t *json = parse(&run);
    assert_true(number_of(member_of(json, "A"), "refused") > 0);
    json_decref(json);
    herdctl_expect(herd, 0, "A", "reload", "A", NULL);
    wait_health(herd, "well", "");
}

/* A provider that takes questions and does not answer in time is left alone. */
static void a_slow_provider_is_named(void **state)
{
    scene_start(state, &(scene_options_t){.certificate = AUTHORITY_GOOD,
                                          .provider = "google",
                                          .places = "breaker_failures = \"2\"\ntimeout = \"500\"\n"
                                                    "breaker_pause = \"3600000\"\n"});
    herd_t *herd = scene_herd();
    provider_set_reply(scene_provider(), &(provider_reply_t){.manner = PROVIDER_HANGS});
    scene_expect_trouble("UNKNOWN_ERROR", "in time");
    herdctl_expect(herd, 0, "well", "health", NULL);
    scene_expect_trouble("UNKNOWN_ERROR", "in time");
    herdctl_expect(herd, 1, "degraded: places at Clark: google fails and is left alone", "health",
                   NULL);
    herdctl_expect(herd, 0, "Clark: the places provider fails, and is left alone", "status", NULL);
    scene_expect_trouble("UNKNOWN_ERROR", "left alone");
    herdctl_run_t run = herdctl_run(herd, "--json", "status", NULL);
    json_t *json = parse(&run);
    const json_t *places = json_object_get(member_of(json, "Clark"), "places");
    assert_string_equal(text_in(places, "breaker"), "open");
    assert_int_equal(number_of(places, "failures"), 2);
    assert_int_equal(number_of(places, "requests"), 2);
    assert_int_equal(number_of(places, "refused"), 1);
    json_decref(json);
}

/* Whoever has an ID that steers terminals is shown, not obeyed. */
static void foreign_bytes_are_shown_not_sent(void **state)
{
    herd_t *herd = *state;
    (void)herd_ask(herd, "Clark", "IAMAT \x1b[31m\xff +1-1 5\n");
    herdctl_run_t run = herdctl_run(herd, "--json", "where", "\x1b[31m\xff", NULL);
    assert_int_equal(run.status, 0);
    assert_null(strchr(run.output, '\x1b'));
    json_t *json = parse(&run);
    assert_string_equal(text_in(json, "client"), "\\x1b[31m\\xff");
    json_decref(json);
}

static void the_level_of_the_log_is_set(void **state)
{
    herd_t *herd = *state;
    herdctl_expect(herd, 0, "Clark: log level error (before: info)", "log-level", "error", NULL);
    herd_wait_logged(herd, "Clark", "node", "level-set: events of level error");
    herdctl_expect(herd, 0, "\"log_level\": \"error\"", "--json", "status", NULL);
    (void)herd_ask(herd, "Clark", "IAMAT kiwi +1-1 5\nIAMAT emu +1-1 5\n");
    herdctl_expect(herd, 0, "kiwi is forgotten", "forget", "kiwi", NULL);
    herdctl_expect(herd, 0, "Clark: log level info (before: error)", "log-level", "info", "Clark",
                   NULL);
    herdctl_expect(herd, 0, "emu is forgotten", "forget", "emu", NULL);
    herd_wait_logged(herd, "Clark", "node", "client emu forgotten by an operator");
    char *path = workspace_path(herd_folder(herd), "log/Clark.node.log");
    size_t size;
    char *log = workspace_read(path, &size);
    assert_non_null(log);
    assert_null(strstr(log, "client kiwi forgotten"));
    free(log);
    free(path);
}

/* Blocks, or lines of JSON, one after the other; rates if there is something to compare with. */
static void top_shows_rates(void **state)
{
    herd_t *herd = *state;
    herdctl_expect(herd, 0, "POSITIONS/S", "top", "--count", "1", NULL);
    herdctl_run_t run =
        herdctl_run(herd, "--json", "top", "--count", "2", "--interval", "0.05", "Clark", NULL);
    assert_int_equal(run.status, 0);
    text_t rest = text_of(run.output);
    text_t line;
    for (int i = 0; i < 2; i++) {
        assert_true(text_take_line(&rest, &line));
        json_t *json = json_loadb(line.data, line.size, 0, NULL);
        assert_non_null(json);
        const json_t *rate = json_object_get(member_of(json, "Clark"), "positions_per_s");
        assert_true(i == 0 ? json_is_null(rate) : json_is_real(rate));
        json_decref(json);
    }
    assert_int_equal(rest.size, 0);
}

/* It goes on until it is asked to end. */
static void top_ends_by_a_signal(void **state)
{
    herd_t *herd = *state;
    char *program = herd_program("herdctl");
    char *file = workspace_path(herd_folder(herd), "top.out");
    const char *const argv[] = {program, "--config", herd_file(herd), "top", "--interval",
                                "0.05",  NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = file});
    const int64_t end_ms = wait_clock_ms() + WAIT_LIMIT_MS;
    size_t size = 0;
    for (size_t heads = 0; heads < 3 && wait_clock_ms() < end_ms;) {
        char *output = workspace_read(file, &size);
        heads = 0;
        for (const char *at = output; at != NULL && (at = strstr(at, "MEMBER")) != NULL; at++) {
            heads++;
        }
        free(output);
        wait_nap(10);
    }
    assert_true(process_is_running(process));
    process_signal(process, SIGINT);
    int status;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&process);
    free(file);
    free(program);
}

/* A member in the wrong hands (open value struct): a ROUTER in place of its node. */
typedef struct {
    void *socket;
    transport_inbound_t asked;
    message_t answer;
} impostor_t;

static bool is_asked(void *argument)
{
    impostor_t *self = argument;
    return transport_receive(self->socket, true, &self->asked) == STATUS_OK;
}

static bool has_answered(void *argument)
{
    impostor_t *self = argument;
    return transport_send(self->socket, self->asked.peer, &self->answer) == STATUS_OK;
}

/* A member that goes on answering when no more is asked is not read from and fills no memory. */
static void endless_answers_are_not_taken(void **state)
{
    enum { FLOOD_MESSAGES = 128, STUCK_MS = 1000 };
    static const int one = 1;
    herd_t *herd = herd_new(&(herd_options_t){
        .members = chain, .member_count = ARRAY_COUNT(chain), .tcp_requests = true});
    *state = herd;
    void *context = zmq_ctx_new();
    impostor_t impostor = {.socket = zmq_socket(context, ZMQ_ROUTER)};
    zmq_setsockopt(impostor.socket, ZMQ_SNDHWM, &one, sizeof one);
    zmq_setsockopt(impostor.socket, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    zmq_setsockopt(impostor.socket, ZMQ_LINGER, &(int){0}, sizeof(int));
    assert_int_equal(zmq_bind(impostor.socket, herd_requests(herd, "A")), 0);
    char *program = herd_program("herdctl");
    char *file = workspace_path(herd_folder(herd), "ping.out");
    const char *const argv[] = {program, "--config",   herd_file(herd), "ping", "--count",
                                "2",     "--interval", "3600",          "A",    NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = file});
    assert_true(wait_until(is_asked, &impostor, WAIT_LIMIT_MS));
    impostor.answer = (message_t){.type = MESSAGE_REPORT, .header = impostor.asked.message.header};
    assert_true(wait_until(has_answered, &impostor, WAIT_LIMIT_MS));
    char *body = memory_new(LIMIT_BODY_SIZE);
    impostor.answer.body = (text_t){.data = body, .size = LIMIT_BODY_SIZE};
    unsigned sent = 0;
    while (sent < FLOOD_MESSAGES && wait_until(has_answered, &impostor, STUCK_MS)) {
        sent++;
    }
    assert_true(sent < FLOOD_MESSAGES);
    assert_true(process_is_running(process));
    process_destroy(&process);
    transport_inbound_done(&impostor.asked);
    zmq_close(impostor.socket);
    zmq_ctx_term(context);
    free(body);
    free(file);
    free(program);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_SAMPLE(a_herd_that_is_well_says_so),
        HERD_TEST_SAMPLE(status_tells_every_figure),
        HERD_TEST_SAMPLE(a_member_that_is_gone_is_named),
        HERD_TEST_OWN(without_members_it_is_unusable),
        HERD_TEST_SAMPLE(a_member_without_front_end_is_named),
        HERD_TEST_OWN(different_records_are_told),
        HERD_TEST_OWN(a_link_that_is_cut_is_named),
        HERD_TEST_OWN(a_wrong_key_is_named),
        SCENE_TEST(a_slow_provider_is_named),
        HERD_TEST_SINGLE(foreign_bytes_are_shown_not_sent),
        HERD_TEST_SINGLE(the_level_of_the_log_is_set),
        HERD_TEST_SINGLE(top_shows_rates),
        HERD_TEST_SINGLE(top_ends_by_a_signal),
        HERD_TEST_OWN(endless_answers_are_not_taken),
    };
    return workspace_finish(cmocka_run_group_tests_name("operators", tests, NULL, NULL));
}
