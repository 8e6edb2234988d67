/* Strangers who take a node's descriptors, at each of its sockets, with keys and without
 * (docs/contributing.md, K1): it goes on, serves while they are there, and a neighbour that comes
 * back finds a place. */
#include "tests/support/client.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    NODE_FILES = 128,
    CROWD = 300,     /* connections that the strangers keep trying to have */
    PAUSE_US = 500,  /* between two of their tries */
    QUIET_MS = 1000, /* for which the processor's time is measured */
    QUIET_CPU_MS = 250,
    ROUNDS = 5,
    NEIGHBOURS = 18,
};

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};

/* ---- the strangers ---- */

/* Greeting and READY of ZMTP 3.1, and a HELLO of HERD/1 that says nothing. */
static const char greeting[64] = {'\xff', 0, 0, 0, 0, 0, 0, 0, 0, '\x7f', 3, 0, 'N', 'U', 'L', 'L'};
static const char ready[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                            "DEALER";
static const char hello[] = "\x01\x06HERD/1\x01\x05HELLO\x01\x08"
                            "00000001\x00\x57"
                            "versions 1\nherd test\nname B\n"
                            "generation 00000000000000000000000000000001\ntail 1\nclock 1\n";
/* The same of those who say that they are B. */
static const char ready_of_b[] = "\x04\x2a\x05READY\x0bSocket-Type\0\0\0\x06"
                                 "DEALER\x08Identity\0\0\0\x01"
                                 "B";

typedef struct {
    pthread_t thread;
    atomic_bool stop;
    atomic_uint rounds;  /* in which each of them had its turn */
    atomic_bool settled; /* no new tries, but they go on speaking */
    atomic_bool hold;    /* keep what there is, without new tries */
    bool silent;
    bool forged; /* they say that they are B */
    uint16_t port;
    const char *path; /* of a Unix socket, instead of the port */
    int sockets[CROWD];
} crowd_t;

static int try_connect(const crowd_t *self)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_un local;
    } address = {.v4 = {.sin_family = AF_INET,
                        .sin_port = htons(self->port),
                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address.v4;
    if (self->path != NULL) {
        address.local = (struct sockaddr_un){.sun_family = AF_UNIX};
        text_copy(text_of(self->path), address.local.sun_path);
        size = sizeof address.local;
    }
    int file = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file >= 0 && connect(file, &address.any, size) != 0) {
        close(file);
        file = -1;
    }
    return file;
}

/* Whether the other end has given it up. */
static bool is_gone(int file)
{
    char byte;
    ssize_t got = recv(file, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

/* What a peer says before the other's READY is taken for a part of its handshake. */
static void shake_hands(int file, bool forged)
{
    char all[sizeof greeting + sizeof ready_of_b];
    text_t second = forged ? (text_t){.data = ready_of_b, .size = sizeof ready_of_b - 1}
                           : (text_t){.data = ready, .size = sizeof ready - 1};
    char *end = text_copy((text_t){.data = greeting, .size = sizeof greeting}, all);
    end = text_copy(second, end);
    (void)send(file, all, (size_t)(end - all), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* One that was ended is tried again; one that was let in says HELLO, once in each round. */
static void renew(const crowd_t *self, int *file)
{
    if (*file >= 0 && is_gone(*file)) {
        close(*file);
        *file = -1;
    }
    if (*file >= 0) {
        if (!self->silent) {
            (void)send(*file, hello, sizeof hello - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        return;
    }
    *file = self->settled ? -1 : try_connect(self);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000L}, NULL);
    if (*file >= 0 && !self->silent) {
        shake_hands(*file, self->forged);
    }
}

static void *press(void *argument)
{
    crowd_t *self = argument;
    for (size_t i = 0; !self->stop; i = (i + 1) % CROWD) {
        if (self->hold) {
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000L}, NULL);
        } else {
            renew(self, &self->sockets[i]);
            self->rounds += i + 1 == CROWD ? 1 : 0;
        }
    }
    return NULL;
}

static crowd_t *crowd_new(const crowd_t *kind)
{
    crowd_t *self = calloc(1, sizeof *self);
    assert_non_null(self);
    self->port = kind->port;
    self->path = kind->path;
    self->silent = kind->silent;
    self->forged = kind->forged;
    for (size_t i = 0; i < CROWD; i++) {
        self->sockets[i] = -1;
    }
    assert_int_equal(pthread_create(&self->thread, NULL, press, self), 0);
    return self;
}

static void crowd_destroy(crowd_t **self_p)
{
    crowd_t *self = *self_p;
    self->stop = true;
    pthread_join(self->thread, NULL);
    for (size_t i = 0; i < CROWD; i++) {
        if (self->sockets[i] >= 0) {
            close(self->sockets[i]);
        }
    }
    free(self);
    *self_p = NULL;
}

/* ---- the herd under it ---- */

/* A, whose descriptors are taken, serves; B ends and comes back, and A gets what it brings. */
static void expect_life(herd_t *herd, unsigned round)
{
    char line[64];
    char name[32];
    snprintf(name, sizeof name, "kiwi%u", round);
    snprintf(line, sizeof line, "IAMAT %s +1-1 5\n", name);
    const char *answer = herd_ask(herd, "A", line);
    assert_int_equal(memcmp(answer, "AT A ", 5), 0);
    herd_kill_node(herd, "B");
    herd_start_node(herd, "B");
    herd_wait_serving(herd, "B");
    herd_wait_seen(herd, "B", name, answer);
    snprintf(name, sizeof name, "emu%u", round);
    snprintf(line, sizeof line, "IAMAT %s +2-2 6\n", name);
    answer = herd_ask(herd, "B", line);
    herd_wait_seen(herd, "A", name, answer);
}

static int64_t cpu_while_held(herd_t *herd, crowd_t *crowd)
{
    crowd->hold = true;
    int64_t before_ms = process_cpu_ms(herd_node(herd, "A"));
    wait_nap(QUIET_MS);
    int64_t taken_ms = process_cpu_ms(herd_node(herd, "A")) - before_ms;
    crowd->hold = false;
    return taken_ms;
}

static const char crowded[] = "too many connections are open that have not said whose they are";

static void press_at(herd_t *herd, uint16_t port, bool silent, unsigned round)
{
    pid_t before = process_pid(herd_node(herd, "A"));
    crowd_t *crowd = crowd_new(&(crowd_t){.port = port, .silent = silent});
    herd_wait_logged(herd, "A", "node", crowded);
    expect_life(herd, round);
    int64_t cpu_ms = cpu_while_held(herd, crowd);
    crowd_destroy(&crowd);
    if (cpu_ms > QUIET_CPU_MS) {
        fail_msg("%ld ms of the processor in %d ms", (long)cpu_ms, QUIET_MS);
    }
    assert_true(process_is_running(herd_node(herd, "A")));
    assert_int_equal(process_pid(herd_node(herd, "A")), before);
}

static herd_t *start_pair(void **state, bool keys)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = pair,
                                              .member_count = 2,
                                              .keys = keys,
                                              .tcp_requests = true,
                                              .node_max_files = NODE_FILES});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

static void press_at_all(void **state, bool keys)
{
    herd_t *herd = start_pair(state, keys);
    herd_ports_t ports = herd_node_ports(herd, "A");
    press_at(herd, ports.bus, keys, 0);
    press_at(herd, ports.requests, keys, 1);
    press_at(herd, ports.tap, keys, 2);
}

static void a_crowd_at_the_sockets_without_keys(void **state)
{
    press_at_all(state, false);
}

static void a_crowd_at_the_sockets_with_keys(void **state)
{
    press_at_all(state, true);
}

/* ZeroMQ ends a process that has no descriptor for a connection to a Unix socket. */
static void a_crowd_at_the_unix_socket(void **state)
{
    herd_t *herd = herd_new(
        &(herd_options_t){.members = pair, .member_count = 2, .node_max_files = NODE_FILES});
    *state = herd;
    herd_start_all(herd);
    crowd_t *strangers = crowd_new(&(crowd_t){.port = herd_node_ports(herd, "A").bus});
    crowd_t *crowd = crowd_new(&(crowd_t){.path = herd_requests(herd, "A") + strlen("ipc://")});
    herd_wait_logged(herd, "A", "node", "connection-cut: requests: the connection from process ");
    expect_life(herd, 0);
    crowd_destroy(&crowd);
    crowd_destroy(&strangers);
    assert_true(process_is_running(herd_node(herd, "A")));
    expect_life(herd, 1);
}

static bool has_pressed(void *argument)
{
    const crowd_t *crowd = argument;
    return crowd->rounds >= ROUNDS;
}

/* Who says that he is a neighbour keeps one connection by that: B is away, and a crowd says that it
 * is B; C comes back. */
static void a_crowd_with_the_name_of_a_neighbour(void **state)
{
    static const herd_member_t trio[] = {{"A", "B C"}, {"B", "A"}, {"C", "A"}};
    herd_t *herd = herd_new(
        &(herd_options_t){.members = trio, .member_count = 3, .node_max_files = NODE_FILES});
    *state = herd;
    herd_start(herd, "A");
    herd_start(herd, "C");
    herd_kill_node(herd, "C");
    crowd_t *crowd = crowd_new(&(crowd_t){.port = herd_node_ports(herd, "A").bus, .forged = true});
    herd_wait_logged(herd, "A", "node", crowded);
    herd_wait_logged(herd, "A", "node", " B link-opened: ");
    assert_true(wait_until(has_pressed, crowd, WAIT_LIMIT_MS));
    crowd->settled = true;
    crowd->rounds = 0;
    assert_true(wait_until(has_pressed, crowd, WAIT_LIMIT_MS)); /* all places are those of "B" */
    herd_start_node(herd, "C");
    herd_wait_serving(herd, "C");
    const char *kiwi = herd_ask(herd, "C", "IAMAT kiwi +1-1 5\n");
    herd_wait_seen(herd, "A", "kiwi", kiwi);
    crowd_destroy(&crowd);
    herd_start(herd, "B");
    herd_wait_seen(herd, "B", "kiwi", kiwi);
    assert_true(process_is_running(herd_node(herd, "A")));
}

/* ---- too few from the start ---- */

static int start_with(herd_t *herd, size_t files, bool check, const char *part)
{
    char *path = herd_program("herd-node");
    char *output = workspace_path(herd_folder(herd), "output");
    (void)unlink(output);
    const char *const argv[] = {path, "--config", herd_file(herd), "Hub", check ? "--check" : NULL,
                                NULL};
    int status = process_run(
        &(process_options_t){.argv = argv, .output = output, .max_files = files}, WAIT_LIMIT_MS);
    size_t size;
    char *said = workspace_read(output, &size);
    assert_non_null(said);
    if (strstr(said, part) == NULL) {
        fail_msg("no \"%s\" in \"%s\"", part, said);
    }
    free(said);
    free(output);
    free(path);
    return status;
}

static void a_node_reckons_its_files_at_the_start(void **state)
{
    static char names[NEIGHBOURS + 1][8];
    static char all[NEIGHBOURS * 8];
    herd_member_t members[NEIGHBOURS + 1] = {{"Hub", all}};
    all[0] = '\0';
    for (size_t i = 1; i <= NEIGHBOURS; i++) {
        snprintf(names[i], sizeof names[i], "M%zu", i);
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 1 ? " " : "", names[i]);
        members[i] = (herd_member_t){names[i], "Hub"};
    }
    herd_t *herd = herd_new(&(herd_options_t){.members = members, .member_count = NEIGHBOURS + 1});
    *state = herd;
    static const char few[] = "open files are allowed (ulimit -n), 154 are the least: 64, and 5 "
                              "for each of 18 neighbours";
    assert_int_equal(start_with(herd, 64, false, few), 1);
    assert_int_equal(start_with(herd, 153, false, few), 1);
    assert_int_equal(start_with(herd, 153, true, few), 1);
    assert_int_equal(start_with(herd, 154, true, ""), 0);
}

static void a_reload_reckons_again(void **state)
{
    static const herd_member_t before[] = {{"Hub", "M1"}, {"M1", "Hub"}};
    static const herd_member_t after[] = {
        {"Hub", "M1 M2 M3"}, {"M1", "Hub"}, {"M2", "Hub"}, {"M3", "Hub"}};
    herd_needs_pairs(); /* the least is more */
    herd_t *herd =
        herd_new(&(herd_options_t){.members = before, .member_count = 2, .node_max_files = 70});
    *state = herd;
    herd_start(herd, "Hub");
    herd_rewrite(herd, &(herd_options_t){.members = after, .member_count = 4});
    const char *output = "";
    (void)herd_control(herd, (const char *const[]){"reload", "Hub", NULL}, &output);
    if (strstr(output, "70 open files are allowed (ulimit -n), and 79 are needed now: 64, and 5 "
                       "for each of 3 neighbours") == NULL) {
        fail_msg("%s", output);
    }
    herd_wait_serving(herd, "Hub");
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_node_reckons_its_files_at_the_start),
        HERD_TEST_OWN(a_reload_reckons_again),
        HERD_TEST_OWN(a_crowd_at_the_sockets_without_keys),
        HERD_TEST_OWN(a_crowd_at_the_sockets_with_keys),
        HERD_TEST_OWN(a_crowd_at_the_unix_socket),
        HERD_TEST_OWN(a_crowd_with_the_name_of_a_neighbour),
    };
    return workspace_finish(cmocka_run_group_tests_name("crowd", tests, NULL, NULL));
}
