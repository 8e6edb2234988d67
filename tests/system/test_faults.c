/* Updates without pause, while nodes are killed, started again, stopped and continued. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LOADERS = 2,
    RUNNERS = 40,   /* clients that move all the time */
    UNDER_WAY = 64, /* updates of one loader that are not answered yet, at most */
    LINE_SIZE_MAX = 192,
    TURN_MS = 2,      /* how long a turn of the load waits for answers */
    OUTAGE_MS = 1000, /* how long a killed node is away */
    HANG_MS = 6000,   /* longer than a link goes without an answer (bus-protocol.md, B8) */
};

static const char *const members[] = {"Goloman", "Hands", "Holiday", "Welsh", "Wilkes"};
/* They take the load, and are never killed. */
static const char *const loaded[LOADERS] = {"Goloman", "Wilkes"};

/* A connection that sends updates without pause. */
typedef struct {
    client_t *client;
    unsigned under_way; /* updates sent and not answered */
} loader_t;

/* All loaders move the same runners; each update is newer than all earlier ones, at any member. */
typedef struct {
    herd_t *herd;
    loader_t loaders[LOADERS];
    uint64_t sent;                        /* updates; also the time of the newest, in seconds */
    uint64_t acknowledged;                /* updates */
    uint64_t newest[RUNNERS];             /* time of each runner's newest acknowledged update ... */
    char answers[RUNNERS][LINE_SIZE_MAX]; /* ... and its AT line, LF and all */
} load_t;

/* The sample herd, whose front-ends keep requests while a node hangs. */
static load_t *load_new(void **state)
{
    static const herd_member_t sample[] = {
        {"Goloman", "Hands Holiday Wilkes"}, {"Hands", "Goloman Wilkes"},
        {"Holiday", "Goloman Welsh Wilkes"}, {"Welsh", "Holiday"},
        {"Wilkes", "Goloman Hands Holiday"},
    };
    load_t *self = memory_new(sizeof *self);
    self->herd = herd_new(&(herd_options_t){.members = sample,
                                            .member_count = ARRAY_COUNT(sample),
                                            .settings = "request_timeout = \"30000\"\n"});
    *state = self->herd;
    herd_start_all(self->herd);
    for (size_t i = 0; i < LOADERS; i++) {
        self->loaders[i].client = herd_connect(self->herd, loaded[i]);
    }
    return self;
}

static void load_destroy(load_t **self_p)
{
    for (size_t i = 0; i < LOADERS; i++) {
        client_destroy(&(*self_p)->loaders[i].client);
    }
    free(*self_p);
    *self_p = NULL;
}

static void send_updates(load_t *self, loader_t *loader)
{
    char line[LINE_SIZE_MAX];
    for (; loader->under_way < UNDER_WAY; loader->under_way++) {
        unsigned long long time_s = ++self->sent;
        snprintf(line, sizeof line, "IAMAT runner.%llu +%llu-%llu %llu\n", time_s % RUNNERS,
                 time_s % 90, time_s % 180, time_s);
        client_say(loader->client, line);
    }
}

/* AT Goloman +1621464827.263873386 runner.17 +57-57 4057 */
static void note_answer(load_t *self, text_t line)
{
    enum { FIELDS = 6 };
    text_t fields[FIELDS];
    text_t rest = line;
    uint64_t runner;
    uint64_t time_s;
    for (size_t i = 0; i < FIELDS; i++) {
        assert_true(text_take_field(&rest, &fields[i]));
    }
    assert_true(text_to_u64(text_after(fields[3], strlen("runner.")), RUNNERS - 1, &runner));
    assert_true(text_to_u64(fields[5], self->sent, &time_s));
    self->acknowledged++;
    if (time_s > self->newest[runner]) {
        self->newest[runner] = time_s;
        snprintf(self->answers[runner], LINE_SIZE_MAX, "%.*s\n", (int)line.size, line.data);
    }
}

static void take_answers(load_t *self, loader_t *loader, int64_t limit_ms)
{
    text_t line;
    while (loader->under_way > 0 && client_try_line(loader->client, limit_ms, &line)) {
        loader->under_way--;
        note_answer(self, line);
    }
}

/* Keeps the load up for `duration_ms`. */
static void load_for(load_t *self, int64_t duration_ms)
{
    int64_t end_ms = wait_clock_ms() + duration_ms;
    while (wait_clock_ms() < end_ms) {
        for (size_t i = 0; i < LOADERS; i++) {
            send_updates(self, &self->loaders[i]);
            take_answers(self, &self->loaders[i], TURN_MS);
        }
    }
}

/* Waits for all answers: from now on what was acknowledged last is what there is. */
static void end_load(load_t *self)
{
    for (size_t i = 0; i < LOADERS; i++) {
        take_answers(self, &self->loaders[i], WAIT_LIMIT_MS);
        assert_int_equal(self->loaders[i].under_way, 0);
    }
    assert_int_equal(self->acknowledged, self->sent);
}

static void expect_newest_everywhere(load_t *self)
{
    char name[LINE_SIZE_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
        for (size_t runner = 0; runner < RUNNERS; runner++) {
            assert_int_not_equal(self->newest[runner], 0);
            snprintf(name, sizeof name, "runner.%zu", runner);
            herd_wait_seen(self->herd, members[i], name, self->answers[runner]);
        }
    }
}

static void nodes_killed_under_load_catch_up(void **state)
{
    static const char *const victims[] = {"Hands", "Holiday", "Welsh", "Holiday"};
    load_t *load = load_new(state);
    for (size_t i = 0; i < ARRAY_COUNT(victims); i++) {
        herd_kill_node(load->herd, victims[i]);
        load_for(load, OUTAGE_MS);
        herd_start_node(load->herd, victims[i]);
        load_for(load, OUTAGE_MS / 2);
    }
    end_load(load);
    expect_newest_everywhere(load);
    load_destroy(&load);
}

/* A member that takes load hangs, and so does one that only passes it on; a third is killed. */
static void nodes_that_hang_under_load_catch_up(void **state)
{
    load_t *load = load_new(state);
    load_for(load, OUTAGE_MS);
    process_signal(herd_node(load->herd, "Wilkes"), SIGSTOP);
    process_signal(herd_node(load->herd, "Holiday"), SIGSTOP);
    load_for(load, HANG_MS / 2);
    herd_kill_node(load->herd, "Hands");
    load_for(load, HANG_MS / 2);
    herd_start_node(load->herd, "Hands");
    process_signal(herd_node(load->herd, "Wilkes"), SIGCONT);
    process_signal(herd_node(load->herd, "Holiday"), SIGCONT);
    load_for(load, OUTAGE_MS);
    end_load(load);
    expect_newest_everywhere(load);
    load_destroy(&load);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(nodes_killed_under_load_catch_up),
        HERD_TEST_OWN(nodes_that_hang_under_load_catch_up),
    };
    return workspace_finish(cmocka_run_group_tests_name("faults", tests, NULL, NULL));
}
