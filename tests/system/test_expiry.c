/* Positions that are not renewed go (`expire_after`; replication.md, R16). */
#include "common/base/timestamp.h"
#include "common/clock/clock.h"
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include <stdio.h>

#define EXPIRE_AFTER_S 3
#define SETTINGS       "expire_after = \"3\"\nexpire_grace = \"1\"\n"

enum { LINE_SIZE_MAX = 128 };

/* IAMAT of `client` at the time `age_s` ago; its time, in nanoseconds. */
static int64_t write_iamat(const char *client, int64_t age_s, char *line)
{
    char time[TIMESTAMP_SIZE];
    int64_t time_ns = clock_now_ns() - age_s * TIMESTAMP_NS_PER_S;
    size_t size = timestamp_write(time_ns, time);
    snprintf(line, LINE_SIZE_MAX, "IAMAT %s +1-1 %.*s\n", client, (int)size, time);
    return time_ns;
}

/* Where somebody is asked for. */
typedef struct {
    herd_t *herd;
    const char *member;
} place_t;

static bool kiwi_is_unknown(void *argument)
{
    const place_t *place = argument;
    const char *answer = herd_ask(place->herd, place->member, "WHATSAT kiwi 0 0\n");
    return strcmp(answer, "? WHATSAT kiwi 0 0\n") == 0;
}

static void a_position_expires_at_every_member(void **state)
{
    static const herd_member_t chain[] = {{"A", "B"}, {"B", "A C"}, {"C", "B"}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = chain, .member_count = 3, .settings = SETTINGS});
    *state = herd;
    herd_start_all(herd);
    char line[LINE_SIZE_MAX];
    int64_t time_ns = write_iamat("kiwi", 0, line);
    herd_wait_seen(herd, "C", "kiwi", herd_ask(herd, "A", line));
    for (size_t i = 0; i < ARRAY_COUNT(chain); i++) {
        place_t place = {.herd = herd, .member = chain[i].name};
        assert_true(wait_until(kiwi_is_unknown, &place, WAIT_LIMIT_MS));
        assert_true(clock_now_ns() - time_ns > EXPIRE_AFTER_S * TIMESTAMP_NS_PER_S);
    }
    (void)write_iamat("kiwi", 0, line);
    herd_wait_seen(herd, "A", "kiwi", herd_ask(herd, "C", line));
}

static void an_update_that_is_too_old_is_answered_and_changes_nothing(void **state)
{
    static const herd_member_t members[] = {{"Clark", ""}};
    herd_t *herd =
        herd_new(&(herd_options_t){.members = members, .member_count = 1, .settings = SETTINGS});
    *state = herd;
    herd_start_all(herd);
    char line[LINE_SIZE_MAX];
    place_t place = {.herd = herd, .member = "Clark"};
    (void)write_iamat("kiwi", 1000, line);
    const char *answer = herd_ask(herd, "Clark", line);
    assert_memory_equal(answer, "AT Clark +1000.", strlen("AT Clark +1000."));
    assert_true(kiwi_is_unknown(&place));
    (void)write_iamat("kiwi", 0, line);
    answer = herd_ask(herd, "Clark", line);
    herd_wait_seen(herd, "Clark", "kiwi", answer);
}

static bool emu_finds_room(void *argument)
{
    char line[LINE_SIZE_MAX];
    text_t answer;
    (void)write_iamat("emu", 0, line);
    client_t *client = herd_connect(argument, "Clark");
    client_say(client, line);
    bool answered = client_try_line(client, WAIT_LIMIT_MS, &answer);
    client_destroy(&client);
    return answered;
}

/* There is room for one: who expired keeps it until its record is purged. */
static void what_expired_gives_its_memory_back(void **state)
{
    static const herd_member_t members[] = {{"Clark", ""}};
    herd_t *herd = herd_new(
        &(herd_options_t){.members = members,
                          .member_count = 1,
                          .settings = SETTINGS "max_clients = \"1\"\nrequest_timeout = \"100\"\n"});
    *state = herd;
    herd_start_all(herd);
    char line[LINE_SIZE_MAX];
    int64_t time_ns = write_iamat("kiwi", 0, line);
    (void)herd_ask(herd, "Clark", line);
    assert_true(wait_until(emu_finds_room, herd, WAIT_LIMIT_MS));
    assert_true(clock_now_ns() - time_ns > (EXPIRE_AFTER_S + 1) * TIMESTAMP_NS_PER_S);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(a_position_expires_at_every_member),
        HERD_TEST_OWN(an_update_that_is_too_old_is_answered_and_changes_nothing),
        HERD_TEST_OWN(what_expired_gives_its_memory_back),
    };
    return workspace_finish(cmocka_run_group_tests_name("expiry", tests, NULL, NULL));
}
