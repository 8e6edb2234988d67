/* What a member has missed is what it is sent: the last updates of a cut link, not all clients. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"

#include <stdio.h>

enum {
    CLIENTS = 100000,
    CHUNK = 1000, /* lines of one write */
    MISSED = 10,  /* updates while the link is cut */
    AGAIN = 10,   /* records that may come twice: whose ACK was under way at the cut */
    LINE_SIZE_MAX = 128,
    CHUNK_SIZE_MAX = CHUNK * LINE_SIZE_MAX,
};

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
static const lan_way_t good = {0};
static const lan_way_t cut = {.cut = true};

typedef struct {
    herd_t *herd;
    report_t reports[ARRAY_COUNT(pair)]; /* the last of each member */
} sight_t;

static void sight_done(sight_t *self)
{
    for (size_t i = 0; i < ARRAY_COUNT(pair); i++) {
        report_done(&self->reports[i]);
    }
}

static void look(sight_t *self)
{
    sight_done(self);
    for (size_t i = 0; i < ARRAY_COUNT(pair); i++) {
        report_read_root(herd_requests(self->herd, pair[i].name), &self->reports[i]);
    }
}

static bool both_hold_all(void *argument)
{
    sight_t *sight = argument;
    look(sight);
    return sight->reports[0].records == CLIENTS && sight->reports[1].records == CLIENTS &&
           strcmp(sight->reports[0].root, sight->reports[1].root) == 0;
}

static void wait_equal(sight_t *sight)
{
    if (!wait_until(both_hold_all, sight, WAIT_LIMIT_MS)) {
        fail_msg("A has %llu records, digest %s; B has %llu, digest %s",
                 (unsigned long long)sight->reports[0].records, sight->reports[0].root,
                 (unsigned long long)sight->reports[1].records, sight->reports[1].root);
    }
}

static uint64_t received_by_b(const sight_t *sight)
{
    return report_link(&sight->reports[1], "A").received;
}

static void locate_clients(herd_t *herd)
{
    client_t *client = herd_connect(herd, "A");
    buffer_t lines;
    buffer_init(&lines, CHUNK_SIZE_MAX);
    for (int i = 0; i < CLIENTS; i += CHUNK) {
        buffer_clear(&lines);
        for (int j = i; j < i + CHUNK; j++) {
            assert_int_equal(buffer_format(&lines, "IAMAT client.%d +1-1 1\n", j), STATUS_OK);
        }
        client_send(client, buffer_text(&lines));
        (void)client_read_lines(client, CHUNK);
    }
    buffer_done(&lines);
    client_destroy(&client);
}

/* Sends ten updates to A that B misses, until A has given up the connection (bus-protocol.md, B8);
 * returns the last answer. */
static const char *miss_updates(herd_t *herd)
{
    char line[LINE_SIZE_MAX];
    const char *last = NULL;
    herd_set_link(herd, "A", "B", &cut);
    for (int i = 1; i <= MISSED; i++) {
        snprintf(line, sizeof line, "IAMAT client.%d +2-2 2\n", i * (CLIENTS / MISSED) - 1);
        last = herd_ask(herd, "A", line);
    }
    herd_wait_logged(herd, "A", "node", " B link-down: down: nothing heard for 5 s");
    return last;
}

static void ten_missed_of_many_are_ten_records(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = pair,
                                              .member_count = ARRAY_COUNT(pair),
                                              .settings = "traffic = \"no\"\n",
                                              .separate = true});
    *state = herd;
    herd_start_all(herd);
    locate_clients(herd);
    sight_t sight = {.herd = herd};
    wait_equal(&sight);
    uint64_t before = received_by_b(&sight);
    assert_in_range(before, CLIENTS, 2 * CLIENTS);
    const char *last = miss_updates(herd);
    look(&sight);
    assert_string_not_equal(sight.reports[0].root, sight.reports[1].root);
    assert_int_equal(received_by_b(&sight), before);
    int64_t restored_ms = wait_clock_ms();
    herd_set_link(herd, "A", "B", &good);
    herd_wait_seen(herd, "B", "client.99999", last);
    int64_t seen_ms = wait_clock_ms();
    wait_equal(&sight);
    uint64_t received = received_by_b(&sight) - before;
    print_message("%d updates of %d clients missed: %llu records received, %lld ms after the cut\n",
                  MISSED, CLIENTS, (unsigned long long)received,
                  (long long)(seen_ms - restored_ms));
    assert_in_range(received, MISSED, MISSED + AGAIN);
    sight_done(&sight);
}

int main(void)
{
    if (!herd_programs_exist() || !lan_is_possible()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(ten_missed_of_many_are_ten_records),
    };
    return workspace_finish(cmocka_run_group_tests_name("missed", tests, NULL, NULL));
}
