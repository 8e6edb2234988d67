/* Messages that never end, and prefixes without end, at a node's sockets (docs/security.md): the
 * connection is cut, the node goes on, and its memory is back afterwards. */
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/protocol/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    ROUNDS = 400,          /* of CHUNK_SIZE bytes: 40 MB */
    CHUNK_SIZE = 99999,    /* bytes: whole frames of three */
    ATTACKERS = 3,         /* one after the other, at each socket */
    MEMORY_MAX_KB = 65536, /* that a node at rest may have more than before */
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

static long resident_kb(herd_t *herd)
{
    char path[64];
    size_t size = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)process_pid(herd_node(herd, "A")));
    char *text = workspace_read(path, &size);
    const char *line = text != NULL ? strstr(text, "VmRSS:") : NULL;
    assert_non_null(line);
    text_t rest = text_of(line != NULL ? line + strlen("VmRSS:") : "");
    text_t field;
    uint64_t number = 0;
    assert_true(text_take_field(&rest, &field) && text_to_u64(field, UINT32_MAX, &number));
    free(text);
    return (long)number;
}

/* A sanitizer keeps what is freed: what the program holds cannot be told from outside. */
static bool is_sanitized(void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    return true;
#else
    return false;
#endif
}

typedef struct {
    herd_t *herd;
    long before_kb;
} rest_t;

static bool is_at_rest(void *argument)
{
    const rest_t *rest = argument;
    return resident_kb(rest->herd) <= rest->before_kb + MEMORY_MAX_KB;
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
    rest_t rest = {.herd = herd, .before_kb = resident_kb(herd)};
    herd_ports_t ports = herd_node_ports(herd, "A");
    attack(herd, "bus", ports.bus, "DEALER");
    attack(herd, "requests", ports.requests, "DEALER");
    attack(herd, "tap", ports.tap, "SUB");
    assert_true(process_is_running(herd_node(herd, "A")));
    herd_wait_seen(herd, "A", "kiwi", kiwi);
    const char *emu = herd_ask(herd, "B", "IAMAT emu +2-2 6\n");
    herd_wait_seen(herd, "A", "emu", emu);
    if (!is_sanitized() && !wait_until(is_at_rest, &rest, WAIT_LIMIT_MS)) {
        fail_msg("%ld kB resident, %ld before", resident_kb(herd), rest.before_kb);
    }
}

static uint64_t figure_of(herd_t *herd, const char *key)
{
    report_t report;
    uint64_t value = 0;
    report_read(herd_requests(herd, "A"), &report);
    assert_true(message_number(text_of(report.body), key, UINT64_MAX, &value));
    report_done(&report);
    return value;
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
    rest_t rest = {.herd = herd, .before_kb = resident_kb(herd)};
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
    if (!is_sanitized() && !wait_until(is_at_rest, &rest, WAIT_LIMIT_MS)) {
        fail_msg("%ld kB resident, %ld before", resident_kb(herd), rest.before_kb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_message_without_end_is_cut),
        HERD_TEST_OWN(deaf_subscribers_take_a_part_of_the_time),
    };
    return workspace_finish(cmocka_run_group_tests_name("endless", tests, NULL, NULL));
}
