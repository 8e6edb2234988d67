/* Many positions in the sample herd, run by deploy/herd; all its processes killed at once, and
 * started again: each member answers each of them. Then a member is killed, and misses ten updates.
 *
 * usage: system_million [CLIENTS]; ctest runs fewer than a million, system/million_many all. Prints
 * how long things took, and judges no time. */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/base/buffer.h"
#include "common/base/text.h"
#include "common/protocol/message.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CLIENTS = 20000, /* of an ordinary run */
    CLIENTS_MAX = 100000000,
    CHUNK = 1000, /* lines of one connection under way */
    MEMBERS = 5,
    MISSED = 10, /* updates that a member misses */
    AGAIN = 10,  /* records that may come twice: whose ACK was under way */
    LINE_SIZE_MAX = 160,
    UP_LIMIT_MS = 300000,
    LEVEL_LIMIT_MS = 60000,
    QUIET_MS = 500, /* ten intervals */
};

/* Sent behind the lines of a chunk: its answer ends theirs. */
#define END_LINE   "THE END\n"
#define END_ANSWER "? THE END\n"

static const herd_member_t sample[MEMBERS] = {
    {"Goloman", "Hands Holiday Wilkes"}, {"Hands", "Goloman Wilkes"},
    {"Holiday", "Goloman Welsh Wilkes"}, {"Welsh", "Holiday"},
    {"Wilkes", "Goloman Hands Holiday"},
};

static uint64_t clients = CLIENTS;

typedef struct {
    herd_t *herd;
    char *build; /* the folder above HERD_BIN */
    client_t *connections[MEMBERS];
    buffer_t answers[MEMBERS]; /* AT lines of what each member was told, by rising client */
    buffer_t lines;
    buffer_t input;
} scene_t;

static scene_t scene;

/* ---- deploy/herd ---- */

static process_t *start_script(const char *command, const char *member)
{
    char *script = herd_source("deploy/herd");
    char *output = workspace_path(herd_folder(scene.herd), "script.out");
    const char *const argv[] = {
        script, "--config", herd_file(scene.herd), "--build", scene.build, command, member, NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    free(script);
    free(output);
    return process;
}

static void end_script(process_t **script)
{
    int status = -1;
    assert_true(process_wait(*script, UP_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(script);
}

static void run_script(const char *command, const char *member)
{
    process_t *script = start_script(command, member);
    end_script(&script);
}

/* The process of `run/MEMBER.PROGRAM.pid`, which has its pid first. */
static pid_t pid_of(const char *member, const char *program)
{
    char name[LINE_SIZE_MAX];
    size_t size;
    uint64_t pid = 0;
    text_t field;
    snprintf(name, sizeof name, "run/%s.%s.pid", member, program);
    char *path = workspace_path(herd_folder(scene.herd), name);
    char *content = workspace_read(path, &size);
    assert_non_null(content);
    text_t rest = text_of(content);
    assert_true(text_take_field(&rest, &field) && text_to_u64(field, INT32_MAX, &pid) && pid > 1);
    free(content);
    free(path);
    return (pid_t)pid;
}

static void kill_everything(void)
{
    pid_t pids[2 * MEMBERS];
    for (size_t i = 0; i < MEMBERS; i++) {
        pids[2 * i] = pid_of(sample[i].name, "node");
        pids[2 * i + 1] = pid_of(sample[i].name, "frontend");
    }
    for (size_t i = 0; i < (size_t)2 * MEMBERS; i++) {
        assert_int_equal(kill(pids[i], SIGKILL), 0);
    }
}

/* ---- clients ---- */

static void connect_all(void)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        client_destroy(&scene.connections[i]);
        scene.connections[i] = herd_connect(scene.herd, sample[i].name);
    }
}

/* Sends what is in `lines`, and the end. */
static void send_chunk(size_t member)
{
    assert_int_equal(buffer_append(&scene.lines, END_LINE, strlen(END_LINE)), STATUS_OK);
    client_send(scene.connections[member], buffer_text(&scene.lines));
    buffer_clear(&scene.lines);
}

/* Reads the answers to a chunk, up to its end. */
static text_t read_chunk(size_t member)
{
    buffer_clear(&scene.input);
    text_t all;
    do {
        text_t read = client_read_once(scene.connections[member]);
        assert_true(read.size > 0);
        assert_int_equal(buffer_append(&scene.input, read.data, read.size), STATUS_OK);
        all = buffer_text(&scene.input);
    } while (all.size < strlen(END_ANSWER) ||
             memcmp(text_end(all) - strlen(END_ANSWER), END_ANSWER, strlen(END_ANSWER)) != 0);
    return text_first(all, all.size - strlen(END_ANSWER));
}

/* The chunk's lines: BEFORE phone-N.example.org AFTER */
static void add_lines(const char *before, const char *after, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        assert_int_equal(
            buffer_format(&scene.lines, "%s phone-%" PRIu64 ".example.org %s\n", before, i, after),
            STATUS_OK);
    }
}

static uint64_t clients_of_member(void)
{
    return clients / MEMBERS;
}

static uint64_t chunk_size(uint64_t done, uint64_t all)
{
    return all - done < CHUNK ? all - done : CHUNK;
}

/* Each member takes a fifth of the clients; all at the same time. */
static void locate_clients(void)
{
    uint64_t all = clients_of_member();
    int64_t start_ms = wait_clock_ms();
    for (uint64_t done = 0; done < all; done += CHUNK) {
        uint64_t count = chunk_size(done, all);
        for (size_t i = 0; i < MEMBERS; i++) {
            add_lines("IAMAT", "+34.068930-118.445127 1.5", i * all + done, count);
            send_chunk(i);
        }
        for (size_t i = 0; i < MEMBERS; i++) {
            text_t read = read_chunk(i);
            assert_int_equal(buffer_append(&scene.answers[i], read.data, read.size), STATUS_OK);
        }
    }
    print_message("%" PRIu64 " positions acknowledged in %lld ms\n", MEMBERS * all,
                  (long long)(wait_clock_ms() - start_ms));
}

/* What was answered to WHATSAT begins with what was answered to IAMAT, for each client. */
static uint64_t count_wrong(text_t shown, text_t *acknowledged, uint64_t count)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        text_t line = {0};
        text_t expected = {0};
        assert_true(text_take_line(acknowledged, &expected) && text_take_line(&shown, &line));
        if (!text_equal(line, expected)) {
            wrong++;
        }
        /* "? WHATSAT ..." for an unknown client ends with its line, an AT line with its JSON. */
        while (line.size > 0 && line.data[0] != '?' && text_take_line(&shown, &line)) {
        }
    }
    assert_int_equal(shown.size, 0);
    return wrong;
}

/* Every member shows every client. */
static void expect_all_shown(void)
{
    uint64_t all = clients_of_member();
    uint64_t wrong[MEMBERS] = {0};
    int64_t start_ms = wait_clock_ms();
    for (size_t of = 0; of < MEMBERS; of++) {
        text_t expected = buffer_text(&scene.answers[of]);
        for (uint64_t done = 0; done < all; done += CHUNK) {
            uint64_t count = chunk_size(done, all);
            text_t rest = expected;
            for (size_t i = 0; i < MEMBERS; i++) {
                add_lines("WHATSAT", "0 0", of * all + done, count);
                send_chunk(i);
            }
            for (size_t i = 0; i < MEMBERS; i++) {
                rest = expected;
                wrong[i] += count_wrong(read_chunk(i), &rest, count);
            }
            expected = rest;
        }
    }
    print_message("%" PRIu64 " of them asked for at each of %d members in %lld ms\n", MEMBERS * all,
                  MEMBERS, (long long)(wait_clock_ms() - start_ms));
    for (size_t i = 0; i < MEMBERS; i++) {
        if (wrong[i] > 0) {
            fail_msg("%s does not show %" PRIu64 " of %" PRIu64 " positions as acknowledged",
                     sample[i].name, wrong[i], MEMBERS * all);
        }
    }
}

/* ---- what members say ---- */

static uint64_t received_by(size_t member)
{
    report_t report;
    uint64_t received = 0;
    report_read(herd_requests(scene.herd, sample[member].name), &report);
    text_t rest = text_of(sample[member].neighbours);
    text_t neighbour;
    while (text_take_field(&rest, &neighbour)) {
        char name[LINE_SIZE_MAX];
        snprintf(name, sizeof name, "%.*s", (int)neighbour.size, neighbour.data);
        report_link_t link = report_link(&report, name);
        assert_int_equal(link.repaired, 0); /* R15 */
        received += link.received;
    }
    report_done(&report);
    return received;
}

/* What was last seen of the journals, and since when: no figure says that checkpoints are on the
 * disk, but if nothing is written for some intervals, they are. */
typedef struct {
    uint64_t commits; /* of all members */
    int64_t since_ms;
} quiet_t;

static bool is_quiet(quiet_t *self, uint64_t commits)
{
    if (commits != self->commits) {
        *self = (quiet_t){.commits = commits, .since_ms = wait_clock_ms()};
    }
    return wait_clock_ms() - self->since_ms >= QUIET_MS;
}

/* All links are up, the digests are equal, and all of it is on the disks. */
static bool is_level(void *argument)
{
    char first[REPORT_ROOT_SIZE] = "";
    uint64_t all_commits = 0;
    bool level = true;
    for (size_t i = 0; i < MEMBERS && level; i++) {
        report_t report;
        uint64_t lag = 1;
        uint64_t commits = 0;
        report_read_root(herd_requests(scene.herd, sample[i].name), &report);
        if (i == 0) {
            memcpy(first, report.root, sizeof first);
        }
        level = report.links_up == report.links && strcmp(first, report.root) == 0 &&
                message_number(text_of(report.body), "journal_lag", UINT64_MAX, &lag) && lag == 0 &&
                message_number(text_of(report.body), "journal_commits", UINT64_MAX, &commits);
        all_commits += commits;
        report_done(&report);
    }
    return level && is_quiet(argument, all_commits);
}

static void wait_level(void)
{
    quiet_t quiet = {0};
    assert_true(wait_until(is_level, &quiet, LEVEL_LIMIT_MS));
}

/* ---- the test ---- */

/* Prints when each member answers, while `script` starts them. */
static void watch_start(process_t **script)
{
    static const char question[] = "WHATSAT phone-0.example.org 0 0\n";
    int64_t start_ms = wait_clock_ms();
    bool served[MEMBERS] = {false};
    size_t count = 0;
    while (count < MEMBERS) {
        for (size_t i = 0; i < MEMBERS; i++) {
            text_t line;
            client_t *client = served[i] ? NULL : client_try(herd_port(scene.herd, sample[i].name));
            if (client != NULL && client_send_some(client, text_of(question), WAIT_LIMIT_MS) > 0 &&
                client_try_line(client, WAIT_LIMIT_MS, &line)) {
                served[i] = true;
                count++;
                print_message("%s answers after %lld ms\n", sample[i].name,
                              (long long)(wait_clock_ms() - start_ms));
            }
            client_destroy(&client);
        }
        assert_true(wait_clock_ms() < start_ms + UP_LIMIT_MS);
        wait_nap(20);
    }
    end_script(script);
    print_message("deploy/herd up took %lld ms\n", (long long)(wait_clock_ms() - start_ms));
}

/* Killed right behind the last answer: nothing has had time to come to rest. */
static void what_was_answered_is_answered_everywhere(void **state)
{
    (void)state;
    run_script("up", NULL);
    connect_all();
    locate_clients();
    kill_everything();
    process_t *script = start_script("up", NULL);
    watch_start(&script);
    connect_all();
    wait_level();
    expect_all_shown();
}

/* Ten updates that Hands missed are about ten records, though a million were there before. */
static void missed_updates_are_what_is_sent(void **state)
{
    (void)state;
    char line[LINE_SIZE_MAX];
    const char *last = NULL;
    assert_int_equal(kill(pid_of("Hands", "node"), SIGKILL), 0);
    for (uint64_t i = 0; i < MISSED; i++) {
        snprintf(line, sizeof line, "IAMAT phone-%" PRIu64 ".example.org +2-2 9\n",
                 i * clients_of_member() / MISSED);
        last = herd_ask(scene.herd, "Goloman", line);
    }
    snprintf(line, sizeof line, "phone-%" PRIu64 ".example.org",
             (MISSED - 1) * clients_of_member() / MISSED);
    run_script("up", "Hands");
    herd_wait_seen(scene.herd, "Hands", line, last);
    wait_level();
    uint64_t received = received_by(1);
    print_message("%d updates missed: %" PRIu64 " records received\n", MISSED, received);
    assert_in_range(received, MISSED, 2 * MISSED + AGAIN); /* of two neighbours */
}

/* All were level when they were killed: they agree, and send each other next to nothing. */
static void a_level_herd_has_nothing_to_send(void **state)
{
    (void)state;
    wait_level();
    kill_everything();
    process_t *script = start_script("up", NULL);
    watch_start(&script);
    wait_level();
    for (size_t i = 0; i < MEMBERS; i++) {
        uint64_t received = received_by(i);
        print_message("%s received %" PRIu64 " records\n", sample[i].name, received);
        assert_in_range(received, 0, 3 * AGAIN);
    }
}

static int open_scene(void **state)
{
    (void)state;
    char *bin = herd_program("");
    scene.build = workspace_path(bin, "..");
    free(bin);
    scene.herd = herd_new(&(herd_options_t){.members = sample,
                                            .member_count = MEMBERS,
                                            .settings = "traffic = \"no\"\njournal = \"yes\"\n"
                                                        "journal_interval = \"50\"\n"
                                                        "acknowledge = \"disk\"\n"
                                                        "request_timeout = \"60000\"\n"});
    for (size_t i = 0; i < MEMBERS; i++) {
        buffer_init(&scene.answers[i], SIZE_MAX);
    }
    buffer_init(&scene.lines, SIZE_MAX);
    buffer_init(&scene.input, SIZE_MAX);
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    for (size_t i = 0; i < MEMBERS; i++) {
        client_destroy(&scene.connections[i]);
        buffer_done(&scene.answers[i]);
    }
    run_script("down", NULL);
    herd_destroy(&scene.herd);
    buffer_done(&scene.lines);
    buffer_done(&scene.input);
    free(scene.build);
    return 0;
}

int main(int argc, char **argv)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    if (argc > 1 && !text_to_u64(text_of(argv[1]), CLIENTS_MAX, &clients)) {
        fprintf(stderr, "usage: system_million [CLIENTS]\n");
        return EXIT_FAILURE;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_is_answered_everywhere),
        cmocka_unit_test(missed_updates_are_what_is_sent),
        cmocka_unit_test(a_level_herd_has_nothing_to_send),
    };
    return workspace_finish(cmocka_run_group_tests_name("million", tests, open_scene, close_scene));
}
