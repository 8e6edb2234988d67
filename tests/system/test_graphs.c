/* Other graphs than the sample herd, each node on a host of its own, under load all the time: a
 * ring of seven, of which each cut leaves a line, and a line of nine, which each fault splits. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/load.h"
#include "tests/support/workspace.h"

#include <signal.h>
#include <stdio.h>

enum {
    SHORT_MS = 2000, /* a fault that TCP bridges */
    LONG_MS =
        6000, /* one that outlasts dead_after (bus-protocol.md, B8): the connection is given up */
};

static const herd_member_t ring[] = {
    {"A", "G B"}, {"B", "A C"}, {"C", "B D"}, {"D", "C E"},
    {"E", "D F"}, {"F", "E G"}, {"G", "F A"},
};

static const herd_member_t line[] = {
    {"A", "B"},   {"B", "A C"}, {"C", "B D"}, {"D", "C E"}, {"E", "D F"},
    {"F", "E G"}, {"G", "F H"}, {"H", "G I"}, {"I", "H"},
};

static const lan_way_t good = {0};
static const lan_way_t cut = {.cut = true};
static const lan_way_t bad = {.loss_percent = 2, .delay_ms = 20};

static load_t *start_load(void **state, const herd_member_t *members, size_t count,
                          const char *loaded)
{
    herd_t *herd = herd_new(&(herd_options_t){
        .members = members, .member_count = count, .settings = LOAD_SETTINGS, .separate = true});
    *state = herd;
    return load_start(herd, loaded);
}

static void a_ring_of_seven_survives(void **state)
{
    load_t *load = start_load(state, ring, ARRAY_COUNT(ring), "A D F");
    herd_set_link(*state, "A", "B", &cut);
    load_for(load, SHORT_MS);
    load_expect_level(load, "ring cut once");
    /* Now B to D are one part, E to A the other. */
    herd_set_link(*state, "D", "E", &cut);
    herd_kill_node(*state, "G");
    load_for(load, LONG_MS);
    herd_start_node(*state, "G");
    herd_set_links(*state, &good);
    load_expect_level(load, "ring cut twice for 6 s, one killed and started");
    load_end(&load);
}

static void a_line_of_nine_survives(void **state)
{
    load_t *load = start_load(state, line, ARRAY_COUNT(line), "A E I");
    herd_set_links(*state, &bad);
    load_for(load, SHORT_MS);
    load_expect_level(load, "line with 2 % loss and 20 ms delay, still on");
    herd_set_link(*state, "D", "E", &cut);
    herd_kill_node(*state, "G");
    process_signal(herd_node(*state, "B"), SIGSTOP);
    load_for(load, LONG_MS);
    herd_set_links(*state, &good);
    herd_start_node(*state, "G");
    process_signal(herd_node(*state, "B"), SIGCONT);
    load_expect_level(load, "line cut, one killed and started, one stopped for 6 s");
    load_end(&load);
}

int main(void)
{
    if (!herd_programs_exist() || !lan_is_possible()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_ring_of_seven_survives),
        HERD_TEST_OWN(a_line_of_nine_survives),
    };
    return workspace_finish(cmocka_run_group_tests_name("graphs", tests, NULL, NULL));
}
