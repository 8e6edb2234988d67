/* herd.h - a herd of real processes: any members, any links, in one workspace.
 *
 * Owner: the test. Threads: one.
 * herd_new writes the herd file; members run after herd_start; herd_destroy ends all processes. A
 * function that cannot do what it says fails the test. Members have their names of the herd file.
 *
 * The programs come from the folder in the environment variable HERD_BIN, samples from HERD_SOURCE;
 * ctest sets both. A test of three members:
 *
 *   static const herd_member_t line[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
 *   herd_t *herd = herd_new(&(herd_options_t){.members = line, .member_count = 3});
 *   herd_start_all(herd);
 *   const char *answer = herd_ask(herd, "A", "IAMAT kiwi +34-118 1\n");
 *   herd_wait_seen(herd, "C", "kiwi", answer);
 *   herd_destroy(&herd);
 */
#ifndef HERD_TESTS_SUPPORT_HERD_H
#define HERD_TESTS_SUPPORT_HERD_H

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

/* Which herd to write (open value struct; everything is borrowed for the call). */
typedef struct {
    const herd_member_t *members;
    size_t member_count;
    /* Further lines of the section `herd`, e.g. "max_line = \"1024\"\n"; or NULL. */
    const char *settings;
    /* The provider is a file of places; if false there is none. */
    bool local_places;
    /* That file, absolute or in HERD_SOURCE; NULL means tests/support/places.tsv. */
    const char *places;
    /* The setting feature_classes; NULL means all. */
    const char *places_classes;
    /* Lines of the section `places` instead of the three above, as `settings`; or NULL. */
    const char *places_settings;
    /* RLIMIT_NOFILE of front-ends; 0 inherits. One process of both has a node's minimum more. */
    size_t frontend_max_files;
    /* The same of nodes. */
    size_t node_max_files;
    /* Makes keys for each member, its front-end, and an operator, "anna". */
    bool keys;
    /* Requests go by TCP; if false by Unix sockets. */
    bool tcp_requests;
    /* Each node has a host of its own (lan.h); only if lan_is_possible. */
    bool separate;
    /* Hosts that clients connect to, separated by spaces: "*", or with 127.0.0.1 among them; NULL
     * means 127.0.0.1. */
    const char *hosts;
} herd_options_t;

/* The exit status by which ctest knows a skipped test. */
enum { HERD_EXIT_SKIPPED = 77 };

/* Whether the programs that members are made of are in HERD_BIN; if not, says so on stderr. For the
 * start of main. */
bool herd_programs_exist(void);

/* Whether members run as herd-single, a process each (HERD_FORM=single in the environment). Then
 * herd_node and herd_frontend are that process, which is started and ended with either of them. */
bool herd_is_of_singles(void);

/* Skips the test there: it is about one of the two processes without the other. */
void herd_needs_pairs(void);

/* Writes the herd file; starts nothing. Caller frees with herd_destroy. */
herd_t *herd_new(const herd_options_t *options);

/* Writes the herd file anew, in one step, without telling the programs. Members that stay must come
 * first and in their order; they keep their ports. New ones follow; those that are left out at the
 * end must not run any more. Not for nodes on hosts of their own. */
void herd_rewrite(herd_t *self, const herd_options_t *options);

/* Gives a member another bus port, for the next herd_rewrite. */
void herd_move_bus(herd_t *self, const char *member);

/* A herd of one member, "Clark", without neighbours. */
herd_t *herd_new_single(void);

/* Goloman, Hands, Holiday, Welsh and Wilkes with the links of the sample herd. */
herd_t *herd_new_sample(void);

/* Kills what runs, frees the answers, clears the pointer; NULL is fine. The workspace stays until
 * workspace_finish. */
void herd_destroy(herd_t **self_p);

/* Starts a member's node and front-end; returns when a request passes through both. */
void herd_start(herd_t *self, const char *member);

/* Starts all members at once; returns when each serves. */
void herd_start_all(herd_t *self);

/* Starts only the node, or only the front-end; returns at once. */
void herd_start_node(herd_t *self, const char *member);
void herd_start_frontend(herd_t *self, const char *member);

/* Waits until a request passes through the member's front-end and node. */
void herd_wait_serving(herd_t *self, const char *member);

/* Sends SIGKILL; returns when the process is gone. */
void herd_kill_node(herd_t *self, const char *member);
void herd_kill_frontend(herd_t *self, const char *member);

/* The same for the nodes of all members; no process is waited for before all have the signal. */
void herd_kill_nodes(herd_t *self);

/* Starts the nodes of all members, whose front-ends run; returns when each serves. */
void herd_start_nodes(herd_t *self);

/* Sends SIGTERM; returns the exit status when the process is gone. */
int herd_stop_node(herd_t *self, const char *member);
int herd_stop_frontend(herd_t *self, const char *member);

/* The running process; owned by `self`, valid until it is killed or stopped. */
process_t *herd_node(herd_t *self, const char *member);
process_t *herd_frontend(herd_t *self, const char *member);

/* The members in the order of herd_options_t; `self` owns the names. */
size_t herd_member_count(const herd_t *self);
const char *herd_member_name(const herd_t *self, size_t index);

/* The endpoint of the member's tap; owned by `self`. */
const char *herd_tap(herd_t *self, const char *member);

/* The endpoint of the member's requests socket; owned by `self`. */
const char *herd_requests(herd_t *self, const char *member);

/* The ports on which a member's node listens (open value struct). */
typedef struct {
    uint16_t bus;
    uint16_t requests; /* 0: a Unix socket */
    uint16_t tap;
} herd_ports_t;

herd_ports_t herd_node_ports(herd_t *self, const char *member);

/* Only if nodes are separate: from now on this is the way from one member to another; the link
 * between two, both ways; all links. */
void herd_set_way(herd_t *self, const char *from, const char *to, const lan_way_t *way);
void herd_set_link(herd_t *self, const char *one, const char *other, const lan_way_t *way);
void herd_set_links(herd_t *self, const lan_way_t *way);

/* Only if nodes are separate: the hosts and their switch. */
lan_t *herd_lan(const herd_t *self);

/* The member's number, from 0, which is also that of its host. */
size_t herd_number(herd_t *self, const char *member);

/* The member's client port. */
uint16_t herd_port(herd_t *self, const char *member);

/* A new connection to the member's front-end; caller frees with client_destroy. */
client_t *herd_connect(herd_t *self, const char *member);

/* Does what `printf LINES | nc -N` does: sends the lines on a connection of their own, half-closes,
 * reads until the server closes. Returns the answer, zero-terminated, borrowed until
 * herd_destroy. */
const char *herd_ask(herd_t *self, const char *member, const char *lines);

/* Waits until the answer to WHATSAT for `client` at `member` begins with `at_line`, an answer to
 * IAMAT with its LF. */
void herd_wait_seen(herd_t *self, const char *member, const char *client, const char *at_line);

/* Entries of a cmocka table: a test whose *state is a running single member, a running sample herd,
 * or NULL if the test puts a herd of its own there. However the test ends, the processes that
 * still run get SIGTERM; one that does not exit with 0, as after a sanitizer's report, fails it. */
#define HERD_TEST_SINGLE(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, herd_setup_single, herd_teardown)
#define HERD_TEST_SAMPLE(test)                                                                     \
    cmocka_unit_test_setup_teardown(test, herd_setup_sample, herd_teardown)
#define HERD_TEST_OWN(test) cmocka_unit_test_setup_teardown(test, herd_setup_none, herd_teardown)

int herd_setup_single(void **state);
int herd_setup_sample(void **state);
int herd_setup_none(void **state);
int herd_teardown(void **state);

/* Waits until the log of a member's program, "node" or "frontend", contains `part`. */
void herd_wait_logged(const herd_t *self, const char *member, const char *program,
                      const char *part);

/* The same for `count` times; fails the test if there are more then. */
void herd_expect_logged(const herd_t *self, const char *member, const char *program,
                        const char *part, size_t count);

/* Returns how often it is there now. Lines reach the file a little later than they are written: for
 * what must not be there, wait for a later line first, or for the end of the program. */
size_t herd_count_logged(const herd_t *self, const char *member, const char *program,
                         const char *part);

/* Runs herdctl with these arguments, which end with NULL, and returns its exit status. If
 * `ret_output` is not NULL, it gets what herdctl printed, borrowed until herd_destroy. */
int herd_control(herd_t *self, const char *const *arguments, const char **ret_output);

/* Paths, owned by `self`. */
const char *herd_folder(const herd_t *self);
const char *herd_file(const herd_t *self);

/* The path of a program in HERD_BIN; caller frees with free(). */
char *herd_program(const char *name);

/* The path of a file in HERD_SOURCE; caller frees with free(). */
char *herd_source(const char *name);

#endif
