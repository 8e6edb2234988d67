/* Starts with odd folders in the place of a journal: each has its clear answer. What is damaged is
 * told, and the rest of it served; what cannot be used ends the start, with the reason, and stays
 * as it is.
 *
 * Usage: system_data_dirs [GARBLED [SEED]] */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/report.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/protocol/message.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS = 300, LINE_SIZE_MAX = 128, GARBLED = 6 };

static const herd_member_t single[] = {{"A", ""}};
static size_t garbled = GARBLED;
static uint64_t seed = 1;

typedef struct {
    herd_t *herd;
    char *data;
    char *folder; /* of the member */
    char *file;   /* data.mdb */
    char *log;
    char *output; /* what the node prints */
    char *good;   /* the bytes of data.mdb */
    size_t size;
    uint64_t random;
} scene_t;

static unsigned below(scene_t *scene, size_t limit)
{
    scene->random = scene->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((scene->random >> 33) % limit);
}

/* ---- folders ---- */

static void remove_folder(scene_t *scene)
{
    const char *const argv[] = {"/bin/rm", "-rf", scene->data, NULL};
    assert_int_equal(
        process_run(&(process_options_t){.argv = argv, .output = "/dev/null"}, WAIT_LIMIT_MS), 0);
}

/* The folder with those bytes in data.mdb. */
static void make_folder(scene_t *scene, const char *bytes, size_t size)
{
    remove_folder(scene);
    assert_int_equal(mkdir(scene->data, 0755), 0);
    assert_int_equal(mkdir(scene->folder, 0700), 0);
    workspace_write(scene->file, (text_t){.data = bytes, .size = size});
}

static void put_file(const char *path)
{
    workspace_write(path, TEXT("a file"));
}

static void make_plain(scene_t *scene)
{
    remove_folder(scene);
    assert_int_equal(mkdir(scene->data, 0755), 0);
    put_file(scene->folder);
}

static void make_plain_data(scene_t *scene)
{
    remove_folder(scene);
    put_file(scene->data);
}

static void make_dangling(scene_t *scene)
{
    remove_folder(scene);
    assert_int_equal(mkdir(scene->data, 0755), 0);
    assert_int_equal(symlink("nowhere", scene->folder), 0);
}

static void make_dangling_data(scene_t *scene)
{
    remove_folder(scene);
    assert_int_equal(symlink("nowhere", scene->data), 0);
}

static void make_pipe(scene_t *scene)
{
    assert_int_equal(unlink(scene->file), 0);
    assert_int_equal(mkfifo(scene->file, 0600), 0);
}

static void make_inner_folder(scene_t *scene)
{
    assert_int_equal(unlink(scene->file), 0);
    assert_int_equal(mkdir(scene->file, 0700), 0);
}

static void make_link_to_nowhere(scene_t *scene)
{
    assert_int_equal(unlink(scene->file), 0);
    assert_int_equal(symlink("nowhere/at/all", scene->file), 0);
}

static void make_pipe_of_lmdb(scene_t *scene)
{
    char *lock = workspace_path(scene->folder, "lock.mdb");
    assert_int_equal(mkfifo(lock, 0600), 0);
    free(lock);
}

/* The version is in both meta pages. */
static void make_of_later_lmdb(scene_t *scene)
{
    int file = open(scene->file, O_WRONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pwrite(file, "\x09", 1, 20), 1);
    assert_int_equal(pwrite(file, "\x09", 1, 4096 + 20), 1);
    close(file);
}

static void make_empty_file(scene_t *scene)
{
    assert_int_equal(truncate(scene->file, 0), 0);
}

static void make_no_file(scene_t *scene)
{
    assert_int_equal(unlink(scene->file), 0);
}

static void make_text(scene_t *scene)
{
    put_file(scene->file);
}

static void make_noise(scene_t *scene)
{
    char *noise = malloc(scene->size);
    assert_non_null(noise);
    for (size_t i = 0; i < scene->size; i++) {
        noise[i] = (char)below(scene, 256);
    }
    workspace_write(scene->file, (text_t){.data = noise, .size = scene->size});
    free(noise);
}

static void make_noise_of_lmdb(scene_t *scene)
{
    char *lock = workspace_path(scene->folder, "lock.mdb");
    workspace_write(lock, (text_t){.data = scene->good, .size = 8192});
    free(lock);
}

/* ---- starts ---- */

static bool has(const char *path, const char *part)
{
    size_t size;
    char *text = workspace_read(path, &size);
    bool found = text != NULL && strstr(text, part) != NULL;
    free(text);
    return found;
}

static bool has_logged(const scene_t *scene, const char *part)
{
    return has(scene->log, part);
}

static void forget_log(const scene_t *scene)
{
    assert_true(unlink(scene->log) == 0 || errno == ENOENT);
    assert_true(unlink(scene->output) == 0 || errno == ENOENT);
}

/* The process ends by itself, not by a signal, and tells the reason. */
static void expect_refused(const scene_t *scene, process_t *process, const char *reason)
{
    int status;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    if (status == 0 || status > 127 || !has(scene->output, reason)) {
        size_t size;
        fail_msg("status %d, not \"%s\", but %s", status, reason,
                 workspace_read(scene->output, &size));
    }
}

/* Of a start that serves (open value struct). */
typedef struct {
    uint64_t records;
    uint64_t damaged;
} started_t;

static started_t look(scene_t *scene)
{
    started_t started = {0};
    report_t report;
    herd_wait_serving(scene->herd, "A");
    report_read(herd_requests(scene->herd, "A"), &report);
    started.records = report.records;
    assert_true(
        message_number(text_of(report.body), "journal_damaged", UINT64_MAX, &started.damaged));
    report_done(&report);
    herd_wait_logged(scene->herd, "A", "node", " serving: "); /* written behind it */
    assert_true((started.damaged > 0) == has_logged(scene, "journal-damaged"));
    return started;
}

static started_t start(scene_t *scene)
{
    herd_start_node(scene->herd, "A");
    return look(scene);
}

static void open_scene(void **state, scene_t *scene)
{
    *scene = (scene_t){.random = seed};
    scene->herd =
        herd_new(&(herd_options_t){.members = single,
                                   .member_count = 1,
                                   .settings = "journal = \"yes\"\nacknowledge = \"disk\"\n"});
    *state = scene->herd;
    scene->data = workspace_path(herd_folder(scene->herd), "data");
    scene->folder = workspace_path(scene->data, "A");
    scene->file = workspace_path(scene->folder, "data.mdb");
    scene->log = workspace_path(herd_folder(scene->herd), "log/A.node.log");
    scene->output = workspace_path(herd_folder(scene->herd), "A-node.out");
    herd_start_all(scene->herd);
    client_t *client = herd_connect(scene->herd, "A");
    for (int i = 0; i < CLIENTS; i++) {
        char line[LINE_SIZE_MAX];
        snprintf(line, sizeof line, "IAMAT client.%d +34.068930-118.445127 1\n", i);
        client_say(client, line);
    }
    (void)client_read_lines(client, CLIENTS);
    client_destroy(&client);
    assert_int_equal(herd_stop_node(scene->herd, "A"), 0); /* data.mdb has all then */
    scene->good = workspace_read(scene->file, &scene->size);
    assert_non_null(scene->good);
}

static void close_scene(scene_t *scene)
{
    free(scene->data);
    free(scene->folder);
    free(scene->file);
    free(scene->log);
    free(scene->output);
    free(scene->good);
}

/* What is in the place of a good folder, and the answer (open value struct). */
typedef struct {
    const char *name;
    void (*make)(scene_t *scene);
    const char *reason; /* the start ends with it; NULL: it serves */
    bool damaged;       /* ... and says so */
    bool kept;          /* ... with all records */
} odd_t;

static const odd_t odd[] = {
    {"a plain file", make_plain, "not a folder but a plain file", false, false},
    {"data_dir is a plain file", make_plain_data, "is not a folder", false, false},
    {"a link to nowhere", make_dangling, "a link that leads to none", false, false},
    {"data_dir is a link to nowhere", make_dangling_data, "No such file", false, false},
    {"data.mdb is a pipe", make_pipe, "not a plain file but a pipe", false, false},
    {"data.mdb is a folder", make_inner_folder, "not a plain file but a folder", false, false},
    {"data.mdb is a link to nowhere", make_link_to_nowhere, "No such file", false, false},
    {"lock.mdb is a pipe", make_pipe_of_lmdb, "cannot open data.mdb", false, false},
    {"a later LMDB", make_of_later_lmdb, "another version", false, false},
    {"no folder", remove_folder, NULL, false, false},
    {"no file", make_no_file, NULL, false, false},
    {"an empty file", make_empty_file, NULL, false, false},
    {"a text", make_text, NULL, true, false},
    {"noise", make_noise, NULL, true, false},
    {"lock.mdb is another file", make_noise_of_lmdb, NULL, false, true},
};

static void odd_folders_have_clear_answers(void **state)
{
    scene_t scene;
    open_scene(state, &scene);
    for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
        print_message("%s\n", odd[i].name);
        make_folder(&scene, scene.good, scene.size);
        forget_log(&scene);
        odd[i].make(&scene);
        if (odd[i].reason != NULL) {
            herd_start_node(scene.herd, "A");
            expect_refused(&scene, herd_node(scene.herd, "A"), odd[i].reason);
        } else {
            started_t started = start(&scene);
            assert_true((started.damaged > 0) == odd[i].damaged);
            assert_int_equal(started.records, odd[i].kept ? CLIENTS : 0);
        }
        herd_kill_node(scene.herd, "A");
    }
    make_folder(&scene, scene.good, scene.size);
    forget_log(&scene);
    assert_int_equal(start(&scene).records, CLIENTS);
    close_scene(&scene);
}

/* Random bytes anywhere, or in one of the meta pages; or an end that is missing. */
static void spoil(scene_t *scene, size_t number, char *bytes, size_t *size)
{
    size_t count = 1 + below(scene, 40);
    size_t at = number % 2 == 0 ? below(scene, 2) * 4096 + below(scene, 170)
                                : below(scene, scene->size - count);
    if (number % 5 == 4) {
        *size = below(scene, scene->size);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bytes[at + i] = (char)below(scene, 256);
    }
}

static bool has_answer(void *argument)
{
    return has_logged(argument, "journal-unusable") || has_logged(argument, "journal-read");
}

/* Whether the start said that something is wrong; if not, all records are there. */
static bool is_told(scene_t *scene)
{
    herd_start_node(scene->herd, "A");
    assert_true(wait_until(has_answer, scene, WAIT_LIMIT_MS));
    if (has_logged(scene, "journal-unusable")) { /* of another version, herd or member */
        expect_refused(scene, herd_node(scene->herd, "A"), "");
        return true;
    }
    started_t started = look(scene);
    if (started.damaged == 0) {
        assert_int_equal(started.records, CLIENTS);
        return false;
    }
    herd_kill_node(scene->herd, "A"); /* what was whole is on the disk at once */
    forget_log(scene);
    started_t again = start(scene);
    assert_true(again.damaged == 0 && again.records == started.records);
    return true;
}

static void garbled_files_lose_nothing_silently(void **state)
{
    scene_t scene;
    unsigned told = 0;
    open_scene(state, &scene);
    char *bytes = malloc(scene.size);
    assert_non_null(bytes);
    for (size_t i = 0; i < garbled; i++) {
        size_t size = scene.size;
        memcpy(bytes, scene.good, scene.size);
        spoil(&scene, i, bytes, &size);
        make_folder(&scene, bytes, size);
        forget_log(&scene);
        told += is_told(&scene) ? 1 : 0;
        herd_kill_node(scene.herd, "A");
    }
    print_message("%zu garbled, %u told\n", garbled, told);
    free(bytes);
    close_scene(&scene);
}

/* ---- what the node is started by ---- */

/* Runs the node behind that command, which ends with NULL; it must refuse to start. */
static void refuse_behind(scene_t *scene, const char *const *command, const char *reason)
{
    const char *argv[16];
    size_t count = 0;
    char *node = herd_program("herd-node");
    while (command[count] != NULL) {
        argv[count] = command[count];
        count++;
    }
    const char *const rest[] = {node, "--config", herd_file(scene->herd), "A", NULL};
    memcpy(argv + count, rest, sizeof rest);
    forget_log(scene);
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = scene->output});
    expect_refused(scene, process, reason);
    process_destroy(&process);
    free(node);
}

static bool can_run(const char *const *command)
{
    const char *argv[16];
    size_t count = 0;
    char *node = herd_program("herd-node");
    while (command[count] != NULL) {
        argv[count] = command[count];
        count++;
    }
    argv[count] = node;
    argv[count + 1] = "--version";
    argv[count + 2] = NULL;
    bool good =
        access(argv[0], X_OK) == 0 &&
        process_run(&(process_options_t){.argv = argv, .output = "/dev/null"}, WAIT_LIMIT_MS) == 0;
    free(node);
    return good;
}

/* All is its own but data_dir. */
static void give_to_nobody(const scene_t *scene)
{
    const char *const argv[] = {"/bin/chown", "-R", "65534:65534", herd_folder(scene->herd), NULL};
    const process_options_t options = {.argv = argv, .output = "/dev/null"};
    assert_int_equal(process_run(&options, WAIT_LIMIT_MS), 0);
    assert_int_equal(chown(scene->data, 0, 0), 0);
    /* The folders above, which are the test's. */
    char *above = workspace_path(herd_folder(scene->herd), "..");
    assert_int_equal(chmod(above, 0711), 0);
    free(above);
}

/* A user who may not write; a limit of files' sizes; a disk without room for one more file. */
static void what_cannot_be_written_is_told(void **state)
{
    static const char *const as_nobody[] = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
                                            "--clear-groups", NULL};
    static const char *const small_files[] = {"/usr/bin/prlimit", "--fsize=5000", NULL};
    static const char *const as_it_is[] = {NULL};
    scene_t scene;
    open_scene(state, &scene);
    if (can_run(small_files)) {
        remove_folder(&scene);
        refuse_behind(&scene, small_files, "File too large");
    }
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        print_message("skipped: other users and mounts, which root may have\n");
        close_scene(&scene);
        return;
    }
    make_folder(&scene, scene.good, scene.size);
    assert_int_equal(mount("none", scene.data, "tmpfs", 0, "nr_inodes=1"), 0);
    refuse_behind(&scene, as_it_is, "No space left on device");
    assert_int_equal(umount(scene.data), 0);
    make_folder(&scene, scene.good, scene.size);
    assert_int_equal(mount("none", scene.data, "tmpfs", MS_RDONLY, NULL), 0);
    refuse_behind(&scene, as_it_is, "Read-only file system");
    assert_int_equal(umount(scene.data), 0);
    if (can_run(as_nobody)) {
        give_to_nobody(&scene);
        assert_int_equal(chown(scene.folder, 0, 0), 0);
        refuse_behind(&scene, as_nobody, "Permission denied");
        remove_folder(&scene);
        assert_int_equal(mkdir(scene.data, 0755), 0);
        refuse_behind(&scene, as_nobody, "Permission denied");
    }
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    garbled = argc > 1 ? argument_number(argv[1]) : garbled;
    seed = argc > 2 ? argument_number(argv[2]) : seed;
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(odd_folders_have_clear_answers),
        HERD_TEST_OWN(garbled_files_lose_nothing_silently),
        HERD_TEST_OWN(what_cannot_be_written_is_told),
    };
    return workspace_finish(cmocka_run_group_tests(tests, NULL, NULL));
}
