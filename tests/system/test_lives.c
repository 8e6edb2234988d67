/* What a member has from its earlier lives, however these ended and whatever the herd file said in
 * them: with a journal or without, with room for fewer clients, with another age at which positions
 * expire. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/load.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"
#include "common/base/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    STOPS = 4,      /* of all nodes at once */
    LOADED_MS = 30, /* load before each of them */
    ROLLING_MS = 50,
    CLIENTS = 3000,
    LONG_IDS = 20,
    LINE_SIZE_MAX = 160,
    AGE_S = 1000,           /* of positions that are old */
    KNOWN_LIMIT_MS = 10000, /* earlier than an audit, which would mend what rules did not (R15) */
};

#define NO_JOURNAL LOAD_SETTINGS
#define JOURNAL    LOAD_SETTINGS "journal = \"yes\"\n"
#define DISK       JOURNAL "acknowledge = \"disk\"\n"

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
static const herd_member_t ring[] = {{"A", "B C"}, {"B", "A C"}, {"C", "A B"}};

static herd_options_t options_of(const herd_member_t *members, size_t count, const char *settings)
{
    return (herd_options_t){.members = members, .member_count = count, .settings = settings};
}

/* ---- many lines ---- */

/* The answers to a line for each client, made of BEFORE, "client.N" and AFTER; the caller frees the
 * client, which borrows them. */
static client_t *ask_for_all(herd_t *herd, const char *member, const char *const line[2],
                             text_t *ret_answers)
{
    client_t *client = herd_connect(herd, member);
    buffer_t text;
    buffer_init(&text, SIZE_MAX);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(buffer_format(&text, "%s client.%d %s\n", line[0], i, line[1]), STATUS_OK);
    }
    client_send(client, buffer_text(&text));
    client_half_close(client);
    *ret_answers = client_read_all(client);
    buffer_done(&text);
    return client;
}

/* Of a line for each client, how many were answered by an AT line. */
static size_t count_answered(herd_t *herd, const char *member, const char *before,
                             const char *after)
{
    text_t answers;
    text_t line;
    size_t count = 0;
    client_t *client = ask_for_all(herd, member, (const char *const[]){before, after}, &answers);
    while (text_take_line(&answers, &line)) {
        count += line.size > 3 && memcmp(line.data, "AT ", 3) == 0;
    }
    client_destroy(&client);
    return count;
}

static void locate_all(herd_t *herd, const char *position_and_time)
{
    assert_int_equal(count_answered(herd, "A", "IAMAT", position_and_time), CLIENTS);
}

/* How many clients a member knows. */
static size_t count_known(herd_t *herd, const char *member)
{
    return count_answered(herd, member, "WHATSAT", "0 0");
}

typedef struct {
    herd_t *herd;
    const char *member;
    size_t count;
} known_t;

static bool is_known(void *argument)
{
    const known_t *known = argument;
    return count_known(known->herd, known->member) == known->count;
}

static void expect_known(herd_t *herd, size_t count)
{
    for (size_t i = 0; i < herd_member_count(herd); i++) {
        known_t known = {.herd = herd, .member = herd_member_name(herd, i), .count = count};
        if (!wait_until(is_known, &known, KNOWN_LIMIT_MS)) {
            fail_msg("%s knows %zu clients, not %zu", known.member, count_known(herd, known.member),
                     count);
        }
    }
}

/* ---- journals come and go ---- */

/* Of members in one process the connections of clients end with the node. */
static void connect_again(load_t *load)
{
    if (herd_is_of_singles()) {
        load_reconnect(load);
    }
}

/* One member after the other stops, and starts with the herd file as it is now. */
static void roll(herd_t *herd, load_t *load, const char *settings)
{
    const herd_options_t options = options_of(ring, ARRAY_COUNT(ring), settings);
    herd_rewrite(herd, &options);
    for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
        load_for(load, ROLLING_MS);
        assert_int_equal(herd_stop_node(herd, ring[i].name), 0);
        herd_start_node(herd, ring[i].name);
        herd_wait_serving(herd, ring[i].name);
        connect_again(load);
        load_expect_level(load, ring[i].name);
    }
}

/* Under load: an upgrade, back, and once more, with what the first one had left on the disks. */
static void journals_come_and_go_member_by_member(void **state)
{
    const herd_options_t options = options_of(ring, ARRAY_COUNT(ring), NO_JOURNAL);
    herd_t *herd = herd_new(&options);
    *state = herd;
    load_t *load = load_start(herd, "A B C");
    roll(herd, load, DISK);
    roll(herd, load, NO_JOURNAL);
    roll(herd, load, DISK);
    load_for(load, ROLLING_MS);
    herd_kill_nodes(herd);
    herd_start_nodes(herd);
    connect_again(load);
    load_expect_level(load, "all killed");
    load_end(&load);
}

/* SIGTERM at all nodes at once, under load: what was answered from memory is on the disks. */
static void a_clean_stop_brings_all_to_the_disk(void **state)
{
    const herd_options_t options =
        options_of(ring, ARRAY_COUNT(ring), JOURNAL "journal_interval = \"60000\"\n");
    herd_t *herd = herd_new(&options);
    *state = herd;
    load_t *load = load_start(herd, "A A B B C C");
    for (int stop = 0; stop < STOPS; stop++) {
        load_for(load, LOADED_MS);
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            process_signal(herd_node(herd, ring[i].name), SIGTERM);
        }
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            assert_int_equal(herd_stop_node(herd, ring[i].name), 0);
        }
        herd_start_nodes(herd);
        connect_again(load);
        load_expect_level(load, "all stopped");
    }
    load_end(&load);
}

/* ---- folders ---- */

/* Another herd file leads to the same folder: the second node ends, and says who has it. */
static void two_nodes_do_not_share_a_folder(void **state)
{
    const herd_options_t options = options_of(pair, ARRAY_COUNT(pair), DISK);
    herd_t *herd = herd_new(&options);
    *state = herd;
    herd_start_all(herd);
    herd_t *other = herd_new(&options);
    char *data = workspace_path(herd_folder(herd), "data");
    char *of_other = workspace_path(herd_folder(other), "data");
    char expected[LINE_SIZE_MAX];
    assert_int_equal(symlink(data, of_other), 0);
    herd_start_node(other, "A");
    snprintf(expected, sizeof expected, "/data/A: process %ld writes it; the start ends here",
             (long)process_pid(herd_node(herd, "A")));
    herd_wait_logged(other, "A", "node", expected);
    int status;
    assert_true(process_wait(herd_node(other, "A"), WAIT_LIMIT_MS, &status));
    assert_int_equal(status, EXIT_FAILURE);
    /* The first one writes on. */
    const char *answer = herd_ask(herd, "A", "IAMAT kiwi +1-1 5\n");
    herd_kill_nodes(herd);
    herd_start_nodes(herd);
    herd_wait_seen(herd, "A", "kiwi", answer);
    herd_destroy(&other);
    free(data);
    free(of_other);
}

/* ---- what is in the records ---- */

/* Lines as long as they may be. */
static void the_longest_ids_come_back(void **state)
{
    static const char before[] = "IAMAT ";
    static const char after[] = " +1-1 5";
    enum { ID_SIZE = LIMIT_LINE_SIZE - (sizeof before - 1) - (sizeof after - 1) };
    const herd_options_t options = options_of(pair, ARRAY_COUNT(pair), DISK);
    herd_t *herd = herd_new(&options);
    *state = herd;
    herd_start_all(herd);
    char *id = calloc(ID_SIZE + 1, 1);
    assert_non_null(id);
    char *line = NULL;
    const char *answers[LONG_IDS];
    for (int i = 0; i < LONG_IDS; i++) {
        memset(id, 'a' + i, ID_SIZE);
        assert_true(asprintf(&line, "%s%s%s\n", before, id, after) > 0);
        answers[i] = herd_ask(herd, i % 2 == 0 ? "A" : "B", line);
        assert_memory_equal(answers[i], "AT ", strlen("AT "));
        free(line);
    }
    herd_kill_nodes(herd);
    herd_start_nodes(herd);
    for (int i = 0; i < LONG_IDS; i++) {
        memset(id, 'a' + i, ID_SIZE);
        herd_wait_seen(herd, "A", id, answers[i]);
        herd_wait_seen(herd, "B", id, answers[i]);
    }
    free(id);
}

/* ---- settings that change between lives ---- */

static void live_again(herd_t *herd, const char *settings)
{
    const herd_options_t options = options_of(pair, ARRAY_COUNT(pair), settings);
    herd_kill_nodes(herd);
    herd_rewrite(herd, &options);
    herd_start_nodes(herd);
}

static herd_t *start_pair(void **state, const char *settings)
{
    const herd_options_t options = options_of(pair, ARRAY_COUNT(pair), settings);
    herd_t *herd = herd_new(&options);
    *state = herd;
    herd_start_all(herd);
    return herd;
}

/* What finds no room stays on the disk, while others change again and again. */
static void room_for_fewer_clients_loses_none(void **state)
{
    herd_t *herd = start_pair(state, DISK);
    herd_kill_node(herd, "B"); /* has it from A alone */
    locate_all(herd, "+1-1 5");
    live_again(herd, DISK "max_clients = \"1000\"\n");
    herd_wait_logged(herd, "A", "node", "2000 records of the journal found no room (max_clients");
    assert_int_equal(count_known(herd, "A"), CLIENTS / 3);
    const char *answer = NULL;
    for (int i = 0; i < STOPS; i++) {
        char line[LINE_SIZE_MAX];
        snprintf(line, sizeof line, "IAMAT client.0 +2-2 %d\n", 6 + i);
        answer = herd_ask(herd, "A", line);
        assert_memory_equal(answer, "AT A ", strlen("AT A "));
        live_again(herd, DISK "max_clients = \"1000\"\n");
    }
    /* A stop brings to the disk how far B has processed A's list. */
    herd_wait_seen(herd, "B", "client.0", answer);
    assert_int_equal(herd_stop_node(herd, "A"), 0);
    assert_int_equal(herd_stop_node(herd, "B"), 0);
    live_again(herd, DISK);
    herd_wait_seen(herd, "A", "client.0", answer);
    herd_wait_seen(herd, "B", "client.0", answer);
    expect_known(herd, CLIENTS);
}

static void positions_expire_by_the_herd_file_of_today(void **state)
{
    herd_t *herd = start_pair(state, DISK);
    char line[LINE_SIZE_MAX];
    snprintf(line, sizeof line, "+1-1 %lld", (long long)time(NULL) - AGE_S);
    locate_all(herd, line);
    snprintf(line, sizeof line, "IAMAT client.0 +1-1 %lld\n", (long long)time(NULL));
    (void)herd_ask(herd, "B", line);
    live_again(herd, DISK "expire_after = \"500\"\n");
    expect_known(herd, 1);
    live_again(herd, DISK "expire_after = \"5000\"\n");
    expect_known(herd, CLIENTS);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(journals_come_and_go_member_by_member),
        HERD_TEST_OWN(a_clean_stop_brings_all_to_the_disk),
        HERD_TEST_OWN(two_nodes_do_not_share_a_folder),
        HERD_TEST_OWN(the_longest_ids_come_back),
        HERD_TEST_OWN(room_for_fewer_clients_loses_none),
        HERD_TEST_OWN(positions_expire_by_the_herd_file_of_today),
    };
    return workspace_finish(cmocka_run_group_tests_name("lives", tests, NULL, NULL));
}
