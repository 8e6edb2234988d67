/* Clocks that are wrong, and that are set while programs run (replication.md, R2, R16, R17, R19):
 * what is decided by them is decided rightly all the same, or told. */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE_SIZE_MAX = 128, DAY_S = 86400, HOUR_S = 3600 };

static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};

/* The clock of the programs that are started with it. */
typedef struct {
    char *path;
    volatile int64_t *offset_ns;
} fake_clock_t;

static fake_clock_t make_clock(const herd_t *herd, int64_t offset_s)
{
    fake_clock_t clock = {.path = workspace_path(herd_folder(herd), "clock")};
    int file = open(clock.path, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, sizeof(int64_t)), 0);
    void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(mapped != MAP_FAILED);
    close(file);
    clock.offset_ns = mapped;
    *clock.offset_ns = offset_s * TIMESTAMP_NS_PER_S;
    return clock;
}

static void set_clock(fake_clock_t *clock, int64_t offset_s)
{
    *clock->offset_ns = offset_s * TIMESTAMP_NS_PER_S;
}

static void drop_clock(fake_clock_t *clock)
{
    munmap((void *)(uintptr_t)clock->offset_ns, sizeof(int64_t));
    free(clock->path);
}

/* Starts a member whose programs have that clock. */
static void start_with(herd_t *herd, const char *member, const fake_clock_t *clock)
{
    assert_int_equal(setenv("HERD_FAKE_CLOCK", clock->path, 1), 0);
    assert_int_equal(setenv("LD_PRELOAD", FAKE_CLOCK, 1), 0);
    herd_start(herd, member);
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
}

static herd_t *new_chain(void **state, const char *settings)
{
    herd_t *herd =
        herd_new(&(herd_options_t){.members = chain, .member_count = 3, .settings = settings});
    *state = herd;
    return herd;
}

/* IAMAT at the true time, and so much later. */
static const char *send(herd_t *herd, const char *member, const char *position, int64_t later_s)
{
    char line[LINE_SIZE_MAX];
    char time[TIMESTAMP_SIZE];
    size_t size = timestamp_write(clock_now_ns() + later_s * TIMESTAMP_NS_PER_S, time);
    snprintf(line, sizeof line, "IAMAT kiwi %s %.*s\n", position, (int)size, time);
    return herd_ask(herd, member, line);
}

static void wait_seen_by_all(herd_t *herd, const char *at_line)
{
    for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
        herd_wait_seen(herd, chain[i].name, "kiwi", at_line);
    }
}

/* What a command is waited for to say. */
typedef struct {
    herd_t *herd;
    const char *command;
    const char *option; /* or NULL */
    const char *part;
    bool absent;
} said_t;

static bool is_said(void *argument)
{
    const said_t *said = argument;
    const char *const arguments[] = {said->command, said->option, NULL};
    const char *output;
    (void)herd_control(said->herd, arguments, &output);
    return (strstr(output, said->part) != NULL) != said->absent;
}

static void wait_said(herd_t *herd, const char *command, const char *option, const char *part)
{
    said_t said = {.herd = herd, .command = command, .option = option, .part = part};
    assert_true(wait_until(is_said, &said, WAIT_LIMIT_MS));
}

static void wait_not_said(herd_t *herd, const char *command, const char *option, const char *part)
{
    said_t said = {
        .herd = herd, .command = command, .option = option, .part = part, .absent = true};
    assert_true(wait_until(is_said, &said, WAIT_LIMIT_MS));
}

/* Its clock is an hour behind, and set right while it runs. */
static void a_clock_that_is_wrong_is_told_and_does_not_decide(void **state)
{
    herd_t *herd = new_chain(state, NULL);
    fake_clock_t clock = make_clock(herd, -HOUR_S);
    start_with(herd, "A", &clock);
    herd_start(herd, "B");
    herd_start(herd, "C");
    wait_said(herd, "health", NULL, "clocks of A and B differ: B is 3");
    wait_said(herd, "metrics", NULL,
              "herd_link_clock_difference_seconds{member=\"A\",peer=\"B\"} 3600");
    wait_said(herd, "metrics", NULL, "herd_link_clock_difference_seconds{member=\"B\",peer=\"C\"}");
    wait_said(herd, "metrics", NULL, "reason=\"clocks-differ\"");
    wait_said(herd, "status", "--links", "+3600.");
    herd_wait_logged(herd, "A", "node", "clock-differs");
    herd_wait_logged(herd, "B", "node", "clock-differs");

    /* What A takes is newer than what it follows, for all. */
    wait_seen_by_all(herd, send(herd, "C", "+1-1", 0));
    wait_seen_by_all(herd, send(herd, "A", "+2-2", 0));
    wait_seen_by_all(herd, send(herd, "A", "+3-3", 0));
    wait_seen_by_all(herd, send(herd, "C", "+4-4", 0));

    set_clock(&clock, 0);
    herd_wait_logged(herd, "A", "node", "our clock was set forward by 3");
    wait_said(herd, "health", NULL, "A: its clock was set (1 so far");
    wait_not_said(herd, "health", NULL, "clocks of A");
    herd_wait_logged(herd, "A", "node", "clock-agrees");

    set_clock(&clock, -HOUR_S);
    herd_wait_logged(herd, "A", "node", "our clock was set back by 3");
    wait_said(herd, "health", NULL, "clocks of A and B differ");
    drop_clock(&clock);
}

/* A day ahead for a while, while it runs, where positions expire: they do not, and what others send
 * meanwhile is taken. */
static void a_day_ahead_expires_nothing(void **state)
{
    herd_t *herd = new_chain(state, "expire_after = \"60\"\nexpire_grace = \"1\"\n");
    fake_clock_t clock = make_clock(herd, 0);
    herd_start(herd, "A");
    start_with(herd, "B", &clock);
    herd_start(herd, "C");
    wait_seen_by_all(herd, send(herd, "A", "+1-1", 0));
    set_clock(&clock, DAY_S);
    herd_wait_logged(herd, "B", "node", "our clock was set forward by 86");
    wait_said(herd, "health", NULL, "clocks of A and B differ: B is 86");
    wait_seen_by_all(herd, send(herd, "C", "+2-2", 0));
    const char *last = send(herd, "B", "+3-3", 0);
    wait_seen_by_all(herd, last);
    set_clock(&clock, 0);
    herd_wait_logged(herd, "B", "node", "our clock was set back by 86");
    wait_seen_by_all(herd, last);
    wait_not_said(herd, "health", NULL, "clocks of");
    drop_clock(&clock);
}

/* It starts a day ahead: its neighbour's clock, which is right, decides what has expired. */
static void who_starts_a_day_ahead_takes_what_the_others_have(void **state)
{
    herd_t *herd = new_chain(state, "expire_after = \"60\"\nexpire_grace = \"1\"\n");
    fake_clock_t clock = make_clock(herd, DAY_S);
    herd_start(herd, "A");
    herd_start(herd, "B");
    const char *at_line = send(herd, "A", "+1-1", 0);
    start_with(herd, "C", &clock);
    wait_seen_by_all(herd, at_line);
    wait_said(herd, "health", NULL, "clocks of B and C differ: C is 86");
    drop_clock(&clock);
}

static void forget(herd_t *herd, const char *member)
{
    const char *const arguments[] = {"forget", "kiwi", member, NULL};
    assert_int_equal(herd_control(herd, arguments, NULL), 0);
}

/* Whatever the clocks of the client and of the member that forgets say. */
static void forgetting_holds_whatever_the_clocks_say(void **state)
{
    herd_t *herd = new_chain(state, NULL);
    fake_clock_t clock = make_clock(herd, -DAY_S);
    start_with(herd, "A", &clock);
    herd_start(herd, "B");
    herd_start(herd, "C");
    static const int64_t lies_s[] = {-DAY_S, DAY_S, 0};
    for (size_t i = 0; i < ARRAY_COUNT(lies_s); i++) {
        set_clock(&clock, lies_s[i]);
        wait_seen_by_all(herd, send(herd, "C", "+1-1", INT64_C(20) * DAY_S));
        forget(herd, "A");
        wait_seen_by_all(herd, send(herd, "A", "+2-2", 0));
        forget(herd, "A");
        wait_seen_by_all(herd,
                         send(herd, "A", "+3-3", INT64_C(-7168) * DAY_S)); /* a GPS rollover */
        forget(herd, "C");
        wait_seen_by_all(herd, send(herd, "C", "+4-4", -INT64_C(20) * DAY_S));
        wait_seen_by_all(herd, send(herd, "B", "+5-5", 0));
    }
    drop_clock(&clock);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_clock_that_is_wrong_is_told_and_does_not_decide),
        HERD_TEST_OWN(a_day_ahead_expires_nothing),
        HERD_TEST_OWN(who_starts_a_day_ahead_takes_what_the_others_have),
        HERD_TEST_OWN(forgetting_holds_whatever_the_clocks_say),
    };
    return workspace_finish(cmocka_run_group_tests_name("clocks", tests, NULL, NULL));
}
