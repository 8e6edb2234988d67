/* The sample herd, each node on a host of its own, under load all the time: links break, lose and
 * delay. */
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

static const herd_member_t sample[] = {
    {"Goloman", "Hands Holiday Wilkes"}, {"Hands", "Goloman Wilkes"},
    {"Holiday", "Goloman Welsh Wilkes"}, {"Welsh", "Holiday"},
    {"Wilkes", "Goloman Hands Holiday"},
};

static const lan_way_t good = {0};
static const lan_way_t cut = {.cut = true};
/* 50 ms: across a continent. 5 %: TCP still moves, in fits and starts. */
static const lan_way_t bad = {.loss_percent = 5, .delay_ms = 50};

static load_t *start_load(void **state, const char *members)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = sample,
                                              .member_count = ARRAY_COUNT(sample),
                                              .settings = LOAD_SETTINGS,
                                              .separate = true});
    *state = herd;
    return load_start(herd, members);
}

/* Goloman and Wilkes have other ways to each other; Welsh has none. */
static void cut_links_catch_up(void **state)
{
    load_t *load = start_load(state, "Goloman Welsh Wilkes");
    herd_set_link(*state, "Holiday", "Welsh", &cut);
    herd_set_link(*state, "Goloman", "Wilkes", &cut);
    load_for(load, SHORT_MS);
    herd_set_links(*state, &good);
    load_expect_level(load, "links cut for 2 s");
    herd_set_link(*state, "Holiday", "Welsh", &cut);
    herd_set_link(*state, "Goloman", "Wilkes", &cut);
    load_for(load, LONG_MS);
    herd_set_links(*state, &good);
    load_expect_level(load, "links cut for 6 s");
    assert_true(lan_lost(herd_lan(*state)) > 0);
    load_end(&load);
}

/* What Holiday sends does not reach Welsh, which goes on sending. */
static void a_link_cut_one_way_catches_up(void **state)
{
    load_t *load = start_load(state, "Goloman Welsh");
    herd_set_way(*state, "Holiday", "Welsh", &cut);
    load_for(load, LONG_MS);
    herd_set_links(*state, &good);
    load_expect_level(load, "one way cut for 6 s");
    load_end(&load);
}

/* Holiday's device goes down, and its routes with it: sends fail at once instead of vanishing. */
static void a_host_without_network_catches_up(void **state)
{
    load_t *load = start_load(state, "Goloman Holiday");
    size_t holiday = herd_number(*state, "Holiday");
    lan_set_up(herd_lan(*state), holiday, false);
    load_for(load, LONG_MS);
    lan_set_up(herd_lan(*state), holiday, true);
    load_expect_level(load, "host without network for 6 s");
    load_end(&load);
}

/* Both parts take updates of the same clients. */
static void a_split_herd_agrees(void **state)
{
    static const char *const crossing[][2] = {
        {"Goloman", "Holiday"}, {"Goloman", "Wilkes"}, {"Hands", "Wilkes"}};
    load_t *load = start_load(state, "Hands Holiday Wilkes");
    for (size_t i = 0; i < ARRAY_COUNT(crossing); i++) {
        herd_set_link(*state, crossing[i][0], crossing[i][1], &cut);
    }
    load_for(load, LONG_MS);
    herd_set_links(*state, &good);
    load_expect_level(load, "herd split for 6 s");
    load_end(&load);
}

static void loss_and_delay_only_slow_down(void **state)
{
    load_t *load = start_load(state, "Goloman Welsh Wilkes");
    herd_set_links(*state, &bad);
    load_for(load, SHORT_MS);
    load_expect_level(load, "5 % loss, 50 ms delay, still on");
    herd_kill_node(*state, "Hands");
    process_signal(herd_node(*state, "Goloman"), SIGSTOP);
    load_for(load, LONG_MS);
    herd_start_node(*state, "Hands");
    process_signal(herd_node(*state, "Goloman"), SIGCONT);
    load_expect_level(load, "the same, one killed and started, one stopped for 6 s");
    herd_set_links(*state, &good);
    load_expect_level(load, "loss and delay ended");
    load_end(&load);
}

int main(void)
{
    if (!herd_programs_exist() || !lan_is_possible()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(cut_links_catch_up),
        HERD_TEST_OWN(a_link_cut_one_way_catches_up),
        HERD_TEST_OWN(a_host_without_network_catches_up),
        HERD_TEST_OWN(a_split_herd_agrees),
        HERD_TEST_OWN(loss_and_delay_only_slow_down),
    };
    return workspace_finish(cmocka_run_group_tests_name("network", tests, NULL, NULL));
}
