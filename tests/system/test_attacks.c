/* Attacks on a herd with keys (docs/security.md): after each, the records are as before, the herd
 * goes on serving, and the log names the attacker. */
#include "common/sockets/transport.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/intruder.h"
#include "tests/support/wait.h"
#include "tests/support/wire.h"
#include "tests/support/workspace.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SHORT_MS = 300,    /* for which a refused peer is watched: it cannot send */
    CONNECTIONS = 200, /* of a flood */
    ENDPOINT_SIZE = 64,
};

static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};

/* A herd under attack: A and B run, C's key is in the wrong hands. B is attacked. */
typedef struct {
    herd_t *herd;
    const char *kiwi; /* what it is known as */
    char bus[ENDPOINT_SIZE];
    char requests[ENDPOINT_SIZE];
    char tap[ENDPOINT_SIZE];
} scene_t;

static scene_t set_scene(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = chain, .member_count = ARRAY_COUNT(chain), .keys = true, .tcp_requests = true});
    *state = herd;
    assert_int_equal(
        herd_control(herd, (const char *const[]){"keygen", "--role=watcher", "wall", NULL}, NULL),
        0);
    herd_start(herd, "A");
    herd_start(herd, "B");
    scene_t scene = {.herd = herd, .kiwi = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n")};
    herd_wait_seen(herd, "B", "kiwi", scene.kiwi);
    snprintf(scene.bus, ENDPOINT_SIZE, "tcp://127.0.0.1:%u", herd_node_ports(herd, "B").bus);
    snprintf(scene.requests, ENDPOINT_SIZE, "tcp://127.0.0.1:%u",
             herd_node_ports(herd, "B").requests);
    snprintf(scene.tap, ENDPOINT_SIZE, "tcp://127.0.0.1:%u", herd_node_ports(herd, "B").tap);
    return scene;
}

/* Nothing has changed: the records, the link, the processes. */
static void expect_unharmed(const scene_t *scene)
{
    herd_t *herd = scene->herd;
    assert_true(process_is_running(herd_node(herd, "A")));
    assert_true(process_is_running(herd_node(herd, "B")));
    herd_wait_seen(herd, "A", "kiwi", scene->kiwi);
    herd_wait_seen(herd, "B", "kiwi", scene->kiwi);
    const char *emu = herd_ask(herd, "A", "IAMAT emu +2-2 7\n"); /* the same each time */
    herd_wait_seen(herd, "B", "emu", "AT A ");
    (void)emu;
    const char *output;
    assert_int_equal(
        herd_control(herd, (const char *const[]){"status", "--plain", "A", "B", NULL}, &output), 0);
}

static void expect_log(const scene_t *scene, const char *part)
{
    herd_wait_logged(scene->herd, "B", "node", part);
}

/* A line of the log that is to come: how its event begins, and what else stands in it. */
typedef struct {
    const char *path;
    char begin[64];
    const char *part;
} awaited_t;

static bool has_line(void *argument)
{
    const awaited_t *awaited = argument;
    size_t size;
    char *log = workspace_read(awaited->path, &size);
    bool found = false;
    for (char *line = log; line != NULL && !found; line = *line != '\0' ? line : NULL) {
        char *end = line + strcspn(line, "\n");
        char *next = *end != '\0' ? end + 1 : end;
        *end = '\0';
        found = strstr(line, awaited->begin) != NULL && strstr(line, awaited->part) != NULL;
        line = next;
    }
    free(log);
    return found;
}

/* Waits for a handshake that failed for that reason at the socket of that domain; log lines of
 * other sockets do not count. */
static void expect_failed_handshake(const scene_t *scene, const char *domain, const char *reason)
{
    char *path = workspace_path(herd_folder(scene->herd), "log/B.node.log");
    awaited_t awaited = {.path = path, .part = reason};
    snprintf(awaited.begin, sizeof awaited.begin, "handshake-failed: %s: a connection from ",
             domain);
    if (!wait_until(has_line, &awaited, WAIT_LIMIT_MS)) {
        fail_msg("no \"%s ... %s\" in the log of B", awaited.begin, reason);
    }
    free(path);
}

static const char newer[] = "AT C +1.000000000 kiwi +9-9 4000000000 =\n";
static const char hello_of_a[] = "versions 1\nherd test\nname A\ngeneration "
                                 "00000000000000000000000000000001\ntail 1\nclock 1\n";

/* Tries to connect to each of the sockets as `options` say; a refused peer cannot send. */
static void knock(const scene_t *scene, intruder_options_t options, const char *domain)
{
    bool on_tap = strcmp(domain, "tap") == 0;
    options.type = on_tap ? ZMQ_SUB : ZMQ_DEALER;
    options.endpoint = on_tap                       ? scene->tap
                       : strcmp(domain, "bus") == 0 ? scene->bus
                                                    : scene->requests;
    intruder_t *intruder = intruder_new(scene->herd, &options);
    if (!on_tap) {
        assert_false(intruder_send(intruder, MESSAGE_FORGET, "", "kiwi\n", SHORT_MS));
    }
    char part[256];
    if (options.server == NULL) {
        /* It comes once: of failures within a second the log tells the last one's reason. */
        snprintf(part, sizeof part, "handshake-failed: %s: a connection from ", domain);
        expect_log(scene, part);
    } else if (options.wrong_server) {
        expect_failed_handshake(scene, domain, "it does not have this member's public key");
    } else if (options.stranger) {
        snprintf(part, sizeof part, "%s: refused: nobody here has its key, %s", domain,
                 intruder_key(intruder));
        expect_log(scene, part);
    } else {
        snprintf(part, sizeof part, "%s/%s key-refused: %s: refused, from 127.0.0.1",
                 roles_text(options.role), options.name, domain);
        expect_log(scene, part);
    }
    intruder_destroy(&intruder);
}

static void who_has_no_key_is_out(void **state)
{
    scene_t scene = set_scene(state);
    static const char *const domains[] = {"bus", "requests", "tap"};
    for (size_t i = 0; i < ARRAY_COUNT(domains); i++) {
        knock(&scene, (intruder_options_t){0}, domains[i]);
        knock(&scene, (intruder_options_t){.server = "B", .stranger = true}, domains[i]);
        knock(&scene, (intruder_options_t){.server = "B", .stranger = true, .wrong_server = true},
              domains[i]);
    }
    expect_unharmed(&scene);
}

static void a_key_is_for_its_sockets_only(void **state)
{
    scene_t scene = set_scene(state);
    static const struct {
        roles_role_t role;
        const char *name;
        const char *domain;
    } cases[] = {
        {ROLES_MEMBER, "C", "requests"},     {ROLES_MEMBER, "C", "tap"},
        {ROLES_FRONT_END, "B", "bus"},       {ROLES_FRONT_END, "B", "tap"},
        {ROLES_FRONT_END, "A", "requests"}, /* of another member */
        {ROLES_OPERATOR, "anna", "bus"},     {ROLES_WATCHER, "wall", "bus"},
        {ROLES_WATCHER, "wall", "requests"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        knock(&scene,
              (intruder_options_t){.server = "B", .role = cases[i].role, .name = cases[i].name},
              cases[i].domain);
    }
    expect_unharmed(&scene);
}

static intruder_t *come_as(const scene_t *scene, roles_role_t role, const char *name,
                           const char *routing_id)
{
    return intruder_new(
        scene->herd,
        &(intruder_options_t){.type = ZMQ_DEALER,
                              .endpoint = role == ROLES_MEMBER ? scene->bus : scene->requests,
                              .server = "B",
                              .role = role,
                              .name = name,
                              .routing_id = routing_id});
}

/* C's key, A's name: as its routing id, and in its HELLO. */
static void a_member_speaks_for_itself_only(void **state)
{
    scene_t scene = set_scene(state);
    intruder_t *intruder = come_as(&scene, ROLES_MEMBER, "C", "A");
    assert_true(intruder_send(intruder, MESSAGE_HELLO, "1", hello_of_a, WAIT_LIMIT_MS));
    assert_true(intruder_send(intruder, MESSAGE_DATA, "1 00000000000000000000000000000001 0 1",
                              newer, WAIT_LIMIT_MS));
    expect_log(&scene, "member/C key-misused: bus: message dropped, from 127.0.0.1: its routing id "
                       "is another's name");
    expect_unharmed(&scene);
    intruder_destroy(&intruder);

    intruder = come_as(&scene, ROLES_MEMBER, "C", NULL);
    assert_true(intruder_send(intruder, MESSAGE_HELLO, "1", hello_of_a, WAIT_LIMIT_MS));
    assert_true(intruder_send(intruder, MESSAGE_DATA, "1 00000000000000000000000000000001 0 1",
                              newer, WAIT_LIMIT_MS));
    expect_log(&scene, "C message-dropped");
    expect_unharmed(&scene);
    intruder_destroy(&intruder);
}

static void a_key_is_for_its_messages_only(void **state)
{
    scene_t scene = set_scene(state);
    intruder_t *front_end = come_as(&scene, ROLES_FRONT_END, "B", NULL);
    assert_true(intruder_send(front_end, MESSAGE_FORGET, "", "kiwi\n", WAIT_LIMIT_MS));
    assert_true(intruder_send(front_end, MESSAGE_DATA, "1 2 3", newer, WAIT_LIMIT_MS));
    expect_log(&scene, "front-end/B key-misused: requests: message dropped, from 127.0.0.1: such a "
                       "key does not send this type");
    assert_true(intruder_send(front_end, MESSAGE_HELLO, "1",
                              "versions 1\nherd test\nfrontend A\npid 1\n", WAIT_LIMIT_MS));
    intruder_expect(front_end, MESSAGE_REFUSED);
    expect_log(&scene, "it gives another name than its key has");
    intruder_destroy(&front_end);

    intruder_t *operator_ = come_as(&scene, ROLES_OPERATOR, "anna", NULL);
    assert_true(intruder_send(operator_, MESSAGE_HELLO, "1",
                              "versions 1\nherd test\nfrontend B\npid 1\n", WAIT_LIMIT_MS));
    assert_true(intruder_send(operator_, MESSAGE_REQUEST, "1", "1 1 1 IAMAT kiwi +9-9 4000000000\n",
                              WAIT_LIMIT_MS));
    assert_true(intruder_send(operator_, MESSAGE_STATUS, "", "", WAIT_LIMIT_MS));
    intruder_expect(operator_, MESSAGE_REPORT);
    expect_log(&scene, "operator/anna key-misused: requests: message dropped");
    intruder_destroy(&operator_);
    expect_unharmed(&scene);
}

static bool has_report(void *argument)
{
    return transport_ready(intruder_socket(argument), ZMQ_POLLIN);
}

static bool is_out(void *argument)
{
    return transport_ready(intruder_socket(argument), ZMQ_POLLOUT);
}

/* What an operator sent is recorded, the whole connection, and sent again. */
static void a_recorded_session_is_worth_nothing(void **state)
{
    scene_t scene = set_scene(state);
    (void)herd_ask(scene.herd, "B", "IAMAT owl +1-1 5\n");
    wire_t *wire = wire_new(herd_node_ports(scene.herd, "B").requests);
    intruder_t *victim =
        intruder_new(scene.herd, &(intruder_options_t){.type = ZMQ_DEALER,
                                                       .endpoint = wire_endpoint(wire),
                                                       .server = "B",
                                                       .role = ROLES_OPERATOR,
                                                       .name = "anna"});
    wire_carry(wire, is_out, victim);
    assert_true(intruder_send(victim, MESSAGE_FORGET, "1", "owl\n", WAIT_LIMIT_MS));
    wire_carry(wire, has_report, victim);
    const char *owl = herd_ask(scene.herd, "B", "IAMAT owl +2-2 6\n");
    assert_memory_equal(owl, "AT B ", 5);

    client_t *client = client_new(herd_node_ports(scene.herd, "B").requests);
    client_send(client, wire_sent(wire));
    (void)client_read_all(client); /* until the node hangs up */
    client_destroy(&client);
    expect_log(&scene, "or was recorded and sent again");
    herd_wait_seen(scene.herd, "B", "owl", owl);
    expect_unharmed(&scene);
    intruder_destroy(&victim);
    wire_destroy(&wire);
}

static const char curve_greeting[64] = {
    [0] = (char)0xFF, [8] = 1,    [9] = 0x7F, [10] = 3,  [12] = 'C',
    [13] = 'U',       [14] = 'R', [15] = 'V', [16] = 'E'};

/* Sends it on a connection of its own, and waits until the node hangs up. */
static void throw_at(uint16_t port, const char *data, size_t size)
{
    client_t *client = client_new(port);
    (void)client_send_some(client, (text_t){.data = data, .size = size}, WAIT_LIMIT_MS);
    (void)client_read_all(client);
    client_destroy(&client);
}

static void throw_behind_greeting(uint16_t port, const char *data, size_t size)
{
    char *all = calloc(1, sizeof curve_greeting + size);
    memcpy(all, curve_greeting, sizeof curve_greeting);
    memcpy(all + sizeof curve_greeting, data, size);
    throw_at(port, all, sizeof curve_greeting + size);
    free(all);
}

static void garbage_is_dropped_on_every_port(void **state)
{
    scene_t scene = set_scene(state);
    const uint16_t ports[] = {herd_node_ports(scene.herd, "B").bus,
                              herd_node_ports(scene.herd, "B").requests,
                              herd_node_ports(scene.herd, "B").tap};
    static const char *const domains[] = {"bus", "requests", "tap"};
    static char noise[65536];
    memset(noise, 'x', sizeof noise);
    for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
        char part[128];
        throw_at(ports[i], "GET / HTTP/1.1\r\n\r\n", 18);
        throw_at(ports[i], noise, sizeof noise);
        snprintf(part, sizeof part, "%s: a connection from ", domains[i]);
        expect_log(&scene, part);
        /* A frame of 4 GiB, one of 2 MiB; a HELLO of the wrong size; endless commands. */
        throw_behind_greeting(ports[i], "\x06\0\0\0\1\0\0\0\0", 9);
        throw_behind_greeting(ports[i], "\x06\0\0\0\0\0\x20\0\0", 9);
        throw_behind_greeting(ports[i], "\4\6\5HELLO", 8);
        throw_behind_greeting(ports[i], noise, sizeof noise);
        client_t *scan = client_new(ports[i]);
        client_destroy(&scan);
    }
    expect_log(&scene, "what it sent is no handshake");
    expect_unharmed(&scene);
}

/* The node ends connections that say nothing, or stop in the middle, and serves meanwhile. */
static void half_a_handshake_holds_up_nobody(void **state)
{
    scene_t scene = set_scene(state);
    const uint16_t ports[] = {herd_node_ports(scene.herd, "B").bus,
                              herd_node_ports(scene.herd, "B").requests,
                              herd_node_ports(scene.herd, "B").tap};
    client_t *clients[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++) {
        clients[i] = client_new(ports[i % ARRAY_COUNT(ports)]);
        client_send(clients[i], (text_t){.data = curve_greeting,
                                         .size = i * sizeof curve_greeting / CONNECTIONS});
    }
    expect_unharmed(&scene);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        (void)client_read_all(clients[i]);
        client_destroy(&clients[i]);
    }
    expect_log(&scene, "it hung up, or was silent, before its handshake was done");
    expect_unharmed(&scene);
}

/* The number in the sample of a log line such as "... of it: \\x00\\x6B\\x8B\\x45\\x67": a routing
 * id that ROUTER gave. */
static uint32_t find_given_id(const char *log)
{
    const char *sample = strstr(log, "\\x00");
    assert_non_null(sample);
    uint32_t id = 0;
    sample += strlen("\\x00");
    for (int i = 0; i < 4; i++) {
        bool escaped = strncmp(sample, "\\x", 2) == 0;
        unsigned byte = (unsigned char)*sample;
        if (escaped) {
            char digits[3] = {sample[2], sample[3], '\0'};
            byte = (unsigned)strtoul(digits, NULL, 16);
        }
        sample += escaped ? 4 : 1;
        id = id << 8 | byte;
    }
    return id;
}

/* Whether libzmq would count its routing ids from shortly before `id` on, with rand() seeded so. */
static bool is_foreseen(uint32_t id, unsigned seed)
{
    enum { NUMBERS = 256, COUNTED = 64 };
    srand(seed);
    uint32_t low = (uint32_t)rand();
    for (int i = 0; i < NUMBERS; i++) {
        uint32_t high = (uint32_t)rand();
        if (id - (low | high << 31) < COUNTED) {
            return true;
        }
        low = high;
    }
    return false;
}

/* A peer that has taken the next id for its own would end the node (docs/decisions/0021). */
static void given_routing_ids_cannot_be_foreseen(void **state)
{
    static const herd_member_t single[] = {{"B", ""}};
    time_t start = time(NULL);
    herd_t *herd =
        herd_new(&(herd_options_t){.members = single, .member_count = 1, .tcp_requests = true});
    *state = herd;
    herd_start(herd, "B");
    intruder_t *intruder = intruder_new(
        herd, &(intruder_options_t){.type = ZMQ_DEALER, .endpoint = herd_requests(herd, "B")});
    assert_true(intruder_send(intruder, MESSAGE_PING, "", "", WAIT_LIMIT_MS));
    herd_wait_logged(herd, "B", "node", "a header without session");
    size_t size;
    char *path = workspace_path(herd_folder(herd), "log/B.node.log");
    char *log = workspace_read(path, &size);
    uint32_t id = find_given_id(log);
    assert_false(is_foreseen(id, 1));
    for (time_t time_s = start - 1; time_s <= time(NULL); time_s++) {
        assert_false(is_foreseen(id, (unsigned)time_s));
    }
    free(log);
    free(path);
    intruder_destroy(&intruder);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(who_has_no_key_is_out),
        HERD_TEST_OWN(a_key_is_for_its_sockets_only),
        HERD_TEST_OWN(a_member_speaks_for_itself_only),
        HERD_TEST_OWN(a_key_is_for_its_messages_only),
        HERD_TEST_OWN(a_recorded_session_is_worth_nothing),
        HERD_TEST_OWN(garbage_is_dropped_on_every_port),
        HERD_TEST_OWN(half_a_handshake_holds_up_nobody),
        HERD_TEST_OWN(given_routing_ids_cannot_be_foreseen),
    };
    return workspace_finish(cmocka_run_group_tests_name("attacks", tests, NULL, NULL));
}
