/* Messages that never end, and prefixes without end, at a node's sockets (docs/security.md): the
 * connection is cut, the node goes on, and its memory is back afterwards. */
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    ROUNDS = 400,          /* of CHUNK_SIZE bytes: 40 MB */
    CHUNK_SIZE = 99999,    /* bytes: whole frames of three */
    ATTACKERS = 3,         /* one after the other, at each socket */
    MEMORY_MAX = 67108864, /* bytes that a node at rest may have more than before */
    DEAF = 300,            /* subscribers that read nothing */
    LINES = 60000,         /* of a client meanwhile */
    PART = 500,            /* of them that are under way */
};

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

/* Greeting and READY of ZMTP 3.1 (rfc.zeromq.org/spec/37) with the NULL mechanism. */
static client_t *shake_hands(uint16_t port, const char *type)
{
    client_t *client = client_new(port);
    char greeting[64] = {'\xff', 0, 0, 0, 0, 0, 0, 0, 0, '\x7f', 3, 0, 'N', 'U', 'L', 'L'};
    char ready[64] = "\x04";
    size_t size = 2;
    size += text_copy(TEXT("\x05READY\x0bSocket-Type"), ready + size) - (ready + size);
    const char length[4] = {0, 0, 0, (char)strlen(type)};
    memcpy(ready + size, length, sizeof length);
    size += sizeof length;
    size += text_copy(text_of(type), ready + size) - (ready + size);
    ready[1] = (char)(size - 2);
    client_send(client, (text_t){.data = greeting, .size = sizeof greeting});
    client_send(client, (text_t){.data = ready, .size = size});
    /* Its greeting and its READY: what comes before READY is taken for a part of the handshake. */
    char answer[2 + sizeof greeting];
    ssize_t got = recv(client_socket(client), answer, sizeof answer, MSG_WAITALL);
    assert_int_equal(got, sizeof answer);
    char rest[UINT8_MAX];
    got =
        recv(client_socket(client), rest, (unsigned char)answer[1 + sizeof greeting], MSG_WAITALL);
    assert_int_equal(got, (unsigned char)answer[1 + sizeof greeting]);
    return client;
}

/* Sends frames of a byte, each saying that more follow, until the connection is ended. */
static void send_without_end(uint16_t port, const char *type)
{
    static char chunk[CHUNK_SIZE];
    for (size_t i = 0; i < CHUNK_SIZE; i += 3) {
        memcpy(chunk + i, "\x01\x01x", 3);
    }
    client_t *client = shake_hands(port, type);
    bool cut = false;
    for (int i = 0; i < ROUNDS && !cut; i++) {
        size_t sent = 0;
        while (sent < CHUNK_SIZE && !cut) {
            ssize_t size =
                send(client_socket(client), chunk + sent, CHUNK_SIZE - sent, MSG_NOSIGNAL);
            cut = size <= 0;
            sent += cut ? 0 : (size_t)size;
        }
    }
    assert_true(cut);
    client_destroy(&client);
}

typedef struct {
    process_t *node;
    size_t before; /* bytes */
} rest_t;

static rest_t rest_of(herd_t *herd)
{
    process_t *node = herd_node(herd, "A");
    return (rest_t){.node = node, .before = process_memory(node)};
}

static bool is_at_rest(void *argument)
{
    const rest_t *rest = argument;
    return process_memory(rest->node) <= rest->before + MEMORY_MAX;
}

/* A sanitizer keeps what is freed. */
static void expect_rest(rest_t *rest)
{
    if (!process_is_sanitized() && !wait_until(is_at_rest, rest, WAIT_LIMIT_MS)) {
        fail_msg("%zu bytes held, %zu before", process_memory(rest->node), rest->before);
    }
}

/* The log shows the last one of a second: it is waited for before another socket is attacked. */
static void attack(herd_t *herd, const char *domain, uint16_t port, const char *type)
{
    char part[128];
    for (int i = 0; i < ATTACKERS; i++) {
        send_without_end(port, type);
    }
    snprintf(part, sizeof part, "connection-cut: %s: the connection from 127.0.0.1:", domain);
    herd_wait_logged(herd, "A", "node", part);
}

static void a_message_without_end_is_cut(void **state)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = pair, .member_count = 2, .tcp_requests = true});
    *state = herd;
    herd_start_all(herd);
    const char *kiwi = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "B", "kiwi", kiwi);
    rest_t rest = rest_of(herd);
    herd_ports_t ports = herd_node_ports(herd, "A");
    attack(herd, "bus", ports.bus, "DEALER");
    attack(herd, "requests", ports.requests, "DEALER");
    attack(herd, "tap", ports.tap, "SUB");
    assert_true(process_is_running(herd_node(herd, "A")));
    herd_wait_seen(herd, "A", "kiwi", kiwi);
    const char *emu = herd_ask(herd, "B", "IAMAT emu +2-2 6\n");
    herd_wait_seen(herd, "A", "emu", emu);
    expect_rest(&rest);
}

static uint64_t figure_of(herd_t *herd, const char *key)
{
    return report_figure(herd_requests(herd, "A"), key);
}

/* K14: what is published for each record costs time for each subscriber. The tap has a part of the
 * node's time; past it, messages are left out, and the next one shows how many. */
static void deaf_subscribers_take_a_part_of_the_time(void **state)
{
    static client_t *deaf[DEAF];
    herd_t *herd = herd_new(
        &(herd_options_t){.members = pair, .member_count = 2, .settings = "traffic = \"no\"\n"});
    *state = herd;
    herd_start_all(herd);
    rest_t rest = rest_of(herd);
    for (size_t i = 0; i < DEAF; i++) {
        deaf[i] = shake_hands(herd_node_ports(herd, "A").tap, "SUB");
        client_send(deaf[i], (text_t){.data = "\0\1\1", .size = 3}); /* to everything */
    }
    herd_wait_logged(herd, "A", "node", "tap-watched");
    client_t *client = herd_connect(herd, "A");
    static char lines[PART * 32];
    size_t size = 0;
    for (size_t i = 0; i < PART; i++) {
        size += (size_t)snprintf(lines + size, sizeof lines - size, "IAMAT k%zu +1-1 1\n", i);
    }
    for (size_t i = 0; i < LINES / PART; i++) {
        client_say(client, lines);
        (void)client_read_lines(client, PART);
    }
    assert_int_equal(figure_of(herd, "positions"), LINES);
    assert_true(figure_of(herd, "tap_sent") > 0);
    assert_true(figure_of(herd, "tap_left_out") > 0);
    client_destroy(&client);
    for (size_t i = 0; i < DEAF; i++) {
        client_destroy(&deaf[i]);
    }
    herd_wait_logged(herd, "A", "node", "tap-unwatched");
    expect_rest(&rest);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_message_without_end_is_cut),
        HERD_TEST_OWN(deaf_subscribers_take_a_part_of_the_time),
    };
    return workspace_finish(cmocka_run_group_tests_name("endless", tests, NULL, NULL));
}
