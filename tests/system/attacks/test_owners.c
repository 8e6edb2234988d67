/* Two herds of one user: a port or a Unix socket belongs to the member that came first, and no one
 * takes a client, or a question, that is another's (docs/security.md). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ROUNDS = 6,
    RACERS = 4, /* of each herd */
    ASKED = 20,
    TEXT_SIZE = 512,
};

static port_pool_t *pool;

/* Writes a herd file of one member, Clark, to a new folder; caller frees its path. `settings` are
 * lines of its section `herd`, `requests` one of the member's, or "". */
static char *write_herd(const char *clients, uint16_t bus, const char *settings,
                        const char *requests)
{
    char *folder = workspace_new();
    char *path = workspace_path(folder, "herd.cfg");
    char *text = NULL;
    assert_true(asprintf(&text,
                         "herd\n    name = \"test\"\n%s    places\n        provider = \"none\"\n"
                         "members\n    Clark\n        clients = \"%s\"\n"
                         "        bus = \"tcp://127.0.0.1:%u\"\n%s",
                         settings, clients, (unsigned)bus, requests) > 0);
    workspace_write(path, text_of(text));
    free(text);
    free(folder);
    return path;
}

/* A program of a test, and what it prints. */
typedef struct {
    process_t *process;
    char *output;
} started_t;

static started_t start(const char *program, const char *file)
{
    char *path = herd_program(program);
    char *folder = workspace_new();
    started_t self = {.output = workspace_path(folder, "output")};
    const char *argv[] = {path, "--config", file, "Clark", NULL};
    self.process = process_start(&(process_options_t){.argv = argv, .output = self.output});
    free(folder);
    free(path);
    return self;
}

static void finish(started_t *self)
{
    process_destroy(&self->process);
    free(self->output);
    self->output = NULL;
}

static bool has_printed(const started_t *self, const char *part)
{
    size_t size;
    char *text = workspace_read(self->output, &size);
    bool found = text != NULL && strstr(text, part) != NULL;
    free(text);
    return found;
}

/* Whether it listens, or has ended. */
static bool is_decided(void *argument)
{
    started_t *self = argument;
    return has_printed(self, ": started: ") || !process_is_running(self->process);
}

static bool comes_up(started_t *self)
{
    assert_true(wait_until(is_decided, self, WAIT_LIMIT_MS));
    return process_is_running(self->process);
}

/* It ends with status 1, and names the program, herd-single where it is that, its herd file and its
 * process. */
static void expect_refused(started_t *self, const char *program, const char *file,
                           const process_t *holder)
{
    int status;
    char text[TEXT_SIZE];
    assert_true(process_wait(self->process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 1);
    snprintf(text, sizeof text, ": Address already in use, by %s --config %s Clark (process %ld); ",
             herd_is_of_singles() ? "herd-single" : program, file, (long)process_pid(holder));
    if (!has_printed(self, text)) {
        fail_msg("%s does not say \"%s\"", self->output, text);
    }
    finish(self);
}

static void expect_served(herd_t *herd)
{
    for (int i = 0; i < ASKED; i++) {
        assert_string_equal(herd_ask(herd, "Clark", "WHATSAT kiwi 0 0\n"), "? WHATSAT kiwi 0 0\n");
    }
}

/* However the address is spelt. */
static void a_client_port_has_one_owner(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1", "*", "0.0.0.0", "localhost", "[::ffff:127.0.0.1]",
    };
    herd_t *herd = *state;
    for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
        char clients[TEXT_SIZE];
        snprintf(clients, sizeof clients, "tcp://%s:%u", hosts[i],
                 (unsigned)herd_port(herd, "Clark"));
        char *file = write_herd(clients, port_pool_take(pool), "", "");
        started_t second = start("herd-frontend", file);
        expect_refused(&second, "herd-frontend", herd_file(herd), herd_frontend(herd, "Clark"));
        free(file);
    }
    expect_served(herd);
}

/* A front-end may be replaced without a pause; the port stays the member's all the time. */
static void front_ends_of_a_member_share_its_port(void **state)
{
    herd_t *herd = *state;
    char clients[TEXT_SIZE];
    herd_needs_pairs();
    snprintf(clients, sizeof clients, "tcp://127.0.0.1:%u", (unsigned)herd_port(herd, "Clark"));
    char *file = write_herd(clients, port_pool_take(pool), "", "");
    started_t twin = start("herd-frontend", herd_file(herd));
    assert_true(comes_up(&twin));
    herd_kill_frontend(herd, "Clark");
    herd_wait_serving(herd, "Clark");
    expect_served(herd);
    started_t stranger = start("herd-frontend", file);
    expect_refused(&stranger, "herd-frontend", herd_file(herd), twin.process);
    finish(&twin);
    stranger = start("herd-frontend", file);
    assert_true(comes_up(&stranger));
    finish(&stranger);
    free(file);
}

/* All start at once: whoever is first, those that listen are of one herd. */
static void of_many_at_once_one_herd_has_the_port(void **state)
{
    herd_t *herd = herd_new_single();
    *state = herd;
    char clients[TEXT_SIZE];
    snprintf(clients, sizeof clients, "tcp://127.0.0.1:%u", (unsigned)herd_port(herd, "Clark"));
    char *file = write_herd(clients, port_pool_take(pool), "", "");
    for (int round = 0; round < ROUNDS; round++) {
        started_t racers[2 * RACERS];
        size_t listening[2] = {0, 0};
        for (size_t i = 0; i < ARRAY_COUNT(racers); i++) {
            bool second = i % 2 == (size_t)round % 2;
            racers[i] = start("herd-frontend", second ? file : herd_file(herd));
        }
        for (size_t i = 0; i < ARRAY_COUNT(racers); i++) {
            bool second = i % 2 == (size_t)round % 2;
            listening[second ? 1 : 0] += comes_up(&racers[i]) ? 1 : 0;
        }
        for (size_t i = 0; i < ARRAY_COUNT(racers); i++) {
            finish(&racers[i]);
        }
        assert_true(listening[0] == 0 || listening[1] == 0);
        assert_int_equal(listening[0] + listening[1], RACERS);
    }
    free(file);
}

/* Ports and sockets of nodes. */
static void a_node_takes_nothing_that_is_taken(void **state)
{
    herd_t *herd = *state;
    char run[TEXT_SIZE];
    char requests[TEXT_SIZE];
    herd_ports_t ports = herd_node_ports(herd, "Clark");
    char *same_port = write_herd("tcp://127.0.0.1:1", ports.bus, "", "");
    started_t node = start("herd-node", same_port);
    expect_refused(&node, "herd-node", herd_file(herd), herd_node(herd, "Clark"));

    snprintf(run, sizeof run, "    run_dir = \"%s/run\"\n", herd_folder(herd));
    char *same_folder = write_herd("tcp://127.0.0.1:1", port_pool_take(pool), run, "");
    node = start("herd-node", same_folder);
    expect_refused(&node, "herd-node", herd_file(herd), herd_node(herd, "Clark"));

    snprintf(requests, sizeof requests, "        requests = \"ipc://%s/./run//Clark.requests\"\n",
             herd_folder(herd));
    char *same_path = write_herd("tcp://127.0.0.1:1", port_pool_take(pool), "", requests);
    node = start("herd-node", same_path);
    expect_refused(&node, "herd-node", herd_file(herd), herd_node(herd, "Clark"));
    free(same_port);
    free(same_folder);
    free(same_path);
    expect_served(herd);
}

static bool is_turned_away(void *argument)
{
    size_t size;
    char *log = workspace_read(argument, &size);
    bool found = log != NULL && strstr(log, "node-refused: ") != NULL;
    free(log);
    return found;
}

/* Its node could not start, for that of another herd has the socket. */
static void a_front_end_asks_no_node_of_another_herd(void **state)
{
    herd_t *herd = *state;
    uint16_t port = port_pool_take(pool);
    char clients[TEXT_SIZE];
    char requests[TEXT_SIZE];
    snprintf(clients, sizeof clients, "tcp://127.0.0.1:%u", (unsigned)port);
    snprintf(requests, sizeof requests, "        requests = \"%s\"\n",
             herd_requests(herd, "Clark"));
    char *file = write_herd(clients, port_pool_take(pool), "", requests);
    char *log = memory_copy_text(file, strlen(file) - strlen("herd.cfg"));
    char *log_path = workspace_path(log, "log/Clark.frontend.log");
    started_t front_end = start("herd-frontend", file);
    assert_true(wait_until(is_turned_away, log_path, WAIT_LIMIT_MS));
    size_t size;
    char *text = workspace_read(log_path, &size);
    assert_non_null(
        strstr(text, "another member's node, or another herd file's; asking again each second"));
    assert_null(strstr(text, "node-up: "));
    free(text);
    finish(&front_end);
    free(log_path);
    free(log);
    free(file);
    expect_served(herd);
}

/* A node, and the log that it writes. */
typedef struct {
    char *file;
    char *log;
    started_t started;
} logged_node_t;

static bool has_started(void *argument)
{
    logged_node_t *self = argument;
    size_t size;
    char *log = workspace_read(self->log, &size);
    bool found = log != NULL && strstr(log, " started: ") != NULL;
    free(log);
    return found || !process_is_running(self->started.process);
}

static void race(logged_node_t nodes[2])
{
    size_t running = 0;
    for (size_t i = 0; i < 2; i++) {
        (void)unlink(nodes[i].log);
        nodes[i].started = start("herd-node", nodes[i].file);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_true(wait_until(has_started, &nodes[i], WAIT_LIMIT_MS));
    }
    for (size_t i = 0; i < 2; i++) {
        running += process_is_running(nodes[i].started.process) ? 1 : 0;
    }
    assert_int_equal(running, 1);
    finish(&nodes[0].started);
    finish(&nodes[1].started);
}

/* zmq_bind takes a path from whoever has it: two that start at once must not do so to each
 * other. */
static void of_two_nodes_at_once_one_has_the_socket(void **state)
{
    (void)state;
    char *folder = workspace_new();
    char run[TEXT_SIZE];
    snprintf(run, sizeof run, "    run_dir = \"%s\"\n", folder);
    logged_node_t nodes[2];
    for (size_t i = 0; i < ARRAY_COUNT(nodes); i++) {
        char clients[TEXT_SIZE];
        snprintf(clients, sizeof clients, "tcp://127.0.0.1:%u", (unsigned)port_pool_take(pool));
        char *file = write_herd(clients, port_pool_take(pool), run, "");
        nodes[i] = (logged_node_t){.file = file};
        assert_true(asprintf(&nodes[i].log, "%.*slog/Clark.node.log",
                             (int)(strlen(file) - strlen("herd.cfg")), file) > 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        race(nodes);
    }
    for (size_t i = 0; i < ARRAY_COUNT(nodes); i++) {
        free(nodes[i].file);
        free(nodes[i].log);
    }
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERD_TEST_SINGLE(a_client_port_has_one_owner),
        HERD_TEST_SINGLE(front_ends_of_a_member_share_its_port),
        HERD_TEST_SINGLE(a_node_takes_nothing_that_is_taken),
        HERD_TEST_SINGLE(a_front_end_asks_no_node_of_another_herd),
        HERD_TEST_OWN(of_many_at_once_one_herd_has_the_port),
        HERD_TEST_OWN(of_two_nodes_at_once_one_has_the_socket),
    };
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    pool = port_pool_new();
    int failed = cmocka_run_group_tests_name("owners", tests, NULL, NULL);
    port_pool_destroy(&pool);
    return workspace_finish(failed);
}
