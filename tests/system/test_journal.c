/* Journals: what was answered outlives every process (docs/replication.md, J rules). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/herdctl.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"
#include "common/protocol/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROUNDS = 8,        /* in which all members are killed at once */
    PIPELINED = 400,   /* updates at each member in a round */
    CLIENTS = 5000,    /* of the member that misses some */
    MISSED = 10,       /* updates */
    AGAIN = 10,        /* records that may come twice: whose ACK was under way */
    SMALL_DISK = 1536, /* KiB */
    LINE_SIZE_MAX = 160,
};

#define DISK   "journal = \"yes\"\nacknowledge = \"disk\"\n"
#define MEMORY "journal = \"yes\"\njournal_interval = \"50\"\n"

static const herd_member_t pair[] = {{"A", "B"}, {"B", "A"}};
static const herd_member_t ring[] = {{"A", "B C"}, {"B", "A C"}, {"C", "A B"}};

static herd_t *start_herd(void **state, const herd_member_t *members, size_t count,
                          const char *settings)
{
    herd_t *herd = herd_new(
        &(herd_options_t){.members = members, .member_count = count, .settings = settings});
    *state = herd;
    herd_start_all(herd);
    return herd;
}

/* Each line of `answers` is what this member shows of that client. */
static void expect_shown(herd_t *herd, const char *member, text_t answers)
{
    text_t answer;
    while (text_take_line(&answers, &answer)) {
        char line[LINE_SIZE_MAX];
        text_t rest = answer;
        text_t client = {0};
        for (int field = 0; field < 4; field++) { /* AT A difference client */
            assert_true(text_take_field(&rest, &client));
        }
        snprintf(line, sizeof line, "WHATSAT %.*s 0 0\n", (int)client.size, client.data);
        text_t seen = text_of(herd_ask(herd, member, line));
        text_t shown;
        assert_true(text_take_line(&seen, &shown));
        if (!text_equal(shown, answer)) {
            fail_msg("%s shows %.*s, not %.*s", member, (int)shown.size, shown.data,
                     (int)answer.size, answer.data);
        }
    }
}

static void say_updates(client_t *client, size_t round, size_t member)
{
    char lines[PIPELINED * LINE_SIZE_MAX];
    char *end = lines;
    for (int i = 0; i < PIPELINED; i++) {
        end += snprintf(end, LINE_SIZE_MAX, "IAMAT c%zu.%zu.%d +34.068930-118.445127 1%zu.5\n",
                        round, member, i, round);
    }
    client_say(client, lines);
}

/* They are killed in the middle of streams of updates, each time behind more answers. */
static void what_was_answered_outlives_all(void **state)
{
    herd_t *herd = start_herd(state, ring, ARRAY_COUNT(ring), DISK);
    buffer_t answers;
    buffer_init(&answers, SIZE_MAX);
    for (size_t round = 1; round <= ROUNDS; round++) {
        client_t *clients[ARRAY_COUNT(ring)];
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            clients[i] = herd_connect(herd, ring[i].name);
            say_updates(clients[i], round, i);
        }
        buffer_clear(&answers);
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            text_t read = client_read_lines(clients[i], round * PIPELINED / ROUNDS);
            assert_int_equal(buffer_append(&answers, read.data, read.size), STATUS_OK);
        }
        herd_kill_nodes(herd);
        herd_start_nodes(herd);
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            client_destroy(&clients[i]);
        }
        for (size_t i = 0; i < ARRAY_COUNT(ring); i++) {
            expect_shown(herd, ring[i].name, buffer_text(&answers));
        }
    }
    buffer_done(&answers);
}

static bool number_of(const char *body, const char *key, uint64_t *ret_number)
{
    return message_number(text_of(body), key, UINT64_MAX, ret_number);
}

typedef struct {
    herd_t *herd;
    size_t records;
} waited_t;

/* Both have so many records, and these are on their disks. */
static bool is_on_disks(void *argument)
{
    waited_t *waited = argument;
    bool all = true;
    for (size_t i = 0; i < herd_member_count(waited->herd) && all; i++) {
        report_t report;
        uint64_t lag = 1;
        uint64_t commits = 0;
        report_read(herd_requests(waited->herd, herd_member_name(waited->herd, i)), &report);
        all = report.records == waited->records && report.links_up == report.links &&
              number_of(report.body, "journal_lag", &lag) && lag == 0 &&
              number_of(report.body, "journal_commits", &commits) && commits > 0;
        report_done(&report);
    }
    return all;
}

static void wait_on_disks(herd_t *herd, size_t records)
{
    waited_t waited = {.herd = herd, .records = records};
    assert_true(wait_until(is_on_disks, &waited, WAIT_LIMIT_MS));
}

static void locate_clients(herd_t *herd)
{
    client_t *client = herd_connect(herd, "A");
    buffer_t lines;
    buffer_init(&lines, (size_t)CLIENTS * LINE_SIZE_MAX);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(buffer_format(&lines, "IAMAT client.%d +1-1 1\n", i), STATUS_OK);
    }
    client_send(client, buffer_text(&lines));
    (void)client_read_lines(client, CLIENTS);
    buffer_done(&lines);
    client_destroy(&client);
}

static uint64_t received_from(herd_t *herd, const char *member, const char *neighbour)
{
    report_t report;
    report_read(herd_requests(herd, member), &report);
    uint64_t received = report_link(&report, neighbour).received;
    report_done(&report);
    return received;
}

/* A figure of A's REPORT. */
typedef struct {
    herd_t *herd;
    const char *key;
} figure_t;

static bool is_above_zero(void *argument)
{
    const figure_t *figure = argument;
    report_t report;
    uint64_t value = 0;
    report_read(herd_requests(figure->herd, "A"), &report);
    bool found = number_of(report.body, figure->key, &value) && value > 0;
    report_done(&report);
    return found;
}

static void wait_above_zero(herd_t *herd, const char *key)
{
    figure_t figure = {.herd = herd, .key = key};
    assert_true(wait_until(is_above_zero, &figure, WAIT_LIMIT_MS));
}

/* Ten updates that B misses; returns the last answer. */
static const char *miss_updates(herd_t *herd, int round)
{
    char line[LINE_SIZE_MAX];
    const char *last = NULL;
    for (int i = 1; i <= MISSED; i++) {
        snprintf(line, sizeof line, "IAMAT client.%d +2-2 %d\n", i * (CLIENTS / MISSED) - 1,
                 round + 2);
        last = herd_ask(herd, "A", line);
    }
    return last;
}

/* After SIGKILL, after a clean stop, and after a SIGKILL of both. */
static void ten_missed_of_many_are_ten_records(void **state)
{
    herd_t *herd = start_herd(state, pair, ARRAY_COUNT(pair), MEMORY);
    locate_clients(herd);
    for (int round = 0; round < 2; round++) {
        wait_on_disks(herd, CLIENTS);
        if (round == 0) {
            herd_kill_node(herd, "B");
        } else {
            assert_int_equal(herd_stop_node(herd, "B"), 0);
        }
        const char *last = miss_updates(herd, round);
        herd_start_node(herd, "B");
        herd_wait_serving(herd, "B");
        herd_wait_seen(herd, "B", "client.4999", last);
        assert_in_range(received_from(herd, "B", "A"), MISSED, MISSED + AGAIN);
    }
    wait_on_disks(herd, CLIENTS);
    herd_kill_nodes(herd);
    herd_start_nodes(herd);
    wait_on_disks(herd, CLIENTS);
    assert_in_range(received_from(herd, "B", "A"), 0, AGAIN);
    assert_in_range(received_from(herd, "A", "B"), 0, AGAIN);
    assert_true(miss_updates(herd, 2) != NULL);
    wait_above_zero(herd, "journal_filling");
}

static char *data_file(herd_t *herd, const char *member)
{
    char name[LINE_SIZE_MAX];
    snprintf(name, sizeof name, "data/%s/data.mdb", member);
    return workspace_path(herd_folder(herd), name);
}

/* Bytes in the middle of the file, where chunks lie. */
static void garble(const char *path)
{
    static const char noise[] = "these are no bytes of a journal";
    struct stat state;
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &state), 0);
    for (off_t at = 8192; at < state.st_size; at += 4096) {
        assert_int_equal(pwrite(file, noise, sizeof noise, at + 700), (ssize_t)sizeof noise);
    }
    close(file);
}

/* It starts, says so, and its neighbour has what it lacks. */
static void a_damaged_journal_is_mended_by_neighbours(void **state)
{
    herd_t *herd = start_herd(state, pair, ARRAY_COUNT(pair), MEMORY);
    locate_clients(herd);
    wait_on_disks(herd, CLIENTS);
    char *path = data_file(herd, "B");
    for (int round = 0; round < 2; round++) {
        herd_kill_node(herd, "B");
        if (round == 0) {
            garble(path);
        } else {
            assert_int_equal(truncate(path, 5000), 0);
        }
        herd_start_node(herd, "B");
        herd_wait_serving(herd, "B");
        herd_wait_logged(herd, "B", "node", "journal-damaged");
        wait_on_disks(herd, CLIENTS);
        herdctl_expect(herd, 1, "B: its start found", "journal", "status", NULL);
        herdctl_expect(herd, 0, "\tup\ton\t", "journal", "status", "--plain", "A", NULL);
    }
    free(path);
}

/* A second node in the folder of the first; the folder of another member. */
static void a_folder_is_of_one_member(void **state)
{
    herd_t *herd = start_herd(state, pair, ARRAY_COUNT(pair), MEMORY);
    locate_clients(herd);
    wait_on_disks(herd, CLIENTS);
    herd_kill_nodes(herd);
    char *of_a = workspace_path(herd_folder(herd), "data/A");
    char *of_b = workspace_path(herd_folder(herd), "data/B");
    char *aside = workspace_path(herd_folder(herd), "data/aside");
    assert_int_equal(rename(of_b, aside), 0);
    assert_int_equal(rename(of_a, of_b), 0);
    herd_start_node(herd, "B");
    herd_wait_logged(herd, "B", "node", "it is the journal of member A of herd");
    int status;
    assert_true(process_wait(herd_node(herd, "B"), WAIT_LIMIT_MS, &status));
    assert_int_not_equal(status, 0);
    herd_kill_node(herd, "B");
    assert_int_equal(rename(of_b, of_a), 0);
    assert_int_equal(rename(aside, of_b), 0);
    herd_start_nodes(herd);
    wait_on_disks(herd, CLIENTS);
    free(of_a);
    free(of_b);
    free(aside);
}

/* Memory serves on while the disk is full, and promises of the disk are not made. When there is
 * room again all is written. */
static void a_full_disk_costs_promises_only(void **state)
{
    static const herd_member_t single[] = {{"A", ""}};
    herd_t *herd = herd_new(&(herd_options_t){
        .members = single, .member_count = 1, .settings = MEMORY "request_timeout = \"500\"\n"});
    *state = herd;
    char *data = workspace_path(herd_folder(herd), "data");
    char *ballast = workspace_path(data, "ballast");
    char options[64];
    assert_true(mkdir(data, 0755) == 0 || errno == EEXIST);
    snprintf(options, sizeof options, "size=%dk", SMALL_DISK);
    if (mount("none", data, "tmpfs", 0, options) != 0) {
        print_message("skipped: a small disk, which root may make: %s\n", strerror(errno));
        free(data);
        free(ballast);
        skip();
        return;
    }
    herd_start_all(herd);
    int file = open(ballast, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    static const char block[4096];
    while (write(file, block, sizeof block) > 0) {
    }
    close(file);
    locate_clients(herd); /* is answered */
    wait_above_zero(herd, "journal_errors");
    herd_wait_logged(herd, "A", "node", "no space is left on the disk");
    assert_non_null(strstr(herd_ask(herd, "A", "WHATSAT client.7 0 0\n"), "AT A"));
    assert_int_equal(unlink(ballast), 0);
    wait_on_disks(herd, CLIENTS);
    herd_wait_logged(herd, "A", "node", "journal-back");
    herd_kill_node(herd, "A");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    wait_on_disks(herd, CLIENTS);
    assert_non_null(strstr(herd_ask(herd, "A", "WHATSAT client.4999 0 0\n"), "AT A"));
    herd_kill_node(herd, "A");
    assert_int_equal(umount(data), 0);
    free(data);
    free(ballast);
}

/* A limit of files' sizes is a disk that is full. */
static void a_file_that_may_not_grow_costs_promises_only(void **state)
{
    static const herd_member_t single[] = {{"A", ""}};
    herd_t *herd = start_herd(state, single, 1, MEMORY);
    pid_t node = process_pid(herd_node(herd, "A"));
    struct rlimit before;
    assert_int_equal(prlimit(node, RLIMIT_FSIZE, NULL, &before), 0);
    const struct rlimit small = {.rlim_cur = 65536, .rlim_max = before.rlim_max};
    assert_int_equal(prlimit(node, RLIMIT_FSIZE, &small, NULL), 0);
    locate_clients(herd); /* is answered */
    wait_above_zero(herd, "journal_errors");
    herdctl_expect(herd, 1, "A: its journal cannot be written", "journal", "status", NULL);
    assert_int_equal(prlimit(node, RLIMIT_FSIZE, &before, NULL), 0);
    wait_on_disks(herd, CLIENTS);
    herdctl_expect(herd, 0, "\t0\tmemory\n", "journal", "status", "--plain", NULL);
    herd_kill_node(herd, "A");
    herd_start_node(herd, "A");
    herd_wait_serving(herd, "A");
    wait_on_disks(herd, CLIENTS);
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(what_was_answered_outlives_all),
        HERD_TEST_OWN(ten_missed_of_many_are_ten_records),
        HERD_TEST_OWN(a_damaged_journal_is_mended_by_neighbours),
        HERD_TEST_OWN(a_folder_is_of_one_member),
        HERD_TEST_OWN(a_full_disk_costs_promises_only),
        HERD_TEST_OWN(a_file_that_may_not_grow_costs_promises_only),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
