/* herd.h - a herd of real processes: any members, any links, in one workspace.
 *
 * Owner: the test. Threads: one.
 * herd_new writes the herd file; members run after herd_start. All processes end with herd_destroy. Every
 * function fails the test where it cannot do what it says; members are named as in the herd file.
 *
 * The programs come from the folder in the environment variable HERD_BIN, samples from HERD_SOURCE; ctest
 * sets both. A test of three members:
 *
 *   static const herd_member_t line[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
 *   herd_t *herd = herd_new(&(herd_options_t){.members = line, .member_count = 3});
 *   herd_start_all(herd);
 *   const char *answer = herd_ask(herd, "A", "IAMAT kiwi +34-118 1\n");
 *   herd_wait_seen(herd, "C", "kiwi", answer);
 *   herd_destroy(&herd);
 */
#ifndef HERD_TESTS_HERD_H
#define HERD_TESTS_HERD_H

#include "tests/support/client.h"
#include "tests/support/lan.h"
#include "tests/support/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct herd herd_t;

/* One member (open value struct). */
typedef struct {
    const char *name;
    const char *neighbours; /* names, separated by spaces; may be empty */
} herd_member_t;

/* What herd to write (open value struct; all borrowed for the call). */
typedef struct {
    const herd_member_t *members;
    size_t member_count;
    const char
        *settings; /* further lines of the section `herd`, e.g. "max_line = \"1024\"\n"; or NULL */
    bool local_places;  /* places of a file, else no provider */
    const char *places; /* the file, absolute or in HERD_SOURCE; NULL: tests/support/places.tsv */
    const char *places_classes; /* feature_classes; NULL: all */
    const char
        *places_settings; /* the lines of the section `places` instead, as `settings`; or NULL */
    size_t frontend_max_files; /* RLIMIT_NOFILE of front-ends, 0 inherits */
    bool keys; /* with keys: of every member and its front-end, and of an operator, "anna" */
    bool tcp_requests; /* requests by TCP, else by Unix sockets */
    bool separate;     /* each node on a host of its own (lan.h), where lan_is_possible */
    const char
        *hosts; /* that clients connect to, separated by spaces, 127.0.0.1 among them or "*"; NULL:
                        * 127.0.0.1 */
} herd_options_t;

/* The exit status by which ctest knows a skipped test. */
enum { HERD_EXIT_SKIPPED = 77 };

/* Whether both programs are in HERD_BIN; says so on stderr where they are not. For the start of main. */
bool herd_programs_exist(void);

/* Writes the herd file; starts nothing. Caller frees with herd_destroy. */
herd_t *herd_new(const herd_options_t *options);

/* Writes the herd file anew, in one step; nobody is told. Members that stay, at the front and in their order, keep their
 * ports; those that are new come behind them; those that are missing at the end must not run any more. Not for nodes on
 * hosts of their own. */
void herd_rewrite(herd_t *self, const herd_options_t *options);

/* Gives a member another bus port, for the next herd_rewrite. */
void herd_move_bus(herd_t *self, const char *member);

/* One member, "Clark", without neighbours. */
herd_t *herd_new_single(void);

/* Goloman, Hands, Holiday, Welsh and Wilkes with the links of the sample herd. */
herd_t *herd_new_sample(void);

/* Kills what runs, forgets the answers, clears the pointer; NULL is fine. The workspace stays until
 * workspace_finish. */
void herd_destroy(herd_t **self_p);

/* Node and front-end of a member, until a request passes through both. */
void herd_start(herd_t *self, const char *member);

/* All members at once, until each serves. */
void herd_start_all(herd_t *self);

/* Only the node, only the front-end; they return at once. */
void herd_start_node(herd_t *self, const char *member);
void herd_start_frontend(herd_t *self, const char *member);

/* Waits until a request passes through the member's front-end and node. */
void herd_wait_serving(herd_t *self, const char *member);

/* SIGKILL, until the process is gone. */
void herd_kill_node(herd_t *self, const char *member);
void herd_kill_frontend(herd_t *self, const char *member);

/* SIGTERM, until the process is gone; its exit status. */
int herd_stop_node(herd_t *self, const char *member);
int herd_stop_frontend(herd_t *self, const char *member);

/* The running process; owned by `self`, valid until it is killed or stopped. */
process_t *herd_node(herd_t *self, const char *member);
process_t *herd_frontend(herd_t *self, const char *member);

/* The members, in the order of herd_options_t; names are owned by `self`. */
size_t herd_member_count(const herd_t *self);
const char *herd_member_name(const herd_t *self, size_t index);

/* The endpoint of the member's tap; owned by `self`. */
const char *herd_tap(herd_t *self, const char *member);

/* The endpoint of the member's requests socket; owned by `self`. */
const char *herd_requests(herd_t *self, const char *member);

/* The ports that a member's node listens on (open value struct). */
typedef struct {
    uint16_t bus;
    uint16_t requests; /* 0: a Unix socket */
    uint16_t tap;
} herd_ports_t;

herd_ports_t herd_node_ports(herd_t *self, const char *member);

/* Of a herd whose nodes are separate: from now on, the way from one member to another is like this; the link
 * between two, both ways; all links. */
void herd_set_way(herd_t *self, const char *from, const char *to, const lan_way_t *way);
void herd_set_link(herd_t *self, const char *one, const char *other, const lan_way_t *way);
void herd_set_links(herd_t *self, const lan_way_t *way);

/* Of such a herd: the hosts and their switch. */
lan_t *herd_lan(const herd_t *self);

/* The member's number, from 0: that of its host, too. */
size_t herd_number(herd_t *self, const char *member);

/* The member's client port. */
uint16_t herd_port(herd_t *self, const char *member);

/* A new connection to the member's front-end; caller frees with client_destroy. */
client_t *herd_connect(herd_t *self, const char *member);

/* What `printf LINES | nc -N` would print: sends the lines on a connection of their own, half-closes, reads
 * until the server closes. A zero-terminated string, borrowed until herd_destroy. */
const char *herd_ask(herd_t *self, const char *member, const char *lines);

/* Waits until WHATSAT for `client` at `member` begins with `at_line` (an answer to IAMAT, with its LF). */
void herd_wait_seen(herd_t *self, const char *member, const char *client, const char *at_line);

/* Entries of a cmocka table: a test whose *state is a running single member, a running sample herd, or NULL
 * (it puts a herd of its own there). After it, however it ends, the processes that run are asked to end by
 * SIGTERM; one that does not exit with 0, as after a sanitizer's report, fails the test. */
#define HERD_TEST_SINGLE(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, herd_setup_single, herd_teardown)
#define HERD_TEST_SAMPLE(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, herd_setup_sample, herd_teardown)
#define HERD_TEST_OWN(test) cmocka_unit_test_setup_teardown(test, herd_setup_none, herd_teardown)

int herd_setup_single(void **state);
int herd_setup_sample(void **state);
int herd_setup_none(void **state);
int herd_teardown(void **state);

/* Waits until the log of a member's program, "node" or "frontend", has `part` in it. */
void herd_wait_logged(const herd_t *self, const char *member, const char *program,
                      const char *part);

/* Runs herdctl with these arguments, NULL-ended, and returns its exit status; what it prints is in `*ret_output` where that
 * is not NULL, borrowed until herd_destroy. */
int herd_control(herd_t *self, const char *const *arguments, const char **ret_output);

/* Paths, owned by `self`. */
const char *herd_folder(const herd_t *self);
const char *herd_file(const herd_t *self);

/* The path of a program in HERD_BIN; caller frees with free(). */
char *herd_program(const char *name);

/* The path of a file in HERD_SOURCE; caller frees with free(). */
char *herd_source(const char *name);

#endif
