/* What a program finds when it starts: descriptors that it inherited, folders of others, paths that
 * are not what they should be (docs/contributing.md, K3, K9). */
#include "tests/support/cmocka_herd.h"
#include "tests/support/herd.h"
#include "tests/support/port.h"
#include "tests/support/wait.h"
#include "tests/support/workspace.h"

#include "common/program/descriptors.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATH_SIZE = 512,
    FILE_SIZE = 4096,
    SCRIPT_LIMIT_MS = 4 * WAIT_LIMIT_MS,
    STRANGER = 4711, /* a user who owns what the test gives to him */
};

static const int leaked[] = {20, 115, 200}; /* below are the test's own */
enum { LEAKED = sizeof leaked / sizeof leaked[0] };

static const herd_member_t single[] = {{"Clark", ""}};

/* ---- a herd file with folders of the test's choice */

typedef struct {
    char *folder;
    char *file;
    port_pool_t *ports;
} place_t;

static place_t place_new(const char *folders)
{
    static const char form[] = "herd\n"
                               "    name = \"place\"\n"
                               "%s"
                               "    places\n"
                               "        provider = \"none\"\n"
                               "members\n"
                               "    Clark\n"
                               "        clients = \"tcp://127.0.0.1:%u\"\n"
                               "        bus = \"tcp://127.0.0.1:%u\"\n";
    place_t self = {.folder = workspace_new(), .ports = port_pool_new()};
    char text[FILE_SIZE];
    int size = snprintf(text, sizeof text, form, folders, (unsigned)port_pool_take(self.ports),
                        (unsigned)port_pool_take(self.ports));
    self.file = workspace_path(self.folder, "herd.cfg");
    workspace_write(self.file, (text_t){.data = text, .size = (size_t)size});
    return self;
}

static void place_done(place_t *self)
{
    port_pool_destroy(&self->ports);
    free(self->file);
    free(self->folder);
}

static process_t *start(const place_t *place, const char *program)
{
    char *path = herd_program(program);
    char *output = workspace_path(place->folder, "output");
    (void)unlink(output);
    const char *const argv[] = {path, "--config", place->file, "Clark", NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    free(output);
    free(path);
    return process;
}

static bool has_said(const place_t *place, const char *part)
{
    char *output = workspace_path(place->folder, "output");
    size_t size;
    char *text = workspace_read(output, &size);
    bool found = text != NULL && strstr(text, part) != NULL;
    free(text);
    free(output);
    return found;
}

typedef struct {
    const place_t *place;
    const char *part;
} said_t;

static bool is_said(void *argument)
{
    const said_t *said = argument;
    return has_said(said->place, said->part);
}

/* Both programs end by themselves with 1, and say it. */
static void expect_refused(const place_t *place, const char *reason)
{
    static const char *const programs[] = {"herd-node", "herd-frontend"};
    for (size_t i = 0; i < 2; i++) {
        process_t *process = start(place, programs[i]);
        int status = 0;
        assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
        if (status != 1 || !has_said(place, reason)) {
            fail_msg("%s: status %d, or no \"%s\"", programs[i], status, reason);
        }
        process_destroy(&process);
    }
}

typedef struct {
    const place_t *place;
    const char *path; /* in its folder */
} expected_file_t;

static bool file_exists(void *argument)
{
    const expected_file_t *expected = argument;
    char *path = workspace_path(expected->place->folder, expected->path);
    bool exists = access(path, F_OK) == 0;
    free(path);
    return exists;
}

static unsigned mode_of(const place_t *place, const char *name)
{
    char *path = workspace_path(place->folder, name);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    free(path);
    return found.st_mode & 07777;
}

/* ---- descriptors */

/* Descriptors of this process that a child inherits, each with a lock. */
static void take_locks(const char *folder)
{
    for (size_t i = 0; i < LEAKED; i++) {
        char name[32];
        snprintf(name, sizeof name, "lock.%d", leaked[i]);
        char *path = workspace_path(folder, name);
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        assert_true(file >= 0);
        assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
        assert_int_equal(fcntl(leaked[i], F_GETFD), -1);
        assert_int_equal(dup2(file, leaked[i]), leaked[i]);
        close(file);
        free(path);
    }
}

static void leave_locks(void)
{
    for (size_t i = 0; i < LEAKED; i++) {
        close(leaked[i]);
    }
}

/* No one holds them any more. */
static void expect_locks_free(const char *folder)
{
    for (size_t i = 0; i < LEAKED; i++) {
        char name[32];
        snprintf(name, sizeof name, "lock.%d", leaked[i]);
        char *path = workspace_path(folder, name);
        int file = open(path, O_RDWR | O_CLOEXEC);
        assert_true(file >= 0);
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            fail_msg("%s is held still", path);
        }
        close(file);
        free(path);
    }
}

static void run_script(herd_t *herd, const char *command)
{
    char *script = herd_source("deploy/herd");
    char *build = herd_program("..");
    char *output = workspace_path(herd_folder(herd), "script");
    const char *argv[] = {script, "--config", herd_file(herd), "--build", build, command, NULL};
    assert_int_equal(
        process_run(&(process_options_t){.argv = argv, .output = output}, SCRIPT_LIMIT_MS), 0);
    free(output);
    free(build);
    free(script);
}

static void no_descriptor_of_the_caller_stays_open(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = single, .member_count = 1});
    *state = herd;
    take_locks(herd_folder(herd));
    herd_start_node(herd, "Clark");
    herd_start_frontend(herd, "Clark");
    leave_locks();
    herd_wait_serving(herd, "Clark");
    expect_locks_free(herd_folder(herd));
}

static void nor_through_the_script(void **state)
{
    herd_t *herd = herd_new(&(herd_options_t){.members = single, .member_count = 1});
    *state = herd;
    take_locks(herd_folder(herd));
    run_script(herd, "up");
    leave_locks();
    herd_wait_serving(herd, "Clark");
    expect_locks_free(herd_folder(herd));
    run_script(herd, "down");
}

static void nor_in_the_exporter(void **state)
{
    (void)state;
    place_t place = place_new("");
    char listen[32];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)port_pool_take(place.ports));
    char *herdctl = herd_program("herdctl");
    char *output = workspace_path(place.folder, "output");
    const char *const argv[] = {herdctl,    "--config", place.file, "exporter",
                                "--listen", listen,     NULL};
    take_locks(place.folder);
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    leave_locks();
    said_t said = {.place = &place, .part = "exporter: listening on"};
    assert_true(wait_until(is_said, &said, WAIT_LIMIT_MS));
    expect_locks_free(place.folder);
    process_signal(process, SIGTERM);
    int status = -1;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&process);
    free(output);
    free(herdctl);
    place_done(&place);
}

/* Whether standard descriptors that were closed are nothing but /dev/null. */
static void expect_no_standard_socket(pid_t pid)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        char path[PATH_SIZE];
        char target[PATH_SIZE] = "";
        snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)pid, file);
        assert_true(readlink(path, target, sizeof target - 1) > 0);
        assert_string_equal(target, "/dev/null");
    }
}

static void closed_standard_descriptors_go_to_no_socket(void **state)
{
    (void)state;
    place_t place = place_new("");
    char *node = herd_program("herd-node");
    char script[2 * PATH_SIZE];
    snprintf(script, sizeof script, "exec '%s' --config '%s' Clark 0<&- 1>&- 2>&-", node,
             place.file);
    char *output = workspace_path(place.folder, "output");
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    expected_file_t requests = {.place = &place, .path = "run/Clark.requests"};
    assert_true(wait_until(file_exists, &requests, WAIT_LIMIT_MS));
    expect_no_standard_socket(process_pid(process));
    process_signal(process, SIGTERM);
    int status = -1;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&process);
    free(output);
    free(node);
    place_done(&place);
}

/* ---- folders */

static void expect_made(const char *folders, const char *run, unsigned parent_mode)
{
    place_t place = place_new(folders);
    process_t *process = start(&place, "herd-node");
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/Clark.requests", run);
    expected_file_t requests = {.place = &place, .path = path};
    assert_true(wait_until(file_exists, &requests, WAIT_LIMIT_MS));
    assert_int_equal(mode_of(&place, run), 0700);
    assert_int_equal(mode_of(&place, path), 0700);
    if (parent_mode != 0) {
        snprintf(path, sizeof path, "%s/..", run);
        assert_int_equal(mode_of(&place, path), parent_mode);
    }
    process_signal(process, SIGTERM);
    int status = -1;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_equal(status, 0);
    process_destroy(&process);
    place_done(&place);
}

/* However its path is spelled. */
static void the_run_folder_is_made_for_us_alone(void **state)
{
    (void)state;
    mode_t mask = umask(022);
    expect_made("    run_dir = \"run/\"\n", "run", 0);
    expect_made("    run_dir = \"run//\"\n", "run", 0);
    expect_made("    run_dir = \"./run/.\"\n", "run", 0);
    expect_made("    run_dir = \"a/b//run/./\"\n", "a/b/run", 0755);
    umask(0);
    expect_made("    run_dir = \"open\"\n", "open", 0);
    umask(mask);
}

static void a_run_folder_of_others_is_refused(void **state)
{
    (void)state;
    place_t place = place_new("    run_dir = \"run\"\n");
    char *run = workspace_path(place.folder, "run");
    assert_int_equal(mkdir(run, 0700), 0);
    assert_int_equal(chmod(run, 0777), 0);
    expect_refused(&place, "it is open to all");
    if (geteuid() == 0) {
        assert_int_equal(chown(run, STRANGER, STRANGER), 0);
        expect_refused(&place, "/run belongs to user 4711");
        assert_int_equal(chmod(run, 0700), 0);
        expect_refused(&place, "/run belongs to user 4711");
    }
    free(run);
    place_done(&place);
}

/* ---- files that are something else */

static void a_herd_file_that_is_a_pipe_is_refused(void **state)
{
    (void)state;
    place_t place = place_new("");
    assert_int_equal(unlink(place.file), 0);
    assert_int_equal(mkfifo(place.file, 0600), 0);
    expect_refused(&place, "herd.cfg: error: cannot be read: it is a pipe, not a plain file");
    char *herdctl = herd_program("herdctl");
    char *output = workspace_path(place.folder, "output");
    const char *const argv[] = {herdctl, "--config", place.file, "status", NULL};
    (void)unlink(output);
    assert_int_not_equal(
        process_run(&(process_options_t){.argv = argv, .output = output}, WAIT_LIMIT_MS), 0);
    assert_true(has_said(&place, "herd.cfg: error: cannot be read: it is a pipe"));
    free(output);
    free(herdctl);
    place_done(&place);
}

/* An import from a pipe waits for its writer, says so, and ends at SIGTERM. */
static void an_import_from_a_pipe_can_be_ended(void **state)
{
    (void)state;
    place_t place = place_new("");
    char *herdctl = herd_program("herdctl");
    char *output = workspace_path(place.folder, "output");
    char *pipe = workspace_path(place.folder, "pipe");
    char *to = workspace_path(place.folder, "places");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    const char *const argv[] = {herdctl, "places", "import", pipe, to, NULL};
    process_t *process = process_start(&(process_options_t){.argv = argv, .output = output});
    said_t said = {.place = &place, .part = "herdctl: waiting for data from pipe"};
    assert_true(wait_until(is_said, &said, WAIT_LIMIT_MS));
    process_signal(process, SIGTERM);
    int status = 0;
    assert_true(process_wait(process, WAIT_LIMIT_MS, &status));
    assert_int_not_equal(status, 0);
    process_destroy(&process);
    free(to);
    free(pipe);
    free(output);
    free(herdctl);
    place_done(&place);
}

/* What stands where the log is to be. */
static void put_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static void put_loop(const char *path)
{
    assert_int_equal(symlink(path, path), 0);
}

static void put_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    text_copy(text_of(path), address.sun_path);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(file, (const struct sockaddr *)&address, sizeof address), 0);
    close(file);
}

static void put_disk(const char *path)
{
    assert_int_equal(symlink("/dev/loop0", path), 0);
}

static void expect_log_refused(void (*put)(const char *path), const char *reason)
{
    static const char *const names[] = {"log/Clark.node.log", "log/Clark.frontend.log"};
    place_t place = place_new("");
    char *folder = workspace_path(place.folder, "log");
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < 2; i++) {
        char *path = workspace_path(place.folder, names[i]);
        put(path);
        free(path);
    }
    expect_refused(&place, reason);
    free(folder);
    place_done(&place);
}

static void a_log_that_takes_no_lines_is_refused(void **state)
{
    (void)state;
    expect_log_refused(put_pipe, "log: it is a pipe that no one reads");
    expect_log_refused(put_folder, "log: Is a directory");
    expect_log_refused(put_socket, "log: it is a socket, not a file");
    expect_log_refused(put_loop, "log: Too many levels of symbolic links");
    if (geteuid() == 0 && access("/dev/loop0", F_OK) == 0) {
        expect_log_refused(put_disk, "log: it is a device, not a file");
    }
}

int main(void)
{
    if (!herd_programs_exist()) {
        return HERD_EXIT_SKIPPED;
    }
    descriptors_close_inherited(-1); /* whoever runs the tests leaks some too */
    const struct CMUnitTest tests[] = {
        HERD_TEST_OWN(no_descriptor_of_the_caller_stays_open),
        HERD_TEST_OWN(nor_through_the_script),
        cmocka_unit_test(nor_in_the_exporter),
        cmocka_unit_test(closed_standard_descriptors_go_to_no_socket),
        cmocka_unit_test(the_run_folder_is_made_for_us_alone),
        cmocka_unit_test(a_run_folder_of_others_is_refused),
        cmocka_unit_test(a_herd_file_that_is_a_pipe_is_refused),
        cmocka_unit_test(an_import_from_a_pipe_can_be_ended),
        cmocka_unit_test(a_log_that_takes_no_lines_is_refused),
    };
    return workspace_finish(cmocka_run_group_tests_name("start", tests, NULL, NULL));
}
